"""GPIO chips, found by their label, because numbers differ between boards and kernels.

The kernel is asked itself (``linux/gpio.h``): the usual library moves the working directory,
leaves files there, and is not needed to look.
"""

import fcntl
import os
import struct
import tempfile
from collections.abc import Iterable
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

BOARD_CHIPS: Final = ("pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835")
"""The board's own chip: Pi 5; 4; 3 and Zero 2 W."""

_CHIP_INFO: Final = 0x8044B401  # GPIO_GET_CHIPINFO_IOCTL
_CHIP: Final = struct.Struct("32s32sI")


@dataclass(frozen=True, slots=True)
class Chip:
    """A GPIO chip."""

    device: str
    label: str
    lines: int

    @property
    def number(self) -> int:
        """Return the chip's number, which means something on this board and kernel alone."""
        return int(self.device.removeprefix("gpiochip"))


def chips(dev: Path = Path("/dev")) -> tuple[list[Chip], list[str]]:
    """Return the chips that may be opened, and the devices that may not."""
    found, denied = [], []
    for path in sorted(dev.glob("gpiochip*")):
        if path.is_symlink() or not path.name.removeprefix("gpiochip").isdecimal():
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


def read_chip(device: str, told: bytes) -> Chip:
    """Read a ``struct gpiochip_info``."""
    _, label, count = _CHIP.unpack(told)
    return Chip(device, text(label), count)


def text(field: bytes) -> str:
    """Read a name that the kernel ends with a zero."""
    return field.partition(b"\0")[0].decode(errors="replace")


def chosen_chip(there: Iterable[Chip], label: str) -> Chip | None:
    """Return the chip with this label, or the board's own for ""; None when it is not there."""
    by_label = {chip.label: chip for chip in reversed(list(there))}  # of two alike, the first
    wanted = (label,) if label else BOARD_CHIPS
    return next((by_label[each] for each in wanted if each in by_label), None)


def import_lgpio() -> Any:  # noqa: ANN401  # a module without types
    """Import lgpio in a directory of its own.

    At import it makes a FIFO in the working directory, opens both ends and moves the whole
    process to $LG_WD if that is set: no place for either to be seen afterwards.
    """
    before = os.environ.get("LG_WD")
    with tempfile.TemporaryDirectory(prefix="kiosk-lgpio-") as scratch, chdir(scratch):
        os.environ["LG_WD"] = scratch
        try:
            import lgpio
        finally:
            if before is None:
                del os.environ["LG_WD"]
            else:
                os.environ["LG_WD"] = before
    return lgpio
