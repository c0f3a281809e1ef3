"""An order number out of whatever words the model passes on, and a proof as it was said.

A number is taken only when the words leave one reading: O R D and five digits, nothing else of
the kind beside it. Whatever else may be meant comes back as a doubt, for the customer to settle.
"""

import itertools
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from kiosk.core.spoken.cardinals import Token, tokens_of
from kiosk.core.spoken.plain import plain
from kiosk.core.spoken.spelling import letters_before
from kiosk.core.spoken.stretches import Stretch, stretches
from kiosk.shop import number_words as words

PREFIX: Final = "ORD"
DIGITS: Final = 5
LONGEST: Final = 300
"""Characters that are looked at. Nobody needs more to say a number."""

_MOST_BETWEEN: Final = 6
_LABEL_WITHIN: Final = 5

_SPELT: Final = re.compile(r"\botto[ ,.-]*richard[ ,.-]*dora\b", re.I)
_GLUE: Final = frozenset({"", "-", "_", "/", "#"})


class Doubt(StrEnum):
    """Why a number was not taken."""

    TOO_FEW = "too few digits"
    TOO_MANY = "too many digits"
    SEVERAL = "several numbers"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Heard:
    """A whole number, or a doubt about what was said, or neither when there was no number.

    ``digits`` is what was heard, each candidate once; ``likely`` the one number worth reading
    back. It may be used only after the customer has said it again.
    """

    number: str | None = None
    doubt: Doubt | None = None
    digits: tuple[str, ...] = field(default=(), repr=False)
    likely: str | None = field(default=None, repr=False)


NOTHING: Final = Heard()


def hear_order_number(text: str) -> Heard:
    """Read the one order number in a text."""
    if len(text) > LONGEST:
        return NOTHING
    tokens = tokens_of(_SPELT.sub("O R D", plain(text)))
    found = [
        _Said(stretch, *_between(tokens, before, stretch), _is_odd(tokens, stretch))
        for before, stretch in itertools.pairwise([None, *_meant(tokens)])
        if stretch is not None
    ]
    if not found:
        return NOTHING
    if words.is_taken_back([token.word for token in tokens[found[-1].stretch.end :]]):
        return Heard(doubt=Doubt.UNCLEAR, digits=(found[-1].stretch.digits,))
    return _settled(found)


@dataclass(frozen=True, slots=True)
class _Said:
    """A stretch and what is said of it: corrects the last one, is denied, has odd letters."""

    stretch: Stretch
    corrects: bool
    denied: bool
    odd: bool

    @property
    def whole(self) -> bool:
        return len(self.stretch.digits) == DIGITS and not self.stretch.unclear and not self.odd


def _settled(found: list[_Said]) -> Heard:
    """Go through the numbers in the order they were said."""
    heard = NOTHING
    denied = ""
    for said in found:
        digits = said.stretch.digits
        if said.denied:
            denied = digits
            heard = NOTHING if heard.number == written(digits) else heard
        elif denied and heard.number and heard.number.endswith(denied) and len(denied) < DIGITS:
            heard, denied = _replaced(heard.number, denied, said), ""
        elif heard == NOTHING or (said.corrects and said.whole):
            heard = _alone(said)
        elif said.corrects:
            heard = _corrected(heard, said)
        elif heard.number is None or heard.number != written(digits) or not said.whole:
            known = dict.fromkeys((*(heard.digits or _digits_of(heard)), digits))
            both = heard.number is not None and said.whole
            heard = Heard(None, Doubt.SEVERAL if both else Doubt.UNCLEAR, tuple(known))
    if heard == NOTHING and denied:
        return Heard(doubt=Doubt.UNCLEAR, digits=(denied,))
    return heard


def _alone(said: _Said) -> Heard:
    digits = said.stretch.digits
    if said.whole:
        return Heard(written(digits))
    if said.odd or said.stretch.unclear:
        likely = written(digits) if len(digits) == DIGITS and not said.odd else None
        return Heard(None, Doubt.UNCLEAR, (digits,), likely)
    few = len(digits) < DIGITS
    return Heard(None, Doubt.TOO_FEW if few else Doubt.TOO_MANY, (digits,))


def _corrected(heard: Heard, said: _Said) -> Heard:
    """Put "no, two four" at the end of the number before it, where one corrects oneself."""
    correction = said.stretch.digits
    before = _digits_of(heard)
    clear = not (said.stretch.unclear or said.odd)
    if heard.number is None or not clear or not 1 < len(correction) < DIGITS:
        together = "".join(before) if len(before) == 1 and heard.doubt is Doubt.TOO_FEW else ""
        kept = together[: DIGITS - len(correction)]
        fits = clear and kept and len(kept) + len(correction) == DIGITS
        likely = written(kept + correction) if fits else None
        return Heard(None, Doubt.UNCLEAR, (*before, correction), likely)
    digits = before[0]
    changes = [
        sum(old != new for old, new in zip(digits[at:], correction, strict=False))
        for at in range(DIGITS - len(correction) + 1)
    ]
    corrected = written(digits[: -len(correction)] + correction)
    if min(changes) and changes[-1] == min(changes):
        return Heard(corrected)
    return Heard(None, Doubt.UNCLEAR, (digits, correction), corrected if min(changes) else None)


def _replaced(number: str, denied: str, said: _Said) -> Heard:
    """Put in "two four" for "not two one"."""
    digits = said.stretch.digits
    if said.whole:
        return Heard(written(digits))
    if len(digits) == len(denied) and not said.stretch.unclear and not said.odd:
        return Heard(number.removesuffix(denied) + digits)
    return Heard(None, Doubt.UNCLEAR, (number.removeprefix(f"{PREFIX}-"), digits))


def _digits_of(heard: Heard) -> tuple[str, ...]:
    return (heard.number.removeprefix(f"{PREFIX}-"),) if heard.number else heard.digits


def written(digits: str) -> str:
    """Return the digits as the number is written."""
    return f"{PREFIX}-{digits}"


def _meant(tokens: list[Token]) -> list[Stretch]:
    """Return the stretches that may be the order's, without quantities and other numbers."""
    every = stretches(tokens, DIGITS, PREFIX)
    return [
        stretch
        for before, stretch in itertools.pairwise([None, *every])
        if stretch is not None and not _is_other(tokens, stretch, before.end if before else 0)
    ]


def _is_other(tokens: list[Token], stretch: Stretch, since: int) -> bool:
    start, letters = letters_before(tokens, stretch.start, PREFIX)
    if start < stretch.start and not letters and not _is_word(tokens[start]):
        return False
    left = [
        token.word for token in tokens[max(since, stretch.start - _LABEL_WITHIN) : stretch.start]
    ]
    right = [token.word for token in tokens[stretch.end : stretch.end + _LABEL_WITHIN]]
    return words.names_another(left, right, stretch.digits)


def _is_word(token: Token) -> bool:
    return token.word in words.ORDINARY


def _is_odd(tokens: list[Token], stretch: Stretch) -> bool:
    """Tell whether letters stand before or behind the digits that no order number has."""
    after = tokens[stretch.end] if stretch.end < len(tokens) else None
    if after and after.gap in _GLUE and after.word.isalpha():
        return True
    before = tokens[stretch.start - 1] if stretch.start else None
    begins, letters = letters_before(tokens, stretch.start, PREFIX)
    if letters:
        names = [token.word for token in tokens[begins : stretch.start]]
        return not PREFIX.startswith(letters) and not all(name in words.ORDINARY for name in names)
    glued = before is not None and tokens[stretch.start].gap in _GLUE and begins == stretch.start
    return bool(glued and before and before.word not in words.ORDINARY)


def _between(tokens: list[Token], before: Stretch | None, stretch: Stretch) -> tuple[bool, bool]:
    """Tell whether a stretch corrects the one before it, and whether it is denied."""
    gap = tokens[before.end if before else 0 : stretch.start]
    said = [token.word for token in gap]
    close = said[-_MOST_BETWEEN:]
    corrects = before is not None and words.corrects(close) and not words.adds(said)
    return corrects, words.denies(said)
