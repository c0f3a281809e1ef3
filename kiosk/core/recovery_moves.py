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
)
from kiosk.core.link_phases import (
    Live,
    Offline,
    Racing,
    Recovering,
    Recovery,
    Resting,
    Suspect,
)
from kiosk.core.link_words import Action, Post, Rung, Target, Tell, Why
from kiosk.core.retry import race_period_s

PROBE_S: Final = 20.0

Step = tuple[Recovery, tuple[Action, ...]]


def rest(link: Recovery, now: float) -> Step:
    """Be without a visit: nothing of the last one stays."""
    if isinstance(link.phase, Resting):
        return link, ()
    end: Action = lw.Leave() if isinstance(link.phase, Live) else lw.Reset()
    reachable = link.reachable and not isinstance(link.phase, Offline)
    resting = Resting(probe_at=now if not isinstance(link.phase, Live) else now + PROBE_S)
    rested = replace(
        link,
        phase=resting,
        target=Target.PRIMARY,
        reachable=reachable,
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


def dial(
    link: Recovery, phase: Suspect | Recovering | Offline, now: float, *, since: float
) -> Step:
    """Start a bare connect; the next one is due a period later."""
    stage = Racing(now + race_period_s(now - since))
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
    return over, (lw.StopDialling(), lw.Reset(), lw.DropHandle(), *told, *actions)


def fail_over(link: Recovery, now: float) -> Step:
    """Take the visit to the service on this machine."""
    recovering = Recovering(since=now, why=Why.FAILOVER, stage=Racing(now))
    rung = Rung.FRESH if isinstance(link.phase, Resting) else Rung.RECAP
    over = replace(link, phase=recovering, target=Target.STANDBY, rung=rung, refusals=0, held=0)
    return over, (Post(FailedOver()),)
