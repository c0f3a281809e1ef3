"""Taps and holds of a key of which a terminal only tells the presses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.adapters.space_bar import Key, SpaceBar, keys, unfinished
from kiosk.settings import Talk

HOLD_S = Talk().hold_s


def typed(*times: float) -> list[tuple[float, bool]]:
    """Type the space bar at these times and return the edges with theirs."""
    edges: list[tuple[float, bool]] = []
    now = 0.0
    bar = SpaceBar(lambda pressed: edges.append((round(now, 3), pressed)))
    for time in [*times, 1e9]:
        while bar.deadline is not None and bar.deadline <= time:
            now = bar.deadline
            bar.tick(now)
        now = time
        if time < 1e9:
            bar.key(Key.TYPED, now)
    return edges


def repeated(first: float, delay: float, until: float, period: float = 0.033) -> list[float]:
    """Hold a key as a terminal tells it."""
    count = int((until - first - delay) / period)
    return [first, *(first + delay + period * n for n in range(count + 1))]


def test_a_tap_is_released_before_it_would_be_a_hold() -> None:
    (down, up) = typed(10.0)

    assert down == (10.0, True)
    assert not up[1]
    assert up[0] - down[0] < HOLD_S


def test_two_quick_taps_are_not_a_hold() -> None:
    edges = typed(10.0, 10.2)

    assert [pressed for _, pressed in edges] == [True, False]
    assert edges[1][0] - edges[0][0] < HOLD_S


def test_a_hold_lasts_until_the_repeats_stop() -> None:
    edges = typed(*repeated(first=10.0, delay=0.24, until=14.0))

    assert [pressed for _, pressed in edges] == [True, False]
    assert edges[1][0] == pytest.approx(14.0, abs=0.25)


@pytest.mark.parametrize("delay", [0.3, 0.5, 0.66])
def test_a_hold_whose_repeats_begin_late_presses_again_and_then_lasts(delay: float) -> None:
    edges = typed(*repeated(first=10.0, delay=delay, until=14.0))

    assert [pressed for _, pressed in edges] == [True, False, True, False]
    assert edges[1][0] - edges[0][0] < HOLD_S
    assert edges[2][0] == pytest.approx(10.0 + delay)
    assert edges[3][0] == pytest.approx(14.0, abs=0.25)


def test_a_slow_link_that_delivers_repeats_in_bursts_does_not_break_a_hold() -> None:
    bursts = [10.2 + 0.15 * (n // 4) for n in range(80)]

    assert [pressed for _, pressed in typed(10.0, *bursts)] == [True, False]


def test_a_keyboard_that_tells_releases_is_believed() -> None:
    edges: list[bool] = []
    bar = SpaceBar(edges.append)

    bar.key(Key.DOWN, 1.0)
    bar.tick(3.0)
    bar.key(Key.REPEATED, 3.0)
    assert (edges, bar.deadline) == ([True], None)
    bar.key(Key.UP, 4.0)
    bar.key(Key.UP, 4.1)
    assert edges == [True, False]


@given(st.lists(st.floats(0, 100), max_size=50))
def test_edges_alternate_and_it_always_comes_up_again(times: list[float]) -> None:
    edges = typed(*sorted(times))

    assert [pressed for _, pressed in edges] == [True, False] * (len(edges) // 2)
    assert bool(edges) == bool(times)


@pytest.mark.parametrize(
    ("received", "seen"),
    [
        (b" ", [Key.TYPED]),
        (b"  x ", [Key.TYPED] * 3),
        (b"q", [Key.QUIT]),
        (b"\x03", [Key.QUIT]),
        (b"\x1b[32u", [Key.DOWN]),
        (b"\x1b[32;1:1u\x1b[32;1:2u\x1b[32;1:3u", [Key.DOWN, Key.REPEATED, Key.UP]),
        (b"\x1b[32;5u", []),
        (b"\x1b[99;5u", [Key.QUIT]),
        (b"\x1b[99;5:3u", []),
        (b"\x1b[113u\x1b[113;1:3u", [Key.QUIT]),
        (b"\x1b[A\x1bOP\x1b[?1;2c\x1b[5~", []),
        (b"\x1b[57441;2:1u", []),
        (b"\xc3\xa9\xff\x00", []),
        (b"", []),
    ],
)
def test_what_a_terminal_sends_becomes_keys(received: bytes, seen: list[Key]) -> None:
    assert list(keys(received)) == seen


@given(st.binary(max_size=40))
def test_nonsense_from_the_terminal_harms_nobody(received: bytes) -> None:
    assert all(isinstance(key, Key) for key in keys(received))


def test_a_sequence_that_is_cut_in_two_is_seen() -> None:
    assert unfinished(b" \x1b[32;1:") == 7
    assert unfinished(b"\x1b") == 1
    assert unfinished(b"\x1b[32;1:1u") == 0
