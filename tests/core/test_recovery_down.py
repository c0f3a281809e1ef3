"""Without a way to the service: racing, waiting, standing in, giving up."""

from dataclasses import replace

import pytest

from kiosk.core import events as ev
from kiosk.core import link_words as lw
from kiosk.core.link_phases import (
    Live,
    Offline,
    Opening,
    Racing,
    Recovering,
    Recovery,
    Resting,
    Waiting,
)
from kiosk.core.link_words import Dial, Open, Post, Reset, Rung, StopDialling, Target, Why
from kiosk.core.recovery import deadline, samples_wanted, step
from kiosk.errors import Refusal
from tests.core.links import (
    DOWN,
    LIVE,
    OFFLINE,
    OPENING,
    RACING,
    STALLED,
    STANDING_IN,
    SUSPECT,
    TICK,
    UP,
    at_stage,
    idle,
    play,
    posts,
    tells,
)

# No session


def test_the_kernel_s_word_that_a_route_came_starts_a_connect_at_once() -> None:
    link, actions = step(RACING, UP, 20.3)

    assert actions == (Dial(),)
    assert deadline(link) == pytest.approx(20.55)
    assert step(RACING, DOWN, 20.3) == (RACING, ())


def test_a_server_that_refused_is_not_tried_again_before_its_time() -> None:
    waiting = at_stage(RACING, Waiting(23.0))
    for event in (UP, DOWN, lw.SpareUp(0.1), lw.SessionLost(), TICK):
        assert step(waiting, event, 22.0) == (waiting, ())
    assert deadline(waiting) == 23.0

    link, actions = step(waiting, TICK, 23.0)

    assert actions == (Dial(),)
    assert isinstance(link.phase, Recovering)
    assert link.phase.stage == Racing(23.25)


def test_while_a_session_is_being_opened_no_other_is() -> None:
    for event in (UP, DOWN, lw.SpareUp(0.1), TICK, lw.ServiceSilent(), lw.Resumable()):
        assert step(OPENING, event, 21.0) == (OPENING, ())
    assert deadline(OPENING) == 28.0


@pytest.mark.parametrize("link", [RACING, OFFLINE, Recovery()])
def test_a_session_that_nobody_waits_for_any_more_is_ended(link: Recovery) -> None:
    assert step(link, lw.SessionUp(resumed=True), 21.0) == (link, (Reset(),))


@pytest.mark.parametrize("event", [lw.SessionLost(), lw.SessionRefused(Refusal.ACCOUNT, 1008, 0.5)])
def test_the_end_of_an_attempt_that_was_given_up_means_nothing(event: lw.Event) -> None:
    assert step(RACING, event, 20.5) == (RACING, ())
    assert step(Recovery(), event, 20.5) == (Recovery(), ())


def test_the_event_stream_hears_of_a_lost_path_once() -> None:
    link, actions = play(
        LIVE,
        (20.0, lw.SessionLost()),
        (20.0, TICK),
        (20.1, lw.SpareUp(0.1)),
        (20.2, lw.SessionLost()),
        (28.0, TICK),
    )

    assert tells(actions) == ["path_down", "path_up", "path_down"]
    assert isinstance(link.phase, Offline)


def test_a_session_that_ends_is_resumed_at_once() -> None:
    link, actions = step(LIVE, lw.SessionLost(), 20.0)

    assert posts(actions) == [ev.LinkDown()]
    assert deadline(link) == 20.0
    assert link.rung is Rung.RESUME


def test_sessions_that_never_stand_are_opened_more_and_more_rarely() -> None:
    link, pauses = LIVE, []
    for _ in range(6):
        link, _ = step(replace(link, phase=Live(since=19.5)), lw.SessionLost(), 20.0)
        due = deadline(link)
        assert due is not None
        pauses.append(due - 20.0)

    assert pauses == [0.0, 1.0, 2.0, 4.0, 8.0, 8.0]
    assert step(link, lw.Answered(), 21.0)[0].refusals == 0
    stood, _ = step(replace(link, phase=Live(since=19.0)), lw.SessionLost(), 20.0)
    assert stood.refusals == 0


# Offline


@pytest.mark.parametrize("link", [SUSPECT, RACING])
def test_after_8_s_without_a_way_the_kiosk_is_offline_and_goes_on_trying(link: Recovery) -> None:
    link = at_stage(link, Racing(28.1))
    assert deadline(link) == 28.0

    down, actions = step(link, TICK, 28.0)

    assert posts(actions) == [ev.LinkDown(), ev.Reachable(False)]
    assert isinstance(down.phase, Offline)
    assert down.held_open is link.held_open
    assert samples_wanted(down) == samples_wanted(link)
    assert deadline(down) == 28.1
    assert step(down, TICK, 28.1)[1] == (Dial(),)


@pytest.mark.parametrize("link", [SUSPECT, RACING])
def test_after_8_s_without_a_way_the_service_on_this_machine_stands_in(link: Recovery) -> None:
    over, actions = step(replace(link, standby=True), TICK, 28.0)

    assert actions[:2] == (StopDialling(), Reset())
    assert lw.DropHandle() in actions
    assert posts(actions) == [ev.Reachable(False), ev.FailedOver()]
    assert over.phase == Recovering(since=28.0, why=Why.FAILOVER, stage=Racing(28.0))
    assert (over.target, over.rung) == (Target.STANDBY, Rung.RECAP)


def test_a_service_that_answers_and_hangs_up_is_not_raced() -> None:
    began = Recovering(since=20.0, why=Why.STALL, stage=Opening(20.0))
    link, now, opened = replace(LIVE, phase=began), 20.0, []
    while now < 27.5:
        link, _ = step(link, lw.SessionLost(), now + 0.1)
        due = deadline(link)
        assert due is not None
        link, _ = play(link, (due, TICK), (due, lw.SpareUp(0.05)))
        now = due
        opened.append(round(now - 20.0, 2))

    assert opened == [0.25, 1.35, 3.45, 7.55]


def test_a_service_that_answers_and_hangs_up_three_times_is_stood_in_for() -> None:
    link = replace(OPENING, standby=True, refusals=2)

    over, actions = step(link, lw.SessionLost(), 21.0)

    assert ev.FailedOver() in posts(actions)
    assert over.target is Target.STANDBY


def test_who_is_offline_is_served_as_soon_as_this_machine_can() -> None:
    link, actions = step(OFFLINE, lw.StandbyChanged(ready=True), 31.0)

    assert posts(actions) == [ev.StandbyReady(True), ev.FailedOver()]
    assert link.target is Target.STANDBY


def test_an_old_connection_that_revives_after_all_is_the_visit_s_again() -> None:
    held, _ = step(at_stage(SUSPECT, Racing(28.1)), TICK, 28.0)

    link, actions = step(held, idle(), 29.0)

    assert posts(actions) == [ev.Reachable(True), ev.Connected()]
    assert link.reachable
    assert isinstance(link.phase, Live)


def test_a_spare_that_holds_while_offline_replaces_an_old_connection_too() -> None:
    held, _ = step(at_stage(SUSPECT, Racing(28.1)), TICK, 28.0)
    proving, _ = step(held, lw.SpareUp(0.1), 29.0)

    link, actions = step(proving, TICK, 29.15)

    assert actions[0] == Reset()
    assert Open(Rung.RESUME) in actions
    assert link.phase == Offline(since=20.0, why=Why.STALL, stage=Opening(29.15))


def test_a_path_that_is_back_within_30_s_goes_on_with_the_visit() -> None:
    link, actions = play(OFFLINE, (40.0, lw.SpareUp(0.1)), (40.3, lw.SessionUp(resumed=True)))

    assert posts(actions) == [ev.Reachable(True), ev.Connected()]
    assert tells(actions) == ["path_up", "resumed"]
    assert link == replace(LIVE, phase=Live(since=40.3))


@pytest.mark.parametrize("held", [None, STALLED])
def test_after_30_s_the_visit_is_over_and_everything_is_wiped(held: Live | None) -> None:
    link = at_stage(OFFLINE, Racing(51.0), held=held)
    assert deadline(link) == 50.0

    rested, actions = step(link, TICK, 50.0)

    assert actions == (StopDialling(), Reset(), Post(ev.LinkGone()))
    assert rested == Recovery(phase=Resting(probe_at=50.0), reachable=False)


# Another service


def test_three_refusals_in_a_row_are_stood_in_for() -> None:
    link = replace(OPENING, standby=True, refusals=2, rung=Rung.FRESH)

    link, actions = step(link, lw.SessionRefused(Refusal.BUSY, 503, 0.5), 21.0)

    assert link.target is Target.STANDBY
    assert ev.FailedOver() in posts(actions)
    assert link.reachable  # it answers
    assert link.refusals == 0


def test_a_refusal_for_long_makes_the_light_say_that_the_service_is_of_no_use() -> None:
    link = replace(OPENING, standby=True)

    link, actions = step(link, lw.SessionRefused(Refusal.QUOTA, 429, 0.5), 21.0)

    assert link.target is Target.STANDBY
    assert not link.reachable
    assert posts(actions) == [
        ev.Reachable(False),
        ev.Refused(ev.RefusedFor.BUSY, served=True),
        ev.FailedOver(),
    ]


@pytest.mark.parametrize("link", [LIVE, SUSPECT, RACING, OPENING, OFFLINE])
def test_a_customer_who_has_waited_too_long_is_stood_in_for_at_any_moment(link: Recovery) -> None:
    over, actions = step(replace(link, standby=True), lw.StandbyWished(), 27.0)

    assert over.target is Target.STANDBY
    assert Reset() in actions
    assert step(link, lw.StandbyWished(), 27.0) == (link, ())  # there is nobody to stand in
    assert step(over, lw.StandbyWished(), 27.0) == (over, ())


def test_a_service_on_this_machine_that_went_away_keeps_a_session_it_still_holds() -> None:
    link, actions = step(STANDING_IN, lw.StandbyChanged(ready=False), 30.0)

    assert actions == (Post(ev.StandbyReady(False)),)
    assert isinstance(link.phase, Live)
    lost, actions = step(link, lw.SessionLost(), 31.0)
    assert lost.target is Target.PRIMARY
    assert actions[-3:] == (StopDialling(), Reset(), lw.DropHandle())
    assert deadline(lost) == 31.0
    assert lost.rung is Rung.RECAP


def test_a_visit_goes_back_when_the_stand_in_goes_away_before_it_could_answer() -> None:
    over, _ = step(replace(RACING, standby=True), lw.StandbyWished(), 27.0)
    over, _ = step(over, TICK, 27.0)
    over, _ = step(over, lw.SpareUp(0.01), 27.01)

    home, actions = step(over, lw.StandbyChanged(ready=False), 27.1)

    assert home.target is Target.PRIMARY
    assert Reset() in actions
    shunned = replace(over, not_before=60.0)
    home, _ = step(shunned, lw.StandbyChanged(ready=False), 27.1)
    assert isinstance(home.phase, Recovering)
    assert home.phase.stage == Waiting(60.0)


def test_a_stand_in_that_cannot_be_reached_says_nothing_about_the_network() -> None:
    down = replace(STANDING_IN, phase=Recovering(since=20.0, why=Why.LOST, stage=Racing(29.0)))

    link, actions = step(down, TICK, 28.0)

    assert posts(actions) == [ev.LinkDown()]
    assert isinstance(link.phase, Offline)
