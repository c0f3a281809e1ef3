"""Order numbers, tracking codes and the like, out of spoken words.

Customers say "O R D eight eight four two one", "eighty-eight four twenty-one", "double eight",
"oh" for zero, or alphabet words; recognition writes "O.R.D. 8-8-4-2-1", "order D 88421",
"Oh are the 88421" or "88 for 2-1". What an identifier must look like is not known here:
it comes in as a ``Shape``, which is read out of a tool's declaration.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from kiosk.core.spoken import digit_runs
from kiosk.core.spoken.cardinals import Token, digits_at, tokens_of
from kiosk.core.spoken.spelling import NATO, is_letter, letters_before
from kiosk.core.spoken.words import word_set

_QUANTITIES: Final = word_set(
    "am pm a m p o clock oclock day days week weeks month months year years hour hours minute"
    " minutes euro euros dollar dollars pound pounds percent degrees degree items item pieces"
    " inch inches st nd rd th order orders package packages parcel parcels refund refunds return"
    " returns question questions thing things time times people of more"
)
_TAKES_BACK: Final = word_set("no sorry wait mean correction actually")
_BESIDE_IT: Final = word_set("i that is its it's it at the end rather make uh um er oh s")
_CLEAR_DIGITS: Final = 3
_MOST_AT_ONCE: Final = 3


@dataclass(frozen=True, slots=True)
class Shape:
    """How an identifier is built: letters that all of them begin with, and so many digits.

    ``digits`` is ``None`` when the number of digits is not known; ``mixed`` when letters and
    digits come in any order.
    """

    prefix: str = ""
    separator: str = ""
    digits: int | None = None
    mixed: bool = False


@dataclass(frozen=True, slots=True)
class Spoken:
    """An identifier as far as it was heard; ``rest`` is what else was said.

    ``letters`` are those heard in front when they are not the prefix that is wanted.
    """

    digits: str
    letters: str = ""
    rest: str = ""
    prefixed: bool = False
    code: str = ""
    corrected: bool = False
    """A part of it was taken back in the same breath: to be read back before it is used."""

    def fits(self, shape: Shape) -> bool:
        """Tell whether it is whole and has nothing odd about it."""
        if shape.mixed:
            return bool(self.code)
        if self.letters or self.corrected:
            return False
        return bool(self.digits) and (shape.digits is None or len(self.digits) == shape.digits)

    def written(self, shape: Shape) -> str:
        """Return it the way the tool wants it written."""
        if shape.mixed:
            return self.code
        prefix = self.letters or shape.prefix
        return f"{prefix}{shape.separator if prefix else ''}{self.digits}"


def hear(text: str, shape: Shape, *, expected: bool = False) -> Spoken | None:
    """Find the identifier in an utterance, or a part of one.

    ``expected`` when it was asked for: then a single digit counts. Without a digit in the
    text there is none, whatever letters were said.
    """
    tokens = tokens_of(text)
    if shape.mixed:
        return _mixed(text, tokens)
    tokens = _with_doubles(tokens, shape)
    runs = digit_runs.runs_in(tokens, shape.digits)
    if not runs:
        return None
    runs = [run for run in runs if not _is_denied(tokens, run, shape)] or runs
    chosen = digit_runs.choose(runs, shape.digits)
    start, end = chosen[0].start, chosen[-1].end
    prefix_at, letters = letters_before(tokens, start, shape.prefix)
    digits = digit_runs.once("".join(run.digits for run in chosen), shape.digits)
    prefixed = prefix_at < start and not letters
    long = len(digits) >= _CLEAR_DIGITS and all(run.sure for run in chosen)
    clear = prefixed or bool(letters) or long or len(digits) == shape.digits
    counts = _is_quantity(tokens, end) and len(digits) != shape.digits
    if not (expected or clear) or (counts and not prefixed and (not expected or not long)):
        return None
    better = _correction(tokens, runs, end, len(digits)) if len(digits) == shape.digits else None
    if better is not None:
        digits, end = digits[: -len(better.digits)] + better.digits, better.end
    first = tokens[prefix_at]
    rest = f"{text[: first.begins]} {text[tokens[end - 1].ends :]}"
    return Spoken(digits, letters, " ".join(rest.split()), prefixed, corrected=better is not None)


def _correction(
    tokens: list[Token], runs: list[digit_runs.Run], end: int, most: int
) -> digit_runs.Run | None:
    """Return what comes instead of the last digits of a number: "no, two one".

    The number ends at the token ``end`` and has ``most`` digits.
    """
    run = next((run for run in runs if run.start >= end), None)
    if run is None or len(run.digits) >= most or _is_quantity(tokens, run.end):
        return None
    between = {token.word for token in tokens[end : run.start]}
    return run if between & _TAKES_BACK and between <= _TAKES_BACK | _BESIDE_IT else None


def several(text: str, shape: Shape) -> list[str]:
    """Return the whole identifiers in an utterance, as written, in the order they were said."""
    found: list[str] = []
    left = text
    while len(found) < _MOST_AT_ONCE and (spoken := hear(left, shape)) and spoken.fits(shape):
        written = spoken.written(shape)
        found = [written, *(each for each in found if each != written)]
        left = spoken.rest
    return found


def begun(text: str, shape: Shape) -> bool:
    """Tell whether an utterance breaks off after the letters an identifier begins with."""
    tokens = tokens_of(text)
    if not shape.prefix or not tokens or tokens[-1].word.startswith("order"):
        return False
    return letters_before(tokens, len(tokens), shape.prefix)[0] < len(tokens)


def _with_doubles(tokens: list[Token], shape: Shape) -> list[Token]:
    """Read a W before a digit as "double": recognition writes "double eight" as "W-8"."""
    if "W" in shape.prefix:
        return tokens
    read = list(tokens)
    for at in range(len(tokens) - 1):
        after = digits_at(tokens, at + 1)
        if tokens[at].word == "w" and after is not None and len(after.digits) == 1:
            read[at] = replace(tokens[at], word="double")
    return read


def _is_denied(tokens: list[Token], run: digit_runs.Run, shape: Shape) -> bool:
    """Tell the second number of "88421, not 24421": a whole one, and the wrong one."""
    begins, _ = letters_before(tokens, run.start, shape.prefix)
    return begins > 0 and tokens[begins - 1].word == "not" and len(run.digits) == shape.digits


def _is_quantity(tokens: list[Token], end: int) -> bool:
    return end < len(tokens) and tokens[end].word in _QUANTITIES


def _mixed(text: str, tokens: list[Token]) -> Spoken | None:
    """Take the longest stretch of single letters, capitals and digits that has a digit."""
    best: tuple[int, int, str] | None = None
    at = 0
    while at < len(tokens):
        start, code = at, ""
        while at < len(tokens):
            found = digits_at(tokens, at)
            if found is not None:
                code, at = code + found.digits, found.end
            elif is_letter(tokens[at]):
                code += NATO.get(tokens[at].word, tokens[at].word).upper()
                at += 1
            else:
                break
        if re.search(r"\d", code) and len(code) >= _CLEAR_DIGITS:
            best = max(best or (start, at, code), (start, at, code), key=lambda b: len(b[2]))
        at += at == start
    if best is None:
        return None
    start, end, code = best
    rest = f"{text[: tokens[start].begins]} {text[tokens[end - 1].ends :]}"
    return Spoken("".join(filter(str.isdigit, code)), "", " ".join(rest.split()), True, code)
