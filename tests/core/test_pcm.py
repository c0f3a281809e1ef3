"""Arithmetic on sound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core import pcm

PCM = st.lists(st.integers(-32768, 32767), max_size=50).map(
    lambda values: np.array(values, dtype="<i2").tobytes()
)


def flat(length: int, height: int = 10_000) -> bytes:
    return np.full(length, height, dtype="<i2").tobytes()


def values(sound: bytes) -> list[int]:
    return [int(value) for value in pcm.to_samples(sound)]


def test_levels_are_measured_against_full_scale() -> None:
    sine = pcm.to_pcm(np.sin(np.arange(24_000) / 10).astype(np.float32))
    assert pcm.level_dbfs(flat(100, -32768)) == 0
    assert pcm.level_dbfs(sine) == pytest.approx(-3.0, abs=0.05)
    assert pcm.level_dbfs(flat(100, 3277)) == pytest.approx(-20, abs=0.01)


@pytest.mark.parametrize("sound", [b"", b"\x01", bytes(100)])
def test_no_sound_has_the_lowest_level(sound: bytes) -> None:
    assert pcm.level_dbfs(sound) == pcm.QUIETEST_DBFS


@given(PCM)
def test_samples_survive_the_way_to_floats_and_back(sound: bytes) -> None:
    assert pcm.to_pcm(pcm.to_floats(pcm.to_samples(sound))) == sound


def test_floats_beyond_full_scale_are_clipped() -> None:
    assert values(pcm.to_pcm(np.array([2.0, -2.0], np.float32))) == [32767, -32768]


def test_a_fade_in_rises_evenly_from_silence() -> None:
    assert values(pcm.faded_in(flat(6), 4)) == [0, 2500, 5000, 7500, 10_000, 10_000]


def test_a_fade_out_falls_evenly_to_silence() -> None:
    assert values(pcm.faded_out(flat(6), 4)) == [10_000, 10_000, 7500, 5000, 2500, 0]


@pytest.mark.parametrize("length", [0, 1, 3])
def test_sound_shorter_than_the_fade_has_part_of_it(length: int) -> None:
    assert values(pcm.faded_in(flat(length), 4)) == [0, 2500, 5000][:length]
    assert values(pcm.faded_out(flat(length), 4)) == [5000, 2500, 0][3 - length :]


@given(st.integers(0, 12), st.integers(0, 12))
def test_one_fade_can_span_two_blocks(first: int, second: int) -> None:
    whole = pcm.faded_out(flat(first + second), 8)

    start = pcm.faded_out(flat(first), 8, after_samples=second)
    end = pcm.faded_out(flat(second), 8)

    assert start + end == whole


@given(PCM, PCM)
def test_mixing_adds_and_saturates(one: bytes, other: bytes) -> None:
    mixed = values(pcm.mixed(one, other))

    assert mixed == values(pcm.mixed(other, one))
    assert len(mixed) == max(len(one), len(other)) // 2
    for index, value in enumerate(mixed):
        total = sum(part[index] for part in (values(one), values(other)) if index < len(part))
        assert value == max(-32768, min(32767, total))


def test_volume_is_silent_at_0_untouched_at_100_and_gentle_between() -> None:
    gains = [pcm.volume_gain(percent) for percent in (0, 50, 70, 100)]
    assert gains == [0, 0.25, pytest.approx(0.49), 1]


def test_gain_moves_evenly_and_arrives() -> None:
    ones = np.ones(4, np.float32)
    assert list(pcm.with_gain(ones, 0.0, 1.0)) == [0.25, 0.5, 0.75, 1.0]
    assert list(pcm.with_gain(ones, 0.5, 0.5)) == [0.5] * 4
    assert pcm.with_gain(ones, 0.0, 1.0).dtype == np.float32


def test_the_limiter_leaves_ordinary_sound_alone() -> None:
    sound = np.array([0.0, 0.7, -0.7], np.float32)
    assert pcm.limited(sound) is sound
    assert pcm.limited(sound[:0]).size == 0


def test_the_limiter_bends_peaks_smoothly_and_keeps_them_under_full_scale() -> None:
    ramp = np.linspace(-3, 3, 6001, dtype=np.float32)

    bent = pcm.limited(ramp)

    assert bent.dtype == np.float32
    assert float(np.abs(bent).max()) <= 1.0
    assert np.all(np.diff(bent) >= 0)
    assert float(np.diff(bent).max()) < 0.0011  # never steeper than what came in
    quiet = np.abs(ramp) < 0.7
    assert np.array_equal(bent[quiet], ramp[quiet])
