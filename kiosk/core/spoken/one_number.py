"""The one number of an order or the like in whatever words were said, or a doubt about it.

A number is taken only when the words leave one reading: its letters and so many digits, nothing
else of the kind beside it. Whatever else may be meant comes back as a doubt, for the customer to
settle.
"""

import itertools
import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from kiosk.core.spoken import number_words as words
from kiosk.core.spoken.cardinals import Token, tokens_of
from kiosk.core.spoken.pieces import piece_at
from kiosk.core.spoken.plain import plain
from kiosk.core.spoken.spelling import letters_before
from kiosk.core.spoken.stretches import Stretch, stretches

LONGEST: Final = 300
"""Characters that are looked at. Nobody needs more to say a number."""

_MOST_BETWEEN: Final = 6
_LABEL_WITHIN: Final = 5

_SPELT: Final = re.compile(r"\botto[ ,.-]*richard[ ,.-]*dora\b", re.I)
_TELEPHONE_DIGITS: Final = 8
_MOST_CORRECTED: Final = 3
_SENTENCE_END: Final = frozenset(".!?;\n")
_GLUE: Final = frozenset({"", "-", "_", "/", "#"})


@dataclass(frozen=True, slots=True)
class Form:
    """How a number is built: letters that all of them begin with, and so many digits."""

    prefix: str
    separator: str
    digits: int

    def written(self, digits: str) -> str:
        """Return the digits as the number is written."""
        return f"{self.prefix}{self.separator}{digits}"

    def digits_of(self, number: str | None) -> str:
        """Return the digits of a number that is written so, or nothing for none."""
        return (number or "").removeprefix(self.written(""))

    @property
    def half_heard(self) -> frozenset[str]:
        """What may be left of the letters when some were not heard: two of ORD, or the O."""
        left = {
            "".join(letters)
            for count in range(2, len(self.prefix) + 1)
            for letters in itertools.combinations(self.prefix, count)
        }
        return frozenset({self.prefix[:1], *left})


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


def hear_number(text: str, form: Form, longest: int = LONGEST) -> Heard:
    """Read the one number of a form in a text of at most so many characters."""
    if len(text) > longest:
        return NOTHING
    tokens = _tokens(text, form)
    found = _said(tokens, form)
    if not found:
        return NOTHING
    if words.is_taken_back([token.word for token in tokens[found[-1].stretch.end :]]):
        return Heard(doubt=Doubt.UNCLEAR, digits=(found[-1].stretch.digits,))
    return _settled(found, form)


def hear_numbers(text: str, form: Form, longest: int = LONGEST) -> tuple[str, ...]:
    """Read all the numbers in a text, each once; none when there is a doubt about any of them."""
    if len(text) > longest:
        return ()
    tokens = _tokens(text, form)
    found = _said(tokens, form)
    after = [token.word for token in tokens[found[-1].stretch.end :]] if found else []
    clear = all(said.whole(form) and not said.corrects and not said.denied for said in found)
    if not clear or words.is_taken_back(after):
        return ()
    return tuple(dict.fromkeys(form.written(said.stretch.digits) for said in found))


def _tokens(text: str, form: Form) -> list[Token]:
    said = plain(text)
    return tokens_of(_SPELT.sub("O R D", said) if form.prefix == "ORD" else said)


@dataclass(frozen=True, slots=True)
class _Said:
    """A stretch and what is said of it: corrects the last one, is denied, has odd letters."""

    stretch: Stretch
    corrects: bool
    denied: bool
    odd: bool

    def whole(self, form: Form) -> bool:
        return len(self.stretch.digits) == form.digits and not self.stretch.unclear and not self.odd


def _said(tokens: list[Token], form: Form) -> list[_Said]:
    """Return the numbers in the order they were said, with what is said of each."""
    return [
        _Said(stretch, *_between(tokens, before, stretch), _is_odd(tokens, stretch, form))
        for before, stretch in itertools.pairwise([None, *_meant(tokens, form)])
        if stretch is not None
    ]


def _settled(found: list[_Said], form: Form) -> Heard:
    """Go through the numbers in the order they were said."""
    heard = NOTHING
    denied = None
    for said in found:
        digits = said.stretch.digits
        if said.denied and len(digits) != form.digits:
            return Heard(None, Doubt.UNCLEAR, (*_digits_of(heard, form), digits))
        if said.denied:
            denied = digits
            heard = NOTHING if heard.number == form.written(digits) else heard
        elif heard == NOTHING or (said.corrects and said.whole(form)):
            heard = _alone(said, form)
        elif said.corrects:
            heard = _corrected(heard, said, form)
        elif heard.number is None or heard.number != form.written(digits) or not said.whole(form):
            known = dict.fromkeys((*_digits_of(heard, form), digits))
            both = heard.number is not None and said.whole(form)
            heard = Heard(None, Doubt.SEVERAL if both else Doubt.UNCLEAR, tuple(known))
    if denied and (heard == NOTHING or heard.number == form.written(denied)):
        return Heard(None, Doubt.UNCLEAR, (denied,))
    return heard


def _alone(said: _Said, form: Form) -> Heard:
    digits = said.stretch.digits
    if said.whole(form):
        return Heard(form.written(digits))
    if said.odd or said.stretch.unclear:
        likely = form.written(digits) if len(digits) == form.digits and not said.odd else None
        return Heard(None, Doubt.UNCLEAR, (digits,), likely)
    few = len(digits) < form.digits
    return Heard(None, Doubt.TOO_FEW if few else Doubt.TOO_MANY, (digits,))


def _corrected(heard: Heard, said: _Said, form: Form) -> Heard:
    """Put "no, two four" at the end of the number before it, where one corrects oneself."""
    correction = said.stretch.digits
    before = _digits_of(heard, form)
    clear = not (said.stretch.unclear or said.odd)
    most = min(_MOST_CORRECTED, form.digits - 1)
    if heard.number is None or not clear or not 1 < len(correction) <= most:
        together = "".join(before) if len(before) == 1 and heard.doubt is Doubt.TOO_FEW else ""
        kept = together[: form.digits - len(correction)]
        fits = clear and kept and len(kept) + len(correction) == form.digits
        likely = form.written(kept + correction) if fits else None
        return Heard(None, Doubt.UNCLEAR, (*before, correction), likely)
    digits = before[0]
    changes = [
        sum(old != new for old, new in zip(digits[at:], correction, strict=False))
        for at in range(form.digits - len(correction) + 1)
    ]
    corrected = form.written(digits[: -len(correction)] + correction)
    if min(changes) and changes[-1] == min(changes):
        return Heard(corrected)
    return Heard(None, Doubt.UNCLEAR, (digits, correction), corrected if min(changes) else None)


def _digits_of(heard: Heard, form: Form) -> tuple[str, ...]:
    return (form.digits_of(heard.number),) if heard.number else heard.digits


def _meant(tokens: list[Token], form: Form) -> list[Stretch]:
    """Return the stretches that may be the order's, without quantities and other numbers."""
    every = stretches(tokens, form.digits, form.prefix)
    return [
        stretch if _is_at_home(tokens, stretch, since, form) else replace(stretch, unclear=True)
        for stretch, since in zip(every, [0, *(each.end for each in every)], strict=False)
        if not _is_other(tokens, stretch, since, form)
        and (len(every) == 1 or len(stretch.digits) < max(_TELEPHONE_DIGITS, form.digits + 1))
    ]


def _is_other(tokens: list[Token], stretch: Stretch, since: int, form: Form) -> bool:
    """Tell whether a stretch is named as something else, or has letters of its own."""
    if _is_lettered(tokens, stretch, form):
        return False
    if len(stretch.digits) > form.digits and _is_odd(tokens, stretch, form):
        return True
    left = _words(tokens, max(since, stretch.start - _LABEL_WITHIN), stretch.start)
    right = _words(tokens, stretch.end, stretch.end + _LABEL_WITHIN)
    return words.names_another(left, right, stretch.digits)


def _is_at_home(tokens: list[Token], stretch: Stretch, since: int, form: Form) -> bool:
    """Tell whether a stretch is named as an order's, or stands where only that is said."""
    left = _words(tokens, max(since, stretch.start - _LABEL_WITHIN), stretch.start)
    if _is_lettered(tokens, stretch, form) or words.names_order(left):
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


def _is_lettered(tokens: list[Token], stretch: Stretch, form: Form) -> bool:
    """Tell whether the letters of an order number were spelt before the digits."""
    start, letters = letters_before(tokens, stretch.start, form.prefix)
    spelt = stretch.start - start > 1 or _name(tokens[start]) not in words.ORDINARY
    return start < stretch.start and not letters and spelt


def _name(token: Token) -> str:
    """Return the word to look up; a capital alone is a letter and never a word."""
    return token.text if len(token.text) == 1 else token.word


def _is_odd(tokens: list[Token], stretch: Stretch, form: Form) -> bool:
    """Tell whether letters stand before or behind the digits that no order number has."""
    after = tokens[stretch.end] if stretch.end < len(tokens) else None
    if after and after.gap in _GLUE and after.word.isalpha():
        return True
    before = tokens[stretch.start - 1] if stretch.start else None
    begins, letters = letters_before(tokens, stretch.start, form.prefix)
    if letters:
        names = [_name(token) for token in tokens[begins : stretch.start]]
        return letters not in form.half_heard and not all(name in words.ORDINARY for name in names)
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
