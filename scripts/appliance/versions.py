"""The versions on a machine: ``/opt/kiosk/<version>``, and the links that say which one runs.

``current`` is the one that runs. ``before`` is there only while a new one is on trial, and
names the one to go back to. A version without its stamp is not finished and never runs.
"""

import re
from pathlib import Path
from typing import Final

from scripts.appliance.system import System

HOME: Final = Path("/opt/kiosk")
CURRENT: Final = HOME / "current"
BEFORE: Final = HOME / "before"
STAMP: Final = "complete"
PROVED: Final = "proved"
KEPT: Final = 2
_VERSION: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)(\+[0-9a-f]{8})?")


def order(version: str) -> tuple[int, int, int] | None:
    """Return what versions are compared by; None for what is none."""
    match = _VERSION.fullmatch(version)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def linked(system: System, link: Path) -> str | None:
    """Return the version a link names."""
    path = system.at(link)
    return path.readlink().name if path.is_symlink() else None


def complete(system: System, version: str) -> bool:
    """Whether a version is whole."""
    return system.at(HOME / version / STAMP).is_file()


def fingerprint(system: System, version: str) -> str:
    """Return what a complete version was made of."""
    stamp = system.at(HOME / version / STAMP)
    return stamp.read_text().strip() if stamp.is_file() else ""


def place_for(system: System, version: str, made_of: str) -> str:
    """Return the directory name for a version: another one if other content has it already."""
    there = fingerprint(system, version)
    in_use = version in (linked(system, CURRENT), linked(system, BEFORE))
    return version if there == made_of or not (there and in_use) else f"{version}+{made_of[:8]}"


def prove(system: System, version: str) -> None:
    """Write down that a version ran well, or was wanted by a technician: worth going back to."""
    system.write(HOME / version / PROVED, "")


def prune(system: System) -> None:
    """Remove all but the one that runs, the newest other that is proved, and what is on trial."""
    home, running = system.at(HOME), linked(system, CURRENT)
    kept = {running, linked(system, BEFORE)}
    there = [path for path in home.iterdir() if path.is_dir() and order(path.name)]
    whole = [p for p in there if complete(system, p.name) and (p / PROVED).is_file()]
    whole.sort(key=lambda path: (path / STAMP).stat().st_mtime, reverse=True)
    others = [path.name for path in whole if path.name not in kept]
    kept.update(others[: max(0, KEPT - len(kept - {None}))])
    for path in there:
        if path.name not in kept:
            system.remove(HOME / path.name)
