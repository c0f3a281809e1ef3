"""Without a session that works: an old one that may be dead, or none."""

from dataclasses import replace
from typing import Final

from kiosk.core import link_words as lw
from kiosk.core.events import Connected
from kiosk.core.link_phases import (
    Live,
    Offline,
    Opening,
    Phase,
    Proving,
    Racing,
    Recovering,
    Recovery,
    Suspect,
    Waiting,
)
from kiosk.core.link_words import Action, Post, Rung, Target, Tell, Why
from kiosk.core.path import CLOCK_S, NetworkChange, PathSample
from kiosk.core.recovery_moves import (
    STEADY_S,
    Step,
    dial,
    fail_over_from,
    gone,
    may_fail_over,
    opened,
    path_down,
    primary_works,
    reached_now,
)
from kiosk.core.refusals import refused
from kiosk.core.retry import RACE_S, hang_up_pause_s

STALL_S: Final = 0.8
"""Suspect then: no acknowledged path, up to 10 % loss each way, was silent for so long."""
GRACE_S: Final = 0.15
"""How long the old connection may still show that it lives once a spare holds, at least …"""
MOST_GRACE_S: Final = 0.45
"""… and at most: on a slow path an acknowledgement takes as long as the spare did."""
LOSSY_GRACE_S: Final = 1.2
"""A spare that holds at once tells of a path that was not gone, only lossy. Then the old
connection waits for its next repetition: TCP sends after 0.25, 0.75 and 1.75 s (RFC 6298)."""
AT_ONCE_S: Final = 0.3
OFFLINE_S: Final = 8.0
WIPE_S: Final = 30.0
KNOWN_OFFLINE_S: Final = 0.35
"""Who presses a kiosk that is offline is told so, unless the path is back within this time."""


def when_suspect(link: Recovery, phase: Suspect | Offline, event: lw.Event, now: float) -> Step:
    """Advance while there is an old connection that may be dead."""
    live = phase.live
    assert live is not None, "there is an old connection, or this is not a suspicion"
    match event:
        case lw.Sampled(sample):
            live = replace(live, flow=live.flow.observed(sample, now))
            moves = live.flow.acked_at > phase.since + CLOCK_S
            if not sample.pending_bytes or (moves and live.flow.stalled_s(now) < STALL_S):
                return _cleared(link, live, phase)
            if isinstance(phase.stage, Proving) and _delivers(phase, sample, now):
                phase = replace(phase, stage=Proving(max(phase.stage.until, now + MOST_GRACE_S)))
            return replace(link, phase=replace(phase, live=live)), ()
        case lw.SpareUp(took_s):
            until = now + _grace_s(phase, took_s, now)
            if isinstance(phase.stage, Proving):  # a connect that was begun later was faster
                until = min(until, phase.stage.until)
            return replace(link, phase=replace(phase, stage=Proving(until))), ()
        case lw.GoAwayTold():
            return replace(link, phase=replace(phase, live=told_to_go(live, event, now))), ()
        case lw.SessionRefused():  # so the path works, and the one who answers is not raced
            after, actions = settle(refused(link, event, now), now)
            return after, (lw.StopDialling(), *actions)
        case lw.SessionLost():
            ready = isinstance(phase.stage, Proving)
            return _give_up_old(link, phase, now, spare=ready, actions=())
        case lw.StandbyWished() if may_fail_over(link):
            return fail_over_from(link, now)
        case lw.ServiceSilent():
            return _give_up_old(link, phase, now, spare=False, actions=(lw.Reset(),))
        case lw.NetworkChanged(NetworkChange.UP) if isinstance(phase.stage, Racing):
            return dial(link, phase, now)
        case lw.Tick():
            return _suspect_tick(link, phase, now)
        case _:
            return link, ()


def _grace_s(phase: Suspect | Offline, took_s: float, now: float) -> float:
    """Return how long the old connection may still show that it lives."""
    if phase.why is Why.STALL and now - phase.since < STALL_S + AT_ONCE_S:
        return LOSSY_GRACE_S
    return max(GRACE_S, min(1.5 * took_s, MOST_GRACE_S))


def _delivers(phase: Suspect | Offline, sample: PathSample, now: float) -> bool:
    """Whether the old connection delivers again, as with an answer, although a spare holds.

    What it still has to send goes out with TCP's next repetition, which after some seconds
    without a path comes late; who takes over before that has the question asked twice.
    """
    return sample.data_age_s < min(MOST_GRACE_S, now - phase.since - CLOCK_S)


def told_to_go(live: Live, event: lw.GoAwayTold, now: float) -> Live:
    """Note until when the session is to be left: a third of the notice is kept in hand."""
    return replace(live, leave_by=now + event.time_left_s * 2 / 3)


def _suspect_tick(link: Recovery, phase: Suspect | Offline, now: float) -> Step:
    if isinstance(phase.stage, Proving) and now >= phase.stage.until:
        return _give_up_old(link, phase, now, spare=True, actions=(lw.Reset(),))
    if isinstance(phase, Suspect) and now >= phase.since + OFFLINE_S:
        return _go_offline(link, phase, phase.live, now)
    if isinstance(phase, Offline) and now >= phase.since + WIPE_S:
        return gone(link, now)
    if isinstance(phase.stage, Racing) and now >= phase.stage.next_at:
        return dial(link, phase, now)
    return link, ()


def _cleared(link: Recovery, live: Live, phase: Suspect | Offline) -> Step:
    """Nothing happened: the old connection moves again."""
    cleared = replace(link, phase=live, path_told=True)
    told: tuple[Action, ...] = (lw.StopDialling(), Tell("path_up"))
    if not isinstance(phase, Offline):
        return cleared, told
    cleared, more = primary_works(cleared)
    return cleared, (*told, *more, Post(Connected()))


def _give_up_old(
    link: Recovery,
    phase: Suspect | Offline,
    now: float,
    *,
    spare: bool,
    actions: tuple[Action, ...],
) -> Step:
    """Be without the old connection: a session is opened on the spare, or spares race on."""
    stage = Opening(now) if spare else Racing(now)
    down: Phase
    if isinstance(phase, Offline):
        down = replace(phase, stage=stage, live=None)
    else:
        down = Recovering(since=phase.since, why=phase.why, stage=stage)
    given_up, told = path_down(replace(link, phase=down, rung=Rung.RESUME), phase.why)
    if spare:
        given_up, more = opened(given_up)
        told = (*told, *more)
    return given_up, (*actions, *told)


def when_down(link: Recovery, phase: Recovering | Offline, event: lw.Event, now: float) -> Step:
    """Advance while there is no connection."""
    match event:
        case lw.SpareUp() if isinstance(phase.stage, Racing):
            opening = replace(link, phase=replace(phase, stage=Opening(now)))
            return opened(opening)
        case lw.SessionUp(resumed) if isinstance(phase.stage, Opening):
            return _up(link, phase, resumed=resumed, now=now)
        case lw.SessionUp():  # of an attempt that was given up: there must not be two
            return link, (lw.Reset(),)
        case lw.SessionLost() if isinstance(phase.stage, Opening):
            return settle(_not_opened(link, phase, phase.stage, now), now)
        case lw.SessionRefused() if isinstance(phase.stage, Opening):
            return settle(refused(link, event, now), now)
        case lw.StandbyWished() if may_fail_over(link):
            return fail_over_from(link, now)
        case lw.NetworkChanged(NetworkChange.UP) if isinstance(phase.stage, Racing):
            return dial(link, phase, now)
        case lw.Tick():
            return _down_tick(link, phase, now)
        case _:
            return link, ()


def _not_opened(link: Recovery, phase: Recovering | Offline, opening: Opening, now: float) -> Step:
    """Try again. Whoever took the call and hung up soon answers, and is not raced."""
    hung_up = now - opening.began < STEADY_S
    refusals = link.refusals + 1 if hung_up else link.refusals
    pause_s = hang_up_pause_s(refusals) if hung_up else 0.0
    next_at = max(now + pause_s, opening.began + RACE_S)
    racing = replace(link, phase=replace(phase, stage=Racing(next_at)), refusals=refusals)
    return path_down(racing, phase.why) if phase.why is not Why.VISIT else (racing, ())


def _down_tick(link: Recovery, phase: Recovering | Offline, now: float) -> Step:
    match phase:
        case Recovering(known_offline=True) if now >= phase.since + KNOWN_OFFLINE_S:
            if not isinstance(phase.stage, Racing):  # it is back, and only now
                return replace(link, phase=replace(phase, known_offline=False)), ()
            return gone(link, now)
        case Recovering() if now >= phase.since + OFFLINE_S:
            return _go_offline(link, phase, None, now)
        case Offline() if now >= phase.since + WIPE_S:
            return gone(link, now)
        case _:
            pass
    match phase.stage:
        case Racing(next_at) if now >= next_at:
            return dial(link, phase, now)
        case Waiting(until) if now >= until:
            return dial(link, phase, now)
        case _:
            return link, ()


def _up(link: Recovery, phase: Recovering | Offline, *, resumed: bool, now: float) -> Step:
    after = replace(link, phase=Live(since=now), held=0, rung=Rung.RESUME)
    standby = link.target is Target.STANDBY
    actions: tuple[Action, ...] = (lw.StopDialling(), Post(Connected(standby)))
    if phase.why is not Why.VISIT:
        took_s = now - phase.since
        if resumed:
            told_s = round(took_s, 3)
            actions = (*actions, Tell("resumed", {"took_s": told_s, "why": phase.why.value}))
        elif link.rung is Rung.RESUME:  # there was no handle yet
            actions = (*actions, Tell("fresh_session"))
        actions = (*actions, lw.Note(phase.why, took_s, resumed))
    if standby:
        return after, actions
    after, told = primary_works(after)
    return after, (*told, *actions)


def _go_offline(link: Recovery, phase: Suspect | Recovering, live: Live | None, now: float) -> Step:
    """There was no way for long: stand in, or go on trying."""
    if may_fail_over(link):
        return fail_over_from(link, now)
    offline = Offline(since=phase.since, why=phase.why, stage=phase.stage, live=live)
    down, told = path_down(replace(link, phase=offline), phase.why)
    if link.target is Target.PRIMARY:
        down, more = reached_now(down, reached=False)
        told = (*told, *more)
    return down, told


def settle(settled: Step, now: float) -> Step:
    """Go to the service on this machine when the primary one is of no use for now."""
    link, actions = settled
    if link.refusals >= 3 and may_fail_over(link):
        over, more = fail_over_from(link, now)
        return over, (*actions, *more)
    return link, actions
