"""A press of the button: who takes the floor by it, and where a visit begins."""

from dataclasses import replace

from kiosk.core.earcons import Earcon
from kiosk.core.effects import (
    Effect,
    Flush,
    OpenSession,
    Phrase,
    PlayEarcon,
    PlayPhrase,
    Report,
    StartUtterance,
)
from kiosk.core.endings import PHRASE_LIMIT_S, Step, end_visit, share_nothing, turn_over
from kiosk.core.parts import Part
from kiosk.core.phases import Conversation, Listening, Saying, Speaking, Thinking
from kiosk.settings import Talk


def pressed(conv: Conversation, now: float, talk: Talk) -> Step:
    """Answer a press; any but in mid-question gives the floor to who pressed."""
    truths = conv.truths
    match conv.phase:
        case Saying(ended=True) if conv.mashing:  # that press is being answered already
            return conv, ()
        case _ if conv.over and truths.muted:
            return conv, _once(conv, PlayEarcon(Earcon.MUTE))
        case _ if conv.over and Part.MICROPHONE in truths.failed:
            return conv, _once(conv, PlayPhrase(Phrase.NOT_AVAILABLE))
        case _ if conv.over:
            return _begin_visit(conv, now, talk)
        case _ if conv.tries_spent:
            return share_nothing(conv, "interrupted", now)
        case Listening(heard=True) as listening:  # "done", or there is more to say: so it is held
            return replace(conv, phase=replace(listening, held=True)), _once(
                conv, PlayEarcon(Earcon.LISTENING)
            )
        case _ if now >= conv.visit_due:  # the cap: who goes on asking is a new visit
            ended, effects = end_visit(conv, "cap", "interrupted", now)
            begun, more = _begin_visit(ended, now, talk)
            return begun, (*effects, *more)
        case Listening() as listening:
            phase = replace(listening, due=now + talk.hold_s)
            return replace(conv, phase=phase), _once(conv, PlayEarcon(Earcon.LISTENING))
        case Thinking() | Speaking():  # what it claimed is judged again, by what was heard of it
            done = turn_over(conv, "interrupted", now)
            begun, effects = _take_floor(replace(conv, unfounded=""), now, talk)
            return begun, (Flush(), Report("barge_in"), *done, *effects)
        case _:  # saying a phrase, or waiting for a follow-up question
            begun, effects = _take_floor(conv, now, talk)
            return begun, (Flush(), *effects)


def _once(conv: Conversation, sound: Effect) -> tuple[Effect, ...]:
    """Sound what answers a press, unless it is the same one to whoever presses."""
    return () if conv.mashing else (sound,)


def go_on_after_restart(conv: Conversation, visit: int, now: float, talk: Talk) -> Step:
    """Take up a visit that the kiosk's own end interrupted: its customer is still there."""
    phrase = Phrase.ONE_MOMENT
    saying = Saying(phrase=phrase, due=now + PHRASE_LIMIT_S)
    begun = replace(conv, visit=visit, turn=0, visit_due=now + talk.visit_s, phase=saying)
    started = Report("visit_started", {"visit": visit})
    return begun, (started, OpenSession(visit, goes_on=True), PlayPhrase(phrase))


def _begin_visit(conv: Conversation, now: float, talk: Talk) -> Step:
    visit = conv.visit + 1
    fresh = replace(
        conv,
        visit=visit,
        turn=0,
        visit_due=now + talk.visit_s,
        standing_in=False,
        notice_owed=False,
        notice_given=False,
    )
    begun, effects = _take_floor(fresh, now, talk, Earcon.PRESS)
    click, *rest = effects
    started = Report("visit_started", {"visit": visit})
    return begun, (Flush(), click, started, OpenSession(visit), *rest)


def _take_floor(
    conv: Conversation, now: float, talk: Talk, earcon: Earcon = Earcon.LISTENING
) -> Step:
    turn = conv.turn + 1
    phase = Listening(due=now + talk.hold_s)
    begun = replace(conv, turn=turn, phase=phase, delivered=False)
    return begun, (
        PlayEarcon(earcon),
        StartUtterance(turn),
        Report("turn_started", {"turn": turn}),
    )
