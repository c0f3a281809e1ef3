"""Spoken questions for the contract suite: synthesised once, then kept in ``.cache/``."""

import hashlib
import os
import wave
from pathlib import Path

import numpy as np

from kiosk.core.audio import MIC_FRAME_BYTES, MIC_HZ, SAMPLE_BYTES, SPEAKER_HZ

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "spoken"
LEVEL = 0.6
SILENCE_S = 0.2


def spoken(text: str) -> bytes:
    """Return a question as the microphone gives it: 16 kHz mono PCM16, some silence round it."""
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = CACHE / f"{name}.wav"
    if not path.exists():
        _record(text, path)
    with wave.open(str(path), "rb") as file:
        return file.readframes(file.getnframes())


def frames(pcm: bytes) -> list[bytes]:
    """Cut into frames of 20 ms; a rest shorter than that is dropped."""
    whole = len(pcm) - len(pcm) % MIC_FRAME_BYTES
    return [pcm[start : start + MIC_FRAME_BYTES] for start in range(0, whole, MIC_FRAME_BYTES)]


def _record(text: str, path: Path) -> None:
    import soxr  # a recording is made once; the libraries take a second to load
    from hibari import Hibari

    voice = soxr.resample(np.asarray(Hibari()(text, seed=1), np.float32), SPEAKER_HZ, MIC_HZ)
    level = LEVEL / max(float(np.abs(voice).max()), 1e-6)
    rest = np.zeros(round(SILENCE_S * MIC_HZ), np.int16)
    pcm = np.concatenate([rest, (voice * level * 32767).astype(np.int16), rest]).tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")  # two runs may record at once
    with wave.open(str(draft), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(MIC_HZ)
        file.writeframes(pcm)
    draft.replace(path)
