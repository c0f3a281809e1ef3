"""What the kernel tells of this computer: supply, heat, room, clock, and what we take of it.

Everything is a small file or a system call that the unit's sandbox leaves open. The firmware's
``get_throttled`` is not read: newer kernels warn at that, and point at the alarm that is.
"""

import asyncio
import os
import re
import resource
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from kiosk.core.health import FALLS_WITHIN_S, MANY_FALLS, Look

FALLS: Final = Path("run/kiosk-falls")
"""A line for each end of the daemon that was a fault: seconds since boot (ExecStopPost=)."""
_SYNCHRONISED: Final = Path("run/systemd/timesync/synchronized")
_ASKS_EVERY_S: Final = 2 * 2048.0
"""systemd asks the network for the time at least every 2048 s, and touches the file."""


class KernelFiles:
    """A Machine. ``places`` are the directories that the kiosk must write to."""

    def __init__(self, places: Iterable[Path], clock_file: Path, root: Path = Path("/")) -> None:
        self._places = tuple(places)
        self._clock_file = clock_file
        self._root = root

    async def look(self) -> Look:
        """Look once, on a thread."""
        return await asyncio.to_thread(self._look)

    async def known_time(self) -> float | None:
        """Return what was kept last."""
        return await asyncio.to_thread(self._known_time)

    async def keep_time(self, unix_s: float) -> None:
        """Keep it where a power cut leaves the old one or the new one."""
        await asyncio.to_thread(self._keep_time, unix_s)

    def _look(self) -> Look:
        unix_s = time.time()  # noqa: TID251 - whether the wall clock is right is the question
        memory, threads, files = _shares(self._root)
        room = [found for place in self._places if (found := _room(place))]
        return Look(
            unix_s=unix_s,
            set_by_network=_set_by_network(self._root, unix_s),
            undervoltage=undervoltage(self._root),
            warmest_c=warmest_c(self._root),
            free_bytes=min((free for free, _ in room), default=None),
            read_only=any(read_only for _, read_only in room),
            falls=recent_falls(self._root),
            memory_share=memory,
            threads_share=threads,
            files_share=files,
        )

    def _known_time(self) -> float | None:
        with suppress(OSError, ValueError):
            known = datetime.fromisoformat(self._clock_file.read_text().strip())
            return known.timestamp() if known.tzinfo else None
        return None

    def _keep_time(self, unix_s: float) -> None:
        now = datetime.fromtimestamp(unix_s, UTC)
        fresh = self._clock_file.with_suffix(".new")
        with suppress(OSError):
            with fresh.open("w") as file:
                file.write(f"{now.isoformat(timespec='seconds')}\n")
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._clock_file)


def undervoltage(root: Path) -> bool | None:
    """Return whether the supply gave too little within the last 2 s; None: nobody tells."""
    for sensor in (root / "sys/class/hwmon").glob("hwmon*"):
        if _text(sensor / "name") == "rpi_volt":
            alarm = _text(sensor / "in0_lcrit_alarm")
            return alarm == "1" if alarm else None
    return None


def warmest_c(root: Path) -> float | None:
    """Return the temperature of the warmest part that tells one."""
    zones = (root / "sys/class/thermal").glob("thermal_zone*/temp")
    told = [text for zone in zones if re.fullmatch(r"-?\d+", text := _text(zone) or "")]
    return max((int(text) / 1000 for text in told), default=None)


def recent_falls(root: Path) -> int:
    """Return how often the daemon fell lately."""
    since = time.clock_gettime(time.CLOCK_BOOTTIME) - FALLS_WITHIN_S
    falls = re.findall(r"^\d+(?:\.\d+)?$", _text(root / FALLS) or "", re.MULTILINE)
    return sum(float(at) >= since for at in falls)


def falls_again_and_again(root: Path = Path("/")) -> bool:
    """Tell whether the daemon falls so often that it needs a person."""
    return recent_falls(root) >= MANY_FALLS


def _set_by_network(root: Path, unix_s: float) -> bool:
    try:
        touched_s = (root / _SYNCHRONISED).stat().st_mtime
    except OSError:
        return False
    return abs(unix_s - touched_s) <= _ASKS_EVERY_S


def _room(place: Path) -> tuple[int, bool] | None:
    """Return how many bytes are free, and whether the file system is read-only."""
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        found = os.statvfs(place)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize, bool(found.f_flag & os.ST_RDONLY)


def _shares(root: Path) -> tuple[float | None, float | None, float | None]:
    """Return how much memory, threads and files this process has of what its unit allows it."""
    process = root / "proc/self"
    status = _text(process / "status") or ""
    resident = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    threads = re.search(r"^Threads:\s+(\d+)$", status, re.MULTILINE)
    most_files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        files = len(os.listdir(process / "fd"))  # noqa: PTH208 - iterdir makes a Path of each
    except OSError:
        files = 0
    return (
        _share(int(resident[1]) * 1024 if resident else 0, root, "memory.max"),
        _share(int(threads[1]) if threads else 0, root, "pids.max"),
        files / most_files if most_files > 0 else None,
    )


def _share(taken: int, root: Path, limit: str) -> float | None:
    """Return the share of a limit of our own control group, None where there is none."""
    ours = re.search(r"^0::/(.*)$", _text(root / "proc/self/cgroup") or "", re.MULTILINE)
    text = _text(root / "sys/fs/cgroup" / ours[1] / limit) if ours else None
    return taken / int(text) if text and text.isdecimal() and int(text) else None


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8", errors="replace").rstrip("\0\n ")
    except OSError:
        return None
