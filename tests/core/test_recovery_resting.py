"""Between visits: what the link leaves behind, and how it keeps the light true."""

from dataclasses import replace

import pytest

from kiosk.core import events as ev
from kiosk.core import link_words as lw
from kiosk.core.link_phases import (
    Recovery,
    Resting,
)
from kiosk.core.link_words import Post, StopDialling
from kiosk.core.recovery import deadline, step
from tests.core.links import (
    DOWN,
    LIVE,
    OPENING,
    STANDING_IN,
    TICK,
    UP,
    play,
    posts,
)

# Between visits


def test_the_end_of_a_visit_leaves_the_service_in_good_order() -> None:
    link, actions = step(LIVE, lw.Unwanted(), 50.0)

    assert actions == (StopDialling(), lw.Leave())
    assert link == Recovery(phase=Resting(probe_at=70.0))
    assert step(link, lw.Unwanted(), 51.0) == (link, ())


def test_the_end_of_a_visit_here_asks_at_once_whether_the_other_service_is_back() -> None:
    link, actions = step(STANDING_IN, lw.Unwanted(), 50.0)

    assert actions == (StopDialling(), lw.Leave())
    assert deadline(link) == 50.0
    assert link == Recovery(phase=Resting(probe_at=50.0), standby=True, reachable=False)


def test_the_service_is_probed_every_20_s_and_the_light_learns_of_a_change() -> None:
    link, actions = step(Recovery(), TICK, 10.0)
    assert actions == (lw.Probe(),)
    assert deadline(link) is None
    link, actions = step(link, lw.Probed(reached=True), 10.1)
    assert actions == ()
    assert deadline(link) == 30.0
    assert step(link, TICK, 29.0) == (link, ())
    link, actions = play(link, (30.0, TICK), (33.0, lw.Probed(reached=False)))
    assert actions == (
        lw.Probe(),
        Post(ev.Reachable(False)),
    )
    assert deadline(link) == 50.0
    _, actions = play(link, (50.0, TICK), (50.1, lw.Probed(reached=True)))
    assert actions == (
        lw.Probe(),
        Post(ev.Reachable(True)),
    )


@pytest.mark.parametrize("event", [UP, DOWN])
def test_a_change_in_the_network_is_looked_into_at_once_and_for_a_while(event: lw.Event) -> None:
    link, _ = step(Recovery(phase=Resting(probe_at=30.0)), event, 12.0)
    assert deadline(link) == 12.0

    link, _ = play(link, (12.0, TICK), (12.5, lw.Probed(reached=False)))
    assert deadline(link) == 13.5
    link, _ = play(link, (21.9, TICK), (22.5, lw.Probed(reached=False)))
    assert deadline(link) == pytest.approx(41.9)


def test_a_change_during_a_probe_asks_for_another_one() -> None:
    link, _ = play(Recovery(), (10.0, TICK), (10.1, DOWN), (10.2, lw.Probed(reached=True)))

    assert deadline(link) == 10.1
    assert step(link, TICK, 10.2)[1] == (lw.Probe(),)


def test_five_minutes_without_the_network_call_for_a_person_though_people_press() -> None:
    link, _ = step(Recovery(), lw.Probed(reached=False), 0.0)
    link, _ = play(link, (200.0, lw.Wanted()), (200.4, TICK))
    assert isinstance(link.phase, Resting)

    link, actions = step(link, lw.Probed(reached=False), 299.0)
    assert actions == ()
    link, actions = step(link, lw.Probed(reached=False), 300.0)
    assert posts(actions) == [ev.PartFailed(ev.Part.NETWORK, "unreachable")]

    link, actions = play(
        link, (310.0, lw.Wanted()), (310.4, TICK), (311.0, lw.Probed(reached=False))
    )
    assert posts(actions) == [ev.LinkGone()]
    _, actions = step(link, lw.Probed(reached=True), 320.0)
    assert posts(actions) == [ev.Reachable(True), ev.PartHealed(ev.Part.NETWORK)]


def test_a_session_that_comes_up_ends_the_call_for_a_person() -> None:
    link = replace(OPENING, reachable=False, person_needed=True, unreached_since=3.0)

    link, actions = step(link, lw.SessionUp(resumed=False), 21.0)

    assert posts(actions)[:2] == [ev.Reachable(True), ev.PartHealed(ev.Part.NETWORK)]
    assert link.unreached_since is None


def test_a_certificate_that_does_not_hold_calls_for_a_person_at_once() -> None:
    _, actions = step(Recovery(), lw.Probed(reached=False, trusted=False), 10.0)

    assert posts(actions) == [
        ev.Reachable(False),
        ev.PartFailed(ev.Part.NETWORK, "unreachable"),
    ]


def test_a_service_that_refused_for_long_counts_as_unreachable_until_its_time() -> None:
    shunned = Recovery(not_before=300.0, reachable=False, person_needed=True)

    link, actions = step(shunned, lw.Probed(reached=True), 290.0)
    assert actions == ()
    assert link.unreached_since is None
    _, actions = step(link, lw.Probed(reached=True), 300.0)
    assert posts(actions) == [ev.Reachable(True), ev.PartHealed(ev.Part.NETWORK)]


def test_a_press_during_a_probe_needs_no_answer_to_it() -> None:
    probing, _ = step(Recovery(), TICK, 10.0)

    pressed, _ = step(probing, lw.Wanted(), 10.1)

    assert deadline(pressed) == 10.1
    assert step(pressed, lw.Probed(reached=False), 10.2) == (pressed, ())
