"""Looks at GPIO lines without claiming any: the kernel tells of every line who uses it.

By hand, with two of the kernel's own calls (``linux/gpio.h``): the usual library changes the
working directory and leaves files, and tells of a line no more than these do.
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

_CHIP_INFO: Final = 0x8044B401  # GPIO_GET_CHIPINFO_IOCTL
_LINE_INFO: Final = 0xC100B405  # GPIO_V2_GET_LINEINFO_IOCTL
_CHIP: Final = struct.Struct("32s32sI")
_LINE: Final = struct.Struct("32s32sIIQ176x")
_USED: Final = 1


@dataclass(frozen=True, slots=True)
class Line:
    """A line, and who uses it: the consumer's name for itself, and the program; "" for nobody."""

    pin: int
    used: bool
    consumer: str = ""
    program: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A GPIO chip."""

    device: str
    label: str
    lines: int


def chips(dev: Path = Path("/dev")) -> tuple[list[Chip], list[str]]:
    """Return the chips that may be opened, and the devices that may not."""
    found, denied = [], []
    for path in sorted(dev.glob("gpiochip*")):
        if path.is_symlink():
            continue
        try:
            chip = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            denied.append(path.name)
            continue
        try:
            found.append(read_chip(path.name, fcntl.ioctl(chip, _CHIP_INFO, bytes(_CHIP.size))))
        except OSError:
            denied.append(path.name)
        finally:
            os.close(chip)
    return found, denied


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


def read_chip(device: str, told: bytes) -> Chip:
    """Read a ``struct gpiochip_info``."""
    _, label, count = _CHIP.unpack(told)
    return Chip(device, _text(label), count)


def read_line(told: bytes) -> Line:
    """Read a ``struct gpio_v2_line_info``."""
    _, consumer, pin, _, flags = _LINE.unpack(told)
    return Line(pin, bool(flags & _USED), _text(consumer))


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


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode(errors="replace")
