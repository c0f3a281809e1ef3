"""Earcons: short tones with a meaning, made once, 24 kHz.

A rising pair opens, a falling pair closes, a doorbell calls the staff; one note three times
waits for the button to be let go. Everything lies
between 400 Hz and 2 kHz, where a small speaker is able and speech recognisers are not fooled,
begins and ends without a click, and is about as loud as speech at the same volume.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Final

import numpy as np

from kiosk.core.audio import SPEAKER_HZ
from kiosk.core.pcm import Floats, to_pcm

_LOUD: Final = 0.25  # peak of a note; about -18 dBFS over its length
_ATTACK_S: Final = 0.005
_RELEASE_S: Final = 0.012


_TUNES: Final[Mapping[str, tuple[tuple[float, float], ...]]] = {
    "listening": ((659.3, 0.08), (987.8, 0.14)),
    "sorry": ((587.3, 0.14), (440.0, 0.24)),
    "goodbye": ((784.0, 0.10), (659.3, 0.10), (523.3, 0.24)),
    "mute": ((784.0, 0.07), (523.3, 0.07), (523.3, 0.12)),
    "unmute": ((523.3, 0.07), (523.3, 0.07), (784.0, 0.12)),
    "offer": ((659.3, 0.07), (659.3, 0.07), (659.3, 0.14)),
    "called": ((987.8, 0.12), (784.0, 0.12), (987.8, 0.24)),
}
"""Pitch in Hz and length in s of each note."""


class Earcon(StrEnum):
    """What a short tone says."""

    PRESS = "press"
    LISTENING = "listening"
    SORRY = "sorry"
    GOODBYE = "goodbye"
    MUTE = "mute"
    UNMUTE = "unmute"
    OFFER = "offer"
    CALLED = "called"
    TICK = "tick"


@cache
def sound_of(earcon: Earcon) -> bytes:
    """Return the earcon as mono PCM16 at 24 kHz."""
    if earcon is Earcon.PRESS:
        return to_pcm(_note(1320, 0.045, decay_s=0.012, peak=0.4))
    if earcon is Earcon.TICK:
        return to_pcm(_note(880, 0.06, decay_s=0.014, peak=0.14))
    return to_pcm(_tune(*_TUNES[earcon]))


def _tune(*notes: tuple[float, float]) -> Floats:
    """Return (pitch in Hz, length in s) notes one after another."""
    return np.concatenate([_note(hz, length_s, decay_s=0.12) for hz, length_s in notes])


def _note(pitch_hz: float, length_s: float, *, decay_s: float, peak: float = _LOUD) -> Floats:
    """Return one note: a sine with a soft second harmonic that dies away like a bar."""
    time_s = np.arange(round(length_s * SPEAKER_HZ)) / SPEAKER_HZ
    turn = 2 * np.pi * pitch_hz * time_s
    wave = (np.sin(turn) + 0.2 * np.sin(2 * turn)) / 1.2
    rise = np.minimum(1, time_s / _ATTACK_S)
    fall = np.minimum(1, (length_s - time_s) / _RELEASE_S)
    shape = np.exp(-time_s / decay_s) * rise**2 * fall**2
    loudest = float(np.max(np.abs(wave * shape)))
    note: Floats = (wave * shape * (peak / loudest)).astype(np.float32)
    return note
