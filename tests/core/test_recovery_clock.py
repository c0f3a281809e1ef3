"""A clock that is wrong is no fault of the network, nor of the service."""

from dataclasses import replace

import pytest

from kiosk.core import events as ev
from kiosk.core import link_words as lw
from kiosk.core.link_phases import Recovery, Resting
from kiosk.core.recovery import deadline, step
from tests.core.links import LIVE, TICK, play, posts

EARLY = lw.Probed(reached=False, trusted=False, early=True)
UNTRUSTED = lw.Probed(reached=False, trusted=False)
FAULT = ev.PartFailed(ev.Part.NETWORK, "unreachable")


def test_a_certificate_that_is_not_valid_yet_never_calls_for_a_look_at_the_network() -> None:
    link, actions = step(Recovery(), EARLY, 10.0)
    assert posts(actions) == [ev.Reachable(False)]
    assert link.early

    link, actions = step(link, EARLY, 1000.0)
    assert posts(actions) == []

    link, actions = step(link, lw.Probed(reached=True), 1020.0)
    assert posts(actions) == [ev.Reachable(True)]
    assert not link.early


def test_a_clock_that_is_set_without_a_word_is_found_out_soon() -> None:
    asked, _ = play(Recovery(phase=Resting(probe_at=100.0)), (100.0, TICK))
    early, _ = step(asked, EARLY, 100.2)
    assert deadline(early) == pytest.approx(105.2)

    reached, _ = step(asked, lw.Probed(reached=True), 100.2)
    assert deadline(reached) == pytest.approx(120.0)


def test_while_the_clock_is_wrong_no_certificate_is_held_against_the_network() -> None:
    link, actions = step(Recovery(), UNTRUSTED, 10.0)
    assert FAULT in posts(actions)

    link, actions = step(link, lw.ClockJudged(wrong=True), 11.0)
    assert posts(actions) == [ev.PartHealed(ev.Part.NETWORK)]
    link, actions = step(link, UNTRUSTED, 400.0)
    assert posts(actions) == []

    link, actions = step(link, lw.Probed(reached=False), 401.0)
    assert posts(actions) == []
    _, actions = step(link, lw.Probed(reached=False), 701.0)
    assert posts(actions) == [FAULT]


def test_a_clock_that_was_set_has_the_service_asked_at_once() -> None:
    shunned = Recovery(
        phase=Resting(probe_at=30.0), not_before=60.0, clock_wrong=True, early=True, reachable=False
    )

    link, _ = step(shunned, lw.ClockJudged(wrong=False), 12.0)

    assert not link.early
    assert deadline(link) == 12.0
    link, actions = play(link, (12.0, TICK), (12.2, lw.Probed(reached=True)))
    assert posts(actions) == [ev.Reachable(True)]


def test_a_clock_that_was_right_all_along_changes_nothing() -> None:
    assert step(LIVE, lw.ClockJudged(wrong=False), 12.0) == (LIVE, ())


def test_a_session_that_stands_is_kept_whatever_the_clock_does() -> None:
    wrong, actions = step(LIVE, lw.ClockJudged(wrong=True), 12.0)
    assert (wrong.phase, actions) == (LIVE.phase, ())

    right, actions = step(wrong, lw.ClockJudged(wrong=False), 13.0)
    assert (right, actions) == (replace(LIVE, not_before=float("-inf")), ())
