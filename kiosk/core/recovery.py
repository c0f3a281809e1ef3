"""Recovery: one pure function from (state, event, now) to (state, actions).

    RESTING -wanted-> RECOVERING --session up--> LIVE --stall, network down--> SUSPECT
       ^                ^   ^ |                   | ^                            | |
       |                |   | '8 s-> OFFLINE <8 s-+-+----------------------------+ |
       |                |   '-------lost, refused-'  '---acknowledged--------------+
       '---unwanted-----+------------ the spare holds and the old one does not ----'

A suspicion only prepares: bare connects race while the old connection is still used. When it
moves again, the spares are dropped and nothing happened. When a spare holds and the old one
does not, the old one is reset, and only then is a session opened, on that spare: never two.

A live server that refuses is never raced. Time, and everything random, comes in.
"""

from dataclasses import replace

from kiosk.core import link_words as lw
from kiosk.core.events import LinkDown
from kiosk.core.link_phases import (
    Live,
    Offline,
    Opening,
    Proving,
    Racing,
    Recovering,
    Recovery,
    Resting,
    Suspect,
    Waiting,
)
from kiosk.core.link_words import Post, Rung, Target, Tell, Why
from kiosk.core.path import NetworkChange
from kiosk.core.recovery_down import (
    KNOWN_OFFLINE_S,
    OFFLINE_S,
    STALL_S,
    WIPE_S,
    settle,
    told_to_go,
    when_down,
    when_suspect,
)
from kiosk.core.recovery_moves import (
    Step,
    fail_over_from,
    go_home,
    may_fail_over,
    path_down,
    rest,
    standby_changed,
    stood_well,
    with_person,
)
from kiosk.core.recovery_resting import when_resting
from kiosk.core.refusals import refused
from kiosk.core.retry import RACE_S, hang_up_pause_s


def step(link: Recovery, event: lw.Event, now: float) -> Step:
    """Advance by one event. Total: every event is legal in every phase."""
    return go_home(_advance(link, event, now), now)


def _advance(link: Recovery, event: lw.Event, now: float) -> Step:
    match event:
        case lw.StandbyChanged(ready):
            return standby_changed(link, now, ready=ready)
        case lw.Answered():
            return replace(link, silences=0, refusals=0), ()
        case lw.Unwanted():
            return rest(link, now)
        case lw.ClockJudged(wrong):
            return _clock_judged(link, now, wrong=wrong)
        case _:
            pass
    match link.phase:
        case Resting() as phase:
            return when_resting(link, phase, event, now)
        case Live() as phase:
            return _live(link, phase, event, now)
        case Suspect() as phase:
            return when_suspect(link, phase, event, now)
        case Offline(live=Live()) as phase:
            return when_suspect(link, phase, event, now)
        case Recovering() | Offline() as phase:
            return when_down(link, phase, event, now)


def deadline(link: Recovery) -> float | None:
    """Return the time at which the caller owes a ``Tick``."""
    match link.phase:
        case Resting(probing=True):
            return None
        case Resting() as resting:
            return resting.probe_at
        case Live() as live:
            return live.leave_by
        case Suspect() as down:
            return min(_stage_due(down.stage), down.since + OFFLINE_S)
        case Recovering() as down:
            patience_s = KNOWN_OFFLINE_S if down.known_offline else OFFLINE_S
            return min(_stage_due(down.stage), down.since + patience_s)
        case Offline() as down:
            return min(_stage_due(down.stage), down.since + WIPE_S)


def samples_wanted(link: Recovery) -> bool:
    """Whether the connection is to be looked at."""
    return link.held_open is not None


def _stage_due(stage: Racing | Proving | Opening | Waiting) -> float:
    match stage:
        case Racing(next_at):
            return next_at
        case Proving(until) | Waiting(until):
            return until
        case Opening():
            return float("inf")  # the attempt ends by itself


def _clock_judged(link: Recovery, now: float, *, wrong: bool) -> Step:
    """Note how the clock is. One that was set is as good as a network that is there again."""
    judged = replace(link, clock_wrong=wrong)
    if wrong:
        return with_person(judged, (), hopeless=False)
    if not link.clock_wrong:
        return judged, ()
    welcome = replace(judged, early=False, not_before=float("-inf"))
    return _advance(welcome, lw.NetworkChanged(NetworkChange.UP), now)


def _live(link: Recovery, live: Live, event: lw.Event, now: float) -> Step:
    match event:
        case lw.Sampled(sample):
            live = replace(live, flow=live.flow.observed(sample, now))
            watched = replace(link, phase=live)
            if live.flow.stalled_s(now) < STALL_S or link.target is Target.STANDBY:
                return watched, ()
            return _suspicious(watched, live, Why.STALL, now)
        case lw.NetworkChanged(NetworkChange.DOWN) if link.target is Target.PRIMARY:
            return _suspicious(link, live, Why.NETWORK, now)
        case lw.SessionLost():
            return _lost(link, now)
        case lw.SessionRefused():
            return settle(refused(link, event, now), now)
        case lw.GoAwayTold():
            return replace(link, phase=told_to_go(live, event, now)), ()
        case lw.Resumable() if live.leave_by is not None:
            return _leave(link, now)
        case lw.Tick() if live.leave_by is not None and now >= live.leave_by:
            return _leave(link, now)
        case lw.ServiceSilent():
            return _hear_nothing(link, now)
        case lw.StandbyWished() if may_fail_over(link):  # what was asked has not even arrived
            return fail_over_from(link, now)
        case _:
            return link, ()


def _suspicious(link: Recovery, live: Live, why: Why, now: float) -> Step:
    stalled = live.flow.stalled_since
    since = now if stalled is None or why is Why.NETWORK else stalled
    suspect = Suspect(since=since, why=why, stage=Racing(now + RACE_S), live=live)
    told = Tell("suspect", {"why": why.value})
    return replace(link, phase=suspect), (told, lw.Doubt(), lw.Ping(), lw.Dial())


def _lost(link: Recovery, now: float) -> Step:
    """Go on after the end of a connection. One that never stood was as good as refused."""
    refusals = 0 if stood_well(link, now) else link.refusals + 1
    stage = Racing(now + hang_up_pause_s(refusals))
    racing = Recovering(since=now, why=Why.LOST, stage=stage)
    lost = replace(link, phase=racing, refusals=refusals, rung=Rung.RESUME)
    return settle(path_down(lost, Why.LOST), now)


def _leave(link: Recovery, now: float) -> Step:
    racing = Recovering(since=now, why=Why.GO_AWAY, stage=Racing(now))
    left = replace(link, phase=racing, rung=Rung.RESUME)
    return left, (lw.Leave(),)


def _hear_nothing(link: Recovery, now: float) -> Step:
    """Reconnect to a service that does not answer; the second time without its memory."""
    if link.silences > 1 and may_fail_over(link):
        return fail_over_from(link, now)
    racing = Recovering(since=now, why=Why.SILENCE, stage=Racing(now))
    again = link.silences > 0
    rung = Rung.RECAP if again else Rung.RESUME
    fresh = (lw.DropHandle(), Tell("fresh_session")) if again else ()
    after = replace(link, phase=racing, rung=rung, silences=link.silences + 1)
    return after, (lw.Reset(), *fresh, Post(LinkDown()))
