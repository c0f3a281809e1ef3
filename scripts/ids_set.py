"""Utterances with and without an order number in them, made the same on every run.

There are several manners of saying things: those the parser was worked on with, and one whose
utterances it was measured on once and not changed for.
"""

import random
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import ids_words as say

SEED = 88421
EACH = 80
"""Utterances of one style in one manner."""


@dataclass(frozen=True)
class Utterance:
    """What is said, and the digits that are meant; ``None`` when there is no one number to take."""

    style: str
    text: str
    meant: str | None


@dataclass(frozen=True)
class Manner:
    """One manner's ways of saying things."""

    prefixes: list[str]
    carriers: list[str]
    fillers: list[str]
    cues: list[str]
    tail_cues: list[str]
    denials: list[str]
    both: list[str]
    others: list[str]
    foreign: dict[str, list[str]]
    foreign_cues: dict[str, str]


def manners() -> dict[str, Manner]:
    """Read the ways of saying things, by name."""
    tables = tomllib.loads((Path(__file__).parent / "ids_manners.toml").read_text())
    return {name: Manner(**table) for name, table in tables.items()}


HOMOPHONES = {
    "zero": ("oh", "O"), "one": ("won",), "two": ("to", "too"), "three": ("tree", "free"),
    "four": ("for", "fore"), "five": ("fife",), "six": ("sicks",), "eight": ("ate",),
}  # fmt: skip
FULL_WIDTH = {ord(digit): chr(0xFF10 + int(digit)) for digit in "0123456789"}
ARABIC = {ord(digit): chr(0x0660 + int(digit)) for digit in "0123456789"}

Chance = random.Random
Style = Callable[[str, Manner, Chance], tuple[str, str | None]]


def utterances(manner: Manner, name: str) -> Iterator[Utterance]:
    """Make one manner's part of the set."""
    for style_name, style in STYLES.items():
        chance = Chance(f"{SEED} {name} {style_name}")
        for _ in range(EACH):
            yield Utterance(style_name, *style(number(chance), manner, chance))


def number(chance: Chance) -> str:
    """Draw five digits; every other one has a repeated digit somewhere, as many have."""
    digits = [str(chance.randrange(10)) for _ in range(5)]
    if chance.random() < 0.5:
        at = chance.randrange(4)
        digits[at + 1] = digits[at]
    return "".join(digits)


def _units(digits: str) -> list[str]:
    return [say.UNITS[int(digit)] for digit in digits]


def _carried(said: str, manner: Manner, chance: Chance, *, bare: bool = False) -> str:
    prefix = chance.choice(manner.prefixes)
    carrier = chance.choice(manner.carriers)
    if bare or prefix.startswith(("order", "number", "Order", "my order")):
        carrier = "{}"
    return carrier.format(prefix + said)


def _simple(make: Callable[[str, Chance], str]) -> Style:
    def style(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
        return _carried(make(digits, chance), manner, chance), digits

    return style


def _some_words(digits: str, chance: Chance) -> list[str]:
    """Return the digits in words in one of the common ways."""
    way = chance.randrange(3)
    if way == 0:
        return say.pairs(digits, chance)
    return say.doubled(digits) if way == 1 else _units(digits)


def _split(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    """Say it with pauses, as the recogniser writes them."""
    parts = _some_words(digits, chance) if chance.random() < 0.6 else list(digits)
    said = parts[0]
    for part in parts[1:]:
        said += chance.choice((" ", " ", ", ", "... ", ". ", "-")) + part
    return _carried(said, manner, chance), digits


def _mixed(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    """Say it half in words and half in figures."""
    parts = [chance.choice((digit, say.UNITS[int(digit)])) for digit in digits]
    return _carried(chance.choice((" ", "-", ", ")).join(parts), manner, chance), digits


def _filled(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    parts = _some_words(digits, chance)
    for _ in range(chance.choice((1, 1, 2))):
        at = chance.randrange(1, len(parts)) if len(parts) > 1 else 1
        parts.insert(at, chance.choice(manner.fillers))
    return _carried(" ".join(parts), manner, chance), digits


def _misspelt(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    """Write one digit word as another word that sounds the same."""
    parts = _units(digits)
    able = [at for at, word in enumerate(parts) if word in HOMOPHONES]
    for at in chance.sample(able, min(len(able), chance.choice((1, 1, 2)))):
        parts[at] = chance.choice(HOMOPHONES[parts[at]])
    return _carried(" ".join(parts), manner, chance), digits


def _ohs(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    at = chance.randrange(5)
    digits = digits[:at] + "0" + digits[at + 1 :]
    zero = chance.choice(("oh", "O", "nought", "oh"))
    parts = [zero if digit == "0" else say.UNITS[int(digit)] for digit in digits]
    return _carried(" ".join(parts), manner, chance), digits


def _dropped(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    """Lose one word of the number: what is left is not what was meant."""
    parts = _some_words(digits, chance)
    parts.pop(chance.randrange(len(parts)))
    return _carried(" ".join(parts), manner, chance), digits


def _extra(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    """Hear a digit twice, or one from next door; but not "six" behind "twenty", which is 26."""
    parts = _some_words(digits, chance)
    at = chance.choice([at for at in range(len(parts)) if not at or parts[at - 1] not in say.TENS])
    parts.insert(at, chance.choice((parts[at], say.UNITS[chance.randrange(10)])))
    return _carried(" ".join(parts), manner, chance), digits


def _said(digits: str, chance: Chance) -> str:
    return chance.choice((digits, " ".join(digits), " ".join(_some_words(digits, chance))))


def _other_than(digits: str, chance: Chance) -> str:
    at = chance.randrange(5)
    return digits[:at] + str((int(digits[at]) + chance.randrange(1, 10)) % 10) + digits[at + 1 :]


def _corrected(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    wrong = _said(_other_than(digits, chance), chance)
    return _carried(
        wrong + chance.choice(manner.cues) + _said(digits, chance), manner, chance
    ), digits


def _begun_again(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    """Break off in the middle and begin again."""
    begun = " ".join(_units(_other_than(digits, chance)[: chance.randrange(2, 5)]))
    return _carried(
        begun + chance.choice(manner.cues) + _said(digits, chance), manner, chance
    ), digits


def _tail(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    """Correct the last two or three digits: one of them was wrong."""
    count = chance.choice((2, 2, 3))
    at = chance.randrange(5 - count, 5)
    wrong = digits[:at] + str((int(digits[at]) + chance.randrange(1, 10)) % 10) + digits[at + 1 :]
    tail = " ".join(_units(digits[-count:]))
    return _carried(
        _said(wrong, chance) + chance.choice(manner.tail_cues) + tail, manner, chance
    ), digits


def _denied(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    wrong = _said(_other_than(digits, chance), chance)
    return chance.choice(manner.denials).format(wrong=wrong, right=_said(digits, chance)), digits


def _repeated(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    between = chance.choice((", ", ". ", ", yes, ", ", that is "))
    return _carried(_said(digits, chance) + between + _said(digits, chance), manner, chance), digits


def _two(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    another = _other_than(digits, chance)
    return chance.choice(manner.both).format(_said(digits, chance), _said(another, chance)), None


def _short(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    return _carried(_said(digits[: chance.choice((3, 4))], chance), manner, chance), None


def _long(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    more = "".join(str(chance.randrange(10)) for _ in range(chance.choice((1, 2))))
    return _carried(_said(digits + more, chance), manner, chance), None


def _other(_: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    return _figures(chance.choice(manner.others), chance), None


def _beside(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
    """Say something else with a number in it in the same breath."""
    other = _figures(chance.choice([each for each in manner.others if "{" in each]), chance)
    said = chance.choice(("order ", "O R D ", "my order number is ")) + _said(digits, chance)
    return (f"{other}, {said}" if chance.random() < 0.5 else f"{said}. {other}"), digits


def _figures(template: str, chance: Chance) -> str:
    def draw(count: int) -> str:
        return str(chance.randrange(10 ** (count - 1), 10**count))

    drawn = {f"d{count}": draw(count) for count in (2, 3, 4, 5, 6, 10)}
    words = {name: _said(value, chance) for name, value in drawn.items() if name in ("d4", "d5")}
    plain = "$" in template or "WM" in template or "INV" in template or chance.random() < 0.6
    return template.format(**(drawn if plain else drawn | words), n=chance.randrange(2, 29))


def _foreign(tongue: str) -> Style:
    def style(digits: str, manner: Manner, chance: Chance) -> tuple[str, str | None]:
        parts = say.in_tongue(digits, tongue)
        if tongue == "German" and chance.random() < 0.4:
            parts = say.german_pairs(digits, chance)
        if tongue == "French" and chance.random() < 0.4:
            parts = say.french_pairs(digits, chance)
        said = chance.choice((" ", " ", ", ")).join(parts)
        if chance.random() < 0.2:
            wrong = " ".join(say.in_tongue(_other_than(digits, chance), tongue))
            said = wrong + manner.foreign_cues[tongue] + said
        prefix = chance.choice(("", "", "O R D "))
        return chance.choice(manner.foreign[tongue]).format(prefix + said), digits

    return style


def _whole(digits: str, _: Chance) -> str:
    return (
        say.whole(digits) if int(digits) >= 1000 and digits[0] != "0" else " ".join(_units(digits))
    )


STYLES: dict[str, Style] = {
    "digit by digit": _simple(lambda digits, _: " ".join(_units(digits))),
    "as figures": _simple(lambda digits, _: digits),
    "figures apart": _simple(
        lambda digits, chance: chance.choice((" ", "-", ", ", ". ")).join(digits)
    ),
    "figures in groups": _simple(
        lambda digits, chance: chance.choice((" ", "-", " ")).join(say.pieces(digits, chance))
    ),
    "in pairs": _simple(lambda digits, chance: " ".join(say.pairs(digits, chance))),
    "double, triple": _simple(lambda digits, _: " ".join(say.doubled(digits))),
    "as one number": _simple(_whole),
    "oh and nought": _ohs,
    "words and figures": _mixed,
    "other scripts": _simple(
        lambda digits, chance: digits.translate(chance.choice((FULL_WIDTH, ARABIC)))
    ),
    "with pauses": _split,
    "with fillers": _filled,
    "as other words": _misspelt,
    "said twice": _repeated,
    "corrected": _corrected,
    "begun again": _begun_again,
    "end corrected": _tail,
    "denied": _denied,
    "beside another": _beside,
    **{tongue: _foreign(tongue) for tongue in say.TONGUES},
    "a word lost": _dropped,
    "a digit too many": _extra,
    "two numbers": _two,
    "too short": _short,
    "too long": _long,
    "no order number": _other,
}
"""Every style; from "a word lost" on there is nothing to take."""
NOTHING_TO_TAKE = (
    "a word lost",
    "a digit too many",
    "two numbers",
    "too short",
    "too long",
    "no order number",
)
