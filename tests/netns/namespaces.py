"""Network namespaces that never outlive the process that made them.

Whoever makes one has a reaper: a process that waits for the end of a pipe, which comes however
its maker ends, ``SIGKILL`` included, and then removes what is left. Should the reaper be killed
too, the next process that makes namespaces removes those of makers that are dead. Run as a
script this file is the reaper, so it needs nothing but the standard library.
"""

import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

PREFIX: Final = "kiosk-net"
_NAMED: Final = Path("/run/netns")
_ETC: Final = Path("/etc/netns")
_numbers = itertools.count(1)


def available() -> str:
    """Say why namespaces cannot be made here; empty when they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    missing = [tool for tool in ("ip", "nft", "tc", "ss", "nsenter") if shutil.which(tool) is None]
    return f"missing {', '.join(missing)}: apt-get install nftables iproute2" if missing else ""


def entering(name: str) -> list[str]:
    """Return the words before a command that make it run in a namespace, with its resolver."""
    return ["ip", "netns", "exec", name]


def etc_of(name: str) -> Path:
    """Return the directory whose files stand in for those of /etc inside the namespace."""
    return _ETC / name


def run(command: Sequence[str], feed: str = "") -> str:
    """Run a tool to its end and return what it printed. Raises RuntimeError with its words."""
    done = subprocess.run(command, input=feed, capture_output=True, text=True, check=False)
    if done.returncode:
        words = done.stderr.strip() or f"exit {done.returncode}"
        raise RuntimeError(f"{' '.join(command)}: {words} {feed}")
    return done.stdout


@contextmanager
def named(*roles: str) -> Iterator[tuple[str, ...]]:
    """Make a namespace for each role; remove them all, and every process in them, at the end."""
    remove(*leftovers())
    number = next(_numbers)
    names = tuple(f"{_mark(os.getpid())}.{number}.{role}" for role in roles)
    reaper = subprocess.Popen(
        [sys.executable, "-I", __file__, *names], stdin=subprocess.PIPE, start_new_session=True
    )
    assert reaper.stdin is not None
    try:
        for name in names:
            run(["ip", "netns", "add", name])
            etc_of(name).mkdir(parents=True)
        yield names
    finally:
        reaper.stdin.close()
        reaper.wait()


def remove(*names: str) -> None:
    """Kill what runs in these namespaces and delete them; those that are gone are skipped."""
    for name in names:
        if (_NAMED / name).exists():
            with suppress(RuntimeError):
                for pid in run(["ip", "netns", "pids", name]).split():
                    with suppress(ProcessLookupError):
                        os.kill(int(pid), signal.SIGKILL)
                run(["ip", "netns", "del", name])
        shutil.rmtree(etc_of(name), ignore_errors=True)


def of_process(pid: int) -> list[str]:
    """Return the namespaces that a process of now made."""
    mark = _mark(pid)
    return [name for name in _all() if name.startswith(f"{mark}.")]


def leftovers() -> list[str]:
    """Return the namespaces whose makers are dead."""
    return [name for name in _all() if not name.startswith(f"{_mark(int(name.split('.')[1]))}.")]


def _all() -> list[str]:
    """Return every namespace of ours, and those of which only the files in /etc are left."""
    found = (*_NAMED.glob(f"{PREFIX}.*"), *_ETC.glob(f"{PREFIX}.*"))
    return sorted({path.name for path in found})


def _mark(pid: int) -> str:
    """Return the part of a name that tells a process from all others, earlier ones included."""
    try:
        started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        started = "gone"
    return f"{PREFIX}.{pid}.{started}"


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # whoever stops the maker stops it by the pipe
    sys.stdin.buffer.read()
    remove(*sys.argv[1:])
