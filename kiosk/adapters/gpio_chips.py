"""GPIO chips through lgpio: found by their label, because numbers differ between boards."""

import os
import tempfile
from contextlib import chdir
from pathlib import Path
from typing import Any, Final

BOARD_CHIPS: Final = ("pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835")
"""The board's own chip: Pi 5; 4; 3 and Zero 2 W."""


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


def chips(lgpio: Any) -> dict[str, int]:  # noqa: ANN401  # a module without types
    """Return the number of every chip that may be opened, by label."""
    found: dict[str, int] = {}
    for device in sorted(Path("/dev").glob("gpiochip*")):
        number = device.name.removeprefix("gpiochip")
        if device.is_symlink() or not number.isdecimal():
            continue
        try:
            handle = lgpio.gpiochip_open(int(number))
        except lgpio.error:
            continue
        _, _, _, label = lgpio.gpio_get_chip_info(handle)
        lgpio.gpiochip_close(handle)
        found.setdefault(str(label), int(number))
    return found
