"""Short tones: heard, told apart, and without a click."""

import itertools

import numpy as np
import pytest

from kiosk.core.audio import SPEAKER_HZ
from kiosk.core.earcons import Earcon, sound_of
from kiosk.core.pcm import Floats, level_dbfs, to_floats, to_samples


def floats(earcon: Earcon) -> Floats:
    return to_floats(to_samples(sound_of(earcon)))


def pitch_hz(sound: Floats) -> float:
    power = np.abs(np.fft.rfft(sound * np.hanning(sound.size), 1 << 16))
    return float(np.argmax(power)) * SPEAKER_HZ / (1 << 16)


@pytest.mark.parametrize("earcon", Earcon)
def test_it_is_short(earcon: Earcon) -> None:
    assert 0.04 <= floats(earcon).size / SPEAKER_HZ <= 0.5


@pytest.mark.parametrize("earcon", Earcon)
def test_it_is_about_as_loud_as_speech_and_far_from_clipping(earcon: Earcon) -> None:
    lowest, highest = (-32, -26) if earcon is Earcon.TICK else (-22, -16)
    assert lowest <= level_dbfs(sound_of(earcon)) <= highest
    assert float(np.abs(floats(earcon)).max()) < 0.5


@pytest.mark.parametrize("earcon", Earcon)
def test_it_begins_and_ends_in_silence_without_a_click(earcon: Earcon) -> None:
    sound = floats(earcon)
    peak = float(np.abs(sound).max())
    steepest = 2 * np.pi * 1400 / SPEAKER_HZ * peak * 1.5  # a tone of 1.4 kHz with its octave
    assert sound[0] == 0
    assert abs(float(sound[-1])) < 0.001
    assert float(np.abs(np.diff(sound)).max()) < steepest


@pytest.mark.parametrize("earcon", Earcon)
def test_it_lies_where_a_small_speaker_can_play_it(earcon: Earcon) -> None:
    sound = floats(earcon)
    power = np.abs(np.fft.rfft(sound)) ** 2
    hz = np.fft.rfftfreq(sound.size, 1 / SPEAKER_HZ)
    assert power[(hz > 350) & (hz < 3000)].sum() / power.sum() > 0.97


@pytest.mark.parametrize(
    ("earcon", "rises"),
    [
        (Earcon.LISTENING, True),
        (Earcon.UNMUTE, True),
        (Earcon.SORRY, False),
        (Earcon.GOODBYE, False),
        (Earcon.MUTE, False),
    ],
)
def test_opening_rises_and_closing_falls(earcon: Earcon, rises: bool) -> None:
    sound = floats(earcon)
    start, end = pitch_hz(sound[:1500]), pitch_hz(sound[-2000:])
    assert (end > start * 1.2) if rises else (end < start / 1.2)


def test_no_two_are_alike() -> None:
    for one, other in itertools.combinations(Earcon, 2):
        assert sound_of(one) != sound_of(other)
