"""A shopper's ears at the speaker: which words, and when it was silent."""

import re
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr

from kiosk.adapters.monitor import Tape
from kiosk.core.audio import MIC_HZ, SPEAKER_HZ
from kiosk.local_live.ears import WhisperEars

_BLOCK_S: Final = 0.005
_VOICE_BELOW_HZ: Final = 420.0
"""Where a voice has its pitch, and no earcon has a note."""


async def words(tape: Tape, start: float, end: float = float("inf")) -> str:
    """Recognise what sounded between two moments of loop time: small letters, no punctuation."""
    return await recognised(_for_ears(cut(tape, start, end)))


async def recognised(pcm: bytes) -> str:
    """Recognise 16 kHz mono PCM16: small letters, no punctuation."""
    return plain(await _ears().transcribe(pcm))


def cut(tape: Tape, start: float, end: float = float("inf")) -> bytes:
    """Return what sounded between two moments of loop time, 24 kHz."""
    first = tape.at(start)
    last = len(tape) if end == float("inf") else tape.at(end)
    return tape.pcm[first:last]


def plain(text: str) -> str:
    """Return small letters, digits and single spaces."""
    return " ".join(re.findall(r"[a-z0-9']+", text.lower()))


def loudest_dbfs(pcm: bytes) -> float:
    """Return the level of the loudest 20 ms."""
    blocks = _blocks(_wave(pcm), 0.02)
    return float(20 * np.log10(max(1e-6, blocks.max()))) if blocks.size else -120.0


def voice_ended(tape: Tape, start: float, end: float) -> float:
    """Return the loop time at which a voice that sounded at ``start`` was last heard.

    Looks at the pitch of voices only, so that an earcon over it is not taken for it.
    """
    wave = _wave(cut(tape, start, end))
    spectrum = np.fft.rfft(wave)
    spectrum[np.fft.rfftfreq(wave.size, 1 / SPEAKER_HZ) > _VOICE_BELOW_HZ] = 0
    blocks = _blocks(np.fft.irfft(spectrum, wave.size), _BLOCK_S)
    loud = np.flatnonzero(blocks > blocks.max() / 10)
    return tape.moment(tape.at(start)) + (int(loud[-1]) + 1) * _BLOCK_S


def _blocks(wave: npt.NDArray[np.float64], block_s: float) -> npt.NDArray[np.float64]:
    block = round(block_s * SPEAKER_HZ)
    whole = wave[: wave.size - wave.size % block].reshape(-1, block)
    return np.asarray(np.sqrt(np.mean(whole**2, axis=1)))


def _wave(pcm: bytes) -> npt.NDArray[np.float64]:
    return np.frombuffer(pcm[: len(pcm) - len(pcm) % 2], "<i2") / 32768


def _for_ears(pcm: bytes) -> bytes:
    wave = soxr.resample(_wave(pcm), SPEAKER_HZ, MIC_HZ)
    pcm16: bytes = np.clip(np.rint(wave * 32767), -32768, 32767).astype("<i2").tobytes()
    return pcm16


@cache
def _ears() -> WhisperEars:
    ears = WhisperEars()
    ears.warm()
    return ears
