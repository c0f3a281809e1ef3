"""What customers say and what rooms sound like, as the microphone gets it: 16 kHz mono PCM16.

A sentence is synthesised once by the local voice and kept in ``.cache/``.
"""

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr

from kiosk.adapters.wav_files import read_wav, write_wav
from kiosk.core.audio import MIC_HZ, SAMPLE_BYTES, SPEAKER_HZ
from kiosk.local_live.voice import WorkerVoice, open_voice, write_phrases

CACHE: Final = Path(__file__).resolve().parents[2] / ".cache" / "e2e"

QUESTION: Final = "Where is my order, ORD-88421?"
_QUIET: Final = 10 ** (-50 / 20)

FOLLOW_UP: Final = "And when will it arrive?"


def said(*parts: str | float) -> bytes:
    """Return sentences, and between them silence of so many seconds and no more."""
    return b"".join(_sentence(part) if isinstance(part, str) else silence(part) for part in parts)


def silence(seconds: float) -> bytes:
    """Return digital silence."""
    return bytes(round(seconds * MIC_HZ) * SAMPLE_BYTES)


def length_s(pcm: bytes) -> float:
    """Return how long a question takes."""
    return len(pcm) / SAMPLE_BYTES / MIC_HZ


def pink_noise(seconds: float, level_dbfs: float) -> bytes:
    """Return noise with as much power in every octave from 40 Hz on, as a room makes it."""
    count = round(seconds * MIC_HZ)
    spectrum = np.fft.rfft(np.random.default_rng(7).standard_normal(count))
    pitch_hz = np.fft.rfftfreq(count, 1 / MIC_HZ)
    spectrum /= np.sqrt(np.maximum(pitch_hz, 40.0))
    wave = np.fft.irfft(spectrum, count)
    wave *= 10 ** (level_dbfs / 20) / np.sqrt(np.mean(wave**2))
    return _pcm(wave)


def beeps(seconds: float, level_dbfs: float) -> bytes:
    """Return the till: a tone of 1 kHz, a third of a second long, again and again."""
    at_s = np.arange(round(seconds * MIC_HZ)) / MIC_HZ
    tone = np.sqrt(2) * 10 ** (level_dbfs / 20) * np.sin(2000 * np.pi * at_s)
    return _pcm(tone * (at_s % 0.9 < 0.3))


def phrases() -> Path:
    """Return the directory of the recorded phrases, so that no kiosk has to make its own."""
    directory = CACHE / "phrases"
    if not (directory / "P11.wav").exists():
        write_phrases(directory)
    return directory


def _sentence(text: str) -> bytes:
    path = CACHE / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.wav"
    if not path.exists():
        rendered = _trimmed(np.frombuffer(_voice().render(text), "<i2") / 32768)
        CACHE.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")  # two runs may record at once
        write_wav(draft, _pcm(soxr.resample(rendered, SPEAKER_HZ, MIC_HZ)), MIC_HZ)
        draft.replace(path)
    return read_wav(path, MIC_HZ)


def _trimmed(wave: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    loud = np.flatnonzero(np.abs(wave) > _QUIET)
    return wave[loud[0] : loud[-1] + 1]


@cache
def _voice() -> WorkerVoice:
    return open_voice()


def _pcm(wave: npt.NDArray[np.float64]) -> bytes:
    return np.clip(np.rint(wave * 32767), -32768, 32767).astype("<i2").tobytes()
