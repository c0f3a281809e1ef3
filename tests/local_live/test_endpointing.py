"""Where speech begins and ends, told from the sound alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.local_live.endpointing import PRE_ROLL_MS, Ended, Endpointer, Started
from kiosk.local_live.protocol import Detection
from tests.local_live.vowels import HZ, mixed, noise, vowels

AUTOMATIC = Detection(silence_ms=500)


def decide(
    pcm: bytes, detection: Detection = AUTOMATIC, piece: int = 1280
) -> list[Started | Ended]:
    endpointer = Endpointer(detection, longest_s=30)
    return [
        decided
        for start in range(0, len(pcm), piece)
        for decided in endpointer.feed(pcm[start : start + piece])
    ]


def seconds(pcm: bytes) -> float:
    return len(pcm) / 2 / HZ


def test_one_sentence_is_one_activity_with_its_beginning() -> None:
    started, ended = decide(noise(1) + vowels(1.5) + noise(2))

    assert isinstance(started, Started)
    assert isinstance(ended, Ended)
    assert started.offset_s == pytest.approx(1.2, abs=0.1)
    assert ended.offset_s == pytest.approx(3.0, abs=0.15)
    kept_before = seconds(ended.pcm) - (ended.offset_s - started.offset_s)
    assert kept_before == pytest.approx(PRE_ROLL_MS / 1000, abs=0.03)
    assert vowels(1.5)[:3200] in ended.pcm  # the first consonants are there


@pytest.mark.parametrize(("pause_s", "activities"), [(0.3, 1), (1.0, 2)])
def test_silence_ends_an_activity_only_when_it_is_long_enough(
    pause_s: float, activities: int
) -> None:
    pcm = noise(0.5) + vowels(0.8) + noise(pause_s) + vowels(0.8) + noise(1)

    assert len(decide(pcm)) == 2 * activities


@pytest.mark.parametrize(("asked_ms", "expected_s"), [(200, 0.2), (1500, 1.5), (None, 0.7)])
def test_the_client_says_how_long_silence_is(asked_ms: int | None, expected_s: float) -> None:
    decided = decide(noise(1) + vowels(1) + noise(3), Detection(silence_ms=asked_ms))

    assert decided[1].offset_s == pytest.approx(2.0 + expected_s, abs=0.15)


def test_a_patient_client_waits_longer() -> None:
    pcm = noise(1) + vowels(1) + noise(3)

    eager, patient = decide(pcm, Detection()), decide(pcm, Detection(eager_end=False))

    assert patient[1].offset_s - eager[1].offset_s == pytest.approx(0.5, abs=0.05)


def test_more_prefix_padding_asks_for_more_speech() -> None:
    pcm = noise(1) + vowels(0.14) + noise(2)

    assert decide(pcm, Detection(prefix_padding_ms=60, silence_ms=500))
    assert not decide(pcm, Detection(prefix_padding_ms=200, silence_ms=500))


@pytest.mark.parametrize("level", [0.0, 5.0, 300.0, 3000.0])
def test_steady_noise_is_nobody_speaking(level: float) -> None:
    decided = decide(noise(20, level))

    assert len(decided) <= (2 if level > 100 else 0)  # the floor may be learnt once
    assert len(decide(noise(3, level) + noise(20, level, seed=2))) <= (2 if level > 100 else 0)


def test_speech_over_a_noisy_shop_ends_when_it_ends() -> None:
    pcm = mixed(noise(6, 500.0), noise(3, 1.0) + vowels(1.5, 4000.0) + noise(1.5, 1.0))

    decided = [one for one in decide(pcm) if one.offset_s > 2.5]

    assert [type(one) for one in decided] == [Started, Ended]
    assert decided[1].offset_s == pytest.approx(5.0, abs=0.3)


def test_speech_without_end_is_cut_at_the_cap() -> None:
    endpointer = Endpointer(AUTOMATIC, longest_s=2)

    decided = list(endpointer.feed(noise(1) + vowels(3)))

    assert isinstance(decided[1], Ended)
    assert seconds(decided[1].pcm) == pytest.approx(2, abs=0.03)


def test_a_microphone_that_goes_off_ends_the_activity() -> None:
    endpointer = Endpointer(AUTOMATIC, longest_s=30)
    assert endpointer.flush() is None

    assert [type(one) for one in endpointer.feed(noise(1) + vowels(1))] == [Started]
    assert endpointer.speaking

    ended = endpointer.flush()
    assert isinstance(ended, Ended)
    assert not endpointer.speaking
    assert endpointer.flush() is None


@settings(max_examples=25)
@given(st.integers(1, 9001))
def test_the_size_of_the_pieces_does_not_matter(piece: int) -> None:
    pcm = noise(0.6) + vowels(0.6) + noise(0.8)

    assert decide(pcm, piece=piece) == decide(pcm)
