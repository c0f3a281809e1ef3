"""Updates the kiosk: a signed package becomes a version beside the one that runs, and is tried."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from scripts.appliance import debian, environment, gate, package, trial, versions
from scripts.appliance.errors import DATA, NO_INPUT, Refused
from scripts.appliance.system import System

_PACKAGE: Final = versions.HOME / ".package"


def update(system: System, tarball: Path, patience: gate.Patience) -> None:
    """Install the version of a package beside the one that runs, and try it. Raises Refused."""
    name = prepare(system, tarball)
    if name is not None:
        trial.run(system, name, patience)


def prepare(system: System, tarball: Path) -> str | None:
    """Verify a package and build its version, which runs nowhere yet; None for a dry run."""
    debian.check_machine(system)
    trial.refuse_during_trial(system)
    running = versions.linked(system, versions.CURRENT)
    if running is None:
        raise Refused("The kiosk is not installed yet: scripts/install does that.", NO_INPUT)
    with _unpacking(system) as scratch:
        copy = None if system.dry else scratch / "package.tar.gz"
        version = package.verified(system, tarball, copy)
        if (versions.order(version) or ()) <= (versions.order(running) or ()):
            raise Refused(f"{version} is not newer than {running}, which runs.", DATA)
        system.note(f"{tarball.name} is signed and whole.")
        if copy is None:
            system.say(f"build {version} beside {running}, switch to it and watch it")
            return None
        tree = package.unpack(copy, version, scratch)
        copy.unlink()
        _, python_version = environment.python(system)
        debian.place_packages(system, python_version)
        name = environment.build(system, tree)
    trial.check_way_back(system, name)
    trial.place_settle(system)
    return name


@contextmanager
def _unpacking(system: System) -> Iterator[Path]:
    """Have a place for a package: on the card, since memory may be too small, and root's alone."""
    if system.dry:
        yield _PACKAGE
        return
    system.remove(_PACKAGE)  # of an update that was cut
    system.directory(_PACKAGE, 0o700)
    try:
        yield system.at(_PACKAGE)
    finally:
        system.remove(_PACKAGE)
