"""What an event tells whatever the phase: it is remembered, and the phase is none the worse."""

from dataclasses import replace
from typing import Final

from kiosk.core import events as ev
from kiosk.core.effects import Phrase
from kiosk.core.phases import Conversation, Saying

MASHED_S: Final = 0.5
"""Presses closer together than this are one to a person: they sound once, and begin one visit."""


def note(conv: Conversation, event: ev.Event, now: float) -> Conversation:
    """Remember what is true from now on."""
    truths = conv.truths
    match event:
        case ev.ButtonPressed():
            called_at = None if conv.over else conv.called_at  # whoever presses now has come
            before = conv.last_press_at
            mashing = before is not None and now - before < MASHED_S
            pressed = replace(conv, pressed_at=now, last_press_at=now, mashing=mashing)
            return replace(pressed, called_at=called_at)
        case ev.ButtonReleased():
            return replace(conv, pressed_at=None)
        case ev.StaffCalled() if conv.called_at is None:
            return replace(conv, called_at=now)
        case ev.TriesSpent() if not conv.over:
            return replace(conv, tries_spent=True)
        case ev.ClaimUnfounded(kind) if not (conv.over or _putting_right(conv)):
            return replace(conv, unfounded=kind)
        case ev.Connected(standby=False):
            truths = truths.with_part(ev.Part.ACCOUNT, failed=False)
            return replace(conv, truths=truths, standing_in=False, notice_owed=False)
        case ev.LinkDown() | ev.LinkDoubted():
            return replace(conv, delivered=False)
        case ev.FailedOver():
            owed = not conv.notice_given
            return replace(conv, delivered=False, standing_in=True, notice_owed=owed)
        case ev.QuestionDelivered():
            return replace(conv, delivered=True)
        case ev.Reachable(reachable):
            truths = replace(truths, offline=not reachable)
        case ev.StandbyReady(ready):
            truths = replace(truths, standby=ready)
        case ev.ShopAnswers(up):
            truths = replace(truths, shop_silent=not up)
        case ev.PolicyExpired(expired):
            truths = replace(truths, policy_expired=expired)
        case ev.Refused(ev.RefusedFor.ACCOUNT):
            truths = truths.with_part(ev.Part.ACCOUNT, failed=True)
        case ev.PartFailed(part=part) | ev.PartHealed(part=part):
            truths = truths.with_part(part, failed=isinstance(event, ev.PartFailed))
        case ev.ClockUnset(unset):
            truths = replace(truths, clock_unset=unset)
        case ev.MuteSwitched(muted):
            truths = replace(truths, muted=muted)
        case _:
            pass
    return replace(conv, truths=truths)


def _putting_right(conv: Conversation) -> bool:
    """Whether the customer is being told at this moment not to rely on it."""
    return isinstance(conv.phase, Saying) and conv.phase.phrase is Phrase.UNCHECKED
