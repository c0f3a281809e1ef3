"""A microphone that delivers and hears nothing: the same frame again and again.

A real microphone is never still: even in a silent room the lowest bits of its noise differ
from frame to frame. All zeros mean a muted or broken capture, one repeated frame a driver
that hands out an old buffer.

Zeros, unlike any other repeated frame, can also be meant: a loopback device, a conference
microphone with a noise gate and a noise suppressor in the sound server are digitally silent
while nobody speaks. What tells them apart is how a device begins: one that was never silent
in its first seconds has a noise floor, and silence is then a fault; for the others it never is.
"""

from enum import Enum, auto

from kiosk.core.audio import MIC_FRAME_MS, MIC_SILENCE, Frame

DEAD_FRAMES = 2000 // MIC_FRAME_MS
"""2 s of the same."""
BEGINNING_FRAMES = 1000 // MIC_FRAME_MS
"""A stream may begin with silence before the device has spoken."""
FLOOR_FRAMES = 5000 // MIC_FRAME_MS
"""So long without a silent frame after that is a noise floor."""


class Verdict(Enum):
    """What is known of a microphone."""

    UNDECIDED = auto()
    ALIVE = auto()
    DEAD = auto()


class Deadness:
    """Looks at every frame of one device; costs a comparison of 640 bytes each."""

    def __init__(self, *, silence_is_fault: bool) -> None:
        self._hisses: bool | None = None if silence_is_fault else False
        self.reset()

    def reset(self) -> None:
        """Begin anew: the next frame comes from a device that was just opened.

        Whether it has a noise floor stays known: it is the same one, or its like.
        """
        self._frames = 0
        self.verdict = Verdict.UNDECIDED
        self._last: Frame | None = None
        self._same = 0

    @property
    def silent(self) -> bool:
        """Whether what it repeats is digital silence."""
        return self._last == MIC_SILENCE

    def push(self, frame: Frame) -> Verdict:
        """Take the next frame; return what is known now."""
        self._listen_for_floor(frame)
        if frame != self._last:
            if self._last is not None:
                self.verdict = Verdict.ALIVE
            self._last = frame
            self._same = 1
        else:
            self._same += 1
        if self.silent and not self._hisses:
            self.verdict = Verdict.ALIVE
        elif self._same >= DEAD_FRAMES:
            self.verdict = Verdict.DEAD
        return self.verdict

    def _listen_for_floor(self, frame: Frame) -> None:
        self._frames += 1
        if self._hisses is not None or self._frames <= BEGINNING_FRAMES:
            return
        if frame == MIC_SILENCE:
            self._hisses = False
        elif self._frames >= BEGINNING_FRAMES + FLOOR_FRAMES:
            self._hisses = True
