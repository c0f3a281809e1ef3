"""Child processes that live for the length of a context and never outlive us."""

import asyncio
import errno
import os
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

_END_S: Final = 1.0
_SECRETS: Final = ("GEMINI_API_KEY", "GOOGLE_API_KEY")


def own_age_s() -> float:
    """Return how long ago this process was started: its own clock begins too late for that.

    Source: proc_pid_stat(5), ``starttime``.
    """
    fields = Path("/proc/self/stat").read_text().rpartition(") ")[2].split()
    started_s = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started_s


def child_command(command: Sequence[str]) -> list[str]:
    """Return the command so wrapped that its process dies with ours, however we end."""
    if shutil.which("setpriv") is None:
        return list(command)
    return ["setpriv", "--pdeathsig", "KILL", "--", *command]


@asynccontextmanager
async def running(
    command: Sequence[str], env: Mapping[str, str], *, piped: bool = False, log: int | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a process in a session of its own, where a Ctrl-C of the terminal does not reach.

    ``piped`` gives it pipes for input and errors, else errors go to the descriptor ``log``
    or nowhere. Leaving the context ends it: politely for a second, then by force.
    """
    process = await asyncio.create_subprocess_exec(
        *child_command(command),
        env=env,
        stdin=asyncio.subprocess.PIPE if piped else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE if piped else (log or asyncio.subprocess.DEVNULL),
        start_new_session=True,
    )
    try:
        yield process
    finally:
        await _end(process)


async def running_to_end(command: Sequence[str]) -> tuple[int, str]:
    """Run a process to its end; return its exit code and what it said on stderr."""
    async with running(command, without_secrets(), piped=True) as process:
        _, said = await process.communicate()
    return process.returncode or 0, said.decode(errors="replace").strip()


async def output_of(
    command: Sequence[str], feed: bytes = b"", env: Mapping[str, str] | None = None
) -> tuple[int, bytes, bytes]:
    """Run a program that nobody need speak to; return its exit code, its output and its errors.

    ``env`` is ours without its secrets, unless another is given. Who waits no longer ends it.
    Raises FileNotFoundError when there is no such program.
    """
    if shutil.which(command[0]) is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), command[0])
    process = await asyncio.create_subprocess_exec(
        *child_command(command),
        env=without_secrets() if env is None else env,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, err = await process.communicate(feed)
    finally:
        await _end(process)
    return process.returncode or 0, out, err


async def _end(process: asyncio.subprocess.Process) -> None:
    for force in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is not None:
            return
        process.send_signal(force)
        try:
            await asyncio.wait_for(process.wait(), _END_S)
        except TimeoutError:
            continue


def without_pulse(env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return an environment that points at no sound server."""
    return {name: value for name, value in env.items() if not name.startswith("PULSE_")}


@contextmanager
def leaving_no_trace(env: Mapping[str, str] = os.environ) -> Iterator[dict[str, str]]:
    """Yield an environment for a child that looks at sound devices and is gone again.

    PulseAudio's library makes itself a directory in the home of whoever has none, as soon as
    devices are listed: root at a console, say. A sound server of theirs would have made it.
    """
    theirs = without_secrets(env)
    with tempfile.TemporaryDirectory(prefix="kiosk-sound-") as scratch:
        home = Path(env.get("HOME") or Path.home())
        if "XDG_RUNTIME_DIR" not in env and not (home / ".config" / "pulse").exists():
            theirs.setdefault("PULSE_RUNTIME_PATH", scratch)
        yield theirs


def without_secrets(env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return an environment for a child that calls nobody: what it does not know it cannot tell."""
    return {name: value for name, value in env.items() if name not in _SECRETS}


def last_words(log: Path) -> str:
    """Return the last line a kiosk process wrote to its log, without its name; "" for none."""
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1].removeprefix("kiosk: ") if lines else ""
