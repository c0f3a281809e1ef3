"""Moves of the recovery that several phases share."""

from dataclasses import replace
from typing import Final

from kiosk.core import link_words as lw
from kiosk.core.events import (
    FailedOver,
    LinkDown,
    LinkGone,
    Part,
    PartFailed,
    PartHealed,
    Reachable,
    StandbyReady,
)
from kiosk.core.link_phases import (
    Live,
    Offline,
    Racing,
    Recovering,
    Recovery,
    Resting,
    Suspect,
    Waiting,
)
from kiosk.core.link_words import Action, Post, Rung, Target, Tell, Why
from kiosk.core.retry import RACE_S

PROBE_S: Final = 20.0
STEADY_S: Final = 1.0
"""A session that stood for so long was a good one."""

Step = tuple[Recovery, tuple[Action, ...]]


def rest(link: Recovery, now: float) -> Step:
    """Be without a visit: nothing of the last one stays."""
    if isinstance(link.phase, Resting):
        return link, ()
    live = isinstance(link.phase, Live)
    end: Action = lw.Leave() if live else lw.Reset()
    known = live and link.target is Target.PRIMARY
    resting = Resting(probe_at=now + PROBE_S if known else now)
    rested = replace(
        link,
        phase=resting,
        target=Target.PRIMARY,
        rung=Rung.FRESH,
        refusals=0,
        held=0,
        silences=0,
        path_told=True,
    )
    return rested, (lw.StopDialling(), end)


def reached_now(link: Recovery, *, reached: bool) -> Step:
    """Note whether the primary service can be reached; a change is told."""
    if reached == link.reachable:
        return link, ()
    return replace(link, reachable=reached), (Post(Reachable(reached)),)


def primary_works(link: Recovery) -> Step:
    """Note that there is a session at the primary service, or that it is alive after all."""
    works = replace(link, not_before=float("-inf"), unreached_since=None, early=False)
    works, told = reached_now(works, reached=True)
    return with_person(works, told, hopeless=False)


def stood_well(link: Recovery, now: float) -> bool:
    """Whether there is a session, and has been for long enough to be a good one."""
    return link.held_open is not None and now - link.held_open.since >= STEADY_S


def with_person(link: Recovery, told: tuple[Action, ...], *, hopeless: bool) -> Step:
    """Call for a person when the network will not heal by itself."""
    if hopeless == link.person_needed:
        return link, told
    fact = PartFailed(Part.NETWORK, "unreachable") if hopeless else PartHealed(Part.NETWORK)
    return replace(link, person_needed=hopeless), (*told, Post(fact))


def path_down(link: Recovery, why: Why) -> Step:
    """Tell that there is no session; the event stream hears it once a trouble."""
    told = (Tell("path_down", {"why": why.value}),) if link.path_told else ()
    return replace(link, path_told=False), (*told, Post(LinkDown()))


def dial(link: Recovery, phase: Suspect | Recovering | Offline, now: float) -> Step:
    """Start a bare connect; the next one is due a period later."""
    stage = Racing(now + RACE_S)
    return replace(link, phase=replace(phase, stage=stage)), (lw.Dial(),)


def opened(link: Recovery) -> Step:
    """Open a session on the spare that has just connected."""
    told = () if link.path_told else (Tell("path_up"),)
    return replace(link, path_told=True), (*told, lw.Open(link.rung))


def gone(link: Recovery, now: float) -> Step:
    """Nobody waits so long: what the visit left is wiped, and the conversation ends it."""
    rested, actions = rest(link, now)
    return rested, (*actions, Post(LinkGone()))


def may_fail_over(link: Recovery) -> bool:
    """Whether there is another service to go to."""
    return link.standby and link.target is Target.PRIMARY


def fail_over_from(link: Recovery, now: float) -> Step:
    """Leave the primary service in mid-visit."""
    answers = link.refusals > 0 and now >= link.not_before
    over, actions = fail_over(link, now)
    over, told = reached_now(over, reached=answers)
    return over, (lw.StopDialling(), lw.Reset(), *told, *actions)


def fail_over(link: Recovery, now: float) -> Step:
    """Take the visit to the service on this machine, which knows no handle of the other."""
    recovering = Recovering(since=now, why=Why.FAILOVER, stage=Racing(now))
    rung = Rung.FRESH if isinstance(link.phase, Resting) else Rung.RECAP
    over = replace(link, phase=recovering, target=Target.STANDBY, rung=rung, refusals=0, held=0)
    return over, (lw.DropHandle(), Post(FailedOver()))


def standby_changed(link: Recovery, now: float, *, ready: bool) -> Step:
    """Note that the service on this machine came or went; who is without a way goes there."""
    changed, told = replace(link, standby=ready), (Post(StandbyReady(ready)),)
    if isinstance(link.phase, Offline) and may_fail_over(changed):
        over, actions = fail_over_from(changed, now)
        return over, (*told, *actions)
    return changed, told


def go_home(settled: Step, now: float) -> Step:
    """Take a visit that is without a session back from a service on this machine that went away."""
    link, actions = settled
    if link.standby or link.target is Target.PRIMARY:
        return settled
    match link.phase:
        case Recovering() | Offline() as down:
            shunned = now < link.not_before
            stage = Waiting(link.not_before) if shunned else Racing(now)
            back = replace(link, phase=replace(down, stage=stage), target=Target.PRIMARY)
            home = replace(back, rung=Rung.RECAP, refusals=0, held=0)
            return home, (*actions, lw.StopDialling(), lw.Reset(), lw.DropHandle())
        case _:  # a session that stands is kept for as long as it does
            return settled
