"""What an utterance asks for: one request or two, and whether it stands alone.

A customer greets, hesitates, tells a story and asks in one breath; a follow-up leaves out
what was said before. What comes out of here is a question that a tool can be asked.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from kiosk.core.spoken.words import word_set
from kiosk.local_live.intents import NOTHING, Intent, meant
from kiosk.local_live.memory import Memory
from kiosk.local_live.phrasing import content, words

_CLAUSES: Final = re.compile(
    r"(?<=[.?!])\s+|,?\s+and (?=(?:what|where|when|how|can|could|do|does|is|are|who|which|will)\b)",
    re.I,
)
_GREETED: Final = re.compile(
    r"^(?:(?:hello|hi|hey|good (?:morning|afternoon|evening))\b[\s,.!]*)+", re.I
)
_ELLIPSIS: Final = re.compile(
    r"^(?:and|or|but|so|okay|ok)?[\s,]*"
    r"(?:(?:and )?(?:what|how) about|and|or|make it|set it to|change it to|try)\b[\s,]*",
    re.I,
)
_ASKS: Final = re.compile(
    r"\?|^(?:what|where|when|who|how|which|why|can|could|do|does|did|is|are|will|would|may|have)\b",
    re.I,
)
_TASKS: Final = ("order", "policy", "person", "change")
_MOST_REQUESTS: Final = 3
_BARE: Final = word_set(
    "my order number is it this that the yes no for a code id with here and s orders about"
    " i said mean sorry of please has have got gave give"
)
_OF_THE_SHOP: Final = word_set(
    "you your shop store item items i my it buy bought sell product products return here order"
)
_POINTING: Final = word_set(
    "is it that this does do they them cost costs anything free i have to pay for what much how"
    " and are there a fee charge be"
)
_ORDER_WORDS: Final = word_set("order orders package parcel delivery delivered ship shipped")
_SHORT_OF_ORDER: Final = (word_set("until when"), word_set("by when"), word_set("why"))
_SHORTEST_QUESTION: Final = 3
_COMING: Final = ("refunds", "appliances")  # money and the van: "when does it come?" is of them


@dataclass(frozen=True, slots=True)
class Request:
    """One thing asked; ``plain`` is the text without identifiers and greeting."""

    text: str
    plain: str
    intent: Intent


def read(text: str, rest: str | None) -> list[Request]:
    """Part an utterance into its requests; ``rest`` is what is left without identifiers."""
    tidy = re.sub(r"\s+(?=[?.!,])", "", rest or text)
    plain = _GREETED.sub("", tidy)
    plain = plain if words(plain) else text
    clauses = [
        Request(clause if rest is None else text, clause, meant(clause))
        for clause in _CLAUSES.split(plain)
        if clause.strip()
    ]
    clauses = _numbered(clauses, rest)
    tasks = [request for request in clauses if request.intent.subject in _TASKS]
    if _are_several(tasks):
        return tasks[:_MOST_REQUESTS]
    intent = meant(plain)
    if intent.subject in ("", "talk") and (tasks or not intent.name):
        candidates = [request.intent for request in tasks or clauses]
        intent = max(candidates, key=lambda each: each.score, default=NOTHING)
    return [Request(text, plain, intent)]


def _numbered(clauses: list[Request], rest: str | None) -> list[Request]:
    """Take the clause that was not understood for the one that an identifier was said in."""
    about = {request.intent.subject for request in clauses}
    if rest is None or len(clauses) < 2 or about & {"order", "change"} or not about & {*_TASKS}:
        return clauses
    unclear = next((each for each in clauses if not each.intent.name), None)
    named = Intent("order_status", 1.0)
    return [replace(each, intent=named) if each is unclear else each for each in clauses]


def is_bare(rest: str) -> bool:
    """Tell whether nothing but an identifier was said."""
    return not set(content(rest)) - _BARE


def is_question(plain: str) -> bool:
    """Tell a question of some length from a stray word."""
    return bool(_ASKS.search(plain)) and len(set(content(plain))) > _SHORTEST_QUESTION


def elided(text: str) -> str | None:
    """Return what "and what about ..." is followed by; ``None`` for a full question."""
    about = _ELLIPSIS.sub("", text)
    return about if about != text else None


def goes_on_about_policy(memory: Memory, plain: str, intent: Intent) -> bool:
    """Tell "and when does it come?" after a question about refunds from one about an order."""
    if intent.name != "order_arrival" or memory.subject != "policy":
        return False
    if meant(memory.question).name not in _COMING:
        return False
    return not set(content(plain)) & _ORDER_WORDS


def goes_on_about_order(memory: Memory, plain: str) -> bool:
    """Tell "until when?" and "why?" after an order was told of."""
    return memory.subject == "order" and set(content(plain)) in _SHORT_OF_ORDER


def goes_on_about_return(memory: Memory, plain: str) -> bool:
    """Tell "until when?" and "why?" after a return was spoken of."""
    return memory.subject == "return" and set(content(plain)) in _SHORT_OF_ORDER


def is_for_the_shop(memory: Memory, plain: str, intent: Intent) -> bool:
    """Tell whether something not understood may yet be a question about the shop."""
    said = set(content(plain))
    about_shop = _ASKS.search(plain) and said & _OF_THE_SHOP and len(said) >= _SHORTEST_QUESTION
    follows = memory.subject == "policy" and elided(plain) is not None
    return intent.name != "chat" and bool(about_shop or follows)


def standing_alone(memory: Memory, plain: str, intent: Intent) -> str:
    """Return a question that can be understood without the conversation."""
    about = elided(plain)
    if intent.name == "shop" and memory.subject == "policy" and set(content(plain)) <= _POINTING:
        topic, about = memory.plain, about or plain
    elif about is not None:
        topic = intent.question or memory.question
    else:
        return plain
    if set(content(about)) <= set(content(topic)):
        return topic
    return f"{topic} {about[:1].upper()}{about[1:]}".strip()


def _are_several(tasks: Sequence[Request]) -> bool:
    """Tell two requests in one breath from one request told at length."""
    sure = [request for request in tasks if request.intent.sure]
    if len({request.intent.subject for request in sure}) > 1:
        return True
    asked = {request.intent.name for request in sure if _ASKS.search(request.plain)}
    return len(asked) > 1 and all(request.intent.subject == "policy" for request in sure)
