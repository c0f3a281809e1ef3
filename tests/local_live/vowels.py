"""Sound that a voice detector takes for speech, made from arithmetic alone."""

import numpy as np
import numpy.typing as npt

HZ = 16_000
_FORMANTS = ((700.0, 80.0), (1200.0, 90.0), (2600.0, 120.0))


def vowels(seconds: float, level: float = 3000.0, pitch_hz: float = 120.0) -> bytes:
    """A gliding voice with formants, 16 kHz PCM16, ``level`` its RMS in PCM steps."""
    count = round(seconds * HZ)
    time = np.arange(count) / HZ
    pitch = pitch_hz * (1 + 0.1 * np.sin(2 * np.pi * 2.5 * time))
    phase = 2 * np.pi * np.cumsum(pitch) / HZ
    voice = np.zeros(count)
    for harmonic in range(1, 30):
        frequency = harmonic * pitch_hz
        gain = sum(1 / (1 + ((frequency - at) / width) ** 2) for at, width in _FORMANTS)
        voice += (gain + 0.02) * np.sin(harmonic * phase)
    return _pcm(voice * (0.7 + 0.3 * np.sin(2 * np.pi * 4 * time)), level)


def noise(seconds: float, level: float = 20.0, seed: int = 1) -> bytes:
    """White noise."""
    return _pcm(np.random.default_rng(seed).normal(size=round(seconds * HZ)), level)


def mixed(first: bytes, second: bytes) -> bytes:
    """Both at once; the second as long as the first."""
    summed = np.frombuffer(first, "<i2").astype(np.int32) + np.frombuffer(second, "<i2")
    both: bytes = np.clip(summed, -32768, 32767).astype("<i2").tobytes()
    return both


def _pcm(samples: npt.NDArray[np.float64], level: float) -> bytes:
    rms = float(np.sqrt(np.mean(np.square(samples)))) or 1.0
    return np.clip(samples * level / rms, -32768, 32767).astype("<i2").tobytes()
