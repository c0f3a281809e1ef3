"""Arithmetic on sound: level, gain, fades, mixing, limiting.

Sound crosses module borders as bytes (mono PCM16, little endian); in here it is an
array of ``int16``, or of ``float32`` with full scale at 1.0. Nothing keeps state.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from kiosk.core.audio import SAMPLE_BYTES

Samples = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float32]

FULL_SCALE: Final = 32768
QUIETEST_DBFS: Final = -120.0
"""What ``level_dbfs`` says of digital silence."""

_KNEE: Final = 0.708  # -3 dBFS: the limiter leaves everything below alone


def to_samples(pcm: bytes | bytearray) -> Samples:
    """Return the whole samples in ``pcm``; half a sample at the end is left out."""
    return np.frombuffer(pcm, dtype="<i2", count=len(pcm) // SAMPLE_BYTES)


def to_floats(samples: Samples) -> Floats:
    """Return ``samples`` with full scale at 1.0."""
    return samples.astype(np.float32) / np.float32(FULL_SCALE)


def to_pcm(floats: Floats) -> bytes:
    """Return ``floats`` as PCM16; what lies outside full scale is clipped."""
    return _clipped(np.rint(floats * np.float32(FULL_SCALE)))


def level_dbfs(pcm: bytes | bytearray) -> float:
    """Return the level: RMS against a full-scale square wave, at least ``QUIETEST_DBFS``.

    A full-scale sine is at -3.0 dBFS.
    """
    samples = to_samples(pcm)
    if not samples.size:
        return QUIETEST_DBFS
    power = float(np.mean(np.square(to_floats(samples), dtype=np.float64)))
    return max(QUIETEST_DBFS, 10 * math.log10(power)) if power > 0 else QUIETEST_DBFS


def faded_in(pcm: bytes, fade_samples: int) -> bytes:
    """Return ``pcm`` with its first samples raised linearly from silence."""
    samples = to_samples(pcm).astype(np.float32)
    count = min(fade_samples, samples.size)
    samples[:count] *= np.arange(count, dtype=np.float32) / np.float32(fade_samples)
    return samples.astype("<i2").tobytes()


def faded_out(pcm: bytes, fade_samples: int, *, after_samples: int = 0) -> bytes:
    """Return ``pcm`` with its last samples lowered linearly to silence.

    ``after_samples`` more samples of the same fade are to follow in the next block, so
    that one fade can span two.
    """
    samples = to_samples(pcm).astype(np.float32)
    count = max(0, min(fade_samples - after_samples, samples.size))
    to_go = np.arange(after_samples + count - 1, after_samples - 1, -1, dtype=np.float32)
    samples[samples.size - count :] *= to_go / np.float32(fade_samples)
    return samples.astype("<i2").tobytes()


def mixed(one: bytes, other: bytes) -> bytes:
    """Return the sum, saturated; as long as the longer of the two."""
    longer, shorter = sorted((to_samples(one), to_samples(other)), key=len, reverse=True)
    total = longer.astype(np.int32)
    total[: shorter.size] += shorter
    return _clipped(total)


def volume_gain(percent: int) -> float:
    """Return the factor for a volume of 0 to 100: a square law, even steps to the ear."""
    return (percent / 100) ** 2


def with_gain(floats: Floats, start: float, end: float) -> Floats:
    """Return ``floats`` times a gain that moves evenly from ``start`` to ``end``."""
    if start == end:
        return floats * np.float32(end)
    ramp = np.linspace(start, end, floats.size + 1, dtype=np.float32)[1:]
    return np.multiply(floats, ramp, dtype=np.float32)


def limited(floats: Floats) -> Floats:
    """Return ``floats`` with peaks above -3 dBFS bent to stay under full scale."""
    if not floats.size or float(np.abs(floats).max()) <= _KNEE:
        return floats
    size = np.abs(floats)
    room = 1 - _KNEE
    bent = _KNEE + room * np.tanh((size - _KNEE) / room)
    return np.where(size > _KNEE, np.copysign(bent, floats), floats).astype(np.float32)


def _clipped(wide: Floats | npt.NDArray[np.int32]) -> bytes:
    samples: Samples = np.clip(wide, -FULL_SCALE, FULL_SCALE - 1).astype("<i2")
    return samples.tobytes()
