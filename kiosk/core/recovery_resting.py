"""Between visits: is the service there? The light must be true before anybody presses."""

from dataclasses import replace
from typing import Final

from kiosk.core import link_words as lw
from kiosk.core.events import Refused
from kiosk.core.link_phases import Racing, Recovering, Recovery, Resting
from kiosk.core.link_words import Post, Rung, Why
from kiosk.core.recovery_moves import (
    PROBE_S,
    Step,
    fail_over,
    reached_now,
    with_person,
)

BRISK_PROBE_S: Final = 1.0
BRISK_S: Final = 10.0
EARLY_PROBE_S: Final = 5.0
"""The clock may be set at any moment, and not everything that sets it tells of it."""
NEEDS_A_PERSON_S: Final = 300.0


def when_resting(link: Recovery, phase: Resting, event: lw.Event, now: float) -> Step:
    """Advance while there is no visit."""
    match event:
        case lw.Wanted(resuming):
            rung = Rung.RESUME if resuming else Rung.FRESH
            return _begin(replace(link, rung=rung), now)
        case lw.NetworkChanged():
            brisk = replace(phase, probe_at=now, brisk_until=now + BRISK_S)
            return replace(link, phase=brisk), ()
        case lw.Probed():
            return _probed(link, phase, event, now)
        case lw.Tick() if not phase.probing and now >= phase.probe_at:
            probing = replace(phase, probing=True, probe_at=now + PROBE_S)
            return replace(link, phase=probing), (lw.Probe(),)
        case lw.SessionUp():  # it was wanted by a visit that is over
            return link, (lw.Reset(),)
        case _:
            return link, ()


def _probed(link: Recovery, phase: Resting, probed: lw.Probed, now: float) -> Step:
    reached = probed.reached
    clock = probed.early or (link.clock_wrong and not probed.trusted)
    began = now if link.unreached_since is None else link.unreached_since
    since = None if reached or clock else began
    welcome = reached and now >= link.not_before  # or it refused, and is left alone
    pause_s = EARLY_PROBE_S if probed.early else PROBE_S
    if not welcome and now < phase.brisk_until:
        pause_s = BRISK_PROBE_S
    due = min(phase.probe_at, now + pause_s)  # a change meanwhile asks for another one at once
    rested = replace(phase, probing=False, probe_at=due)
    acts_s = NEEDS_A_PERSON_S if probed.trusted else 0.0
    waited = since is not None and now - since >= acts_s
    hopeless = not (welcome or clock) and (link.person_needed or waited)
    seen = replace(link, phase=rested, unreached_since=since, early=probed.early)
    after, told = reached_now(seen, reached=welcome)
    return with_person(after, told, hopeless=hopeless)


def _begin(link: Recovery, now: float) -> Step:
    """Open a visit's session: at the primary service unless that is known to be of no use."""
    shunned = now < link.not_before
    if link.standby and (shunned or not link.reachable):
        return fail_over(link, now)
    if shunned:
        return link, (Post(Refused(link.shunned_for)),)
    offline = not link.reachable
    racing = Recovering(since=now, why=Why.VISIT, stage=Racing(now), known_offline=offline)
    return replace(link, phase=racing), ()
