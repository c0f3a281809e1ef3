"""A live server that says no: it is never raced, and who can help is told."""

from dataclasses import replace

import pytest

from kiosk.core import events as ev
from kiosk.core import link_words as lw
from kiosk.core.link_phases import (
    Live,
    Offline,
    Opening,
    Proving,
    Racing,
    Recovering,
    Recovery,
    Suspect,
    Waiting,
)
from kiosk.core.link_words import Action, DropHandle, Post, Rung, Target, Tell, Why
from kiosk.core.refusals import refused
from kiosk.core.retry import STILL_HELD_S
from kiosk.errors import Refusal

OPENING = Recovering(since=8.0, why=Why.STALL, stage=Opening(9.5))
VISIT = Recovery(phase=OPENING, rung=Rung.RESUME)
LIVE = replace(VISIT, phase=Live(since=9.5))
"""A session that has stood for half a second only."""


def no(refusal: Refusal, code: int = 1008, roll: float = 0.5) -> lw.SessionRefused:
    return lw.SessionRefused(refusal, code, roll)


def posts(actions: tuple[Action, ...]) -> list[ev.Event]:
    return [action.fact for action in actions if isinstance(action, Post)]


def stage(link: Recovery) -> object:
    assert isinstance(link.phase, Recovering)
    return link.phase.stage


@pytest.mark.parametrize("refusal", list(Refusal))
def test_every_refusal_is_told_with_its_code(refusal: Refusal) -> None:
    _, actions = refused(VISIT, no(refusal, 1013), 10.0)

    assert actions[0] == Tell("refused", {"code": 1013})


def test_a_busy_server_is_left_alone_for_a_random_while_that_grows() -> None:
    link = replace(VISIT, rung=Rung.FRESH)
    untils = []
    for _ in range(8):
        link, actions = refused(link, no(Refusal.BUSY, 503), 10.0)
        assert posts(actions) == [ev.LinkDown()]
        waiting = stage(link)
        assert isinstance(waiting, Waiting)
        untils.append(waiting.until - 10.0)

    assert untils == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0]
    assert link.refusals == 8
    assert link.rung is Rung.FRESH


def test_a_resume_is_tried_four_times_while_the_old_connection_stands_and_then_fresh() -> None:
    link, waits = VISIT, []
    for _ in STILL_HELD_S:
        link, actions = refused(link, no(Refusal.BUSY, 1011), 10.0)
        waiting = stage(link)
        assert isinstance(waiting, Waiting)
        waits.append(round(waiting.until - 10.0, 3))
        assert link.rung is Rung.RESUME
        assert DropHandle() not in actions
    assert waits == [0.2, 0.4, 0.8, 1.6]

    link, actions = refused(link, no(Refusal.BUSY, 1011), 10.0)

    assert stage(link) == Racing(10.0)
    assert link.rung is Rung.RECAP
    assert actions[1:] == (DropHandle(), Tell("fresh_session"), Post(ev.LinkDown()))
    assert link.refusals == 0


def test_a_fresh_session_that_is_refused_with_1011_is_a_busy_server() -> None:
    link, _ = refused(replace(VISIT, rung=Rung.RECAP), no(Refusal.BUSY, 1011), 10.0)

    assert (link.refusals, link.held) == (1, 0)


def test_a_live_session_that_ends_with_1011_is_resumed_after_a_pause() -> None:
    link, _ = refused(replace(LIVE, refusals=0), no(Refusal.BUSY, 1011), 10.0)

    assert link.phase == Recovering(since=10.0, why=Why.REFUSED, stage=Waiting(10.25))
    assert (link.refusals, link.held, link.rung) == (1, 0, Rung.RESUME)


def test_a_handle_that_is_not_taken_is_dropped_and_a_fresh_session_opened_at_once() -> None:
    link, actions = refused(VISIT, no(Refusal.HANDLE, 1007), 10.0)

    assert stage(link) == Racing(10.0)
    assert link.rung is Rung.RECAP
    assert actions[1:] == (DropHandle(), Tell("fresh_session"), Post(ev.LinkDown()))


def test_a_recap_that_is_not_taken_is_left_out() -> None:
    link, actions = refused(replace(VISIT, rung=Rung.RECAP), no(Refusal.CONTRACT, 1007), 10.0)

    assert stage(link) == Racing(10.0)
    assert (link.rung, link.refusals) == (Rung.FRESH, 1)
    assert posts(actions) == []


@pytest.mark.parametrize("refusal", [Refusal.CONTRACT, Refusal.HANDLE])
def test_something_said_that_was_too_much_costs_the_handle_but_not_for_ever(
    refusal: Refusal,
) -> None:
    link = LIVE
    for count in (1, 2):
        link, actions = refused(link, no(refusal, 1007), 10.0)
        assert stage(link) == Racing(10.0)
        assert (link.rung, link.refusals) == (Rung.RECAP, count)
        assert DropHandle() in actions
        link = replace(link, phase=Live(since=9.5), rung=Rung.RESUME)

    link, actions = refused(link, no(refusal, 1007), 10.0)

    assert stage(link) == Waiting(310.0)
    assert ev.Refused(ev.RefusedFor.ACCOUNT, served=False) in posts(actions)


def test_a_session_that_stood_for_a_while_is_forgiven_what_was_before() -> None:
    stood = replace(LIVE, phase=Live(since=5.0), refusals=2)

    link, _ = refused(stood, no(Refusal.BUSY, 1013), 10.0)

    assert link.refusals == 1


@pytest.mark.parametrize(
    ("refusal", "pause_s", "reason"),
    [
        (Refusal.QUOTA, 60.0, ev.RefusedFor.BUSY),
        (Refusal.TRUST, 60.0, ev.RefusedFor.BUSY),
        (Refusal.ACCOUNT, 300.0, ev.RefusedFor.ACCOUNT),
    ],
)
@pytest.mark.parametrize("standby", [False, True])
def test_what_will_not_pass_soon_is_said_and_not_asked_again(
    refusal: Refusal, pause_s: float, reason: ev.RefusedFor, standby: bool
) -> None:
    link, actions = refused(replace(VISIT, standby=standby), no(refusal, 429), 10.0)

    assert stage(link) == Waiting(10.0 + pause_s)
    assert (link.not_before, link.shunned_for) == (10.0 + pause_s, reason)
    assert link.refusals == 3
    assert not link.reachable
    assert posts(actions)[-2:] == [ev.Reachable(False), ev.Refused(reason, served=standby)]


@pytest.mark.parametrize("refusal", [Refusal.CONTRACT, Refusal.HANDLE])
def test_a_service_that_takes_not_even_a_fresh_session_needs_a_person(refusal: Refusal) -> None:
    link, actions = refused(replace(VISIT, rung=Rung.FRESH), no(refusal, 1008), 10.0)

    assert link.not_before == 310.0
    assert ev.Refused(ev.RefusedFor.ACCOUNT) in posts(actions)


def test_a_certificate_that_does_not_hold_calls_for_a_person() -> None:
    link, actions = refused(VISIT, no(Refusal.TRUST, 0), 10.0)

    assert link.person_needed
    assert ev.PartFailed(ev.Part.NETWORK, "certificate") in posts(actions)


def test_a_certificate_that_is_not_valid_yet_tells_of_our_clock_and_not_of_the_network() -> None:
    link, actions = refused(VISIT, no(Refusal.CLOCK, 0), 10.0)

    assert link.early
    assert not link.person_needed
    assert link.not_before == 25.0
    assert posts(actions) == [ev.Reachable(False), ev.Refused(ev.RefusedFor.BUSY, served=False)]


def test_while_the_clock_is_wrong_no_certificate_tells_of_the_network() -> None:
    link, actions = refused(replace(VISIT, clock_wrong=True), no(Refusal.TRUST, 0), 10.0)

    assert not link.person_needed
    assert not [fact for fact in posts(actions) if isinstance(fact, ev.PartFailed)]


def test_a_refusal_by_the_service_on_this_machine_is_not_held_against_the_other() -> None:
    standing_in = replace(VISIT, target=Target.STANDBY, standby=True, unreached_since=4.0)

    link, actions = refused(standing_in, no(Refusal.ACCOUNT), 10.0)

    assert link.not_before == float("-inf")
    assert link.reachable
    assert link.unreached_since == 4.0
    assert posts(actions) == [ev.Refused(ev.RefusedFor.ACCOUNT, served=False)]


def test_who_refuses_has_been_reached() -> None:
    link, _ = refused(replace(VISIT, unreached_since=4.0), no(Refusal.BUSY, 503), 10.0)

    assert link.unreached_since is None


def test_the_time_without_a_session_is_counted_from_its_loss_and_not_from_each_refusal() -> None:
    offline = Offline(since=1.0, why=Why.LOST, stage=Opening(9.5))

    down, _ = refused(replace(VISIT, phase=offline), no(Refusal.BUSY, 503), 10.0)
    racing, _ = refused(VISIT, no(Refusal.BUSY, 503), 10.0)

    assert isinstance(down.phase, Offline)
    assert down.phase.since == 1.0
    assert isinstance(racing.phase, Recovering)
    assert racing.phase.since == 8.0


@pytest.mark.parametrize(
    "phase",
    [
        Suspect(since=9.0, why=Why.STALL, stage=Proving(10.1), live=Live(since=2.0)),
        Offline(since=1.0, why=Why.STALL, stage=Racing(10.1), live=Live(since=0.0)),
    ],
)
def test_an_old_connection_that_is_refused_after_all_is_gone(phase: Suspect | Offline) -> None:
    link, _ = refused(replace(VISIT, phase=phase), no(Refusal.BUSY, 1013), 10.0)

    assert link.held_open is None
    assert isinstance(stage(link), Waiting)
