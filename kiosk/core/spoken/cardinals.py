"""Numbers in spoken English: digits one by one, in pairs, doubled, or as a whole number."""

import re
from dataclasses import dataclass
from typing import Final

from kiosk.core.spoken.words import word_set

_TOKEN: Final = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?|\d+")
_PAUSE: Final = frozenset(".,;:!?\u2026\n")

_UNITS: Final = {
    "zero": 0, "nought": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "niner": 9,
}  # fmt: skip
_TEENS: Final = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_TIMES: Final = {"double": 2, "doubles": 2, "triple": 3, "treble": 3}
_BIG: Final = {"hundred": 100, "thousand": 1000}

DIGIT_SOUNDS: Final = {
    "oh": "0", "o": "0", "won": "1", "to": "2", "too": "2", "free": "3", "tree": "3", "for": "4",
    "fore": "4", "ate": "8", "nein": "9", "nigh": "9", "sicks": "6", "fife": "5", "sex": "6",
}  # fmt: skip
"""Words that recognition writes where a digit was said; only believable beside digits."""

BESIDE: Final = word_set("uh um er erm dash hyphen minus and then is number with")
"""Words that may stand between the signs of a number."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a number, where in the text it stands, and what stood between it and the last."""

    text: str
    word: str
    begins: int
    ends: int
    gap: str = ""

    @property
    def paused(self) -> bool:
        """Whether a sign of punctuation stands before it, hyphens apart."""
        return not _PAUSE.isdisjoint(self.gap)


@dataclass(frozen=True, slots=True)
class Digits:
    """Digits that begin at one token and end before the token ``end``."""

    digits: str
    end: int


def tokens_of(text: str) -> list[Token]:
    """Part a text into words and numbers."""
    tokens: list[Token] = []
    for found in _TOKEN.finditer(text):
        gap = text[tokens[-1].ends if tokens else 0 : found.start()]
        tokens.append(Token(found[0], found[0].lower(), found.start(), found.end(), gap))
    return tokens


def digits_at(tokens: list[Token], at: int) -> Digits | None:
    """Read the digits that are said at a token: ``88``, ``eighty-eight``, ``double eight``."""
    word = tokens[at].word
    if word in _TIMES and at + 1 < len(tokens):
        doubled = _small(tokens, at + 1)
        if doubled is not None and len(doubled.digits) == 1:
            return Digits(doubled.digits * _TIMES[word], doubled.end)
        if tokens[at + 1].word in ("oh", "o"):
            return Digits("0" * _TIMES[word], at + 2)
        return None
    small = _small(tokens, at)
    if small is None:
        return None
    whole = _whole(tokens, small)
    return whole or small


def _small(tokens: list[Token], at: int) -> Digits | None:
    word = tokens[at].word
    if word.isdigit():
        return Digits(word, at + 1)
    if word in _UNITS:
        return Digits(str(_UNITS[word]), at + 1)
    if word in _TEENS:
        return Digits(str(_TEENS[word]), at + 1)
    if word in _TENS:
        unit = _UNITS.get(tokens[at + 1].word, 0) if at + 1 < len(tokens) else 0
        return Digits(str(_TENS[word] + unit), at + 2 if unit else at + 1)
    return None


def _whole(tokens: list[Token], first: Digits) -> Digits | None:
    """Read "eighty-eight thousand four hundred and twenty-one" on from its first number."""
    if first.end >= len(tokens) or tokens[first.end].word not in _BIG:
        return None
    total, group, at = 0, int(first.digits), first.end
    while at < len(tokens):
        word = tokens[at].word
        if word == "hundred":
            group, at = group * 100, at + 1
        elif word == "thousand":
            total, group, at = total + group * 1000, 0, at + 1
        else:
            at += word == "and"
            small = _small(tokens, at) if at < len(tokens) else None
            if small is None or (group and (group % 100 or int(small.digits) > 99)):
                break
            group, at = group + int(small.digits), small.end
            if at >= len(tokens) or tokens[at].word not in _BIG:
                break
    return Digits(str(total + group), at)
