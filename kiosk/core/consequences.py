"""What follows from a step by itself: gate, microphone lamp, status light, faults, calls told.

Each is a function of the conversation before and after, so no transition can forget one.
"""

from kiosk.core import events as ev
from kiosk.core.earcons import Earcon
from kiosk.core.effects import (
    ArmGate,
    DisarmGate,
    Effect,
    PlayEarcon,
    Report,
    ShowLight,
    ShowMicrophoneLamp,
)
from kiosk.core.parts import Part
from kiosk.core.phases import Conversation


def consequences(
    before: Conversation, after: Conversation, event: ev.Event, now: float
) -> tuple[Effect, ...]:
    """Ask for whatever follows from the phase and has changed."""
    effects: list[Effect] = []
    if after.gate != before.gate:
        effects.append(DisarmGate() if after.gate is None else ArmGate(after.gate))
    if (after.gate is None) != (before.gate is None):
        lit = after.gate is not None
        effects += [ShowMicrophoneLamp(lit), Report("mic_open" if lit else "mic_close")]
    effects += _call(before.called_at, after.called_at, now)
    cause = event.cause if isinstance(event, ev.PartFailed) else "refused"
    failed, were = after.failed, before.failed
    effects += [
        Report("fault", {"part": part.value, "cause": "stuck" if part is Part.BUTTON else cause})
        for part in sorted(failed - were)
    ]
    effects += [Report("healed", {"part": part.value}) for part in sorted(were - failed)]
    if after.light != before.light:
        effects.append(ShowLight(after.light))
    return tuple(effects)


def _call(before: float | None, after: float | None, now: float) -> tuple[Effect, ...]:
    """Tell of a call for the staff that began, or of one that was answered."""
    if before is None and after is not None:
        return (PlayEarcon(Earcon.CALLED), Report("staff_called"))
    if before is not None and after is None:
        return (Report("staff_acknowledged", {"waited_s": round(now - before, 1)}),)
    return ()
