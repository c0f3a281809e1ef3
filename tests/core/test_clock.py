"""A board without a battery wakes up in 1970, and the kiosk knows that this is not the time."""

from datetime import UTC, datetime

import pytest

from kiosk.core.clock import BUILT_S, lowest, trouble_with

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
YEAR_S = 365.25 * DAY_S
KNOWN_S = BUILT_S + 100 * DAY_S


@pytest.mark.parametrize("now_s", [0.0, 20.0, BUILT_S - 2 * DAY_S, KNOWN_S - 2 * DAY_S])
def test_a_clock_that_was_never_set_is_behind(now_s: float) -> None:
    assert trouble_with(now_s, KNOWN_S, set_by_network=False) == "behind"


@pytest.mark.parametrize("off_s", [-HOUR_S, 0.0, HOUR_S, 3 * DAY_S, 200 * DAY_S])
def test_an_hour_more_or_less_and_a_long_rest_in_a_drawer_are_no_trouble(off_s: float) -> None:
    assert trouble_with(KNOWN_S + off_s, KNOWN_S, set_by_network=False) == ""


def test_a_clock_that_is_ten_years_ahead_is_not_believed() -> None:
    assert trouble_with(KNOWN_S + 10 * YEAR_S, KNOWN_S, set_by_network=False) == "ahead"


@pytest.mark.parametrize("off_s", [-10 * YEAR_S, 10 * YEAR_S])
def test_what_the_network_has_set_is_believed_whatever_it_is(off_s: float) -> None:
    assert trouble_with(KNOWN_S + off_s, KNOWN_S, set_by_network=True) == ""


def test_no_kiosk_is_older_than_its_program() -> None:
    assert lowest(None) == BUILT_S
    assert lowest(5.0) == BUILT_S
    assert lowest(KNOWN_S) == KNOWN_S


def test_the_day_of_the_program_is_the_one_that_is_written_beside_it() -> None:
    assert datetime.fromtimestamp(BUILT_S, UTC) == datetime(2026, 11, 26, tzinfo=UTC)
