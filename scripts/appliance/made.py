"""What the installation made of the system's own, so that its removal knows what to take away.

Noted before it is made: a cut leaves a note too many, never too few.
"""

from pathlib import Path
from typing import Final

from scripts.appliance.system import System

FILE: Final = Path("/etc/kiosk/made-by-install")


def note(system: System, kind: str, name: str) -> None:
    """Note that we are about to make this."""
    there = system.read(FILE)
    line = f"{kind} {name}\n"
    if line not in there.splitlines(keepends=True):
        system.write(FILE, f"{there}{line}")


def noted(system: System, kind: str) -> list[str]:
    """Return what of a kind was made."""
    lines = (line.partition(" ") for line in system.read(FILE).splitlines())
    return [name for kind_there, _, name in lines if kind_there == kind]
