"""A microphone that delivers and hears nothing: the same frame again and again.

A real microphone is never still: even in a silent room the lowest bits of its noise differ
from frame to frame. All zeros mean a muted or broken capture, one repeated frame a driver
that hands out an old buffer.

Zeros, unlike any other repeated frame, can also be meant: a conference microphone with a
noise gate, a noise suppressor in the sound server or a loopback device send digital silence
while nobody speaks. No level and no history tells the two apart, so it is a setting, on by
default. Our own virtual card needs no exception: it has a noise floor, as real ones have.
"""

from enum import Enum, auto

from kiosk.core.audio import MIC_FRAME_MS, MIC_SILENCE, Frame

DEAD_FRAMES = 2000 // MIC_FRAME_MS
"""2 s of the same."""


class Verdict(Enum):
    """What is known of a microphone."""

    UNDECIDED = auto()
    ALIVE = auto()
    DEAD = auto()


class Deadness:
    """Looks at every frame of one device; costs a comparison of 640 bytes each."""

    def __init__(self, *, silence_is_fault: bool) -> None:
        self._silence_is_fault = silence_is_fault
        self.reset()

    def reset(self) -> None:
        """Begin anew: the next frame comes from a device that was just opened."""
        self.verdict = Verdict.UNDECIDED
        self._last: Frame | None = None
        self._same = 0

    @property
    def silent(self) -> bool:
        """Whether what it repeats is digital silence."""
        return self._last == MIC_SILENCE

    def push(self, frame: Frame) -> Verdict:
        """Take the next frame; return what is known now."""
        if frame != self._last:
            if self._last is not None:
                self.verdict = Verdict.ALIVE
            self._last = frame
            self._same = 1
        else:
            self._same += 1
        if self.silent and not self._silence_is_fault:
            self.verdict = Verdict.ALIVE
        elif self._same >= DEAD_FRAMES:
            self.verdict = Verdict.DEAD
        return self.verdict
