"""A rising tone, and what a recording of it tells about the way from speaker to microphone.

The tone rises evenly by octaves, so that each band of the ear gets the same time, and a
recording shows at which moment which pitch must be heard. What counts is the level above the
noise of the room, which is heard before the tone begins.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from kiosk.core.audio import MIC_HZ
from kiosk.core.pcm import Floats, to_floats, to_samples

LEAD_S: Final = 0.9
SWEEP_S: Final = 2.5
AFTER_S: Final = 0.4
LOWEST_HZ: Final = 150.0
HIGHEST_HZ: Final = 7000.0
PEAK: Final = 0.5
BANDS_HZ: Final = (250, 500, 1000, 2000, 4000)
"""Octaves, by their middle. A small speaker need not have the lowest."""
LIKE: Final = 0.14
"""How much a recording must be like the tone: a voice reaches 0.07, a hall leaves 0.6; measured."""
ENOUGH_DB: Final = 10.0
LATEST_S: Final = 0.8
"""From when a sample was handed over to when it is heard."""
_NOISE_S: Final = 0.6
_REVERB_S: Final = 0.15
_FADE_S: Final = 0.02
_OVERDRIVEN: Final = 0.985


@dataclass(frozen=True, slots=True)
class Echo:
    """What was heard of the tone."""

    likeness: float
    """0 for nothing of it, 1 for the tone itself."""
    late_s: float
    """How much later than when the recording began; the time it takes to open a device counts."""
    above_noise_db: Mapping[int, float]
    """By the middle of the octave: the tone's level above the room's."""
    level_dbfs: float
    overdriven: bool

    @property
    def heard(self) -> bool:
        """Whether it was this tone that was heard, and not a room that was loud by chance."""
        return self.likeness >= LIKE and max(self.above_noise_db.values()) >= ENOUGH_DB

    @property
    def weak_hz(self) -> tuple[int, ...]:
        """The octaves that speech needs and that hardly arrive."""
        return tuple(
            hz
            for hz, above in self.above_noise_db.items()
            if hz > BANDS_HZ[0] and above < ENOUGH_DB
        )


def sweep(rate_hz: int, gain: float = 1.0) -> Floats:
    """Return silence, the tone and silence."""
    times = np.arange(round(SWEEP_S * rate_hz)) / rate_hz
    octaves = np.log(HIGHEST_HZ / LOWEST_HZ)
    phase = 2 * np.pi * LOWEST_HZ * SWEEP_S / octaves * np.expm1(times / SWEEP_S * octaves)
    fade = np.clip(np.minimum(times, SWEEP_S - times) / _FADE_S, 0, 1)
    before, after = round(LEAD_S * rate_hz), round(AFTER_S * rate_hz)
    return np.pad(PEAK * gain * fade * np.sin(phase), (before, after)).astype(np.float32)


def echo_in(pcm: bytes) -> Echo:
    """Return what a recording of ``sweep`` tells; it began when the sweep was handed over."""
    lead, length = round(LEAD_S * MIC_HZ), round(SWEEP_S * MIC_HZ)
    window = length + round(LATEST_S * MIC_HZ)
    heard = to_floats(to_samples(pcm))
    heard = np.pad(heard, (0, max(0, lead + window - heard.size)))
    tone = sweep(MIC_HZ)[lead : lead + length]
    likeness, late = _found(heard[lead : lead + window], tone)
    at = lead + late
    noise = heard[max(0, at - round(_NOISE_S * MIC_HZ)) : max(1, at - round(0.05 * MIC_HZ))]
    above = {}
    for hz in BANDS_HZ:
        begin = at + _moment(hz / np.sqrt(2))
        end = at + _moment(hz * np.sqrt(2)) + round(_REVERB_S * MIC_HZ)
        above[hz] = round(_level_db(heard[begin:end], hz) - _level_db(noise, hz), 1)
    during = heard[at : at + length]
    power = float(np.mean(np.square(during, dtype=np.float64)))
    return Echo(
        likeness=round(likeness, 3),
        late_s=round(late / MIC_HZ, 3),
        above_noise_db=above,
        level_dbfs=round(10 * float(np.log10(power + 1e-12)), 1),
        overdriven=float(np.abs(during).max()) >= _OVERDRIVEN,
    )


def _found(heard: Floats, tone: Floats) -> tuple[float, int]:
    """Return how much of the tone is in ``heard``, 0 to 1, and from which sample on."""
    size = 1 << (heard.size + tone.size).bit_length()
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(tone, size))
    match = np.abs(np.fft.irfft(product, size)[: heard.size - tone.size + 1])
    at = int(np.argmax(match))
    energy = np.linalg.norm(heard[at : at + tone.size]) * np.linalg.norm(tone)
    return float(match[at] / max(float(energy), 1e-9)), at


def _moment(hz: float) -> int:
    """Return the sample of the tone at which it has this pitch."""
    share = np.log(hz / LOWEST_HZ) / np.log(HIGHEST_HZ / LOWEST_HZ)
    return round(float(np.clip(share, 0, 1)) * SWEEP_S * MIC_HZ)


def _level_db(sound: Floats, hz: int) -> float:
    """Return the level of one octave, in dB of full scale; -120 for silence."""
    spectrum = np.fft.rfft(sound)
    pitches = np.fft.rfftfreq(max(sound.size, 1), 1 / MIC_HZ)
    inside = (pitches >= hz / np.sqrt(2)) & (pitches < hz * np.sqrt(2))
    power = 2 * float(np.sum(np.abs(spectrum[inside]) ** 2)) / max(sound.size, 1) ** 2
    return 10 * float(np.log10(power + 1e-12))
