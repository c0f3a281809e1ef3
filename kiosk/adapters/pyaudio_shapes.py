"""From what a device takes or gives to the kiosk's frames: rate, channels, time.

Where a device refuses 16 or 24 kHz, soxr resamples. Its variable-rate engine is used at
a fixed rate, because its output comes as evenly as its input: measured, 10 ms behind
from 24 to 48 kHz and 12.5 ms behind from 48 to 16 kHz, with an image of 9.5 kHz at
-115 dB, where the fixed-rate engine at quality HQ holds 20 to 40 ms back in lumps.

Nothing here knows PortAudio. Each object belongs to one thread.
"""

from collections import deque
from typing import Final

import numpy as np
import soxr

from kiosk.core.audio import (
    MIC_FRAME_BYTES,
    MIC_FRAME_MS,
    MIC_HZ,
    SPEAKER_FRAME_MS,
    SPEAKER_HZ,
    Frame,
)
from kiosk.core.pcm import Floats, to_floats, to_pcm, to_samples

_FRAME_S: Final = MIC_FRAME_MS / 1000
_PACE_FRAMES: Final = 10
_CATCHING_UP: Final = 0.75  # frames that come in less of their own length are old ones
_DRIFT_S: Final = 20e-6  # a frame: 1000 ppm, more than any two clocks are apart
_TAIL_BLOCKS: Final = 2  # of silence, to press the resampler's last samples out
_ROUNDING_SAMPLES: Final = 4


class CaptureClock:
    """When the sound of a frame was captured, told from when it was delivered.

    A device that was stalled delivers what it kept in a burst: fresh deliveries of old
    sound, and no flag is raised. Frames are counted: a frame is as old as deliveries are
    behind their count. When they come at their own pace again, what they are behind was
    lost rather than late, and counting starts anew.
    """

    def __init__(self) -> None:
        self._recent: deque[tuple[float, float]] = deque(maxlen=_PACE_FRAMES)
        self._floor = float("inf")

    def captured_at(self, number: int, delivered_at: float) -> float:
        """Return the time at which frame ``number``, counted from any number, ended."""
        behind = delivered_at - number * _FRAME_S
        self._recent.append((delivered_at, behind))
        first, _ = self._recent[0]
        full = len(self._recent) == _PACE_FRAMES
        if full and delivered_at - first >= (_PACE_FRAMES - 1) * _FRAME_S * _CATCHING_UP:
            self._floor = min(behind for _, behind in self._recent)
        self._floor = min(self._floor + _DRIFT_S, behind)
        return delivered_at - (behind - self._floor)


class MicrophoneShaper:
    """Turns blocks as captured into frames of 20 ms, 16 kHz mono."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self.block_samples: Final = rate_hz * MIC_FRAME_MS // 1000
        self._channels = channels
        self._resampler = _resampler(rate_hz, MIC_HZ)
        self._rest = bytearray()

    def frames(self, block: bytes) -> list[Frame]:
        """Return the frames that are complete with this block, usually one."""
        if self._channels == 1 and self._resampler is None and len(block) == MIC_FRAME_BYTES:
            return [Frame(block)]
        sound = to_floats(to_samples(block))
        if self._channels > 1:
            sound = sound.reshape(-1, self._channels).mean(axis=1, dtype=np.float32)
        if self._resampler is not None:
            sound = self._resampler.resample_chunk(sound)
        self._rest += to_pcm(sound)
        whole = len(self._rest) - len(self._rest) % MIC_FRAME_BYTES
        ready = bytes(self._rest[:whole])
        del self._rest[:whole]
        return [Frame(ready[at : at + MIC_FRAME_BYTES]) for at in range(0, whole, MIC_FRAME_BYTES)]

    def reset(self) -> None:
        """Forget what was heard: what comes next does not follow it."""
        self._rest.clear()
        if self._resampler is not None:
            self._resampler.clear()


class SpeakerShaper:
    """Turns sound at 24 kHz mono into blocks of 10 ms as the device takes them."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self.block_samples: Final = rate_hz * SPEAKER_FRAME_MS // 1000
        self._silence = bytes(2 * channels * self.block_samples)
        self._channels = channels
        self._resampler = _resampler(SPEAKER_HZ, rate_hz)
        self._ready: Floats = np.zeros(0, np.float32)
        self._tail = 0
        self.delay_s: Final = 0.0 if self._resampler is None else SPEAKER_FRAME_MS / 1000

    def block(self, sound: Floats) -> bytes:
        """Return the next block, given the next 10 ms of sound."""
        if self._resampler is not None:
            self._tail = _TAIL_BLOCKS
            sound = self._resampled(sound)
        if self._channels > 1:
            sound = np.repeat(sound, self._channels)
        return to_pcm(sound)

    def silence(self) -> bytes:
        """Return a block while there is no sound, after the last of it has come out."""
        if self._tail == 0:
            return self._silence
        tail = self._tail - 1
        block = self.block(np.zeros(SPEAKER_HZ * SPEAKER_FRAME_MS // 1000, np.float32))
        self._tail = tail
        if tail == 0 and self._resampler is not None:
            self._resampler.clear()
            self._ready = self._ready[:0]
        return block

    def _resampled(self, sound: Floats) -> Floats:
        assert self._resampler is not None
        self._ready = np.concatenate((self._ready, self._resampler.resample_chunk(sound)))
        if self._ready.size < self.block_samples - _ROUNDING_SAMPLES:
            return np.zeros(self.block_samples, np.float32)  # the resampler fills up first
        ready, self._ready = np.split(self._ready, [self.block_samples])
        return np.pad(ready, (0, self.block_samples - ready.size), mode="edge")


def _resampler(from_hz: int, to_hz: int) -> soxr.ResampleStream | None:
    if from_hz == to_hz:
        return None
    return soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ", vr=True)
