"""The units and settings for systemd that come with a version, and which of them are in place.

In place is a link through ``/opt/kiosk/current``: turning that one link changes the program
and its units in the same moment, and a cut never leaves one version's program with another's unit.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from scripts.appliance import versions
from scripts.appliance.system import System

SYSTEM: Final = Path("/etc/systemd/system")
_KINDS: Final = (".service", ".timer", ".path", ".socket", ".target", ".mount", ".slice")
_SETTINGS: Final = {
    "system.conf.d": Path("/etc/systemd/system.conf.d"),
    "journald.conf.d": Path("/etc/systemd/journald.conf.d"),
    "coredump.conf.d": Path("/etc/systemd/coredump.conf.d"),
    "rules.d": Path("/etc/udev/rules.d"),
    "sysctl.d": Path("/etc/sysctl.d"),
    "tmpfiles.d": Path("/etc/tmpfiles.d"),
    "modprobe.d": Path("/etc/modprobe.d"),
    "modules-load.d": Path("/etc/modules-load.d"),
}
_THROUGH: Final = versions.CURRENT / "source/systemd"


def place(system: System, tree: Path) -> None:
    """Have a link for every unit of a source. Those of another version stay: see ``tidy``."""
    for link, to in _links(tree):
        if system.link(link, to):
            system.did(f"{link.name} is linked in {link.parent}.")


def tidy(system: System, version: str | None) -> None:
    """Remove the links of units that this version has not; with None, all of them."""
    wanted = dict(_links(source_of(system, version))) if version else {}
    for link in list(_placed(system)):
        if link not in wanted:
            system.remove(link)
            system.remove_empty(link.parent)


def source_of(system: System, version: str) -> Path:
    """Return the source that a version was built of."""
    return system.at(versions.HOME / version / "source")


def services(tree: Path) -> list[str]:
    """Return the units of a source that start with the machine."""
    return [unit.name for unit in _units(tree) if _wanted_by(unit)]


def names(tree: Path) -> list[str]:
    """Return all units of a source."""
    return [unit.name for unit in _units(tree)]


def placed(system: System) -> list[str]:
    """Return the units that are linked into place, of whatever version."""
    return sorted(link.name for link in _placed(system) if link.parent == SYSTEM)


def restart(system: System, version: str) -> None:
    """Let systemd read the units anew and begin to start this version."""
    system.run("systemctl", "daemon-reload")
    system.run("systemctl", "restart", "--no-block", *services(source_of(system, version)))


def _units(tree: Path) -> list[Path]:
    return sorted(path for path in (tree / "systemd").glob("*") if path.suffix in _KINDS)


def _links(tree: Path) -> Iterator[tuple[Path, Path]]:
    for unit in _units(tree):
        yield SYSTEM / unit.name, _THROUGH / unit.name
        for target in _wanted_by(unit):
            yield SYSTEM / f"{target}.wants" / unit.name, _THROUGH / unit.name
    for file in sorted((tree / "systemd").glob("*.d/*")):
        directory = file.parent.name
        if directory in _SETTINGS:
            yield _SETTINGS[directory] / file.name, _THROUGH / directory / file.name
        elif Path(directory).with_suffix("").suffix in _KINDS:
            yield SYSTEM / directory / file.name, _THROUGH / directory / file.name


def _placed(system: System) -> Iterator[Path]:
    """Yield the links there are that lead through /opt/kiosk/current."""
    places = [SYSTEM, *_SETTINGS.values()]
    places += [path for path in _directories(system, SYSTEM) if path.suffix in (".d", ".wants")]
    for directory in places:
        for path in _entries(system, directory):
            there = system.at(path)
            if there.is_symlink() and there.readlink().is_relative_to(_THROUGH):
                yield path


def _directories(system: System, place: Path) -> list[Path]:
    return [path for path in _entries(system, place) if system.at(path).is_dir()]


def _entries(system: System, place: Path) -> list[Path]:
    there = system.at(place)
    return [place / path.name for path in sorted(there.iterdir())] if there.is_dir() else []


def _wanted_by(unit: Path) -> list[str]:
    lines = unit.read_text().splitlines()
    return [
        name
        for line in lines
        if line.startswith("WantedBy=")
        for name in line.removeprefix("WantedBy=").split()
    ]
