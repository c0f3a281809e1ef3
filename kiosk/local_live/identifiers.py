"""Order numbers, tracking codes and the like, out of spoken words.

Customers say "O R D eight eight four two one", "eighty-eight four twenty-one", "double eight",
"oh" for zero, or alphabet words; recognition writes "O.R.D. 8-8-4-2-1", "order D 88421",
"Oh are the 88421" or "88 for 2-1". What an identifier must look like is not known here:
it comes in as a ``Shape``, which is read out of a tool's declaration.
"""

import itertools
import re
from dataclasses import dataclass, replace
from typing import Final

from kiosk.local_live.cardinals import DIGIT_SOUNDS, Token, digits_at, tokens_of
from kiosk.local_live.phrasing import distance, word_set

_NATO: Final = {
    name: name[0]
    for name in word_set(
        "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike"
        " november oscar papa quebec romeo sierra tango uniform victor whiskey xray yankee zulu"
    )
}
_LETTER_SOUNDS: Final = {
    "ay": "a", "be": "b", "bee": "b", "see": "c", "sea": "c", "dee": "d", "de": "d", "di": "d",
    "the": "d", "ee": "e", "ef": "f", "gee": "g", "aitch": "h", "eye": "i", "jay": "j", "kay": "k",
    "el": "l", "ell": "l", "em": "m", "en": "n", "oh": "o", "so": "o", "zero": "o", "0": "o",
    "pee": "p", "cue": "q", "queue": "q", "are": "r", "our": "r", "ar": "r", "es": "s", "tea": "t",
    "tee": "t", "you": "u", "vee": "v", "ex": "x", "why": "y", "zee": "z", "zed": "z", "or": "or",
    "odd": "od",
}  # fmt: skip
_BESIDE: Final = word_set("uh um er erm dash hyphen minus and then is number with")
_NO_CODE: Final = word_set("TV PM AM ID OK US UK PC DVD USB CD A I")
_QUANTITIES: Final = word_set(
    "am pm a m p o clock oclock day days week weeks month months year years hour hours minute"
    " minutes euro euros dollar dollars pound pounds percent degrees degree items item pieces"
    " inch inches st nd rd th order orders package packages parcel parcels refund refunds return"
    " returns question questions thing things time times people of more"
)
_POINTING: Final = word_set(
    "that this the which other another first second last next wrong right same new old only any"
    " each every no good better"
)
_COUNTED: Final = word_set("more of moment second minute thing item question time last")
_BEFORE_A_NUMBER: Final = word_set("number is s it are then")
_CLEAR_DIGITS: Final = 3
_LETTERS_BEFORE: Final = 4
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

    def fits(self, shape: Shape) -> bool:
        """Tell whether it is whole and has nothing odd about it."""
        if shape.mixed:
            return bool(self.code)
        if self.letters:
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
    runs = _runs(tokens, shape)
    if not runs:
        return None
    chosen = _choose(runs, shape)
    start, end = chosen[0].start, chosen[-1].end
    prefix_at, letters = _letters_before(tokens, start, shape)
    digits = _once("".join(run.digits for run in chosen), shape)
    prefixed = prefix_at < start and not letters
    long = len(digits) >= _CLEAR_DIGITS and all(run.sure for run in chosen)
    clear = prefixed or bool(letters) or long or len(digits) == shape.digits
    counts = _is_quantity(tokens, end) and len(digits) != shape.digits
    if not (expected or clear) or (counts and not prefixed and (not expected or not long)):
        return None
    first = tokens[prefix_at]
    rest = f"{text[: first.begins]} {text[tokens[end - 1].ends :]}"
    return Spoken(digits, letters, " ".join(rest.split()), prefixed)


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
    return _letters_before(tokens, len(tokens), shape)[0] < len(tokens)


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


@dataclass(frozen=True, slots=True)
class _Run:
    start: int
    end: int
    digits: str
    sure: bool


def _runs(tokens: list[Token], shape: Shape) -> list[_Run]:
    """Find stretches of digits; a word that only sounds like one counts between two of them.

    A stretch that is whole ends before "and" and before a number that is whole by itself.
    """
    runs: list[_Run] = []
    at = 0
    while at < len(tokens):
        pieces: list[tuple[int, int, str, bool]] = []
        while at < len(tokens):
            found = digits_at(tokens, at)
            whole = sum(len(piece[2]) for piece in pieces) == shape.digits
            another = found is not None and len(found.digits) == shape.digits
            if whole and (another or tokens[at].word == "and"):
                break
            if found is not None:
                pieces.append((at, found.end, found.digits, not _is_pronoun(tokens, at)))
                at = found.end
            elif tokens[at].word in DIGIT_SOUNDS:
                pieces.append((at, at + 1, DIGIT_SOUNDS[tokens[at].word], False))
                at += 1
            elif pieces and tokens[at].word in _BESIDE:
                at += 1
            else:
                at += 1
                break
        run = _core(tokens, pieces, shape)
        if run is not None:
            runs.append(run)
    return runs


def _is_pronoun(tokens: list[Token], at: int) -> bool:
    """Tell "that one" and "one more" from the digit."""
    before = tokens[at - 1].word if at else ""
    after = tokens[at + 1].word if at + 1 < len(tokens) else ""
    return tokens[at].word == "one" and (before in _POINTING or after in _COUNTED)


def _core(
    tokens: list[Token], pieces: list[tuple[int, int, str, bool]], shape: Shape
) -> _Run | None:
    """Leave out what only sounds like a digit at either end, unless it completes the number.

    "For 8842" may be 4 8 8 4 2 where nothing else was said; "the status for 8842" is not.
    """
    sure = [index for index, piece in enumerate(pieces) if piece[3]]
    if not sure:
        return None
    first, last = sure[0], sure[-1]
    spans = ((first, last), (first, last + 1), (first - 1, last), (first - 1, last + 1))
    for low, high in spans:
        if low < 0 or high >= len(pieces):
            continue
        if low < first and not _may_begin(tokens, pieces[low][0]):
            continue
        if high > last and pieces[high][1] < len(tokens):
            continue
        digits = "".join(piece[2] for piece in pieces[low : high + 1])
        if len(digits) == shape.digits:
            first, last = low, high
            break
    taken = pieces[first : last + 1]
    return _Run(
        taken[0][0],
        taken[-1][1],
        "".join(piece[2] for piece in taken),
        sure=all(piece[3] for piece in taken),
    )


def _may_begin(tokens: list[Token], at: int) -> bool:
    if not at or tokens[at].word == "one":
        return True
    return tokens[at - 1].word in _BEFORE_A_NUMBER or _is_letter(tokens[at - 1])


def _choose(runs: list[_Run], shape: Shape) -> list[_Run]:
    """Take the last run of the right length, else runs that make it together, else the longest."""
    whole = [run for run in runs if len(_once(run.digits, shape)) == shape.digits]
    if whole:
        return [whole[-1]]
    for low, high in itertools.combinations(range(len(runs) + 1), 2):
        if sum(len(run.digits) for run in runs[low:high]) == shape.digits:
            return runs[low:high]
    return [max(runs, key=lambda run: len(run.digits))]


def _once(digits: str, shape: Shape) -> str:
    """Return a number that was said twice in one breath once."""
    half = len(digits) // 2
    twice = half == shape.digits and digits[:half] * 2 == digits
    return digits[:half] if twice else digits


def _letters_before(tokens: list[Token], start: int, shape: Shape) -> tuple[int, str]:
    """Find the letters in front of the digits: where they begin, and which if they are odd."""
    end = start
    while end > 0 and tokens[end - 1].word in _BESIDE:
        end -= 1
    wanted = shape.prefix.lower()
    if wanted:
        for first in range(max(0, end - _LETTERS_BEFORE), end):
            if _sounds_like(tokens[first:end], wanted):
                while tokens[first].word.startswith(wanted) and tokens[first].word != wanted:
                    first += 1  # the word "order" belongs to the question
                return min(first, start), ""
    first = end
    while first > 0 and _is_letter(tokens[first - 1]):
        first -= 1
    first -= 0 < first < end and tokens[first - 1].text == "A"
    letters = "".join(_NATO.get(token.word, token.word) for token in tokens[first:end]).upper()
    return (first, letters) if letters else (start, "")


def _sounds_like(tokens: list[Token], wanted: str) -> bool:
    said = ""
    for token in tokens:
        word = token.word
        if word.startswith(wanted):
            said += wanted
        elif len(word) == 1 or word in _NATO or word in _LETTER_SOUNDS:
            said += _NATO.get(word) or _LETTER_SOUNDS.get(word) or word
        elif len(word) <= len(wanted) and set(word) <= set(wanted):
            said += word
        else:
            return False
    tail = wanted.endswith(said) and all(token.word != "the" for token in tokens)
    twice = said == wanted + wanted[-1]
    near = len(wanted) > 2 and len(said) == len(wanted) and distance(said, wanted) <= 1
    return bool(said) and (tail or twice or near)


def _is_letter(token: Token) -> bool:
    if token.text in _NO_CODE or not token.word.isalpha():
        return False
    spelt = len(token.word) == 1 and token.word not in "ai"
    return spelt or token.word in _NATO or (token.text.isupper() and len(token.text) <= 4)


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
            elif _is_letter(tokens[at]):
                code += _NATO.get(tokens[at].word, tokens[at].word).upper()
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
