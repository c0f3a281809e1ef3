"""Which of the declared tools, if any, an utterance calls for.

A tool about a subject of the shop is known by telling words in its declaration; any other
tool by the words that the utterance shares with its name, its parameters and what it says of
itself. Without enough of them there is no tool: the caller says so rather than guess.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from kiosk.local_live.cardinals import number_in
from kiosk.local_live.declared import Kind, Tool
from kiosk.local_live.intents import Intent, telling_words
from kiosk.local_live.phrasing import stem, stems, word_set

_ENOUGH: Final = 2.0
_TITLE: Final = 2.0
_VERB: Final = 0.5
_NOUN: Final = 1.0
_FITS: Final = 2.0

_VERBS: Final = word_set(
    "get set find search look lookup check list show fetch read query retrieve start make create"
    " add update turn change control give tell current"
)
_COMMON: Final = word_set(
    "a an the is are am was were be been do does did can could will would shall should may might"
    " have has had i me my you your it its we our they them their this that these those of to in on"
    " at for from by with about and or but not no yes if when where what which who how why there"
    " here please want need like know tell say ask use used using whenever every all any some one"
    " customer customers user users number numbers question questions thing things way name value"
    " say says only return returns returned e g such as up out back go going much many long now"
)
_ALIKE: Final = (
    "weather forecast rain raining rainy snow snowing sunny cloudy umbrella outside",
    "thermostat heating temperature warm warmer warmth cold colder heat degrees",
    "parcel package shipment delivery tracking track",
    "price cost costs expensive cheap",
    "light lights lamp lamps lighting bright brighter",
    "stock available availability inventory",
    "appointment reservation booking reserve book",
    "human person colleague agent staff employee",
    "music song songs play",
)


def choose(tools: Sequence[Tool], text: str, intent: Intent) -> Tool | None:
    """Return the tool that fits, or ``None``."""
    telling = {stem(word) for word in telling_words(intent.subject)}
    if intent.name == "shop":  # the one subject that has no words of its own
        others = [tool for tool in tools if not telling & _all_stems(tool)]
        special = max(others, key=lambda tool: likeness(tool, text), default=None)
        if special and likeness(special, text) >= _ENOUGH:
            return special
    if telling:
        fitting = [tool for tool in tools if telling & _all_stems(tool)]
        if intent.subject == "change":
            order = {stem(word) for word in telling_words("order")}
            fitting = [tool for tool in fitting if order & _all_stems(tool)]
        return max(fitting, key=lambda tool: _about(tool, telling, text, intent), default=None)
    liked = max(tools, key=lambda tool: likeness(tool, text), default=None)
    return liked if liked and likeness(liked, text) >= _ENOUGH else None


def asked_anything(tools: Sequence[Tool]) -> Tool | None:
    """Return a tool that takes any question about the shop, if there is one."""
    telling = {stem(word) for word in telling_words("policy")}
    open_to_all = [tool for tool in tools if tool.first(Kind.QUESTION)]
    return next((tool for tool in open_to_all if telling & _all_stems(tool)), None)


def likeness(tool: Tool, text: str) -> float:
    """Return how much an utterance has in common with a tool; 2 and more is enough."""
    said = _meaning(stems(text))
    title = _stemmed(tool.title)
    verbs = {stem(verb) for verb in _VERBS}
    nouns = _meaning(title - verbs)
    held = _meaning(
        _stemmed(
            " ".join(
                [parameter.noun for parameter in tool.parameters]
                + [choice for parameter in tool.parameters for choice in parameter.choices]
            )
        )
    )
    about = _meaning(_stemmed(tool.about))
    score = _TITLE * len(said & nouns) + _NOUN * len(said & held) + _NOUN * len(said & about)
    if score:
        score += _VERB * len(_stemmed(text) & title & verbs)
        wants_number = tool.first(Kind.NUMBER) is not None
        score += _VERB * (wants_number is (number_in(text) is not None))
    return score


def _about(tool: Tool, telling: set[str], text: str, intent: Intent) -> float:
    score = 3.0 * len(telling & _stemmed(tool.title)) + len(telling & _stemmed(tool.about))
    if intent.subject == "order":
        score += _FITS * (tool.first(Kind.IDENTIFIER) is not None)
    elif intent.subject == "policy":
        score += _FITS * (tool.first(Kind.QUESTION) is not None)
        score -= _FITS * (tool.first(Kind.IDENTIFIER) is not None)
    return score + likeness(tool, text)


def _meaning(known: Iterable[str]) -> frozenset[str]:
    common = _common_stems()
    kept = {each for each in known if each not in common}
    return frozenset(kept | {alike for each in kept for alike in _alike().get(each, ())})


def _all_stems(tool: Tool) -> frozenset[str]:
    nouns = " ".join(parameter.noun for parameter in tool.parameters)
    return _stemmed(f"{tool.title} {tool.about} {nouns}")


def _stemmed(text: str) -> frozenset[str]:
    return frozenset(stems(text))


@lru_cache(maxsize=1)
def _common_stems() -> frozenset[str]:
    return frozenset(stem(word) for word in _COMMON)


@lru_cache(maxsize=1)
def _alike() -> dict[str, tuple[str, ...]]:
    """Map each word of a group of like words to the name of the group."""
    groups: dict[str, tuple[str, ...]] = {}
    for group in _ALIKE:
        name = f"~{group.split()[0]}"
        for word in group.split():
            groups[stem(word)] = (*groups.get(stem(word), ()), name)
    return groups
