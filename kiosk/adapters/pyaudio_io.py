"""Microphone and speaker through PyAudio's callback streams.

PortAudio calls back on threads of its own. There, a captured block is appended to a
deque, or the next one to play is taken from a deque, and nothing can raise: PyAudio would
stop the stream and throw the exception into whatever coroutine runs. What a callback
does not return in full ends the stream too, so every block is whole.

The speaker's stream never stops between replies: it plays zeros, because an amplifier
clicks when its clock starts, and its callbacks are the evidence that it lives.
"""

from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

import pyaudio

from kiosk.adapters.pyaudio_devices import PortAudio, Shape, find, open_stream
from kiosk.adapters.pyaudio_shapes import CaptureClock, MicrophoneShaper, SpeakerShaper
from kiosk.adapters.pyaudio_stream import Pulse
from kiosk.core.audio import (
    MIC_HZ,
    SAMPLE_BYTES,
    SPEAKER_FRAME_BYTES,
    SPEAKER_HZ,
    Frame,
    SpeakerFrame,
)
from kiosk.core.pcm import faded_out, limited, to_floats, to_samples, volume_gain, with_gain
from kiosk.ports import Microphone, Speaker

_STALE_S: Final = 2.5
"""Longer than systemd lets the loop stand still: a customer's words wait for it meanwhile."""
_KEPT_BLOCKS: Final = 150  # 3 s, more than may be fresh
_QUEUE_FRAMES: Final = 7  # 70 ms: what the loop may be late without a gap
_REFILL_FRAMES: Final = 4
_FADE_SAMPLES: Final = SPEAKER_HZ * 5 // 1000
_GAP_CALLS: Final = 5  # a pause shorter than 50 ms was not meant
_GAIN_STEP: Final = 0.1  # a frame: from 0 to full volume in 100 ms


@contextmanager
def open_microphone(
    owner: PortAudio, name: str, wanted_hz: int = MIC_HZ, pulse: Pulse | None = None
) -> Iterator[Microphone]:
    """Open the capture device called ``name``. Raises StartError.

    ``wanted_hz`` is the rate to try first; frames are 16 kHz whatever the device runs at.
    ``pulse`` is for who wants to hear of a loss without reading.
    """
    device = find(owner, "microphone", name)
    pulse = pulse or Pulse("microphone")
    stream, microphone = open_stream(
        owner, "microphone", device, wanted_hz, lambda shape: _Microphone(pulse, shape)
    )
    pulse.watch(stream)
    try:
        yield microphone
    finally:
        pulse.close(owner)


@contextmanager
def open_speaker(
    owner: PortAudio,
    name: str,
    volume_percent: int,
    wanted_hz: int = SPEAKER_HZ,
    pulse: Pulse | None = None,
) -> Iterator[Speaker]:
    """Open the playback device called ``name``. Raises StartError.

    ``wanted_hz`` is the rate to try first; frames are 24 kHz whatever the device runs at.
    ``pulse`` is for who wants to hear of a loss without writing.
    """
    device = find(owner, "speaker", name)
    pulse = pulse or Pulse("speaker")
    stream, speaker = open_stream(
        owner, "speaker", device, wanted_hz, lambda shape: _Speaker(pulse, shape, volume_percent)
    )
    speaker.latency_s += stream.get_output_latency()
    pulse.watch(stream)
    try:
        yield speaker
    finally:
        pulse.close(owner)


class _Microphone:
    def __init__(self, pulse: Pulse, shape: Shape) -> None:
        self.overruns = 0
        self.frames_captured = 0
        self.gather_frames = 1
        self._pulse = pulse
        self._shaper = MicrophoneShaper(shape.rate_hz, shape.channels)
        self.block_samples = self._shaper.block_samples
        self._blocks: deque[tuple[int, float, bytes]] = deque(maxlen=_KEPT_BLOCKS)

    def callback(
        self, captured: bytes | None, _samples: int, _times: Mapping[str, float], status: int
    ) -> tuple[bytes | None, int]:
        pulse = self._pulse
        try:
            pulse.called_at = now = pulse.clock()
            self.frames_captured = number = self.frames_captured + 1
            if status & pyaudio.paInputOverflow:
                self.overruns += 1
            self._blocks.append((number, now, captured or b""))
            if len(self._blocks) >= self.gather_frames:
                pulse.wake.from_thread()
        except BaseException as bug:  # noqa: BLE001 - PyAudio would throw it into any coroutine
            pulse.bug = bug
        return None, pyaudio.paContinue

    async def frames(self) -> AsyncIterator[tuple[Frame, float]]:
        blocks, clock = self._blocks, CaptureClock()
        blocks.clear()  # nobody asked for what was captured before
        self._shaper.reset()
        expected = self.frames_captured + 1
        while True:
            while blocks:
                number, delivered_at, block = blocks.popleft()
                captured_at = clock.captured_at(number, delivered_at)
                stale = self._pulse.clock() - captured_at > _STALE_S
                lost = number - expected + stale
                expected = number + 1
                if lost:
                    self.overruns += lost
                    self._shaper.reset()
                if not stale:
                    for frame in self._shaper.frames(block):
                        yield frame, captured_at
            self._pulse.check()
            await self._pulse.wake.wait(lambda: bool(blocks))


class _Speaker:
    def __init__(self, pulse: Pulse, shape: Shape, volume_percent: int) -> None:
        self.underruns = 0
        self.frames_played = 0
        self._pulse = pulse
        self._shaper = SpeakerShaper(shape.rate_hz, shape.channels)
        self.block_samples = self._shaper.block_samples
        self._block_bytes = self.block_samples * shape.channels * SAMPLE_BYTES
        self.latency_s = self._shaper.delay_s
        self._queue: deque[SpeakerFrame] = deque()
        self._cut: SpeakerFrame | None = None
        self._silent_calls = _GAP_CALLS
        self._pause_meant = False
        self._gain = self._wanted_gain = volume_gain(volume_percent)

    @property
    def queued_frames(self) -> int:
        return len(self._queue)

    async def write(self, frame: SpeakerFrame) -> None:
        assert len(frame) == SPEAKER_FRAME_BYTES
        while len(self._queue) >= _QUEUE_FRAMES:
            self._pulse.check()
            await self._pulse.wake.wait(lambda: len(self._queue) <= _REFILL_FRAMES)
        self._pulse.check()
        if 0 < self._silent_calls < _GAP_CALLS and not self._pause_meant:
            self.underruns += 1
            self._silent_calls = 0
        self._pause_meant = False
        self._queue.append(frame)

    def flush(self) -> int:
        dropped, self._queue = self._queue, deque()
        count = len(dropped)
        with suppress(IndexError):  # the callback may have taken the last one just now
            self._cut = dropped.popleft()
        self._pause_meant = True
        self._pulse.wake.now()
        return count

    def set_volume(self, percent: int) -> None:
        self._wanted_gain = volume_gain(percent)

    def callback(
        self, _captured: bytes | None, _samples: int, _times: Mapping[str, float], status: int
    ) -> tuple[bytes | None, int]:
        pulse = self._pulse
        try:
            pulse.called_at = pulse.clock()
            self.frames_played += 1
            if status & pyaudio.paOutputUnderflow and not self._silent_calls:
                self.underruns += 1
            block = self._next_block()
            if len(self._queue) <= _REFILL_FRAMES:
                pulse.wake.from_thread()
        except BaseException as bug:  # noqa: BLE001 - PyAudio would throw it into any coroutine
            pulse.bug = bug
            block = bytes(self._block_bytes)
        return block, pyaudio.paContinue

    def _next_block(self) -> bytes:
        frame = self._next_frame()
        if frame is None:
            self._silent_calls += 1
            self._gain = self._wanted_gain
            return self._shaper.silence()
        self._silent_calls = 0
        before, wanted = self._gain, self._wanted_gain
        self._gain = max(before - _GAIN_STEP, min(before + _GAIN_STEP, wanted))
        sound = with_gain(to_floats(to_samples(frame)), before, self._gain)
        return self._shaper.block(limited(sound))

    def _next_frame(self) -> bytes | None:
        cut, self._cut = self._cut, None
        if cut is not None:
            heard = cut[: _FADE_SAMPLES * SAMPLE_BYTES]
            return faded_out(heard, _FADE_SAMPLES).ljust(SPEAKER_FRAME_BYTES, b"\0")
        queue = self._queue  # flush() may put another in its place at any time
        return queue.popleft() if queue else None
