"""What the link does when the way to the service fails, step by step, at literal times."""

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
    Suspect,
    Waiting,
)
from kiosk.core.link_words import Action, Dial, Open, Post, Reset, Rung, StopDialling, Target, Why
from kiosk.core.path import Flow, NetworkChange, PathSample
from kiosk.core.recovery import deadline, samples_wanted, step
from kiosk.errors import Refusal

UP, DOWN = lw.NetworkChanged(NetworkChange.UP), lw.NetworkChanged(NetworkChange.DOWN)
TICK = lw.Tick()
LIVE = Recovery(phase=Live(since=10.0), rung=Rung.RESUME)
STALLED = Live(since=10.0, flow=Flow(stalled_since=20.0, acked_at=19.9))
SUSPECT = replace(LIVE, phase=Suspect(since=20.0, why=Why.STALL, stage=Racing(21.0), live=STALLED))
RACING = replace(LIVE, phase=Recovering(since=20.0, why=Why.STALL, stage=Racing(21.0)))
OPENING = replace(LIVE, phase=Recovering(since=20.0, why=Why.STALL, stage=Opening(20.9)))
OFFLINE = replace(
    LIVE,
    phase=Offline(since=20.0, why=Why.STALL, stage=Racing(29.0)),
    reachable=False,
    path_told=False,
)
STANDING_IN = replace(LIVE, target=Target.STANDBY, standby=True, reachable=False)


def unacked(now: float, acked_at: float) -> lw.Sampled:
    return lw.Sampled(PathSample(640, now - acked_at))


def idle() -> lw.Sampled:
    return lw.Sampled(PathSample(0, 0.1))


def play(link: Recovery, *script: tuple[float, lw.Event]) -> tuple[Recovery, list[Action]]:
    actions: list[Action] = []
    for now, event in script:
        link, more = step(link, event, now)
        actions += more
    return link, actions


def posts(actions: list[Action] | tuple[Action, ...]) -> list[ev.Event]:
    return [action.fact for action in actions if isinstance(action, Post)]


def tells(actions: list[Action] | tuple[Action, ...]) -> list[str]:
    return [action.event for action in actions if isinstance(action, lw.Tell)]


# A visit's first session


def test_a_press_races_for_a_path_and_then_opens_one_session_on_it() -> None:
    link, actions = play(
        Recovery(),
        (10.0, lw.Wanted()),
        (10.0, TICK),
        (10.05, lw.SpareUp(0.05)),
        (10.2, lw.SessionUp(resumed=False)),
    )

    assert actions == [
        Dial(),
        Open(Rung.FRESH),
        StopDialling(),
        Post(ev.Connected()),
    ]
    assert link == Recovery(phase=Live(since=10.2), rung=Rung.RESUME)


def test_a_kiosk_that_was_restarted_in_mid_visit_resumes_by_the_handle_it_kept() -> None:
    _, actions = play(
        Recovery(), (10.0, lw.Wanted(resuming=True)), (10.0, TICK), (10.1, lw.SpareUp(0.1))
    )

    assert Open(Rung.RESUME) in actions


def test_a_press_is_raced_for_four_times_a_second() -> None:
    link, _ = step(Recovery(), lw.Wanted(), 10.0)
    dials = []
    while len(dials) < 5:
        now = deadline(link)
        assert now is not None
        link, actions = step(link, TICK, now)
        dials += [now for action in actions if action == Dial()]

    assert dials == [10.0, 10.25, 10.5, 10.75, 11.0]


def test_a_first_session_that_fails_is_tried_again_and_nobody_hears_of_it() -> None:
    first = Recovering(since=10.0, why=Why.VISIT, stage=Opening(10.1))

    link, actions = step(replace(LIVE, phase=first), lw.SessionLost(), 10.2)

    assert actions == ()
    assert link.phase == replace(first, stage=Racing(10.35))


def test_a_set_up_that_was_never_answered_is_tried_again_at_once() -> None:
    link, actions = step(OPENING, lw.SessionLost(), 23.9)

    assert isinstance(link.phase, Recovering)
    assert link.phase.stage == Racing(23.9)
    assert posts(actions) == [ev.LinkDown()]


def test_who_presses_a_kiosk_known_to_be_offline_is_told_at_once() -> None:
    link, _ = step(Recovery(reachable=False), lw.Wanted(), 10.0)
    link, _ = step(link, TICK, 10.0)
    assert deadline(link) == 10.25
    link, _ = step(link, TICK, 10.25)

    link, actions = step(link, TICK, 10.35)

    assert posts(actions) == [ev.LinkGone()]
    assert isinstance(link.phase, Resting)


@pytest.mark.parametrize("stage", [Opening(10.2), Waiting(12.0)])
def test_a_path_that_is_back_at_the_press_is_given_its_time(stage: Opening | Waiting) -> None:
    pressed = Recovering(since=10.0, why=Why.VISIT, stage=stage, known_offline=True)
    link = replace(LIVE, phase=pressed, reachable=False)
    assert deadline(link) == 10.35

    link, actions = step(link, TICK, 10.35)

    assert actions == ()
    assert link.phase == replace(pressed, known_offline=False)
    assert deadline(link) == (18.0 if isinstance(stage, Opening) else 12.0)


def test_who_presses_while_offline_is_served_by_this_machine() -> None:
    link, actions = play(
        Recovery(reachable=False, standby=True),
        (10.0, lw.Wanted()),
        (10.0, TICK),
        (10.01, lw.SpareUp(0.01)),
        (10.1, lw.SessionUp(resumed=False)),
    )

    assert posts(actions) == [ev.FailedOver(), ev.Connected(standby=True)]
    assert Open(Rung.FRESH) in actions
    assert not link.reachable  # nothing was learned of the other service


def test_a_service_that_refused_for_long_is_not_even_asked() -> None:
    shunned = Recovery(not_before=300.0, shunned_for=ev.RefusedFor.ACCOUNT, reachable=False)

    link, actions = step(shunned, lw.Wanted(), 10.0)

    assert actions == (Post(ev.Refused(ev.RefusedFor.ACCOUNT)),)
    assert isinstance(link.phase, Resting)
    _, actions = step(replace(shunned, standby=True), lw.Wanted(), 10.0)
    assert actions == (Post(ev.FailedOver()),)


# Suspicion


def test_a_stall_of_08_s_is_suspected_and_only_prepares() -> None:
    link, actions = play(LIVE, (20.0, unacked(20.0, 19.9)), (20.75, unacked(20.75, 19.9)))
    assert actions == []

    link, more = step(link, unacked(20.8, 19.9), 20.8)

    assert more == (lw.Tell("suspect", {"why": "stall"}), lw.Ping(), Dial())
    assert isinstance(link.phase, Suspect)
    assert link.phase.since == 20.0
    assert samples_wanted(link)


def test_a_lost_carrier_is_suspected_at_once() -> None:
    link, actions = step(LIVE, DOWN, 20.0)

    assert tells(actions) == ["suspect"]
    assert link.phase == Suspect(
        since=20.0, why=Why.NETWORK, stage=Racing(20.25), live=Live(since=10.0)
    )


def test_an_address_that_comes_while_all_is_well_means_nothing() -> None:
    assert step(LIVE, UP, 20.0) == (LIVE, ())


def test_the_way_to_this_machine_itself_is_never_suspected() -> None:
    looked, actions = play(STANDING_IN, (20.0, unacked(20.0, 19.9)), (29.0, unacked(29.0, 19.9)))
    assert (actions, looked.phase.__class__) == ([], Live)
    assert step(STANDING_IN, DOWN, 20.0) == (STANDING_IN, ())


@pytest.mark.parametrize("sample", [unacked(21.0, 20.9), idle()])
def test_an_old_connection_that_moves_again_was_a_false_alarm(sample: lw.Sampled) -> None:
    link, actions = play(SUSPECT, (20.9, lw.SpareUp(0.1)), (21.0, sample))

    assert actions == [StopDialling(), lw.Tell("path_up")]
    assert isinstance(link.phase, Live)
    assert link.phase.since == 10.0
    assert replace(link, phase=LIVE.phase) == LIVE


def test_an_acknowledgement_from_before_the_suspicion_proves_nothing() -> None:
    link, actions = step(SUSPECT, unacked(21.0, 20.01), 21.0)

    assert actions == ()
    assert isinstance(link.phase, Suspect)


def test_a_spare_alone_ends_nothing_the_old_connection_has_a_moment_to_move() -> None:
    link, actions = step(SUSPECT, lw.SpareUp(0.05), 20.9)
    assert actions == ()
    assert deadline(link) == pytest.approx(21.05)
    slow, _ = step(SUSPECT, lw.SpareUp(0.2), 20.9)
    assert deadline(slow) == pytest.approx(21.2)
    crawling, _ = step(SUSPECT, lw.SpareUp(1.1), 20.9)
    assert deadline(crawling) == pytest.approx(21.35)
    assert step(link, TICK, 21.0) == (link, ())


def test_a_second_spare_may_shorten_the_moment_and_never_makes_it_longer() -> None:
    slow, _ = step(SUSPECT, lw.SpareUp(1.1), 20.9)

    sooner, _ = step(slow, lw.SpareUp(0.05), 20.95)
    later, _ = step(slow, lw.SpareUp(1.1), 21.3)

    assert deadline(sooner) == pytest.approx(21.1)
    assert deadline(later) == pytest.approx(21.35)


def test_a_spare_that_holds_when_the_old_one_does_not_takes_its_place_after_a_reset() -> None:
    proving, _ = step(SUSPECT, lw.SpareUp(0.05), 20.9)

    link, actions = step(proving, TICK, 21.05)

    assert actions[0] == Reset()
    assert actions[-1] == Open(Rung.RESUME)
    assert tells(actions) == ["path_down", "path_up"]
    assert posts(actions) == [ev.LinkDown()]
    assert link.phase == Recovering(since=20.0, why=Why.STALL, stage=Opening(21.05))

    link, actions = step(link, lw.SessionUp(resumed=True), 21.3)

    assert actions == (
        StopDialling(),
        Post(ev.Connected()),
        lw.Tell("resumed", {"took_s": 1.3, "why": "stall"}),
        lw.Note(Why.STALL, pytest.approx(1.3), resumed=True),
    )
    assert link.phase == Live(since=21.3)


def test_a_session_that_could_not_be_resumed_is_noted_as_such() -> None:
    _, actions = step(OPENING, lw.SessionUp(resumed=False), 21.3)

    assert tells(actions) == []
    assert actions[-1] == lw.Note(Why.STALL, pytest.approx(1.3), resumed=False)


@pytest.mark.parametrize("proved", [False, True])
def test_an_old_connection_that_ends_by_itself_need_not_be_reset(proved: bool) -> None:
    link = step(SUSPECT, lw.SpareUp(0.05), 20.9)[0] if proved else SUSPECT

    link, actions = step(link, lw.SessionLost(), 20.95)

    assert Reset() not in actions
    assert (Open(Rung.RESUME) in actions) == proved
    assert isinstance(link.phase, Recovering)
    assert isinstance(link.phase.stage, Opening if proved else Racing)


def test_an_old_connection_that_is_refused_is_not_raced_for() -> None:
    link, actions = step(SUSPECT, lw.SessionRefused(Refusal.BUSY, 1013, 1.0), 20.9)

    assert actions[0] == StopDialling()
    assert isinstance(link.phase, Recovering)
    assert link.phase.stage == Waiting(21.4)


def test_a_notice_to_leave_is_kept_over_a_false_alarm() -> None:
    link, _ = play(SUSPECT, (20.9, lw.GoAwayTold(30.0)), (21.0, idle()))

    assert deadline(link) == pytest.approx(40.9)


def test_a_suspicion_races_on_for_as_long_as_it_lasts() -> None:
    link, actions = step(SUSPECT, TICK, 21.0)
    assert actions == (Dial(),)
    assert deadline(link) == 21.25
    link, actions = step(link, UP, 21.1)
    assert actions == (Dial(),)
    assert deadline(link) == pytest.approx(21.35)
    proving, _ = step(link, lw.SpareUp(0.1), 21.2)
    for event in (UP, DOWN, lw.Resumable(), lw.Wanted()):
        assert step(proving, event, 21.25) == (proving, ())


def test_a_service_that_is_silent_on_a_doubtful_path_is_called_anew() -> None:
    link, actions = step(SUSPECT, lw.ServiceSilent(), 27.0)

    assert actions[0] == Reset()
    assert isinstance(link.phase, Recovering)
    assert deadline(link) == 27.0


# No session


def test_the_kernel_s_word_that_a_route_came_starts_a_connect_at_once() -> None:
    link, actions = step(RACING, UP, 20.3)

    assert actions == (Dial(),)
    assert deadline(link) == pytest.approx(20.55)
    assert step(RACING, DOWN, 20.3) == (RACING, ())


def test_a_server_that_refused_is_not_tried_again_before_its_time() -> None:
    waiting = replace(RACING, phase=replace(RACING.phase, stage=Waiting(23.0)))
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
    assert isinstance(link.phase, Suspect | Recovering)
    link = replace(link, phase=replace(link.phase, stage=Racing(28.1)))
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

    assert actions[:3] == (StopDialling(), Reset(), lw.DropHandle())
    assert posts(actions) == [ev.Reachable(False), ev.FailedOver()]
    assert over.phase == Recovering(since=28.0, why=Why.FAILOVER, stage=Racing(28.0))
    assert (over.target, over.rung) == (Target.STANDBY, Rung.RECAP)


def test_who_is_offline_is_served_as_soon_as_this_machine_can() -> None:
    link, actions = step(OFFLINE, lw.StandbyChanged(ready=True), 31.0)

    assert posts(actions) == [ev.StandbyReady(True), ev.FailedOver()]
    assert link.target is Target.STANDBY


def test_an_old_connection_that_revives_after_all_is_the_visit_s_again() -> None:
    held, _ = step(replace(SUSPECT, phase=replace(SUSPECT.phase, stage=Racing(28.1))), TICK, 28.0)

    link, actions = step(held, idle(), 29.0)

    assert posts(actions) == [ev.Reachable(True), ev.Connected()]
    assert link.reachable
    assert isinstance(link.phase, Live)


def test_a_spare_that_holds_while_offline_replaces_an_old_connection_too() -> None:
    held, _ = step(replace(SUSPECT, phase=replace(SUSPECT.phase, stage=Racing(28.1))), TICK, 28.0)
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
    link = replace(OFFLINE, phase=replace(OFFLINE.phase, live=held, stage=Racing(51.0)))
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


# A service that goes away, or says nothing


def test_a_service_that_will_go_away_is_left_between_two_turns() -> None:
    link, _ = step(LIVE, lw.GoAwayTold(60.0), 20.0)
    assert step(LIVE, lw.Resumable(), 20.0) == (LIVE, ())
    assert deadline(link) == 60.0
    assert step(link, TICK, 59.0) == (link, ())

    left, actions = step(link, lw.Resumable(), 30.0)

    assert actions == (lw.Leave(),)
    assert left.phase == Recovering(since=30.0, why=Why.GO_AWAY, stage=Racing(30.0))


def test_a_service_that_will_go_away_is_left_with_a_third_of_its_notice_in_hand() -> None:
    link, _ = step(LIVE, lw.GoAwayTold(60.0), 20.0)

    left, actions = step(link, TICK, 60.0)

    assert actions == (lw.Leave(),)
    assert isinstance(left.phase, Recovering)


def test_a_service_that_is_silent_is_called_anew_then_without_its_memory_then_given_up() -> None:
    def live_again(link: Recovery) -> Recovery:
        return replace(link, phase=Live(since=30.0), rung=Rung.RESUME, standby=True)

    once, actions = step(LIVE, lw.ServiceSilent(), 30.0)
    assert actions == (Reset(), Post(ev.LinkDown()))
    assert once.rung is Rung.RESUME
    twice, actions = step(live_again(once), lw.ServiceSilent(), 30.0)
    assert lw.DropHandle() in actions
    assert tells(actions) == ["fresh_session"]
    assert twice.rung is Rung.RECAP
    over, actions = step(live_again(twice), lw.ServiceSilent(), 30.0)
    assert over.target is Target.STANDBY
    assert step(twice, lw.Answered(), 31.0)[0].silences == 0


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
    assert actions == [lw.Probe(), Post(ev.Reachable(False))]
    assert deadline(link) == 50.0
    _, actions = play(link, (50.0, TICK), (50.1, lw.Probed(reached=True)))
    assert actions == [lw.Probe(), Post(ev.Reachable(True))]


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
