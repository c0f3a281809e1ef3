"""What staff set and a restart must keep, in a small JSON file."""

import asyncio
import json
import os
from dataclasses import asdict
from pathlib import Path

from kiosk.errors import StartError
from kiosk.ports import StaffState


class StaffFile:
    """Staff's settings: ``state`` holds for this process, the file for the next."""

    def __init__(self, path: Path, default: StaffState) -> None:
        """Read ``path``; take ``default`` when nothing usable is there."""
        self.state = _saved(path) or default
        self._path = path
        self._one_at_a_time = asyncio.Lock()

    async def keep(self, state: StaffState) -> None:
        """Set and save; a power cut leaves the old file or the new one.

        Raises StartError when it cannot be saved: it is set all the same.
        """
        self.state = state
        try:
            async with self._one_at_a_time:  # the last one set is the last one saved
                await asyncio.to_thread(_save, self._path, state)
        except OSError as err:
            raise StartError(
                f"{self._path} cannot be written ({err.strerror}): it holds until the next restart."
            ) from err


def _saved(path: Path) -> StaffState | None:
    try:
        saved = json.loads(path.read_text())
        volume, muted = saved["volume"], saved["muted"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if isinstance(volume, bool) or not isinstance(volume, int) or not isinstance(muted, bool):
        return None
    return StaffState(volume, muted) if 0 <= volume <= 100 else None


def _save(path: Path, state: StaffState) -> None:
    fresh = path.with_suffix(".new")
    with fresh.open("w") as file:
        json.dump(asdict(state), file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
