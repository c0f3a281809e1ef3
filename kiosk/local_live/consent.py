"""What a customer says to a read-back: yes, no, or something else; and a mind that was changed.

Nothing but an explicit yes is one. Whoever hesitates, asks or speaks of something else has not
agreed to anything.
"""

import re
from enum import Enum, auto
from typing import Final

from kiosk.local_live.intents import meant
from kiosk.local_live.phrasing import words

_YES: Final = re.compile(
    r"^\W*(?:(?:uh|um|well|oh|okay|ok|all right)\W+)*(?:yes|yeah|yep|yup|sure|correct|exactly|right"
    r"|absolutely|definitely|of course|please do|go ahead|do it|do that|that's (?:right|correct"
    r"|it|fine)"
    r"|that is (?:right|correct|fine)|i (?:do|am|agree|confirm)|i'm sure|okay|ok|fine|agreed)\b",
    re.I,
)
_NOT: Final = re.compile(
    r"\b(?:no|nope|nah|not|never|don't|do not|wait|stop|hold on|hang on|moment|second|but|keep"
    r"|rather"
    r"|forget|leave it|cancel that|undo|wrong|mistake|unless|only if|when|what|where|how|which|who"
    r"|why|instead|actually|maybe|think|sorry)\b|n't\b|\?",
    re.I,
)
_NO: Final = re.compile(
    r"^\W*(?:(?:uh|um|hm+|well|oh|yes|okay|ok|actually|sorry|please)\W+)*(?:no\b|nope|nah|don't"
    r"|do not|wait"
    r"|stop|hold on|hang on|never mind|forget|cancel that\b|rather not|i'd rather not|not (?:yet"
    r"|now"
    r"|really|sure)|leave it|one moment|just a (?:moment|second|minute)|i(?:'m| am) not sure"
    r"|let me think|maybe (?:not|later))",
    re.I,
)
_CHANGED: Final = re.compile(
    r"\bchanged? my mind\b|\b(?:want|like|rather|prefer|decided|going|will|'ll"
    r"|gonna)(?: to)? keep\b"
    r"|^\W*(?:(?:no|actually|sorry|wait|oh)\W+)*(?:i )?keep (?:it|them|the|my)\b|\bundo\b"
    r"|\breverse (?:it|that)\b"
    r"|\b(?:don't|do not|didn't|did not|won't|never)\b.{0,12}\b(?:cancel|return|send it back"
    r"|bring it back)\b|\b(?:not|stop) (?:to )?(?:cancel|return)(?:ing)?\b|\b(?:cancel|stop"
    r"|withdraw)"
    r" (?:the|my|that|this) (?:return|cancellation)\b|\b(?:it|that) was a mistake\b"
    r"|\b(?:want|need) it after all\b",
    re.I,
)
_DROPPED: Final = re.compile(
    r"\b(?:never mind|forget (?:about )?(?:it|that)|leave it|rather not|cancel that)\b"
    r"|^\W*(?:no\W+)?(?:please )?stop\b|^\W*cancel\W*$",
    re.I,
)
_ASKS: Final = re.compile(r"\b(?:can|could|may|am i|is it)\b.*\breturn\b|\?", re.I)
_HEARD: Final = re.compile(r"^\W*(?:ok(?:ay)?|fine|all ?right|right|good|mhm|uh huh)\W*$", re.I)
_LONGEST_YES: Final = 8


class Reply(Enum):
    """What an utterance is to a read-back."""

    YES = auto()
    NO = auto()
    AGAIN = auto()  # it was not heard, or "okay" may only mean that it was
    ELSE = auto()


def reply_to(text: str) -> Reply:
    """Read an utterance as the reply to a read-back."""
    plain = " ".join(text.replace("\u2019", "'").split())
    if changed_mind(plain) or _DROPPED.search(plain) or _NO.match(plain):
        return Reply.NO
    if _HEARD.match(plain):
        return Reply.AGAIN
    if _YES.match(plain) and not _NOT.search(plain) and len(words(plain)) <= _LONGEST_YES:
        return Reply.YES
    intent = meant(plain)
    if intent.name == "repeat" and intent.sure:
        return Reply.AGAIN
    return Reply.NO if intent.name in ("no", "wait", "stop") and intent.sure else Reply.ELSE


def changed_mind(text: str) -> bool:
    """Tell "no, I want to keep it" from a question about returns."""
    plain = " ".join(text.replace("\u2019", "'").split())
    return bool(_CHANGED.search(plain)) and not _ASKS.search(plain)


def dropped(text: str) -> bool:
    """Tell "never mind", said while something is under way."""
    return changed_mind(text) or bool(_DROPPED.search(text.replace("\u2019", "'")))
