"""``kiosk reboot-guard``: whether the machine should start again, because the kiosk is not ready.

A timer has its unit look each minute, and the unit reboots when the answer is yes. That may be
once, and for the next hour no more; it is remembered in the state directory. Time is counted
from the start of the machine: a board without a battery does not know what time it is.
"""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

UNIT: Final = "kiosk.service"
TIMER: Final = "kiosk-reboot-guard.timer"
INSTALLING: Final = Path("/run/kiosk-install.lock")
"""Held by an installation or an update for as long as it is under way."""
NOT_READY_S: Final = 600.0
APART_S: Final = 3600.0
_CONFIG: Final = "78"  # EX_CONFIG: no reboot puts a configuration right
_ASKED: Final = (
    "LoadState", "ActiveState", "Result", "ExecMainStatus", "ActiveExitTimestampMonotonic",
)  # fmt: skip
_WATCHED: Final = "WatchedSinceTimestampMonotonic"


def is_due(unit: Mapping[str, str], up_s: float, *, rebooted_before: bool) -> bool:
    """Whether the machine should start again.

    ``unit`` are the properties systemd tells of the kiosk's unit, and since when our timer looks;
    ``up_s`` is the age of this boot, ``rebooted_before`` whether we caused it.
    """
    if unit["LoadState"] != "loaded" or unit["ActiveState"] == "active":
        return False
    if unit["ActiveState"] in ("inactive", "deactivating") and unit["Result"] == "success":
        return False  # somebody stopped it
    if unit["ActiveState"] == "failed" and unit["ExecMainStatus"] == _CONFIG:
        return False
    # Not before somebody looks: a machine that was up for long may have been given its kiosk now.
    since = max(int(unit[name] or 0) for name in ("ActiveExitTimestampMonotonic", _WATCHED))
    return up_s - since / 1e6 >= NOT_READY_S and (up_s >= APART_S or not rebooted_before)


def look(environ: Mapping[str, str]) -> None:
    """Look at the kiosk's unit once; leave with 0 when the machine is to start again, else 1."""
    record = Path(environ.get("STATE_DIRECTORY", "."), "rebooted")
    up_s = _up_s()
    due = is_due(_unit(), up_s, rebooted_before=record.exists()) and not _is_being_installed()
    if due and (_remembered(record) or up_s >= APART_S):
        print(f"<4>{UNIT} is long not ready: the machine starts again", file=sys.stderr)
        sys.exit(0)
    if up_s >= APART_S:
        record.unlink(missing_ok=True)
    sys.exit(1)


def _is_being_installed() -> bool:
    """Whether somebody is just putting right what a reboot would interrupt."""
    try:
        with INSTALLING.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # there never was one
        return False
    return False


def _up_s() -> float:
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def _unit() -> dict[str, str]:
    timer = _shown(TIMER, ("ActiveState", "ActiveEnterTimestampMonotonic"))
    looks = timer["ActiveState"] == "active"
    return _shown(UNIT, _ASKED) | {
        _WATCHED: timer["ActiveEnterTimestampMonotonic"] if looks else "0"
    }


def _shown(unit: str, names: tuple[str, ...]) -> dict[str, str]:
    command = ["/usr/bin/systemctl", "show", unit, f"--property={','.join(names)}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our words
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def _remembered(record: Path) -> bool:
    """Write down that we reboot, so that a power cut cannot undo it; False when we cannot."""
    try:
        with record.open("w") as file:
            os.fsync(file.fileno())
        directory = os.open(record.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError:
        return False
    return True
