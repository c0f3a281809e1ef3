"""Where the kiosk keeps its books: room, whether it can be written, what the kernel says of it."""

import os
import re
from pathlib import Path
from typing import Final

from kiosk.assembly import store_file
from kiosk.doctor.finding import Examined, Finding, State, on_a_thread, text_of

LEAST_BYTES: Final = 200 * 1024 * 1024
LEAST_INODES: Final = 1000
WORN_PERCENT: Final = 90
_NEW_CARD: Final = "save the messages, and change the card: it is wearing out"


@on_a_thread
def check_disk(kiosk: Examined) -> Finding:
    """Look at the file system of the kiosk's books."""
    place = _there(store_file(kiosk.settings, kiosk.environ).parent)
    room = os.statvfs(place)
    free = room.f_bavail * room.f_frsize
    total = max(room.f_blocks * room.f_frsize, 1)
    says = f"{place}: {_size(free)} of {_size(total)} free"
    if room.f_flag & os.ST_RDONLY:
        return Finding(State.ILL, f"{says}, read-only", f"look why: journalctl -k; {_NEW_CARD}")
    if free < LEAST_BYTES:
        return Finding(State.ILL, f"{says}: too little", "make room: journalctl --vacuum-size=50M")
    if room.f_files and room.f_favail < LEAST_INODES:
        return Finding(State.ILL, f"{says}, but hardly a file more", "delete what makes many files")
    errors = _errors(kiosk.root, place)
    if errors:
        return Finding(State.ILL, f"{says}; {', '.join(errors)}", _NEW_CARD)
    worn = _worn_percent(kiosk.root)
    if worn is not None:
        says += f"; the card has used {worn} % of its life at most"
        if worn >= WORN_PERCENT:
            return Finding(State.ILL, says, _NEW_CARD)
    return Finding(State.WELL, f"{says}, mounted for writing, no errors told")


def _there(place: Path) -> Path:
    while not place.exists():
        place = place.parent
    return place


def _size(count: int) -> str:
    gib = count / 2**30
    return f"{gib:.1f} GiB" if gib >= 1 else f"{count / 2**20:.0f} MiB"


def _errors(root: Path, place: Path) -> list[str]:
    """Return what the kernel has counted against the file system and its device."""
    major, minor = os.major(place.stat().st_dev), os.minor(place.stat().st_dev)
    device = (root / f"sys/dev/block/{major}:{minor}").resolve()
    found = []
    count = text_of(root / f"sys/fs/ext4/{device.name}/errors_count")
    if count and count.isdecimal() and int(count):
        found.append(f"the file system has {count} errors")
    for whole in (device, device.parent):
        failed = text_of(whole / "device/ioerr_cnt")
        if failed and int(failed, 16):
            found.append(f"the disk failed {int(failed, 16)} times")
    return found


def _worn_percent(root: Path) -> int | None:
    """Return how much of its life an eMMC or a card that tells it has used; in steps of ten."""
    told = []
    for file in sorted(root.glob("sys/block/mmcblk*/device/life_time")):
        told += re.findall(r"0x([0-9a-fA-F]{2})", text_of(file) or "")
    steps = [int(step, 16) for step in told if int(step, 16)]
    return max(steps) * 10 if steps else None
