"""What the installation made of the system's own, so that its removal knows what to take away.

Noted before it is made: a cut leaves a note too many, never too few.
"""

from pathlib import Path
from typing import Final

from scripts.appliance.system import System

FILE: Final = Path("/etc/kiosk/made-by-install")


def note(system: System, kind: str, *names: str) -> None:
    """Note that we are about to make these."""
    there = system.read(FILE)
    lines = [f"{kind} {name}\n" for name in names]
    new = [line for line in lines if line not in there.splitlines(keepends=True)]
    if new:
        system.write(FILE, there + "".join(new))


def noted(system: System, kind: str) -> list[str]:
    """Return what of a kind was made."""
    lines = (line.partition(" ") for line in system.read(FILE).splitlines())
    return [name for kind_there, _, name in lines if kind_there == kind]
