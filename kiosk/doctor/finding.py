"""What a check is given and what it finds, and the few ways in which checks look."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Final

from kiosk.adapters.control_socket import ask
from kiosk.adapters.processes import output_of
from kiosk.config_file import find_control_socket
from kiosk.errors import KioskError, StartError
from kiosk.settings import Settings

_PROGRAM_S: Final = 4.0
_STATUS_S: Final = 3.0
"""A kiosk that takes longer to say how it is hangs."""
_EX_NOPERM: Final = 77
_SYSTEM_PATH: Final = ":/usr/sbin:/sbin"
"""Where ``iw`` is, and where only root looks by itself."""


class NotForUs(KioskError):
    """Only root or the kiosk's own user may see this; the sentence says what."""


class TooSlow(KioskError):
    """A program did not answer in time; the sentence says which."""


class State(StrEnum):
    """How it stands."""

    WELL = "well"
    ILL = "ill"  # there is something to do
    OPEN = "open"  # it could not be told, or there is nothing to tell


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: a sentence, and what to do about it when there is something."""

    state: State
    says: str
    to_do: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """The kiosk that is looked at."""

    settings: Settings
    environ: Mapping[str, str]
    today: date
    root: Path = Path("/")
    """Where the files of the kernel and of the system are."""
    try_key: bool = False
    """Whether a Live session may be opened, which costs."""
    say: Callable[[str], None] | None = None
    """Tells who stands at the kiosk what to do; None when nobody does."""


Check = Callable[[Examined], Awaitable[Finding]]
"""Looks at one thing. What it raises becomes a finding, too."""


def on_a_thread(look: Callable[[Examined], Finding]) -> Check:
    """Make a check of a function that reads files."""

    @wraps(look)
    async def check(kiosk: Examined) -> Finding:
        return await asyncio.to_thread(look, kiosk)

    return check


def text_of(file: Path) -> str | None:
    """Return what a small file of the kernel says, or None when it is not there for us."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").rstrip("\0\n ")
    except OSError:
        return None


async def said_by(*command: str) -> str | None:
    """Return what a program prints; None when it fails, is too slow or there is no such."""
    with suppress(TooSlow):
        return await told_by(*command)
    return None


async def told_by(*command: str) -> str | None:
    """Return what a program prints; None when there is no such or it fails. Raises TooSlow."""
    name, *arguments = command
    program = shutil.which(name, path=f"{os.environ.get('PATH', '')}{_SYSTEM_PATH}")
    if program is None:
        return None
    try:
        async with asyncio.timeout(_PROGRAM_S):
            code, out, _ = await output_of([program, *arguments])
    except TimeoutError as err:
        raise TooSlow(f"{name} did not answer within {_PROGRAM_S:.0f} s") from err
    return None if code else out.decode(errors="replace").strip()


async def status_of(kiosk: Examined) -> dict[str, object] | None:
    """Return what the running daemon says of itself, or None when none answers.

    Raises NotForUs when there is one that does not talk to this user.
    """
    try:
        socket = find_control_socket(kiosk.settings.control.socket, kiosk.environ)
        async with asyncio.timeout(_STATUS_S):
            return await ask(socket, {"command": "status"})
    except TimeoutError:
        return None
    except StartError as err:
        if err.exit_code == _EX_NOPERM:
            raise NotForUs("a kiosk runs, and it does not talk to this user") from err
        return None
