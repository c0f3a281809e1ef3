"""How long is waited before trying again: a race without a path, patience with a server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.retry import ACT_S, QUOTA_S, STILL_HELD_S, jitter_s


@pytest.mark.parametrize(
    ("refusals", "most_s"),
    [(0, 0.5), (1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (6, 16.0), (7, 30.0), (10_000, 30.0)],
)
def test_a_server_that_refuses_is_left_alone_for_twice_as_long_each_time(
    refusals: int, most_s: float
) -> None:
    assert jitter_s(refusals, 1.0) == most_s
    assert jitter_s(refusals, 0.25) == most_s / 4


@given(st.integers(0, 1_000_000), st.floats(0.0, 1.0))
def test_a_hundred_kiosks_are_spread_over_the_whole_delay(refusals: int, roll: float) -> None:
    assert 0.0 <= jitter_s(refusals, roll) <= 30.0
    assert jitter_s(refusals, 0.0) == 0.0


def test_what_a_person_must_mend_is_asked_for_rarely() -> None:
    assert (QUOTA_S, ACT_S) == (60.0, 300.0)
    assert STILL_HELD_S == (0.2, 0.4, 0.8, 1.6)
