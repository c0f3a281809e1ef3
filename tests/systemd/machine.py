"""A machine with a real systemd and the kiosk installed as in a shop, in a container.

Its root is made of this machine's own: ``/usr`` read-only, the few files of ``/etc`` that
programs need, and the checkout's kiosk under ``/opt/kiosk``. So there is nothing to download,
and it boots in a second. Needs root and systemd-nspawn, no D-Bus and no machined.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

REPOSITORY: Final = Path(__file__).parents[2]
HERE: Final = Path(__file__).parent
PROGRAM: Final = "/opt/kiosk/current/bin/kiosk"
VERSION: Final = "opt/kiosk/0.0.0"
BOOT_S: Final = 20.0
COMMAND_S: Final = 30.0
_PREFIX: Final = "kiosk-nspawn-"
_OWNER: Final = "owner.json"
_LOOK_S: Final = 0.03
_ETC: Final = """
    passwd group shadow gshadow login.defs nsswitch.conf
    ld.so.conf ld.so.conf.d ld.so.cache host.conf ssl alternatives alsa
    dbus-1 pam.d security
"""
_BUILT_IN: Final = ("bin", "lib", "lib32", "lib64", "libx32", "sbin")


class CannotBoot(Exception):
    """Why there can be no such machine here."""


def monotonic_s() -> float:
    """Return the time on the clock that systemd's own time stamps use."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def holds(condition: Callable[[], Any], what: str, within_s: float) -> Any:
    """Return the first true value of ``condition``; it is about other processes."""
    pause, deadline = threading.Event(), monotonic_s() + within_s
    while monotonic_s() < deadline:
        if value := condition():
            return value
        pause.wait(_LOOK_S)
    raise AssertionError(f"not within {within_s:g} s: {what}")


class Machine:
    """A booted machine."""

    def __init__(self, root: Path, leader: int) -> None:
        self.root = root
        self._inside = ["nsenter", "-t", str(leader), "-m", "-u", "-i", "-n", "-p", "-C", "--"]

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command inside to its end; return what it wrote to stdout."""
        done = self.do(*command)
        assert done.returncode == 0 or not check, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def do(
        self, *command: str, within_s: float = COMMAND_S, env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command inside to its end, whatever that is."""
        return subprocess.run(
            [*self._inside, *command],
            check=False,
            capture_output=True,
            text=True,
            timeout=within_s,
            env={
                "PATH": "/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin",
                "LANG": "C.UTF-8",
                **(env or {}),
            },
        )

    def show(self, unit: str, *names: str) -> list[str]:
        """Return properties of a unit."""
        lines = self.run("systemctl", "show", unit, *(f"-p{name}" for name in names)).splitlines()
        said = dict(line.split("=", 1) for line in lines)
        return [said[name] for name in names]

    def pid(self, unit: str) -> int:
        """Return the main process as this machine's kernel counts it; 0 for none."""
        return int(self.show(unit, "MainPID")[0])

    def signal(self, unit: str, number: signal.Signals | int) -> None:
        """Send a signal to the main process of a unit."""
        self.run("kill", f"-{int(number)}", str(self.pid(unit)))

    def journal(self, unit: str, since: str = "") -> list[dict[str, Any]]:
        """Return what a unit wrote, or what was written about it, after a cursor."""
        after = [f"--after-cursor={since}"] if since else []
        lines = self.run("journalctl", "-u", unit, "-o", "json", "--no-pager", *after, check=False)
        return [json.loads(line) for line in lines.splitlines() if line.startswith("{")]

    def cursor(self, unit: str) -> str:
        """Return where the journal of a unit ends now; it must have something in it."""
        self.run("journalctl", "--sync")
        # Of the unit, not of all: systemd 252 may skip a line after somebody else's.
        lines = self.run("journalctl", "-u", unit, "-n1", "-o", "json", "--no-pager")
        return str(json.loads(lines)["__CURSOR"])


@contextmanager
def empty_root() -> Iterator[Path]:
    """Make the place for one machine; it is removed again. Raises CannotBoot."""
    _check_possible()
    clear_leftovers()
    root = Path(tempfile.gettempdir(), f"{_PREFIX}{secrets.token_hex(6)}")  # names the machine
    root.mkdir(mode=0o755)
    try:
        _own(root, None)
        yield root
    finally:
        _remove(root)


@contextmanager
def machine(
    root: Path, units: Mapping[str, str], files: Mapping[str, str], binds: Mapping[Path, str]
) -> Iterator[Machine]:
    """Boot a machine in an empty root, with these units, files and directories.

    ``units`` and ``files`` are texts by name and by absolute path; ``binds`` are directories of
    this machine and where they are seen inside. Raises CannotBoot.
    """
    _furnish(root)
    more = _install(root)
    for name, text in units.items():
        _put(root / "etc/systemd/system" / name, text)
    for path, text in files.items():
        _put(root / path.lstrip("/"), text)
    for place in binds.values():
        (root / place.lstrip("/")).mkdir(parents=True)
    with _booted(root, {**more, **{str(at): place for at, place in binds.items()}}) as leader:
        booted = Machine(root, leader)
        _until_running(booted)
        booted.run("ldconfig")  # a Python of its own has libraries of its own
        yield booted


def furnish(root: Path) -> None:
    """Make an empty root one that boots with no kiosk on it, and ``/usr/local`` its own."""
    _furnish(root)
    for name in ("bin", "sbin"):
        (root / "local" / name).mkdir(parents=True)


@contextmanager
def booted(root: Path, binds: Mapping[Path, str]) -> Iterator[Machine]:
    """Boot a furnished root, as often as you like. Raises CannotBoot."""
    for place in binds.values():
        (root / place.lstrip("/")).mkdir(parents=True, exist_ok=True)
    seen = {str(at): place for at, place in binds.items()}
    with _booted(root, seen, {str(root / "local"): "/usr/local"}) as leader:
        machine = Machine(root, leader)
        _until_running(machine)
        yield machine


def _until_running(machine: Machine) -> None:
    holds(
        lambda: (
            machine.run("systemctl", "is-system-running", check=False).strip()
            in ("running", "degraded")
        ),
        "the machine runs",
        BOOT_S,
    )


def clear_leftovers() -> None:
    """End the machines of tests that were killed, and remove their roots."""
    for root in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            owner = json.loads((root / _OWNER).read_text())
        except (OSError, ValueError):
            continue  # somebody else makes or removes it just now
        if not _is(owner["test"]):
            if owner["leader"] and _is(owner["leader"]):
                os.kill(owner["leader"][0], signal.SIGKILL)
            _remove(root)


def _check_possible() -> None:
    if os.geteuid() != 0:
        raise CannotBoot("only root may boot a container")
    for program in ("systemd-nspawn", "nsenter", "setpriv"):
        if shutil.which(program) is None:
            raise CannotBoot(f"{program} is not here: scripts/setup --tests installs it")
    if not Path("/usr/lib/systemd/systemd").exists():
        raise CannotBoot("systemd is not installed: scripts/setup --tests installs it")


def _furnish(root: Path) -> None:
    """Fill a root with what is not ``/usr``."""
    for name in ("usr", "etc/systemd/system", "var/lib", "var/log/journal", "var/tmp", "run",
                 "tmp", "proc", "sys", "dev", "root", "opt/deps"):  # fmt: skip
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in _BUILT_IN:
        if Path("/usr", name).exists():
            (root / name).symlink_to(f"usr/{name}")
    for name in _ETC.split():
        source, copy = Path("/etc", name), root / "etc" / name
        if source.is_dir():
            shutil.copytree(source, copy, symlinks=True)
        elif source.exists():
            shutil.copy(source, copy)
    shutil.copy("/etc/os-release", root / "etc/os-release")
    _put(root / "etc/machine-id", "")


def _install(root: Path) -> dict[str, str]:
    """Install the checkout's kiosk as in a shop; return what must be bound where."""
    with (root / "etc/group").open("a") as groups:
        groups.write("gpio:x:997:\nkiosk:x:871:\n")
    with (root / "etc/passwd").open("a") as users:
        users.write("kiosk:x:871:871::/nonexistent:/usr/sbin/nologin\n")
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    home, binds = Path(sys.base_prefix), {sysconfig.get_path("purelib"): "/opt/deps"}
    if not home.is_relative_to("/usr"):
        binds[str(home)] = "/opt/python"
        home = Path("/opt/python")
        (root / "opt/python").mkdir()
        _put(root / "etc/ld.so.conf.d/python.conf", "/opt/python/lib\n")
    venv = root / VERSION
    packages = venv / "lib" / version / "site-packages"
    packages.mkdir(parents=True)
    _put(venv / "pyvenv.cfg", f"home = {home}/bin\ninclude-system-site-packages = false\n")
    (root / "opt/kiosk/current").symlink_to(venv.name)
    (venv / "bin").mkdir()
    (venv / "bin/python").symlink_to(home / "bin" / version)
    _put(venv / "bin/kiosk", f"#!{PROGRAM.removesuffix('kiosk')}python\n"
         "import sys\nfrom kiosk.__main__ import main\nsys.exit(main())\n", 0o755)  # fmt: skip
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "kiosk", packages / "kiosk", ignore=ignore)
    shutil.copytree(REPOSITORY / "config", packages / "kiosk/_config")
    compiling = [
        sys.executable,
        "-m",
        "compileall",
        "-q",
        "-s",
        str(root),
        "-p",
        "/",
        str(packages),
    ]
    subprocess.run(compiling, check=True)
    _put(packages / "deps.pth", "/opt/deps\nimport kiosk_faults\n")
    shutil.copy(HERE / "faults.py", packages / "kiosk_faults.py")
    for program in ("remembering.py", "trying.py", "recording.py", "holding.py"):
        shutil.copy(HERE / program, root / "opt/kiosk" / program)
    shutil.copytree(HERE / "pins", root / "opt/kiosk/pins", ignore=ignore)
    return binds


@contextmanager
def _booted(
    root: Path, binds: Mapping[str, str], writable: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Boot and yield the pid of the leader; the machine ends with the context, or with us."""
    log = root / "nspawn.log"
    command = ["systemd-nspawn", "-q", "-D", str(root), "-M", root.name, "--boot"]
    command += ["--private-network", "--register=no", "--keep-unit", "--link-journal=no"]
    command += ["--console=pipe", "--bind-ro=/usr"]
    command += [f"--bind-ro={at}:{place}" for at, place in binds.items()]
    command += [f"--bind={at}:{place}" for at, place in (writable or {}).items()]
    with log.open("wb") as said:
        nspawn = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
            env={**os.environ, "SYSTEMD_NSPAWN_LOCK": "0"},
        )
    try:
        leader = _leader(nspawn, log)
        _own(root, leader)
        with _ended_with_us(leader[0], root):
            try:
                yield leader[0]
            finally:
                # nspawn itself must not be signalled: the machine would go on without it.
                if _is(leader):
                    os.kill(leader[0], signal.SIGKILL)
    finally:
        with suppress(subprocess.TimeoutExpired):
            nspawn.wait(10)
        if nspawn.poll() is None:
            nspawn.kill()
            nspawn.wait()


def _leader(nspawn: "subprocess.Popen[bytes]", log: Path) -> list[int]:
    children = Path(f"/proc/{nspawn.pid}/task/{nspawn.pid}/children")

    def found() -> list[int] | None:
        if nspawn.poll() is not None:
            lines = log.read_text(errors="replace").strip().splitlines()
            raise CannotBoot(f"systemd-nspawn: {lines[-1] if lines else nspawn.returncode}")
        with suppress(OSError, ValueError):
            pid = int(children.read_text().split()[0])
            if Path(f"/proc/{pid}/comm").read_text().strip() == "systemd":
                return _identity(pid)
        return None

    try:
        leader: list[int] = holds(lambda: _tried(found), "systemd is started", BOOT_S)
    except AssertionError as err:
        raise CannotBoot(str(err)) from err
    return leader


def _tried(found: Callable[[], list[int] | None]) -> list[int] | None:
    with suppress(IndexError):
        return found()
    return None


@contextmanager
def _ended_with_us(leader: int, root: Path) -> Iterator[None]:
    """Have the machine ended even if we are killed: a process waits for our end of a pipe."""
    script = f"read -r _; kill -9 {leader}; sleep 1; rm -rf --one-file-system '{root}'"
    with subprocess.Popen(
        ["sh", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as guard:
        try:
            yield
        finally:
            guard.kill()


def _own(root: Path, leader: list[int] | None) -> None:
    """Write down whose machine this is."""
    owner = {"test": _identity(os.getpid()), "leader": leader}
    _put(root / _OWNER, json.dumps(owner))


def _identity(pid: int) -> list[int]:
    """Return the pid and when it began, which no other process ever has together."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [pid, int(stat[19])]


def _is(identity: list[int]) -> bool:
    try:
        return _identity(identity[0]) == identity
    except (OSError, IndexError):
        return False


def _put(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def _remove(root: Path) -> None:
    subprocess.run(["rm", "-rf", "--one-file-system", str(root)], check=False)
