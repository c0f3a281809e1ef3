"""What staff set and a restart must keep: the volume, and whether the kiosk is muted."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StaffState:
    """Loudness in percent, and whether the microphone is shut by staff."""

    volume: int
    muted: bool = False


def load_staff_state(path: Path, default: StaffState) -> StaffState:
    """Return what was saved, or ``default`` when nothing usable was."""
    try:
        saved = json.loads(path.read_text())
        volume, muted = saved["volume"], saved["muted"]
    except (OSError, ValueError, KeyError, TypeError):
        return default
    if not (isinstance(volume, int) and 0 <= volume <= 100 and isinstance(muted, bool)):
        return default
    return StaffState(volume, muted)


def save_staff_state(path: Path, state: StaffState) -> None:
    """Save, so that a power cut leaves the old state or the new one. Raises OSError."""
    fresh = path.with_suffix(".new")
    with fresh.open("w") as file:
        json.dump(asdict(state), file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
