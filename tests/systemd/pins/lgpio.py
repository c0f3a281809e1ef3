"""lgpio for machines without pins: a line is a file, and claimed as long as it is locked.

It brings the kernel's word for the one chip there is, as well.

As with the kernel's lines, a claim ends with the process however that ends, and the level stays.
A line holds its level and who set it.
"""

import fcntl
import os
import struct
from pathlib import Path
from typing import Final

LINES: Final = Path("/opt/lines")
CHIP: Final = struct.pack("32s32sI", b"gpiochip0", b"pinctrl-bcm2711", 54)
_claimed: dict[int, int] = {}


class error(Exception):  # noqa: N801 - its name in lgpio
    pass


def gpiochip_open(number: int) -> int:
    return number


def gpiochip_close(_: int) -> None:
    while _claimed:
        os.close(_claimed.popitem()[1])


def gpio_claim_output(chip: int, line: int, level: int = 0) -> None:
    descriptor = os.open(LINES / str(line), os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as err:
        os.close(descriptor)
        raise error("GPIO busy") from err
    _claimed[line] = descriptor
    gpio_write(chip, line, level)


def gpio_write(_: int, line: int, level: int) -> None:
    os.pwrite(_claimed[line], f"{level} {os.getpid():7}".encode(), 0)


def _ioctl(_: int, __: int, ___: bytes) -> bytes:
    return CHIP


fcntl.ioctl = _ioctl  # type: ignore[assignment]  # of a device that is a plain file
