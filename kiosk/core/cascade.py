"""Two detectors in a row: a cheap one that sleeps through silence, a good one that decides.

The cheap one (WebRTC's) hears every frame. While it is quiet the good one (Silero's
network) is not asked at all; when it stirs, the good one starts afresh on the frames just
past, so it neither judges by an old state nor misses the attack of the word.
"""

from collections import deque
from typing import Final, Protocol

from kiosk.core.audio import Frame

WAKE_FRAMES: Final = 15
"""Frames from before the stir that the good detector hears first."""
SLEEP_FRAMES: Final = 30
"""Frames without a vote of the cheap detector after which the good one sleeps."""


class Detector(Protocol):
    """The detector's port, as the core sees it: ``kiosk.ports.SpeechDetector``."""

    def probability(self, frame: Frame) -> float:
        """Return how likely the frame holds speech, 0 to 1."""
        ...

    def reset(self) -> None:
        """Forget what was heard."""
        ...


class CascadeDetector:
    """Answers 0 while the cheap detector is quiet, else what the good one says."""

    def __init__(self, cheap: Detector, good: Detector) -> None:
        self._cheap = cheap
        self._good = good
        self._recent: deque[Frame] = deque(maxlen=WAKE_FRAMES)
        self._quiet_frames = SLEEP_FRAMES
        self._awake = False

    def probability(self, frame: Frame) -> float:
        """Return how likely the frame holds speech, 0 to 1."""
        stirred = self._cheap.probability(frame) >= 0.5
        self._quiet_frames = 0 if stirred else self._quiet_frames + 1
        if self._quiet_frames >= SLEEP_FRAMES:
            self._awake = False
            self._recent.append(frame)
            return 0.0
        if not self._awake:
            self._wake()
        return self._good.probability(frame)

    def reset(self) -> None:
        """Forget what was heard: both detectors start afresh."""
        self._cheap.reset()
        self._recent.clear()
        self._quiet_frames = SLEEP_FRAMES
        self._awake = False

    def _wake(self) -> None:
        self._good.reset()
        for frame in self._recent:
            self._good.probability(frame)
        self._recent.clear()
        self._awake = True
