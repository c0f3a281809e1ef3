"""An order number out of whatever words the model passes on, and a proof as it was said.

A number is taken only when the words leave one reading: O R D and five digits, nothing else of
the kind beside it. Whatever else may be meant comes back as a doubt, for the customer to settle.
"""

import itertools
import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from kiosk.core.spoken.cardinals import Token, tokens_of
from kiosk.core.spoken.pieces import piece_at
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
_HALF_HEARD: Final = frozenset({"O", "OR", "OD", "RD", "ORD"})
_TELEPHONE_DIGITS: Final = 8
_MOST_CORRECTED: Final = 3
_SENTENCE_END: Final = frozenset(".!?;\n")
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
    denied = None
    for said in found:
        digits = said.stretch.digits
        if said.denied and len(digits) != DIGITS:
            return Heard(None, Doubt.UNCLEAR, (*_digits_of(heard), digits))
        if said.denied:
            denied = digits
            heard = NOTHING if heard.number == written(digits) else heard
        elif heard == NOTHING or (said.corrects and said.whole):
            heard = _alone(said)
        elif said.corrects:
            heard = _corrected(heard, said)
        elif heard.number is None or heard.number != written(digits) or not said.whole:
            known = dict.fromkeys((*_digits_of(heard), digits))
            both = heard.number is not None and said.whole
            heard = Heard(None, Doubt.SEVERAL if both else Doubt.UNCLEAR, tuple(known))
    if denied and (heard == NOTHING or heard.number == written(denied)):
        return Heard(None, Doubt.UNCLEAR, (denied,))
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
    if heard.number is None or not clear or not 1 < len(correction) <= _MOST_CORRECTED:
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


def _digits_of(heard: Heard) -> tuple[str, ...]:
    return (heard.number.removeprefix(f"{PREFIX}-"),) if heard.number else heard.digits


def written(digits: str) -> str:
    """Return the digits as the number is written."""
    return f"{PREFIX}-{digits}"


def _meant(tokens: list[Token]) -> list[Stretch]:
    """Return the stretches that may be the order's, without quantities and other numbers."""
    every = stretches(tokens, DIGITS, PREFIX)
    return [
        stretch if _is_at_home(tokens, stretch, since) else replace(stretch, unclear=True)
        for stretch, since in zip(every, [0, *(each.end for each in every)], strict=False)
        if not _is_other(tokens, stretch, since)
        and (len(every) == 1 or len(stretch.digits) < _TELEPHONE_DIGITS)
    ]


def _is_other(tokens: list[Token], stretch: Stretch, since: int) -> bool:
    """Tell whether a stretch is named as something else, or has letters of its own."""
    if _is_lettered(tokens, stretch):
        return False
    if len(stretch.digits) > DIGITS and _is_odd(tokens, stretch):
        return True
    left = _words(tokens, max(since, stretch.start - _LABEL_WITHIN), stretch.start)
    right = _words(tokens, stretch.end, stretch.end + _LABEL_WITHIN)
    return words.names_another(left, right, stretch.digits)


def _is_at_home(tokens: list[Token], stretch: Stretch, since: int) -> bool:
    """Tell whether a stretch is named as an order's, or stands where only that is said."""
    left = _words(tokens, max(since, stretch.start - _LABEL_WITHIN), stretch.start)
    if _is_lettered(tokens, stretch) or words.names_order(left):
        return True
    first = stretch.start
    while first > since and not _SENTENCE_END.intersection(tokens[first].gap):
        first -= 1
    before = _words(tokens, first, stretch.start)
    after = tokens[stretch.end] if stretch.end < len(tokens) else None
    right = after.word if after and not after.paused and not piece_at(tokens, stretch.end) else ""
    return words.leads_up([] if since and words.corrects(before) else before, right)


def _words(tokens: list[Token], start: int, end: int) -> list[str]:
    return [token.word for token in tokens[start:end]]


def _is_lettered(tokens: list[Token], stretch: Stretch) -> bool:
    """Tell whether the letters of an order number were spelt before the digits."""
    start, letters = letters_before(tokens, stretch.start, PREFIX)
    spelt = stretch.start - start > 1 or _name(tokens[start]) not in words.ORDINARY
    return start < stretch.start and not letters and spelt


def _name(token: Token) -> str:
    """Return the word to look up; a capital alone is a letter and never a word."""
    return token.text if len(token.text) == 1 else token.word


def _is_odd(tokens: list[Token], stretch: Stretch) -> bool:
    """Tell whether letters stand before or behind the digits that no order number has."""
    after = tokens[stretch.end] if stretch.end < len(tokens) else None
    if after and after.gap in _GLUE and after.word.isalpha():
        return True
    before = tokens[stretch.start - 1] if stretch.start else None
    begins, letters = letters_before(tokens, stretch.start, PREFIX)
    if letters:
        names = [_name(token) for token in tokens[begins : stretch.start]]
        return letters not in _HALF_HEARD and not all(name in words.ORDINARY for name in names)
    glued = before is not None and tokens[stretch.start].gap in _GLUE and begins == stretch.start
    return bool(glued and before and _name(before) not in words.ORDINARY)


def _between(tokens: list[Token], before: Stretch | None, stretch: Stretch) -> tuple[bool, bool]:
    """Tell whether a stretch corrects the one before it, and whether it is denied."""
    gap = tokens[before.end if before else 0 : stretch.start]
    said = [token.word for token in gap]
    close = said[-_MOST_BETWEEN:]
    corrects = before is not None and words.corrects(close) and not words.adds(said)
    together = stretch.start
    while together > stretch.start - len(gap) and not tokens[together].paused:
        together -= 1
    return corrects, words.denies(_words(tokens, together, stretch.start))
