"""The patterns of the status light can be told apart from across the aisle."""

import pytest

from kiosk.core.lights import PATTERNS, Light, Pattern


def test_every_code_has_a_pattern() -> None:
    assert set(PATTERNS) == set(Light)


def test_no_two_codes_look_the_same_without_colour() -> None:
    mono: dict[tuple[tuple[float, float], ...], str] = {}
    for light, pattern in PATTERNS.items():
        assert mono.setdefault(pattern.steps, light.code) == light.code


@pytest.mark.parametrize("light", PATTERNS)
def test_levels_are_levels_and_every_step_lasts(light: Light) -> None:
    for level, seconds in PATTERNS[light].steps:
        assert 0.0 <= level <= 1.0
        assert 0.05 <= seconds <= 2.0


def flashes(pattern: Pattern) -> int:
    return sum(level > 0 for level, _ in pattern.steps)


@pytest.mark.parametrize("number", range(1, 8))
def test_a_fault_flashes_its_number_and_then_pauses(number: int) -> None:
    pattern = PATTERNS[Light(f"F{number}")]

    assert flashes(pattern) == number
    gaps = [seconds for level, seconds in pattern.steps if level == 0.0]
    assert all(gaps[-1] > 3 * gap for gap in gaps[:-1])


def test_ready_is_steady_and_dim_and_offline_blinks_once_a_second() -> None:
    ready, offline = PATTERNS[Light.READY], PATTERNS[Light.OFFLINE]

    assert ready.steady
    assert 0.0 < ready.steps[0][0] < 0.3
    assert sum(seconds for _, seconds in offline.steps) == pytest.approx(1.0)


def test_a_visit_breathes_without_a_jump() -> None:
    levels = [level for level, _ in PATTERNS[Light.VISIT].steps]

    assert max(levels) == 1.0
    assert min(levels) > 0.0
    around = zip(levels, [*levels[1:], levels[0]], strict=True)
    assert max(abs(one - other) for one, other in around) < 0.05


def test_speaking_is_the_visit_in_green() -> None:
    assert PATTERNS[Light.SPEAKING].steps == PATTERNS[Light.VISIT].steps
    assert PATTERNS[Light.SPEAKING].colour == (0.0, 1.0, 0.0)


def test_a_call_for_the_staff_is_long_short_short_and_a_pause() -> None:
    steps = PATTERNS[Light.CALLED].steps
    lit = [seconds for level, seconds in steps if level]
    dark = [seconds for level, seconds in steps if not level]

    assert lit[0] > 3 * lit[1] == 3 * lit[2]
    assert dark[-1] > 3 * max(dark[:-1])
