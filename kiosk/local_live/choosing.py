"""Which of the declared tools, if any, an utterance calls for.

A tool about a subject of the shop is known by telling words in its declaration; any other
tool by the words that the utterance shares with its name, its parameters and what it says of
itself. Without enough of them there is no tool: the caller says so rather than guess.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kiosk.local_live.declared import Kind, Tool
from kiosk.local_live.intents import Intent, telling_words
from kiosk.local_live.phrasing import stem, stems
from kiosk.local_live.quantities import number_in
from kiosk.local_live.vocabulary import meaning, verb_stems

_ENOUGH: Final = 2.0
_TITLE: Final = 2.0
_VERB: Final = 0.5
_NOUN: Final = 1.0
_FITS: Final = 2.0


@dataclass(frozen=True, slots=True)
class _Said:
    """What of an utterance is compared with tools."""

    meaning: frozenset[str]
    verbs: frozenset[str]
    number: bool

    @classmethod
    def read(cls, text: str) -> "_Said":
        said = frozenset(stems(text))
        return cls(meaning(said), said & verb_stems(), number_in(text) is not None)


def choose(tools: Sequence[Tool], text: str, intent: Intent) -> Tool | None:
    """Return the tool that fits, or ``None``."""
    said = _Said.read(text)
    telling = {stem(word) for word in telling_words(intent.subject)}
    if intent.name == "shop":  # the one subject that has no words of its own
        others = [tool for tool in tools if not telling & tool.words.every]
        special = max(others, key=lambda tool: _likeness(tool, said), default=None)
        if special and _likeness(special, said) >= _ENOUGH:
            return special
    if telling:
        fitting = [tool for tool in tools if telling & tool.words.every]
        if intent.subject == "change":
            order = {stem(word) for word in telling_words("order")}
            fitting = [tool for tool in fitting if order & tool.words.every]
        if intent.subject == "policy":
            fitting = [tool for tool in fitting if tool.first(Kind.QUESTION)] or fitting
        return max(fitting, key=lambda tool: _about(tool, telling, said, intent), default=None)
    liked = max(tools, key=lambda tool: _likeness(tool, said), default=None)
    return liked if liked and _likeness(liked, said) >= _ENOUGH else None


def asked_anything(tools: Sequence[Tool]) -> Tool | None:
    """Return a tool that takes any question about the shop, if there is one."""
    telling = {stem(word) for word in telling_words("policy")}
    open_to_all = [tool for tool in tools if tool.first(Kind.QUESTION)]
    return next((tool for tool in open_to_all if telling & tool.words.every), None)


def _likeness(tool: Tool, said: "_Said") -> float:
    """Return how much an utterance has in common with a tool; 2 and more is enough."""
    known = tool.words
    score = (
        _TITLE * len(said.meaning & known.meant_by_title)
        + _NOUN * len(said.meaning & known.meant_by_parameters)
        + _NOUN * len(said.meaning & known.meant_by_about)
    )
    if score:
        score += _VERB * len(said.verbs & known.title)
        score += _VERB * ((tool.first(Kind.NUMBER) is not None) is said.number)
    return score


def _about(tool: Tool, telling: set[str], said: "_Said", intent: Intent) -> float:
    score = 3.0 * len(telling & tool.words.title) + len(telling & tool.words.about)
    if intent.subject == "order":
        score += _FITS * (tool.first(Kind.IDENTIFIER) is not None)
    elif intent.subject == "policy":
        score += _FITS * (tool.first(Kind.QUESTION) is not None)
        score -= _FITS * (tool.first(Kind.IDENTIFIER) is not None)
    return score + _likeness(tool, said)
