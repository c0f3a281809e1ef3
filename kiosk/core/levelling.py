"""Bring what the detector hears to the level at which it hears best.

Silero's network is trained on voices of ordinary loudness. Ten decibels below, it misses
every seventh "yes" or "no" in noise that it finds at the usual level, and drops out in
mid-word; each is a question that does not open the gate or ends too early (measured with
``scripts/bench gate``). A microphone's input level is whatever the installer left it at,
so the level is taken from the sound: from the room while nobody speaks, from the talker
once somebody does. Only the detector hears the louder sound; it is never sent.
"""

import math
from collections import deque
from collections.abc import Iterable
from statistics import median
from typing import Final

import numpy as np

from kiosk.core import pcm
from kiosk.core.audio import Frame
from kiosk.core.cascade import Detector

LOUDER_DB: Final = 12.0
"""At most so much louder: what stands behind the customer comes nearer, too."""
TALKER_DBFS: Final = -22.0
"""Level to which a talker is brought."""
ROOM_DBFS: Final = -50.0
"""Level to which a quiet room is brought; from a crowd any louder, the network hears words."""
_ROOM_FRAMES: Final = 100
_FEWEST_FRAMES: Final = 5


class LevelledDetector:
    """A detector that hears quiet sound louder, never loud sound quieter."""

    def __init__(self, detector: Detector, louder_db: float = LOUDER_DB) -> None:
        """``louder_db`` is the most it adds; 0 leaves the sound as it is."""
        self._detector = detector
        self._louder_db = louder_db
        self._gain_db: float | None = None
        self._levels_dbfs: deque[float] = deque(maxlen=_ROOM_FRAMES)

    def probability(self, frame: Frame) -> float:
        """Return how likely the frame holds speech, 0 to 1."""
        gain_db = self._gain_db
        if gain_db is None:
            gain_db = self._room_gain_db()
            self._levels_dbfs.append(_level_dbfs(frame))
        if gain_db > 0:
            frame = _louder(frame, gain_db)
        return self._detector.probability(frame)

    def talker(self, voiced: Iterable[Frame]) -> None:
        """Take the level from these frames of a voice, until ``reset``."""
        level_dbfs = median(map(_level_dbfs, voiced))
        self._gain_db = self._gain_to(TALKER_DBFS, level_dbfs)

    def reset(self) -> None:
        """Forget what was heard, and how loud it was."""
        self._detector.reset()
        self._gain_db = None
        self._levels_dbfs.clear()

    def _room_gain_db(self) -> float:
        """Judge by the quieter frames: the pauses, if somebody speaks already."""
        if len(self._levels_dbfs) < _FEWEST_FRAMES:
            return 0.0
        quieter = sorted(self._levels_dbfs)[len(self._levels_dbfs) // 5]
        return self._gain_to(ROOM_DBFS, quieter)

    def _gain_to(self, wanted_dbfs: float, level_dbfs: float) -> float:
        return min(self._louder_db, max(0.0, wanted_dbfs - level_dbfs))


def _level_dbfs(frame: Frame) -> float:
    """Return the level without the constant part that some converters add."""
    deviation = float(np.std(pcm.to_samples(frame), dtype=np.float32)) / pcm.FULL_SCALE
    return max(pcm.QUIETEST_DBFS, 20 * math.log10(deviation)) if deviation else pcm.QUIETEST_DBFS


def _louder(frame: Frame, gain_db: float) -> Frame:
    gain = np.float32(10 ** (gain_db / 20))
    return Frame(pcm.to_pcm(pcm.to_floats(pcm.to_samples(frame)) * gain))
