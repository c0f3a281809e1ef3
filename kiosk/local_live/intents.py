"""What a customer means: the nearest example of the phrasebook, above a floor."""

from dataclasses import dataclass
from typing import Final

from kiosk.core.spoken.words import word_set
from kiosk.local_live.phrasebook import ORDERS, PERSON, POLICY, TALK
from kiosk.local_live.phrasing import Examples, content

FLOOR: Final = 0.42
_SURE: Final = 0.6
_LIKELY: Final = 0.5  # a question with one word misheard reaches it (measured)
_FLOOR_WITH_KEYWORD: Final = 0.3

_BOOK: Final = {**ORDERS, **POLICY, **PERSON, **TALK}

_TELLING: Final = {
    "order": word_set(
        "order orders delivery deliveries package parcel parcels shipment shipping shipments"
        " track tracking purchase"
    ),
    "change": word_set("cancel cancels change changes modify update reschedule place create pay"),
    "policy": word_set(
        "policy policies return returns refund refunds hours opening faq rule rules terms shop"
        " store question questions knowledge information"
    ),
    "person": word_set(
        "person human colleague staff agent assistant employee handover escalate operator someone"
    ),
}
"""Words of which a tool's declaration must have one to be asked about a subject."""


_EXAMPLES: Final = Examples([(name, text) for name, texts in _BOOK.items() for text in texts])

_RETURN_WORDS: Final = word_set("return returns returned returning back exchange")
_ORDER_WORDS: Final = word_set(
    "order orders ordered delivered delivery delivering package parcel arrive arrived received"
)
_KEYWORDS: Final = {
    "order_status": _ORDER_WORDS,
    "order_arrival": _ORDER_WORDS,
    "returns": _RETURN_WORDS,
    "return_days": _RETURN_WORDS,
    "return_condition": _RETURN_WORDS | word_set("opened used"),
    "return_place": _RETURN_WORDS,
    "return_packaging": word_set("box packaging package"),
    "refunds": word_set("refund refunds refunded money"),
    "appliances": word_set(
        "appliance appliances fridge refrigerator freezer washer dryer dishwasher oven stove"
        " washing cooker"
    ),
    "hours": word_set("open opens opening close closes closing hours"),
    "person": word_set(
        "person human someone somebody employee employees manager colleague staff assistant agent"
    ),
}
"""Words that make a weaker likeness believable."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What was meant and how surely (0 to 1). ``name`` is empty below the floor."""

    name: str
    score: float
    keyed: bool = False
    """One of the words was said that make a weaker likeness believable."""

    @property
    def subject(self) -> str:
        """What it is about: ``order``, ``change``, ``policy``, ``person`` or ``talk``."""
        if self.name == "order_change":
            return "change"
        if self.name in ORDERS:
            return "order"
        if self.name in POLICY:
            return "policy"
        return "person" if self.name in PERSON else "talk" if self.name else ""

    @property
    def sure(self) -> bool:
        """Tell whether hardly anything else can be meant."""
        return self.score >= _SURE

    @property
    def likely(self) -> bool:
        """Tell whether it may be asked in its plainest wording instead of the customer's."""
        return self.keyed or self.score >= _LIKELY

    @property
    def question(self) -> str:
        """The plainest wording of it."""
        return _BOOK[self.name][0] if self.name else ""


NOTHING: Final = Intent("", 0.0)


def meant(text: str) -> Intent:
    """Return what an utterance means; ``NOTHING`` when it is like no example."""
    said = set(content(text))
    if not said:
        return NOTHING
    ranked = _EXAMPLES.nearest(text)
    name, score = ranked[0]
    if score >= FLOOR:
        return Intent(name, score, keyed=bool(said & _KEYWORDS.get(name, frozenset())))
    for name, weaker in ranked:
        if weaker < _FLOOR_WITH_KEYWORD:
            break
        if said & _KEYWORDS.get(name, frozenset()):
            return Intent(name, weaker, keyed=True)
    return Intent("", score)


def telling_words(subject: str) -> frozenset[str]:
    """Return the words that mark a tool as being about a subject."""
    return _TELLING.get(subject, frozenset())
