"""A button that is held for long: to talk, as the staff's gesture, or because it is stuck.

    press -> OPEN -mute_hold_s-> OFFERED -as long again-> CLOSED -stuck_s-> STUCK -release-> healed
              |                   |   '-release-> muted, or unmuted
              '-- speech noticed -'--> SPOKEN -turn over-> CLOSED, for stuck_s anew

Holding is how customers talk, so the gesture needs a hold in which nobody speaks, or may be
speaking, says first what letting go would do, and is called off by whatever else happens. Times
are since the press.
"""

from dataclasses import replace
from typing import Final

from kiosk.core import events as ev
from kiosk.core.earcons import Earcon
from kiosk.core.effects import Flush, KeepMuted, Phrase, PlayEarcon, PlayPhrase, Report
from kiosk.core.endings import Step, apologise, end_visit
from kiosk.core.phases import Conversation, Hold, HoldStage, Idle, Listening, Starting
from kiosk.settings import Button

_MAY_BE_GESTURE: Final = (HoldStage.OPEN, HoldStage.OFFERED)
_CALLS_OFF: Final = (ev.VoiceSuspected, ev.MuteSwitched)
_UNSTUCK: Final = (*_MAY_BE_GESTURE, HoldStage.CLOSED)


def held(conv: Conversation, event: ev.Event, now: float, button: Button) -> Step | None:
    """Do what is due of a hold, or comes of its end; None when the event is about the phase."""
    hold = conv.hold
    if hold is None:
        return None
    if isinstance(event, ev.ButtonReleased) and hold.stage is HoldStage.OFFERED:
        muted = not conv.truths.muted
        switched = replace(conv, truths=replace(conv.truths, muted=muted))
        after, effects = switch_mute(switched, muted, now)
        return after, (*effects, KeepMuted(muted))
    if not isinstance(event, ev.Tick) or hold.due is None or now < hold.due:
        return None
    match hold.stage:
        case HoldStage.OPEN:
            offered = Hold(HoldStage.OFFERED, hold.due + button.mute_hold_s)
            return replace(conv, hold=offered), (PlayEarcon(Earcon.OFFER),)
        case HoldStage.OFFERED:
            return replace(conv, hold=_closed(conv, button)), (PlayEarcon(Earcon.SORRY),)
        case HoldStage.SPOKEN | HoldStage.CLOSED | HoldStage.STUCK:
            stuck = replace(conv, hold=Hold(HoldStage.STUCK, None))
            if isinstance(conv.phase, Starting):
                return stuck, (PlayPhrase(Phrase.RELEASE_BUTTON),)
            return apologise(stuck, Phrase.RELEASE_BUTTON, "stuck", "abandoned", now)


def follow_hold(
    before: Conversation, after: Conversation, event: ev.Event, now: float, button: Button
) -> Conversation:
    """Bring the hold up to date with what the event and its step mean for it."""
    changed = type(after.phase) is not type(before.phase)
    stage = after.hold.stage if after.hold else None
    match event:
        case ev.ButtonPressed():
            return replace(after, hold=_begun(after, now, button))
        case ev.ButtonReleased():
            return replace(after, hold=None)
        case ev.SpeechStarted() if isinstance(before.phase, Listening) and stage in _UNSTUCK:
            return replace(after, hold=Hold(HoldStage.SPOKEN, None))
        case _ if stage in _MAY_BE_GESTURE and (changed or isinstance(event, _CALLS_OFF)):
            return replace(after, hold=_closed(after, button))
        case _ if stage is HoldStage.SPOKEN and changed:
            return replace(after, hold=Hold(HoldStage.CLOSED, now + button.stuck_s))
        case _:
            return after


def switch_mute(conv: Conversation, muted: bool, now: float) -> Step:
    """Tell that the kiosk is muted or no longer; muting ends what is under way."""
    earcon = PlayEarcon(Earcon.MUTE if muted else Earcon.UNMUTE)
    said = Report("muted", {"muted": muted})
    if not muted or isinstance(conv.phase, Idle):
        return conv, (earcon, said)
    ended, effects = end_visit(conv, "muted", "abandoned", now)
    return ended, (Flush(), earcon, said, *effects)


def _begun(conv: Conversation, now: float, button: Button) -> Hold:
    """Return what the press that was just answered may come to."""
    match conv.phase:
        case Listening(heard=True):
            return Hold(HoldStage.SPOKEN, None)
        case _ if button.mute_hold_s == 0 or isinstance(conv.phase, Starting):
            return Hold(HoldStage.CLOSED, now + button.stuck_s)
        case _:
            return Hold(HoldStage.OPEN, now + button.mute_hold_s)


def _closed(conv: Conversation, button: Button) -> Hold:
    pressed_at = conv.pressed_at
    assert pressed_at is not None, "a button that is down was pressed"
    return Hold(HoldStage.CLOSED, pressed_at + button.stuck_s)
