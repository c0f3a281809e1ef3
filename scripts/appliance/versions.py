"""The versions on a machine: ``/opt/kiosk/<version>``, and the links that say which one runs.

``current`` is the one that runs. ``before`` is there only while a new one is on trial, and
names the one to go back to. A version without its stamp is not finished and never runs.
"""

import os
import re
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from scripts.appliance.errors import CANNOT_CREATE, Refused
from scripts.appliance.system import System

HOME: Final = Path("/opt/kiosk")
CURRENT: Final = HOME / "current"
BEFORE: Final = HOME / "before"
COMMANDS: Final = {
    Path("/usr/local/bin/kiosk"): CURRENT / "bin/kiosk",
    Path("/usr/local/sbin/kiosk-update"): CURRENT / "source/scripts/update",
    Path("/usr/local/sbin/kiosk-uninstall"): CURRENT / "source/scripts/uninstall",
}
STAMP: Final = "complete"
CONTENT: Final = "content"
PROVED: Final = "proved"
KEPT: Final = 2
_PIECE: Final = 2**20
_VERSION: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)(\+[0-9a-f]{8})?")


def check_home(system: System, tree: Path) -> None:
    """Raise Refused where the versions cannot have a directory of their own."""
    home = system.at(HOME)
    if home.is_symlink() or (home.exists() and not home.is_dir()):
        raise Refused(
            f"{HOME} is not a directory: the kiosk wants one of its own there; to have it on"
            " another disk, mount that there.",
            CANNOT_CREATE,
        )
    if tree == home:
        raise Refused(
            f"This source is in {HOME}, where the versions go: move it, and run this again.",
            CANNOT_CREATE,
        )


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


def complete_now(system: System, version: str, made_of: str, lender: str | None = None) -> None:
    """Write down what a version consists of and, once that is on the card, that it is complete.

    A file that it shares with its lender, which was just looked at, is not read once more. Raises
    OSError when one cannot be read.
    """
    home = system.at(HOME / version)
    shared = system.at(HOME / lender) if lender else home
    known = _listed(shared) if lender else {}
    lines = []
    for name in _content(home):
        told = known.get(name, "") if _is_same(f"{home}/{name}", f"{shared}/{name}") else ""
        lines.append(f"{told or _told_of(home / name)}  {name}\n")
    text = "".join(lines)
    system.write(HOME / version / CONTENT, f"{_sum_of(BytesIO(os.fsencode(text)))}\n{text}")
    system.sync()
    system.write(HOME / version / STAMP, f"{made_of}\n")


def damage(
    system: System, version: str, counts: Callable[[Path], bool] = lambda _path: True
) -> str:
    """Return what of a complete version is not as it was built; empty when all is."""
    home = system.at(HOME / version)
    try:
        listed = _listed(home)
    except (OSError, ValueError):
        return "the list of its files cannot be read"
    for name, told in listed.items():
        path = home / name
        try:
            if counts(Path(name)) and told != _told_of(path):
                return f"{name} was changed"
        except FileNotFoundError:
            return f"{name} is missing"
        except OSError:
            return f"{name} cannot be read"
    return ""


def place_for(system: System, version: str, made_of: str) -> tuple[str, bool]:
    """Return the directory name for a version, and whether it is there already, whole.

    It is another one where the version itself is in use and is other content, or damaged.
    """
    names = (version, f"{version}+{made_of[:8]}")
    for name in names:
        if fingerprint(system, name) == made_of:
            broken = damage(system, name)
            if not broken:
                return name, True
            system.note(f"Version {name} is damaged ({broken}): it is built anew.")
            system.remove(HOME / name / PROVED)  # nothing to go back to
    in_use = (linked(system, CURRENT), linked(system, BEFORE))
    return next(name for name in names if name not in in_use or name == names[-1]), False


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


def _content(home: Path) -> list[str]:
    """Return the names of a version's files and links, without its own papers. Raises OSError.

    As strings and not as paths: there are thousands, and a slow board counts them one by one.
    """
    found = []
    for place, directories, files in os.walk(home, onerror=_raise):
        links = [name for name in directories if Path(place, name).is_symlink()]
        found += [f"{place}/{name}"[len(f"{home}/") :] for name in (*files, *links)]
    return sorted({*found} - {CONTENT, STAMP, PROVED})


def _raise(err: OSError) -> None:
    raise err


def _listed(home: Path) -> dict[str, str]:
    """Return what a version consisted of when it was complete. Raises OSError and ValueError."""
    told, _, text = (home / CONTENT).read_bytes().partition(b"\n")
    if told.decode() != _sum_of(BytesIO(text)):
        raise ValueError("it is not as it was written")
    lines = (line.partition("  ") for line in os.fsdecode(text).split("\n")[:-1])
    return {name: told for told, _, name in lines}


def _is_same(path: str, other: str) -> bool:
    """Whether these are two names of one file."""
    try:
        return os.path.samestat(os.lstat(path), os.lstat(other))
    except OSError:
        return False


def _told_of(path: Path) -> str:
    """Return what tells a file from what a bad card makes of it. Raises OSError.

    No cryptographic hash: who may write here is root, and hashing took a slow board ten seconds.
    """
    if path.is_symlink():
        return f"->{path.readlink()}"
    with path.open("rb", buffering=0) as file:
        return _sum_of(file)


def _sum_of(file: BinaryIO) -> str:
    size = check = 0
    while piece := file.read(_PIECE):
        size, check = size + len(piece), zlib.crc32(piece, check)
    return f"{size}-{check:08x}"
