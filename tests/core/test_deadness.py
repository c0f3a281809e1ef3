"""A microphone that hears nothing is told from one in a quiet room."""

import numpy as np
import pytest

from kiosk.core.audio import MIC_SILENCE, Frame
from kiosk.core.deadness import DEAD_FRAMES, Deadness, Verdict

STUCK = Frame(b"\x07\x00" * (len(MIC_SILENCE) // 2))


def hiss(frames: int) -> list[Frame]:
    """Return the noise of a good microphone in a silent room: one or two bits."""
    rng = np.random.default_rng(1)
    noise = rng.integers(-1, 2, (frames, len(MIC_SILENCE) // 2)).astype("<i2")
    return [Frame(row.tobytes()) for row in noise]


def verdicts(detector: Deadness, frames: list[Frame]) -> list[Verdict]:
    return [detector.push(frame) for frame in frames]


def test_the_faintest_noise_is_life() -> None:
    detector = Deadness(silence_is_fault=True)

    first, *others = verdicts(detector, hiss(1000))

    assert first is Verdict.UNDECIDED
    assert set(others) == {Verdict.ALIVE}


@pytest.mark.parametrize("same", [MIC_SILENCE, STUCK])
def test_two_seconds_of_the_same_frame_are_death(same: Frame) -> None:
    detector = Deadness(silence_is_fault=True)

    *before, last = verdicts(detector, [same] * DEAD_FRAMES)

    assert set(before) == {Verdict.UNDECIDED}
    assert last is Verdict.DEAD
    assert detector.silent == (same == MIC_SILENCE)


def test_a_microphone_that_dies_while_it_is_open_is_noticed_and_so_is_its_return() -> None:
    detector = Deadness(silence_is_fault=True)
    verdicts(detector, hiss(10))

    *before, last = verdicts(detector, [MIC_SILENCE] * DEAD_FRAMES)

    assert set(before) == {Verdict.ALIVE}
    assert last is Verdict.DEAD
    assert detector.push(hiss(1)[0]) is Verdict.ALIVE


def test_a_microphone_with_a_noise_gate_may_be_silent_but_never_stuck() -> None:
    detector = Deadness(silence_is_fault=False)

    assert set(verdicts(detector, [MIC_SILENCE] * 1000)) == {Verdict.ALIVE}
    assert verdicts(detector, [STUCK] * DEAD_FRAMES)[-1] is Verdict.DEAD


def test_a_device_that_was_opened_again_gets_its_two_seconds() -> None:
    detector = Deadness(silence_is_fault=True)
    verdicts(detector, [MIC_SILENCE] * DEAD_FRAMES)

    detector.reset()

    assert detector.verdict is Verdict.UNDECIDED
    assert detector.push(MIC_SILENCE) is Verdict.UNDECIDED
