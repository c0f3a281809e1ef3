"""The instruction that a Live session begins with: the persona, with the languages filled in."""

from collections.abc import Sequence
from typing import Final

from kiosk.settings import LANGUAGES

PLACE: Final = "{languages}"
"""Where the persona has the rule about languages."""


def instruction(persona: str, languages: Sequence[str]) -> str:
    """Return the persona for these languages, two-letter codes; the first is begun in."""
    assert PLACE in persona, "the persona says which languages are spoken"
    return persona.replace(PLACE, _rule([LANGUAGES[code] for code in languages]))


def _rule(names: Sequence[str]) -> str:
    first, *others = names
    if not others:
        return (
            f"Speak {first} only. To a customer who speaks another language, say in {first} that"
            f" you speak {first} only, and offer a colleague."
        )
    every = f"{', '.join(names[:-1])} or {names[-1]}"
    return (
        f"Speak {every} and no other language. Begin in {first}. Change to another of these only"
        " when the customer has spoken it in two turns in a row, or asks you to. To a customer who"
        f" speaks any other language, say in {first} which ones you speak, and offer a colleague."
        " Facts, numbers and questions of a tool stay the same in every language."
    )
