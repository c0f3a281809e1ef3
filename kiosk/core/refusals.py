"""What a refusal by a live server means for the next attempt."""

from dataclasses import replace

from kiosk.core.events import LinkDown, Part, PartFailed, Refused, RefusedFor
from kiosk.core.link_phases import Offline, Racing, Recovering, Recovery, Stage, Waiting
from kiosk.core.link_words import (
    Action,
    DropHandle,
    Post,
    Rung,
    SessionRefused,
    Target,
    Tell,
    Why,
)
from kiosk.core.recovery_moves import Step, may_fail_over, reached_now, stood_well
from kiosk.core.retry import ACT_S, CLOCK_SET_S, QUOTA_S, STILL_HELD_S, jitter_s
from kiosk.errors import Refusal

_INTERNAL_ERROR = 1011
_HOPELESS = 3
"""So many refusals in a row are reason enough to look elsewhere."""


def refused(link: Recovery, event: SessionRefused, now: float) -> Step:
    """Decide when and how to try again. ``refusals`` of 3 or more: not soon."""
    told: tuple[Action, ...] = (Tell("refused", {"code": event.code}),)
    if link.target is Target.PRIMARY:
        link = replace(link, unreached_since=None)
    if stood_well(link, now):
        link = replace(link, refusals=0)
    match event.refusal:
        case Refusal.CONTRACT | Refusal.HANDLE if link.held_open and link.refusals + 1 < _HOPELESS:
            # it took the set-up: something said since was too much
            return _afresh(replace(link, refusals=link.refusals + 1), now, told)
        case Refusal.HANDLE if link.rung is Rung.RESUME and not link.held_open:
            return _afresh(link, now, told)
        case Refusal.CONTRACT | Refusal.HANDLE if link.rung is Rung.RECAP:
            after = replace(link, rung=Rung.FRESH, refusals=link.refusals + 1)
            return _again(after, now, Racing(now)), told
        case Refusal.BUSY if _still_held(link, event) and link.held < len(STILL_HELD_S):
            wait = Waiting(now + STILL_HELD_S[link.held])
            after = replace(link, held=link.held + 1)
            return _again(after, now, wait), (*told, Post(LinkDown()))
        case Refusal.BUSY if _still_held(link, event):
            return _afresh(link, now, told)
        case Refusal.BUSY:
            count = link.refusals + 1
            wait = Waiting(now + jitter_s(count, event.roll))
            after = replace(link, refusals=count, rung=_rung_after(link))
            return _again(after, now, wait), (*told, Post(LinkDown()))
        case Refusal.QUOTA:
            return _act(link, now, QUOTA_S, told, RefusedFor.BUSY)
        case Refusal.CLOCK:
            return _act(replace(link, early=True), now, CLOCK_SET_S, told, RefusedFor.BUSY)
        case Refusal.TRUST if link.clock_wrong:
            return _act(link, now, CLOCK_SET_S, told, RefusedFor.BUSY)
        case Refusal.TRUST:
            fault = Post(PartFailed(Part.NETWORK, "certificate"))
            after = replace(link, person_needed=True)
            return _act(after, now, QUOTA_S, (*told, fault), RefusedFor.BUSY)
        case Refusal.ACCOUNT | Refusal.CONTRACT | Refusal.HANDLE:
            return _act(link, now, ACT_S, told, RefusedFor.ACCOUNT)


def _act(
    link: Recovery, now: float, pause_s: float, told: tuple[Action, ...], why: RefusedFor
) -> Step:
    """Leave the service alone for a while: asking again does not help."""
    until = now + pause_s
    not_before = until if link.target is Target.PRIMARY else link.not_before
    after = replace(link, refusals=_HOPELESS, not_before=not_before, shunned_for=why)
    if link.target is Target.PRIMARY:
        after, more = reached_now(after, reached=False)
        told = (*told, *more)
    return _again(after, now, Waiting(until)), (*told, Post(Refused(why, may_fail_over(link))))


def _still_held(link: Recovery, event: SessionRefused) -> bool:
    return event.code == _INTERNAL_ERROR and link.rung is Rung.RESUME and not link.held_open


def _rung_after(link: Recovery) -> Rung:
    return Rung.RESUME if link.held_open else link.rung


def _afresh(link: Recovery, now: float, told: tuple[Action, ...]) -> Step:
    """Try at once without the handle."""
    after = _again(replace(link, rung=Rung.RECAP, held=0), now, Racing(now))
    return after, (*told, DropHandle(), Tell("fresh_session"), Post(LinkDown()))


def _again(link: Recovery, now: float, stage: Stage) -> Recovery:
    match link.phase:
        case Recovering() | Offline(live=None) as down:
            return replace(link, phase=replace(down, stage=stage))
        case _:
            return replace(link, phase=Recovering(since=now, why=Why.REFUSED, stage=stage))
