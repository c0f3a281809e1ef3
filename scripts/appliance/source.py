"""The kiosk's source as it is installed and packaged: what belongs to it, and its version."""

import hashlib
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from scripts.appliance.errors import DATA, Refused
from scripts.appliance.versions import order

_PARTS: Final = (
    "kiosk", "config", "systemd", "scripts/appliance", "scripts/install", "scripts/update",
    "scripts/uninstall", "scripts/package", "scripts/uv-requirements.txt", "pyproject.toml",
    "requirements.lock", "README.md", "LICENSE", "CHANGELOG.md",
)  # fmt: skip


WHEELS: Final = "wheels"
"""Where a package has the Python packages it carries, by machine and Python."""


def here() -> Path:
    """Return the source that this program is part of."""
    return Path(__file__).resolve().parents[2]


def files(source: Path) -> Iterator[Path]:
    """Yield what belongs to the kiosk, relative to its source, always in the same order."""
    for part in sorted(_PARTS):
        whole = source / part
        found = sorted(whole.rglob("*")) if whole.is_dir() else [whole]
        for path in found:
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(source)


def version_of(source: Path) -> str:
    """Return the version a source says it is. Raises Refused."""
    try:
        version = str(tomllib.loads((source / "pyproject.toml").read_text())["project"]["version"])
    except (OSError, ValueError, KeyError) as err:
        raise Refused(f"{source} is not the kiosk's source: {err}", DATA) from err
    if order(version) is None:
        raise Refused(f"The version {version!r} is not three numbers with dots.", DATA)
    return version


def fingerprint_of(source: Path, python: str) -> str:
    """Return what tells this content, installed for this Python, from any other."""
    whole = hashlib.sha256(python.encode())
    for path in files(source):
        whole.update(f"\0{path}\0".encode())
        whole.update((source / path).read_bytes())
    return whole.hexdigest()


def copy(source: Path, to: Path) -> None:
    """Copy what belongs to the kiosk."""
    for path in files(source):
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / path, to / path)
        (to / path).chmod(0o755 if (source / path).stat().st_mode & 0o100 else 0o644)


def runtime_lock(lock: str) -> str:
    """Return the part of requirements.lock that the kiosk needs to run, hashes and all.

    The lock says behind each package who asks for it; whoever is asked for by the kiosk
    itself, or by one who is, runs. The rest builds and tests.
    """
    blocks = _by_name(lock)
    needed, grown = set[str](), True
    while grown:
        wanted = {
            name
            for name, block in blocks.items()
            if any(who == "kiosk (pyproject.toml)" or who in needed for who in _askers(block))
        }
        needed, grown = wanted | needed, not wanted <= needed
    return "".join(block for name, block in blocks.items() if name in needed)


def builders_lock(lock: str) -> str:
    """Return the part of requirements.lock that builds what there is no wheel for."""
    blocks = _by_name(lock)
    needed = {"hatchling", "setuptools", "editables"}
    needed |= {name for name, block in blocks.items() if "hatchling" in _askers(block)}
    return "".join(block for name, block in blocks.items() if name in needed)


def without_markers(lock: str, machine: str, python: str) -> str:
    """Return the part of a lock that such a machine takes, for a program that runs elsewhere.

    The markers are of the few forms that scripts/lock leaves.
    """
    kept = ""
    for block in blocks(lock):
        first, newline, rest = block.partition("\n")
        head, _, marker = first.removesuffix("\\").partition(";")
        if all(_holds(term.strip(), machine, python) for term in marker.split(" and ")):
            kept += f"{head.strip()} \\{newline}{rest}" if marker else block
    return kept


def _holds(term: str, machine: str, python: str) -> bool:
    if not term:
        return True
    name, how, quoted = term.split(maxsplit=2)
    wanted = quoted.strip("'\"")
    if name == "platform_machine" and how == "==":
        return machine == wanted
    minor, least = (int(version.split(".")[1]) for version in (python, wanted))
    assert name == "python_full_version", "a marker that scripts/lock does not leave"
    return minor < least if how == "<" else minor >= least


def blocks(lock: str) -> Iterator[str]:
    """Yield what a lock says of each package."""
    block = ""
    for line in lock.splitlines(keepends=True):
        if line.strip() and line[0] not in " #" and block:
            yield block
            block = ""
        block += line
    if block.strip():
        yield block


def _by_name(lock: str) -> dict[str, str]:
    blocks: dict[str, str] = {}
    name = ""
    for line in lock.splitlines(keepends=True):
        if line.strip() and line[0] not in " #":
            name = line.split("==")[0].split("[")[0].strip()
            blocks.setdefault(name, "")
        if name:
            blocks[name] += line
    return blocks


def _askers(block: str) -> list[str]:
    lines = [line.strip() for line in block.splitlines() if line.lstrip().startswith("#")]
    return [line.removeprefix("#").strip().removeprefix("via ").strip() for line in lines]
