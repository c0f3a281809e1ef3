"""A customer who waits: signs of patience, then the truth, and what is done about it."""

from dataclasses import replace

from kiosk.core.earcons import Earcon
from kiosk.core.effects import (
    Flush,
    Phrase,
    PlayEarcon,
    PlayPhrase,
    Reconnect,
    StandIn,
)
from kiosk.core.endings import PHRASE_LIMIT_S, Step, apologise, end_visit, say_again, share_nothing
from kiosk.core.patience import patience
from kiosk.core.phases import (
    Conversation,
    FollowUp,
    Saying,
    Speaking,
    Thinking,
)
from kiosk.settings import Talk

LINK_LIMIT_S = 40.0
"""Longer than the link tries while somebody waits; a lost LinkGone must not hold a visit."""


def with_notice(conv: Conversation) -> Step:
    """Say honestly that the kiosk answers by itself, once."""
    if not conv.notice_owed:
        return conv, ()
    told = replace(conv, notice_owed=False, notice_given=True)
    return told, (PlayPhrase(Phrase.STANDING_IN),)


def wait_on(
    conv: Conversation, phase: Thinking | Speaking, since: float, now: float, talk: Talk
) -> Step:
    """Give the next sign of patience to who has waited ``since`` then, or own up."""
    plan = patience(talk)
    if phase.stage >= len(plan):
        ended, effects = end_visit(conv, "no_reply", "no_reply", now)
        return ended, (Flush(), *effects)
    phrase = plan[phase.stage][1]
    if phrase is Phrase.LOST_CONNECTION:
        return _own_up(conv, phase, now, talk)
    due = since + plan[phase.stage + 1][0]
    waiting = replace(phase, stage=phase.stage + 1, due=due)
    return replace(conv, phase=waiting), (PlayPhrase(phrase),)


def _own_up(conv: Conversation, phase: Thinking | Speaking, now: float, talk: Talk) -> Step:
    """Be honest with who has waited long enough; what is to be done depends on whose fault it is.

    A service that has the question and does not answer is called anew, and the customer asked
    to say it again. Without a way to it, the service on this machine stands in, or the
    customer is told, and the link goes on trying for as long as somebody may be waiting.
    """
    if conv.tries_spent:
        return share_nothing(conv, "no_reply", now)
    if conv.delivered:
        again, effects = say_again(conv, "no_reply", now, talk)
        return again, (*effects, Reconnect())
    if conv.truths.standby and not conv.standing_in:
        asked = replace(phase, due=now + talk.sorry_s)
        return replace(conv, phase=asked, standing_in=True), (StandIn(),)  # it is asked once
    told = replace(phase, stage=len(patience(talk)), due=now + LINK_LIMIT_S)
    return replace(conv, phase=told), (PlayPhrase(Phrase.LOST_CONNECTION),)


def link_gone(conv: Conversation, now: float, talk: Talk) -> Step:
    """End a visit whose link was gone for too long; who was told so already hears no more."""
    match conv.phase:
        case Thinking(stage=stage) | Speaking(stage=stage) if stage >= len(patience(talk)):
            ended, effects = end_visit(conv, "offline", "no_reply", now)
            return ended, (Flush(), *effects)
        case FollowUp():
            ended, effects = end_visit(conv, "offline", "", now)
            return ended, (PlayEarcon(Earcon.GOODBYE), *effects)
        case _:
            return apologise(conv, Phrase.LOST_CONNECTION, "offline", "no_reply", now)


def stand_in(conv: Conversation, now: float) -> Step:
    """Tell the customer that the service on this machine answers, once nobody speaks."""
    match conv.phase:
        case Thinking():
            return with_notice(conv)
        case FollowUp() if conv.notice_owed:
            saying = Saying(phrase=Phrase.STANDING_IN, due=now + PHRASE_LIMIT_S)
            return with_notice(replace(conv, phase=saying))
        case _:  # somebody speaks: it is said when they have finished
            return conv, ()
