"""A microphone and a speaker inside the test, with a clock: the loop's.

The microphone captures a frame every 20 ms whether anybody spoke or not, and gathers them as
it is told. The speaker takes a frame every 10 ms, plays silence when it has none and lets
eight frames queue; what it played and when is kept.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable

from kiosk.core.audio import (
    MIC_FRAME_MS,
    MIC_SILENCE,
    SILENCE,
    SPEAKER_FRAME_MS,
    Frame,
    SpeakerFrame,
)
from kiosk.errors import DeviceLost

VOICE = Frame(b"\x10\x20" * (len(MIC_SILENCE) // 2))
QUEUE_FRAMES = 8


class FakeMicrophone:
    """Hears what ``say`` puts before it."""

    def __init__(self) -> None:
        self.overruns = 0
        self.frames_captured = 0
        self.gather_frames = 1
        self._coming: deque[Frame] = deque()
        self._lost: DeviceLost | None = None

    def say(self, seconds: float) -> None:
        """Speak from now on."""
        self.hear([VOICE] * round(seconds * 1000 / MIC_FRAME_MS))

    def hear(self, frames: Iterable[Frame]) -> None:
        """Capture these frames from now on."""
        self._coming.extend(frames)

    def unplug(self) -> None:
        """Be gone with the next frame."""
        self._lost = DeviceLost("microphone", "unplugged")

    async def frames(self) -> AsyncIterator[tuple[Frame, float]]:
        now = asyncio.get_running_loop().time
        gathered: list[tuple[Frame, float]] = []
        while True:
            await asyncio.sleep(MIC_FRAME_MS / 1000)
            if self._lost:
                raise self._lost
            self.frames_captured += 1
            frame = self._coming.popleft() if self._coming else MIC_SILENCE
            gathered.append((frame, now()))
            if len(gathered) >= self.gather_frames:
                for each in gathered:
                    yield each
                gathered = []


class FakeSpeaker:
    """Plays into ``played``: loop time and frame, silence left out."""

    latency_s = 0.02

    def __init__(self) -> None:
        self.volume = 100
        self.played: list[tuple[float, SpeakerFrame]] = []
        self._queue: deque[tuple[float, SpeakerFrame]] = deque()
        self._free_at = 0.0
        self._loop = asyncio.get_running_loop()
        self._born = self._loop.time()

    @property
    def frames_played(self) -> int:
        return round((self._loop.time() - self._born) * 1000 / SPEAKER_FRAME_MS)

    @property
    def queued_frames(self) -> int:
        self._play()
        return len(self._queue)

    async def write(self, frame: SpeakerFrame) -> None:
        self._play()
        if len(self._queue) >= QUEUE_FRAMES:
            await asyncio.sleep(self._queue[0][0] - self._loop.time())
            if self._queue:  # its time has come, if a rounding error early
                self.played.append(self._queue.popleft())
        at = max(self._free_at, self._loop.time())
        self._free_at = at + SPEAKER_FRAME_MS / 1000
        self._queue.append((at, frame))

    def flush(self) -> int:
        self._play()
        dropped = len(self._queue)
        self._queue.clear()
        self._free_at = self._loop.time()
        return dropped

    def forget(self) -> None:
        """Drop what has been played so far."""
        self._play()
        self.played.clear()

    def set_volume(self, percent: int) -> None:
        self.volume = percent

    def sounded(self, since: float = 0.0) -> list[float]:
        """Return the times at which something was to be heard."""
        self._play()
        return [at for at, frame in self.played if at >= since and frame != SILENCE]

    def _play(self) -> None:
        while self._queue and self._queue[0][0] <= self._loop.time():
            self.played.append(self._queue.popleft())
