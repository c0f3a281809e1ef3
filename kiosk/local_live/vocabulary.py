"""The words of a tool by which an utterance finds it: read once, when the tool is declared."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from kiosk.core.spoken.words import word_set
from kiosk.local_live.phrasing import stem, stems

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
_LONGEST: Final = 1000  # letters of a description: the first of them say what it is for


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Stems of a tool's words, and what of them carries a meaning."""

    title: frozenset[str]
    about: frozenset[str]
    every: frozenset[str]
    meant_by_title: frozenset[str]
    meant_by_parameters: frozenset[str]
    meant_by_about: frozenset[str]


def vocabulary(title: str, about: str, nouns: Iterable[str], choices: Iterable[str]) -> Vocabulary:
    """Read the words of a tool; ``nouns`` are those of its parameters."""
    of_title, of_about = frozenset(stems(title)), frozenset(stems(about[:_LONGEST]))
    of_nouns = frozenset(stems(" ".join(nouns)))
    return Vocabulary(
        title=of_title,
        about=of_about,
        every=of_title | of_about | of_nouns,
        meant_by_title=meaning(of_title - verb_stems()),
        meant_by_parameters=meaning({*of_nouns, *stems(" ".join(choices))}),
        meant_by_about=meaning(of_about),
    )


def meaning(known: Iterable[str]) -> frozenset[str]:
    """Return the stems that are not common, and the groups of like words that they are in."""
    common, alike = _common_stems(), _alike()
    kept = {each for each in known if each not in common}
    return frozenset(kept | {group for each in kept for group in alike.get(each, ())})


@lru_cache(maxsize=1)
def verb_stems() -> frozenset[str]:
    """Return the stems of verbs that say little of what a tool is for."""
    return frozenset(stem(verb) for verb in _VERBS)


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
