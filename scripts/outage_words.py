"""Sound that can be counted: in the middle of each frame is its number, so none is lost unseen.

The rest of a frame is noise: a client that compresses must not be faster than with a voice.

Question *n* has the numbers from ``n * 1000`` on, one for each frame the microphone captures;
the reply to it has the same, one for each frame the speaker plays. A word lasts 0.3 s.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from statistics import median_low
from typing import Any

import numpy as np

from kiosk.core.audio import (
    MIC_FRAME_MS,
    MIC_FRAME_SAMPLES,
    MIC_SILENCE,
    SPEAKER_FRAME_MS,
    SPEAKER_FRAME_SAMPLES,
    Frame,
)

WORD_MS = 300
ASKED_FRAMES = WORD_MS // MIC_FRAME_MS
TOLD_FRAMES = WORD_MS // SPEAKER_FRAME_MS
HALF = 8
"""Samples on either side of the middle of a frame that hold its number."""
QUESTION = 1000
"""Numbers that one question has."""


def numbers_of(pcm: bytes, frame_samples: int) -> list[int]:
    """Return the number of each frame in a stretch of sound; 0 is silence or a tone."""
    whole = len(pcm) // 2 // frame_samples
    frames = np.frombuffer(pcm, "<i2", whole * frame_samples).reshape(whole, frame_samples)
    middle = frames[:, frame_samples // 2 - HALF : frame_samples // 2 + HALF]
    steady = middle.min(axis=1) == middle.max(axis=1)
    return [int(number) for number in np.where(steady, np.maximum(middle[:, 0], 0), 0)]


def spoken(number: int) -> Frame:
    """Return a captured frame."""
    return Frame(_numbered(number, MIC_FRAME_SAMPLES))


def told(numbers: Iterable[int]) -> bytes:
    """Return reply sound."""
    return b"".join(_numbered(number, SPEAKER_FRAME_SAMPLES) for number in numbers)


def _numbered(number: int, samples: int) -> bytes:
    noise = random.randbytes(samples * 2)  # noqa: S311 - noise, not a secret
    middle = number.to_bytes(2, "little") * (2 * HALF)
    return noise[: samples - 2 * HALF] + middle + noise[samples + 2 * HALF :]


def times_each_word(numbers: Iterable[int], expected: range, word_frames: int) -> list[int]:
    """Return how often each expected word is there; fades blur a frame or two, so by the median."""
    counted = Counter(numbers)
    words = (
        expected[at : at + word_frames]
        for at in range(0, len(expected) - word_frames + 1, word_frames)
    )
    return [median_low(counted[number] for number in word) for word in words]


def lost_and_twice(times: Sequence[int]) -> tuple[int, int]:
    """Return how many words were lost, and how often one was there once more than it should."""
    return times.count(0), sum(each - 1 for each in times if each > 1)


class CountingMicrophone:
    """Hears what ``say`` puts before it; on the loop's clock, whatever the load."""

    def __init__(self) -> None:
        self.overruns = 0
        self.frames_captured = 0
        self.gather_frames = 1
        self.late_s: list[float] = []
        """How late each wake-up was: what the machine's load adds to every figure."""
        self._now = asyncio.get_running_loop().time
        self._born = self._now()
        self._said: dict[int, Frame] = {}

    def say(self, question: int, words: int) -> None:
        """Speak from now on."""
        first = self._elapsed() + 1
        for at in range(words * ASKED_FRAMES):
            self._said[first + at] = spoken(question * QUESTION + 1 + at)

    async def frames(self) -> AsyncIterator[tuple[Frame, float]]:
        """Yield captured frames, as the port wants it."""
        while True:
            due = self._moment(self.frames_captured + self.gather_frames)
            await asyncio.sleep(max(0.0, due - self._now()))
            self.late_s.append(self._now() - due)
            for _ in range(self._elapsed() - self.frames_captured):
                self.frames_captured += 1
                frame = self._said.pop(self.frames_captured, MIC_SILENCE)
                yield frame, self._moment(self.frames_captured)

    def _elapsed(self) -> int:
        return int((self._now() - self._born) * 1000 / MIC_FRAME_MS)

    def _moment(self, frame: int) -> float:
        return self._born + frame * MIC_FRAME_MS / 1000


class Notes:
    """What happened, with times of the loop, and a way to wait for what will."""

    def __init__(self) -> None:
        self.events: list[Mapping[str, Any]] = []
        self._more = asyncio.Event()

    def add(self, event: Mapping[str, Any]) -> None:
        """Note an event; ``t`` and ``event`` are among its fields."""
        self.events.append(event)
        self._more.set()

    async def until(self, within_s: float, since: float, *names: str) -> Mapping[str, Any] | None:
        """Return the first event of these names from a moment on, or None when none comes."""
        seen = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while True:
                    for event in self.events[seen:]:
                        if event["t"] >= since and event["event"] in names:
                            return event
                    seen = len(self.events)
                    self._more.clear()
                    await self._more.wait()
        return None
