"""A microphone and a speaker inside the test, with a clock: the loop's.

The microphone captures a frame every 20 ms whether anybody spoke or not, and gathers them as
it is told. The speaker takes a frame every 10 ms, plays silence when it has none and lets
eight frames queue; what it played and when is kept.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator
from contextlib import contextmanager

from kiosk.core.audio import (
    MIC_FRAME_MS,
    MIC_SILENCE,
    SILENCE,
    SPEAKER_FRAME_MS,
    Frame,
    SpeakerFrame,
)
from kiosk.errors import DeviceLost, StartError
from kiosk.ports import OpenSound

VOICE = Frame(b"\x10\x20" * (len(MIC_SILENCE) // 2))
HISS = tuple(Frame(bit + bytes(len(MIC_SILENCE) - 2)) for bit in (b"\x01\0", b"\xff\xff"))
QUEUE_FRAMES = 8


class FakeMicrophone:
    """Hears what ``say`` puts before it."""

    def __init__(self) -> None:
        self.overruns = 0
        self.frames_captured = 0
        self.gather_frames = 1
        self.hisses = False
        """Whether it has a noise floor, or digital silence when nobody speaks."""
        self._coming: deque[Frame] = deque()
        self._lost: DeviceLost | None = None

    def say(self, seconds: float) -> None:
        """Speak from now on."""
        self.hear([VOICE] * round(seconds * 1000 / MIC_FRAME_MS))

    def hear(self, frames: Iterable[Frame]) -> None:
        """Capture these frames from now on."""
        self._coming.extend(frames)

    def lose(self, lost: DeviceLost) -> None:
        """Be gone with the next frame; what was captured until then is still handed out."""
        self._lost = lost

    async def frames(self) -> AsyncIterator[tuple[Frame, float]]:
        now = asyncio.get_running_loop().time
        gathered: list[tuple[Frame, float]] = []
        while True:
            await asyncio.sleep(MIC_FRAME_MS / 1000)
            if self._lost:
                for each in gathered:
                    yield each
                raise self._lost
            self.frames_captured += 1
            quiet = HISS[self.frames_captured % 2] if self.hisses else MIC_SILENCE
            frame = self._coming.popleft() if self._coming else quiet
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
        self._lost: DeviceLost | None = None
        self._loop = asyncio.get_running_loop()
        self._born = self._loop.time()

    @property
    def frames_played(self) -> int:
        return round((self._loop.time() - self._born) * 1000 / SPEAKER_FRAME_MS)

    @property
    def queued_frames(self) -> int:
        self._play()
        return len(self._queue)

    def lose(self, lost: DeviceLost) -> None:
        """Be gone: what is queued is heard by nobody."""
        self._play()
        self._queue.clear()
        self._lost = lost

    async def write(self, frame: SpeakerFrame) -> None:
        if self._lost:
            raise self._lost
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


class FakeSoundCard:
    """Both devices, to be unplugged and plugged in; a new fake at every opening."""

    def __init__(self, *plugged: str) -> None:
        self.plugged = set(plugged or ("microphone", "speaker"))
        self.hisses = True
        self.openings: list[float] = []
        self.looks = 0
        self.lively = True
        """Whether what is open may be closed."""
        self.abandoned = False
        """Whether it was to be closed when it was not lively."""
        self.microphone: FakeMicrophone | None = None
        self.speaker: FakeSpeaker | None = None
        self._on_lost: Callable[[DeviceLost], None] = lambda _: None

    def unplug(self, *parts: str, frozen: bool = False) -> None:
        """Take these away, or let them hang."""
        for part in parts:
            self.plugged.discard(part)
            lost = DeviceLost(part, "hangs" if frozen else "gone", frozen=frozen)
            device = self.microphone if part == "microphone" else self.speaker
            if device is not None:
                device.lose(lost)
                self._on_lost(lost)

    def plug_in(self, *parts: str) -> None:
        """Be there for who looks."""
        self.plugged.update(parts)

    @contextmanager
    def open(self, on_lost: Callable[[DeviceLost], None]) -> Iterator[OpenSound]:
        assert (self.microphone, self.speaker) == (None, None), "one opening at a time"
        self.openings.append(asyncio.get_running_loop().time())
        self._on_lost = on_lost
        away = {part: _away(part) for part in ("microphone", "speaker") if part not in self.plugged}
        self.speaker = None if "speaker" in away else FakeSpeaker()
        self.microphone = None if away else FakeMicrophone()
        if self.microphone is not None:
            self.microphone.hisses = self.hisses
        try:
            yield OpenSound(self.microphone, self.speaker, away, lambda: self.lively)
        finally:
            self.abandoned = self.abandoned or not self.lively
            for device in (self.microphone, self.speaker):
                if device is not None:
                    device.lose(DeviceLost("", "closed"))
            self.microphone = self.speaker = None

    async def trouble(self, parts: Collection[str]) -> str | None:
        self.looks += 1
        await asyncio.sleep(0.1)
        return next((str(_away(part)) for part in parts if part not in self.plugged), None)


def _away(part: str) -> StartError:
    return StartError(f"There is no {part}.", 69)
