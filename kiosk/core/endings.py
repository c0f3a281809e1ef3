"""How turns and visits end: answered, asked again, apologised for, or in silence."""

from dataclasses import replace

from kiosk.core.earcons import Earcon
from kiosk.core.effects import (
    CloseSession,
    Effect,
    Flush,
    Phrase,
    PlayEarcon,
    PlayPhrase,
    Report,
)
from kiosk.core.phases import (
    Conversation,
    FollowUp,
    Idle,
    Listening,
    Saying,
    Speaking,
    Thinking,
)
from kiosk.settings import Talk

PHRASE_LIMIT_S = 12.0
"""No recorded phrase is longer; a lost PhraseEnded must not hold a visit for ever."""

Step = tuple[Conversation, tuple[Effect, ...]]


def open_window(conv: Conversation, now: float, talk: Talk, *first: Effect) -> Step:
    """Listen for a follow-up question, once nothing has to be put right.

    Unless the visit is over its cap, or nothing more is to be answered in it. ``first`` holds
    the end of the turn.
    """
    window = replace(conv, phase=FollowUp(due=now + talk.echo_tail_s))
    if conv.unfounded:
        return put_right(window, now, *first)
    if conv.tries_spent:
        ended, effects = share_nothing(window, "", now)
        return ended, (*first, *effects)
    if now >= conv.visit_due:
        ended, effects = end_visit(window, "cap", "", now)
        return ended, (*first, PlayEarcon(Earcon.GOODBYE), *effects)
    return window, first


def put_right(conv: Conversation, now: float, *first: Effect) -> Step:
    """Tell the customer not to rely on what the reply claimed; the visit goes on after it."""
    saying = Saying(phrase=Phrase.UNCHECKED, due=now + PHRASE_LIMIT_S)
    return replace(conv, phase=saying, unfounded=""), (*first, *correction(conv))


def correction(conv: Conversation) -> tuple[Effect, ...]:
    """Return what tells of the claim, and what tells the customer."""
    corrected = Report("claim_corrected", {"kind": conv.unfounded})
    return corrected, PlayPhrase(Phrase.UNCHECKED)


def say_again(
    conv: Conversation, outcome: str, now: float, talk: Talk, heard_ms: int | None = None
) -> Step:
    """Ask the customer to say it again; the turn ended with ``outcome``.

    Unless nothing more is to be answered, or what was heard has to be put right first.
    """
    done = turn_over(conv, outcome, now, heard_ms)
    if conv.tries_spent or (conv.unfounded and isinstance(conv.phase, Speaking)):
        return open_window(conv, now, talk, Flush(), *done)
    saying = Saying(phrase=Phrase.SAY_AGAIN, due=now + PHRASE_LIMIT_S)
    return replace(conv, phase=saying), (Flush(), *done, PlayPhrase(Phrase.SAY_AGAIN))


def share_nothing(conv: Conversation, outcome: str, now: float) -> Step:
    """End the visit of somebody who failed too often to show whose order it is."""
    return apologise(conv, Phrase.CANNOT_SHARE, "proof", outcome, now)


def apologise(conv: Conversation, phrase: Phrase, reason: str, outcome: str, now: float) -> Step:
    """End the visit and say why. The session ends at once: nothing more leaves the device."""
    ended, effects = end_visit(conv, reason, outcome, now)
    saying = Saying(phrase=phrase, due=now + PHRASE_LIMIT_S, ended=True)
    return replace(ended, phase=saying), (Flush(), *effects, PlayPhrase(phrase))


def end_visit(conv: Conversation, reason: str, outcome: str, now: float) -> Step:
    """End the visit for ``reason``, and with ``outcome`` a turn that was under way."""
    effects = turn_over(conv, outcome, now)
    if not conv.over:
        ended = Report("visit_ended", {"visit": conv.visit, "reason": reason})
        effects = (*effects, CloseSession(), ended)
    return replace(conv, phase=Idle(), tries_spent=False, unfounded=""), effects


def turn_over(
    conv: Conversation, outcome: str, now: float, heard_ms: int | None = None
) -> tuple[Effect, ...]:
    """Report the end of the turn under way, if one is. Unless told, reckon what was heard."""
    match conv.phase:
        case Listening() | Thinking():
            fields = {"first_audio_ms": None, "heard_ms": 0}
            reports: tuple[Effect, ...] = ()
        case Speaking(since=since, dry_since=dry_since, first_audio_ms=first_audio_ms):
            until = now if dry_since is None else dry_since
            heard = whole_ms(until - since) if heard_ms is None else heard_ms
            fields = {"first_audio_ms": first_audio_ms, "heard_ms": heard}
            reports = (Report("reply_ended", {"heard_ms": heard}),)
        case _:
            return ()
    return (*reports, Report("turn_ended", {"turn": conv.turn, "outcome": outcome, **fields}))


def whole_ms(seconds: float) -> int:
    """Return milliseconds, for reports."""
    return round(seconds * 1000)
