"""A microphone and a speaker that outlast the devices behind them.

The rest of the kiosk reads and writes them as if nothing could be unplugged. While there is
no device, a reader waits and what is written is lost at the pace of sound, so that a phrase
to nobody ends when it would have.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import cast

from kiosk.core.audio import SPEAKER_FRAME_MS, Frame, SpeakerFrame
from kiosk.core.deadness import Deadness
from kiosk.errors import DeviceLost
from kiosk.ports import Microphone, Speaker

_FRAME_S = SPEAKER_FRAME_MS / 1000


class LastingMicrophone:
    """The port ``Microphone``, over one device after another. Never raises DeviceLost."""

    def __init__(self, *, silence_is_fault: bool) -> None:
        self.on_verdict: Callable[[], None] = lambda: None
        """Called when ``deadness`` has come to another verdict."""
        self.deadness = Deadness(silence_is_fault=silence_is_fault)
        self._device: Microphone | None = None
        self._fitted = asyncio.Event()
        self._gather_frames = 1
        self._overruns_before = 0
        self._captured_before = 0

    @property
    def gather_frames(self) -> int:
        """How many frames may gather before the reader is woken."""
        return self._gather_frames

    @gather_frames.setter
    def gather_frames(self, frames: int) -> None:
        self._gather_frames = frames
        if self._device is not None:
            self._device.gather_frames = frames

    @property
    def overruns(self) -> int:
        """Frames dropped by all devices so far."""
        return self._overruns_before + (self._device.overruns if self._device else 0)

    @property
    def frames_captured(self) -> int:
        """Frames delivered by all devices so far."""
        return self._captured_before + (self._device.frames_captured if self._device else 0)

    @property
    def delivers(self) -> bool:
        """Whether there is a device and it has begun."""
        return self._device is not None and self._device.frames_captured > 0

    def fit(self, device: Microphone | None) -> None:
        """Go on with this device, or with none."""
        self._overruns_before, self._captured_before = self.overruns, self.frames_captured
        self.deadness.reset()
        self._device = device
        if device is None:
            self._fitted.clear()
        else:
            device.gather_frames = self._gather_frames
            self._fitted.set()

    async def frames(self) -> AsyncIterator[tuple[Frame, float]]:
        """Yield the frames of one device after another."""
        while True:
            await self._fitted.wait()
            device = self._device
            assert device is not None
            try:
                async with aclosing(
                    cast(AsyncGenerator[tuple[Frame, float]], device.frames())
                ) as frames:
                    async for frame, captured_at in frames:
                        if device is not self._device:
                            continue  # what a lost one still held says nothing of the next
                        before = self.deadness.verdict
                        if self.deadness.push(frame) is not before:
                            self.on_verdict()
                        yield frame, captured_at
            except DeviceLost:
                if device is self._device:
                    self._fitted.clear()  # the owner, who knows it too, brings another


class LastingSpeaker:
    """The port ``Speaker``, over one device after another. Never raises DeviceLost."""

    def __init__(self) -> None:
        self._device: Speaker | None = None
        self._settled = asyncio.Event()
        self._volume: int | None = None
        self._played_before = 0
        self._free_at = 0.0

    @property
    def latency_s(self) -> float:
        """From a frame leaving the queue to its sound."""
        return self._device.latency_s if self._device else 0.0

    @property
    def frames_played(self) -> int:
        """Frames that all devices asked for so far."""
        return self._played_before + (self._device.frames_played if self._device else 0)

    @property
    def queued_frames(self) -> int:
        """Frames written and not yet handed to the device."""
        return self._device.queued_frames if self._device else 0

    @property
    def plays(self) -> bool:
        """Whether there is a device and it has begun."""
        return self._device is not None and self._device.frames_played > 0

    def hold(self) -> None:
        """Let a writer wait: the next device is being opened."""
        self._settled.clear()

    def fit(self, device: Speaker | None) -> None:
        """Go on with this device, or with none."""
        self._played_before = self.frames_played
        self._device = device
        if device is not None and self._volume is not None:
            device.set_volume(self._volume)
        self._settled.set()

    async def write(self, frame: SpeakerFrame) -> None:
        """Queue a frame; return when there is room for the next, heard or not."""
        while True:
            await self._settled.wait()
            device = self._device
            if device is None:
                await self._lose_a_frame()
                return
            try:
                await device.write(frame)
            except DeviceLost:
                if device is self._device:
                    self.hold()  # the owner, who knows it too, brings another or none
            else:
                return

    async def _lose_a_frame(self) -> None:
        now = asyncio.get_running_loop().time()
        self._free_at = max(self._free_at, now) + _FRAME_S
        await asyncio.sleep(self._free_at - now)

    def flush(self) -> int:
        """Drop what is queued; return how many frames."""
        return self._device.flush() if self._device else 0

    def set_volume(self, percent: int) -> None:
        """Set the loudness of this device and of those that follow."""
        self._volume = percent
        if self._device is not None:
            self._device.set_volume(percent)
