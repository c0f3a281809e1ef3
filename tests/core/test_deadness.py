"""A microphone that hears nothing is told from one in a quiet room."""

import numpy as np

from kiosk.core.audio import MIC_SILENCE, Frame
from kiosk.core.deadness import (
    BEGINNING_FRAMES,
    DEAD_FRAMES,
    FLOOR_FRAMES,
    Deadness,
    Verdict,
)

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


def test_two_seconds_of_a_frame_that_is_not_silence_are_death() -> None:
    *before, last = verdicts(Deadness(silence_is_fault=True), [STUCK] * DEAD_FRAMES)

    assert set(before) == {Verdict.UNDECIDED}
    assert last is Verdict.DEAD


def test_a_microphone_with_a_noise_floor_that_falls_silent_is_dead_until_it_hisses() -> None:
    detector = Deadness(silence_is_fault=True)
    verdicts(detector, [MIC_SILENCE] * BEGINNING_FRAMES)  # before the device had spoken
    verdicts(detector, hiss(FLOOR_FRAMES))

    *before, last = verdicts(detector, [MIC_SILENCE] * DEAD_FRAMES)

    assert set(before) == {Verdict.ALIVE}
    assert last is Verdict.DEAD
    assert detector.silent
    assert detector.push(hiss(1)[0]) is Verdict.ALIVE


def test_a_device_that_is_silent_between_two_sounds_may_be_silent_for_ever() -> None:
    """A loopback device, or a noise gate: an hour of music does not make it a microphone."""
    detector = Deadness(silence_is_fault=True)
    verdicts(detector, [MIC_SILENCE] * (BEGINNING_FRAMES + 1))
    verdicts(detector, hiss(10 * FLOOR_FRAMES))

    assert set(verdicts(detector, [MIC_SILENCE] * 1000)) == {Verdict.ALIVE}


def test_a_microphone_that_may_be_silent_may_not_be_stuck() -> None:
    detector = Deadness(silence_is_fault=False)
    verdicts(detector, hiss(BEGINNING_FRAMES + FLOOR_FRAMES))

    assert set(verdicts(detector, [MIC_SILENCE] * 1000)) == {Verdict.ALIVE}
    assert verdicts(detector, [STUCK] * DEAD_FRAMES)[-1] is Verdict.DEAD


def test_a_device_that_was_opened_again_gets_its_two_seconds_and_is_known_to_hiss() -> None:
    detector = Deadness(silence_is_fault=True)
    verdicts(detector, hiss(BEGINNING_FRAMES + FLOOR_FRAMES))
    verdicts(detector, [MIC_SILENCE] * DEAD_FRAMES)

    detector.reset()

    assert detector.verdict is Verdict.UNDECIDED
    *before, last = verdicts(detector, [MIC_SILENCE] * DEAD_FRAMES)
    assert set(before) == {Verdict.UNDECIDED}
    assert last is Verdict.DEAD
