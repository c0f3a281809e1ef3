"""A machine that is only a directory: what the appliance's programs change is changed below it.

The kiosk's source is the real one. uv, dpkg and systemctl are a few lines of shell that leave
what the real ones would; the tests in ``test_on_a_machine`` use the real ones.
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from scripts.appliance import account, environment, package, source, trial, units, versions
from scripts.appliance.system import System

REPOSITORY: Final = Path(__file__).parents[2]
OLD: Final = source.version_of(REPOSITORY)
NEW: Final = "9.0.0"
_PROGRAMS: Final = {
    "uv": """
case "$1 ${2:-}" in
  "venv "*) for home; do :; done; packages=$home/lib/python3.11/site-packages
    mkdir -p "$home/bin" "$packages"; touch "$packages/_virtualenv.py"
    cp "$0.python" "$home/bin/python" ;;
  "pip install") case "$*" in
    *--target*) while [ "$1" != --target ]; do shift; done; mkdir -p "$2"; touch "$2/hatchling" ;;
    *) for wheel; do :; done; home=${wheel%/*/*}
       mkdir "$home/lib/python3.11/site-packages/kiosk"; touch "$home/bin/kiosk" ;;
    esac ;;
  "pip sync") while [ "$1" != --python ]; do shift; done
    touch "${2%/bin/python}/lib/python3.11/site-packages/numpy" ;;
esac
""",
    "uv.python": """
case "$*" in *"hatchling build"*) for to; do :; done; touch "$to/kiosk-1-py3-none-any.whl" ;; esac
""",
    "dpkg-query": 'for name; do echo "installed $name"; done',
    "systemctl": "exit 0",
    "sync": "exit 0",
}


class CutSystem(System):
    """Ends like a machine whose power goes, before the change with this number."""

    def __init__(self, root: Path, at_change: int) -> None:
        super().__init__(root)
        self._left = at_change

    def _change(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def sync(self) -> None:
        """Leave out what only a real card needs: it takes seconds on a busy machine."""
        self._change()


def programs(to: Path, more: Mapping[str, str] | None = None) -> str:
    """Have the stand-ins in a directory, and return a search path that begins with it."""
    to.mkdir(exist_ok=True)
    for name, text in {**_PROGRAMS, **(more or {})}.items():
        (to / name).write_text(f"#!/bin/sh\n{text}\n")
        (to / name).chmod(0o755)
    return f"{to}:{os.environ['PATH']}"


def installed(root: Path) -> System:
    """Return a machine with the old version, as the installation leaves it, and no systemd."""
    system = System(root)
    for place in ("etc", "opt", "var"):
        (root / place).mkdir()
    shutil.copy("/etc/os-release", root / "etc/os-release")
    name = environment.build(system, REPOSITORY)
    trial.place_settle(system)
    units.place(system, REPOSITORY)
    versions.prove(system, name)
    system.link(versions.CURRENT, name)
    return system


def key_pair(system: System, to: Path) -> Path:
    """Make a signing key, and have the machine trust it."""
    make_key(to)
    system.write(account.UPDATE_KEY, Path(f"{to}.pub").read_text())
    return to


def make_key(to: Path) -> None:
    """Make a signing key."""
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(to)], check=True
    )


def packaged(version: str, key: Path, to: Path, more: Mapping[str, str] | None = None) -> Path:
    """Return a package of this source under another version, with ``more`` in some files."""
    tree = to / f"tree-{version}"
    source.copy(REPOSITORY, tree)
    project = tree / "pyproject.toml"
    text = re.sub(r'(?m)^version = ".*"$', f'version = "{version}"', project.read_text())
    project.write_text(text)
    for name, added in (more or {}).items():
        with (tree / name).open("a") as file:
            file.write(added)
    return package.make(System(), tree, key, to)


def settled(root: Path, path: str, *arguments: str) -> int:
    """Do what systemd does before the kiosk starts; return the exit code."""
    settle = root / str(trial.SETTLE).lstrip("/")
    if not settle.exists():
        return 0
    done = subprocess.run([str(settle), *arguments], check=False, env={"PATH": path})
    return done.returncode


def runs(system: System) -> str:
    """Return the version that runs; it must be whole, alone, and have its units in place."""
    running = versions.linked(system, versions.CURRENT)
    assert running is not None
    assert versions.complete(system, running)
    assert not system.at(versions.BEFORE).is_symlink()
    home = system.at(versions.HOME / running)
    for unit in units.services(REPOSITORY):
        link = system.at(units.SYSTEM / unit)
        assert link.readlink() == versions.CURRENT / "source/systemd" / unit
        assert (home / "source/systemd" / unit).is_file()
    return running
