"""Looks at GPIO lines without claiming any: the kernel tells of every line who uses it.

By hand, with the kernel's own call (``linux/gpio.h``): the usual library tells of a line no
more than it does.
"""

import fcntl
import os
import re
import struct
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kiosk.adapters.gpio_chips import Chip, text

_LINE_INFO: Final = 0xC100B405  # GPIO_V2_GET_LINEINFO_IOCTL
_LINE: Final = struct.Struct("32s32sIIQ176x")
_USED: Final = 1


@dataclass(frozen=True, slots=True)
class Line:
    """A line, and who uses it: the consumer's name for itself, and the program; "" for nobody."""

    pin: int
    used: bool
    consumer: str = ""
    program: str = ""


def lines(chip: Chip, pins: Iterable[int], dev: Path = Path("/dev")) -> list[Line]:
    """Return what the kernel knows of these lines; OSError for one that the chip has not."""
    file = os.open(dev / chip.device, os.O_RDONLY | os.O_CLOEXEC)
    try:
        told = []
        for pin in pins:
            asked = _LINE.pack(b"", b"", pin, 0, 0)
            told.append(read_line(fcntl.ioctl(file, _LINE_INFO, asked)))
    finally:
        os.close(file)
    return told


def read_line(told: bytes) -> Line:
    """Read a ``struct gpio_v2_line_info``."""
    _, consumer, pin, _, flags = _LINE.unpack(told)
    return Line(pin, bool(flags & _USED), text(consumer))


def program_of(chip: str, pin: int, proc: Path = Path("/proc")) -> str:
    """Return which program has a line, like "kiosk (process 12)"; "" when it is not told to us.

    The kernel names chip and lines with every descriptor that has lines claimed.
    """
    for file in proc.glob("[0-9]*/fdinfo/*"):
        with suppress(OSError):
            told = file.read_text()
            if f"gpio-chip:\t{chip}\n" in told and pin in _claimed(told):
                process = file.parent.parent
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
    return ""


def _claimed(told: str) -> Sequence[int]:
    return [int(pin) for pin in re.findall(r"^gpio-line:\s*(\d+)$", told, re.MULTILINE)]
