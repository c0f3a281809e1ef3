"""Leaving word for the staff: whether that is asked for, and the words that are to be left.

Found by the way people begin, because what follows may be about anything, an order or the
opening hours too. What is not begun so is no message: a question must never end up as one.
"""

import re
from dataclasses import dataclass
from typing import Final

from kiosk.core.spoken.words import word_set
from kiosk.local_live.intents import meant
from kiosk.local_live.phrasing import content, words

_HELLO: Final = (
    r"(?:(?:hello|hi|hey|good (?:morning|afternoon|evening)|excuse me|sorry|uh|um|well|okay|ok|so"
    r"|yes|no|and|then|in that case|actually|please|maybe)\b[\s,.!]*)*"
)
_YOU: Final = (
    r"(?:(?:can|could|would|will)(?:n't)? you (?:please |maybe |just |kindly |perhaps )*"
    r"|i(?:'d| would)? (?:like|want|need) you to |i(?:'d| would) (?:like|love) to "
    r"|i(?:'d| would) rather |i just |i (?:just )?(?:want|wanted|need) to |let me (?:just )?"
    r"|please |just |can you help me )"
)
_I: Final = (
    r"(?:(?:can|could|may|might) i (?:please |maybe |just |perhaps )*"
    r"|(?:is it possible|would it be possible|is there (?:a|any) way) (?:for me )?to "
    r"|how (?:can|do|could) i |where (?:can|do|could) i |do you |are you able to )"
)
_STAFF: Final = (
    r"(?:(?:all|one|some|any|somebody|someone) (?:of|from|on|in) )?"
    r"(?:the |your |a |an |my |any |some )?(?:shop |store |sales |other |night |day |floor )?"
    r"(?:staff|stuff|team|colleagues?|managers?|manageress|boss|employees?|supervisor|owner"
    r"|sales ?(?:person|people)|shop assistants?|assistants?|associates?|someone|somebody"
    r"|guys|crew|them)(?! ?'s)(?: members?)?(?: (?:here|in the (?:shop|store)|who works here))?"
)
_NOTE: Final = (
    r"(?:(?:a|an|the|my|this|another|any|some) )?(?:(?:short|quick|little|brief|small|voice) )*"
    r"(?:messages?|massage|notes?|memo|word)\b"
)
_FOR: Final = rf"(?: (?:for|to|with|on to|onto) {_STAFF}\b)"
_NOTED: Final = (
    rf"(?:(?:take|leave)(?: down)?(?: {_STAFF})? {_NOTE}{_FOR}?"
    rf"|(?:write|note|jot)(?: down)? {_NOTE}{_FOR}?"
    rf"|(?:pass|hand|forward)(?: on| along)? {_NOTE}(?: on\b| along\b)?{_FOR}?"
    rf"|(?:send|give|record|drop|write) (?:{_STAFF} {_NOTE}|{_NOTE}{_FOR})"
    rf"|(?:write|note|take) (?:this|that|it|something) down{_FOR})"
)
_HAVE: Final = rf"(?:i(?:'ve| have)(?: got)?|there is|this is|here is) {_NOTE}{_FOR}"
_TOLD: Final = (
    rf"(?:tell|inform|notify|remind) {_STAFF}\b(?: about\b| of\b)?"
    rf"|let {_STAFF} know\b(?: about\b)?|(?:pass|send) (?:this|that|it|something) on{_FOR}"
    rf"|(?:say|mention|report)(?: this| that| it| something)? to {_STAFF}\b"
)
_REQUEST: Final = re.compile(
    rf"{_HELLO}(?:(?:{_YOU}|{_I})?{_NOTED}|{_HAVE}"
    rf"|(?:{_YOU}|(?:can|could|may) i )?(?P<told>{_TOLD}))(?:,? please\b)?",
    re.I,
)
_JOINT: Final = re.compile(
    r"^[\s,.:;!?\u2013\u2014-]*(?:(?:please\b|for me\b|saying\b|which says\b|that says\b|to say\b"
    r"|and (?:say|tell them)\b|the (?:message|note) is\b|it(?:'s| is| says)\b(?= that\b|:)"
    r"|this is it\b)[\s,.:;-]*)*(?:(?:that|tell them(?: that)?)\b(?! (?:is|was) all)[\s,:]*)?",
    re.I,
)
_LEAD_IN: Final = re.compile(
    rf"^{_HELLO}(?:(?:just |please )*(?:tell|let) (?:them|{_STAFF})(?: know)?\b"
    r"|say\b(?= that\b)|(?:the|my) (?:message|note) (?:is|would be)\b)?[\s,:]*(?:that\b)?[\s,:]*",
    re.I,
)
_CLAUSES: Final = re.compile(
    r"(?<=[.?!])\s+|[,;]\s+(?:and |so |but )?(?=(?:can|could|would|will|may|please)\b)", re.I
)
_NOT_YET: Final = word_set(
    "please for me now here something anything thing this that it them about today thanks thank"
    " you someone a an the if possible quickly is to who from know of with one moment okay yes"
)
_AT_ONCE: Final = re.compile(
    r"(?:that )?(?:to (?:come|help)\b|(?:someone|somebody) (?:should|must|has to|needs to) come\b"
    r"|(?:i|we)(?: need| want|(?: would|'d) like)(?: some)? (?:help\b|to (?:speak|talk)\b)"
    r"|(?:i'm|i am|we're|we are) waiting(?: here)?\W*$)",
    re.I,
)
_LONGEST_TALK: Final = 5
_ASKS: Final = re.compile(
    r"^(?:what|where|when|who|how|which|can|could|do|does|did|is|are|will|would|may)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Left:
    """A wish to leave word; ``words`` is empty while it was not said what.

    ``before`` is what else was said ahead of it.
    """

    words: str
    before: str = ""


def wish(text: str) -> Left | None:
    """Find a wish to leave word for the staff in an utterance."""
    plain = " ".join(text.replace("\u2019", "'").split())
    clauses = _CLAUSES.split(plain)
    for at, clause in enumerate(clauses):
        found = _REQUEST.match(clause)
        if found is None:
            continue
        rest = " ".join((clause[found.end() :], *clauses[at + 1 :]))
        told = _tidy(_JOINT.sub("", rest))
        before = " ".join(clauses[:at])
        before = before if set(content(re.sub(rf"^{_HELLO}", "", before, flags=re.I))) else ""
        if _AT_ONCE.match(told):
            return None  # who wants somebody now must not be left to wait for a reader
        if set(words(told)) - _NOT_YET:
            asked = clause.endswith("?") and at + 1 == len(clauses)  # it is the wish that asks
            return Left(f"{told.rstrip('?')}." if asked else told, before)
        if found["told"] and _is_statement(before):
            return Left(_tidy(before))  # "the door is stuck, could you tell somebody?"
        return Left("", before)
    return None


def _is_statement(before: str) -> bool:
    asks = "?" in before or _ASKS.match(before)
    return bool(before) and not asks and meant(before).subject != "talk"


def dictated(text: str) -> str | None:
    """Return the words that are to be left, said after they were asked for; ``None``: no message.

    A question for the shop, small talk and "never mind" are none.
    """
    intent = meant(text)
    short = len(words(text)) <= _LONGEST_TALK
    if intent.sure:
        if intent.name == "urgent" or (intent.subject == "talk" and short):
            return None
        if intent.subject == "person" or (intent.subject and _ASKS.match(text)):
            return None
    told = _tidy(_LEAD_IN.sub("", text))
    return told if set(words(told)) - _NOT_YET else ""


def _tidy(text: str) -> str:
    text = text.strip(" ,:;-\u2013\u2014")
    return text[:1].upper() + text[1:]
