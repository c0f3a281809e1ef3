"""Links in every plight, and shorthands to play with them."""

from dataclasses import replace

from kiosk.core import events as ev
from kiosk.core import link_words as lw
from kiosk.core.link_phases import (
    Live,
    Offline,
    Opening,
    Racing,
    Recovering,
    Recovery,
    Suspect,
    Waiting,
)
from kiosk.core.link_words import Action, Post, Rung, Target, Why
from kiosk.core.path import Flow, NetworkChange, PathSample
from kiosk.core.recovery import step

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


def unacked(now: float, acked_at: float, data_at: float = float("-inf")) -> lw.Sampled:
    return lw.Sampled(PathSample(640, now - acked_at, now - data_at))


def idle() -> lw.Sampled:
    return lw.Sampled(PathSample(0, 0.1))


def at_stage(link: Recovery, stage: Racing | Waiting, *, held: Live | None = None) -> Recovery:
    """The same plight at another stage; offline, with the old connection or without."""
    match link.phase:
        case Suspect() as phase if isinstance(stage, Racing):
            return replace(link, phase=replace(phase, stage=stage))
        case Recovering() as phase:
            return replace(link, phase=replace(phase, stage=stage))
        case Offline() as phase:
            return replace(link, phase=replace(phase, stage=stage, live=held))
        case _:
            raise AssertionError(link)


def play(link: Recovery, *script: tuple[float, lw.Event]) -> tuple[Recovery, tuple[Action, ...]]:
    actions: tuple[Action, ...] = ()
    for now, event in script:
        link, more = step(link, event, now)
        actions += more
    return link, actions


def posts(actions: tuple[Action, ...]) -> list[ev.Event]:
    return [action.fact for action in actions if isinstance(action, Post)]


def tells(actions: tuple[Action, ...]) -> list[str]:
    return [action.event for action in actions if isinstance(action, lw.Tell)]
