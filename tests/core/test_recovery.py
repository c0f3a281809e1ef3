"""A session that works, or is believed to: step by step, at literal times."""

from dataclasses import replace

import pytest

from kiosk.core import events as ev
from kiosk.core import link_words as lw
from kiosk.core.link_phases import (
    Live,
    Opening,
    Racing,
    Recovering,
    Recovery,
    Resting,
    Suspect,
    Waiting,
)
from kiosk.core.link_words import Dial, Open, Post, Reset, Rung, StopDialling, Target, Why
from kiosk.core.recovery import deadline, samples_wanted, step
from kiosk.errors import Refusal
from tests.core.links import (
    DOWN,
    LIVE,
    OPENING,
    STANDING_IN,
    SUSPECT,
    TICK,
    UP,
    idle,
    play,
    posts,
    tells,
    unacked,
)

# A visit's first session


def test_a_press_races_for_a_path_and_then_opens_one_session_on_it() -> None:
    link, actions = play(
        Recovery(),
        (10.0, lw.Wanted()),
        (10.0, TICK),
        (10.05, lw.SpareUp(0.05)),
        (10.2, lw.SessionUp(resumed=False)),
    )

    assert actions == (
        Dial(),
        Open(Rung.FRESH),
        StopDialling(),
        Post(ev.Connected()),
    )
    assert link == Recovery(phase=Live(since=10.2), rung=Rung.RESUME)


def test_a_kiosk_that_was_restarted_in_mid_visit_resumes_by_the_handle_it_kept() -> None:
    _, actions = play(
        Recovery(), (10.0, lw.Wanted(resuming=True)), (10.0, TICK), (10.1, lw.SpareUp(0.1))
    )

    assert Open(Rung.RESUME) in actions


def test_a_press_is_raced_for_four_times_a_second() -> None:
    link, _ = step(Recovery(), lw.Wanted(), 10.0)
    dials: list[float] = []
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
    assert actions == (lw.DropHandle(), Post(ev.FailedOver()))


# Suspicion


def test_a_stall_of_08_s_is_suspected_and_only_prepares() -> None:
    link, actions = play(LIVE, (20.0, unacked(20.0, 19.9)), (20.75, unacked(20.75, 19.9)))
    assert actions == ()

    link, more = step(link, unacked(20.8, 19.9), 20.8)

    assert more == (lw.Tell("suspect", {"why": "stall"}), lw.Doubt(), lw.Ping(), Dial())
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
    assert actions == ()
    assert isinstance(looked.phase, Live)
    assert step(STANDING_IN, DOWN, 20.0) == (STANDING_IN, ())


@pytest.mark.parametrize("sample", [unacked(21.0, 20.9), idle()])
def test_an_old_connection_that_moves_again_was_a_false_alarm(sample: lw.Sampled) -> None:
    link, actions = play(SUSPECT, (20.9, lw.SpareUp(0.1)), (21.0, sample))

    assert actions == (
        StopDialling(),
        lw.Tell("path_up"),
    )
    assert isinstance(link.phase, Live)
    assert link.phase.since == 10.0
    assert replace(link, phase=LIVE.phase) == LIVE


def test_an_acknowledgement_from_before_the_suspicion_proves_nothing() -> None:
    link, actions = step(SUSPECT, unacked(21.0, 20.01), 21.0)

    assert actions == ()
    assert isinstance(link.phase, Suspect)


def test_a_spare_alone_ends_nothing_the_old_connection_has_a_moment_to_move() -> None:
    link, actions = step(SUSPECT, lw.SpareUp(0.05), 22.9)
    assert actions == ()
    assert deadline(link) == pytest.approx(23.05)
    slow, _ = step(SUSPECT, lw.SpareUp(0.2), 22.9)
    assert deadline(slow) == pytest.approx(23.2)
    crawling, _ = step(SUSPECT, lw.SpareUp(1.1), 22.9)
    assert deadline(crawling) == pytest.approx(23.35)
    assert step(link, TICK, 23.0) == (link, ())


def test_a_lossy_path_that_was_never_gone_gets_time_to_repeat_itself() -> None:
    link, actions = step(SUSPECT, lw.SpareUp(0.05), 20.9)

    assert actions == ()
    assert deadline(link) == pytest.approx(22.1)
    link, actions = step(link, unacked(21.8, 21.75), 21.8)
    assert isinstance(link.phase, Live)
    assert Reset() not in actions


def test_an_old_connection_that_delivers_the_answer_again_is_kept_for_as_long_as_it_does() -> None:
    proving, _ = step(SUSPECT, lw.SpareUp(0.05), 22.9)

    delivering, actions = step(proving, unacked(23.0, 19.9, data_at=22.95), 23.0)
    assert actions == ()
    assert deadline(delivering) == pytest.approx(23.45)
    silent, _ = step(delivering, unacked(23.44, 19.9, data_at=22.95), 23.44)
    assert step(silent, TICK, 23.45)[1][0] == Reset()
    moves, actions = step(delivering, unacked(23.4, 23.35, data_at=23.3), 23.4)
    assert isinstance(moves.phase, Live)
    assert tells(actions) == ["path_up"]


def test_what_came_in_before_the_suspicion_saves_no_old_connection() -> None:
    proving, _ = step(SUSPECT, lw.SpareUp(0.05), 20.1)

    link, _ = step(proving, unacked(20.2, 19.9, data_at=19.95), 20.2)

    assert deadline(link) == deadline(proving)


def test_a_second_spare_may_shorten_the_moment_and_never_makes_it_longer() -> None:
    slow, _ = step(SUSPECT, lw.SpareUp(1.1), 22.9)

    sooner, _ = step(slow, lw.SpareUp(0.05), 22.95)
    later, _ = step(slow, lw.SpareUp(1.1), 23.3)

    assert deadline(sooner) == pytest.approx(23.1)
    assert deadline(later) == pytest.approx(23.35)


def test_a_spare_that_holds_when_the_old_one_does_not_takes_its_place_after_a_reset() -> None:
    proving, _ = step(SUSPECT, lw.SpareUp(0.05), 22.9)

    link, actions = step(proving, TICK, 23.05)

    assert actions[0] == Reset()
    assert actions[-1] == Open(Rung.RESUME)
    assert tells(actions) == ["path_down", "path_up"]
    assert posts(actions) == [ev.LinkDown()]
    assert link.phase == Recovering(since=20.0, why=Why.STALL, stage=Opening(23.05))

    link, actions = step(link, lw.SessionUp(resumed=True), 23.3)

    assert actions == (
        StopDialling(),
        Post(ev.Connected()),
        lw.Tell("resumed", {"took_s": 3.3, "why": "stall"}),
        lw.Note(Why.STALL, 23.3 - 20.0, resumed=True),
    )
    assert link.phase == Live(since=23.3)


def test_a_session_that_could_not_be_resumed_for_want_of_a_handle_is_told_and_noted() -> None:
    _, actions = step(OPENING, lw.SessionUp(resumed=False), 21.3)

    assert tells(actions) == ["fresh_session"]
    assert actions[-1] == lw.Note(Why.STALL, 21.3 - 20.0, resumed=False)


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
