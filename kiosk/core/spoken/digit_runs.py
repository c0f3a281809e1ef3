"""Stretches of digits in an utterance: what in it may be an identifier and what is a mere word."""

import itertools
from dataclasses import dataclass
from typing import Final

from kiosk.core.spoken.cardinals import BESIDE, DIGIT_SOUNDS, Token, digits_at
from kiosk.core.spoken.spelling import is_letter
from kiosk.core.spoken.words import word_set

_POINTING: Final = word_set(
    "that this the which other another first second last next wrong right same new old only any"
    " each every no good better"
)
_COUNTED: Final = word_set("more of moment second minute thing item question time last")
_BEFORE_A_NUMBER: Final = word_set("number is s it are then")


@dataclass(frozen=True, slots=True)
class Run:
    """Digits from the token ``start`` up to the token ``end``; ``sure`` when each was a digit."""

    start: int
    end: int
    digits: str
    sure: bool


def runs_in(tokens: list[Token], wanted: int | None) -> list[Run]:
    """Find stretches of digits; a word that only sounds like one counts between two of them.

    ``wanted`` is how many digits an identifier has. A stretch that is whole ends before "and"
    and before a number that is whole by itself.
    """
    runs: list[Run] = []
    at = 0
    while at < len(tokens):
        pieces: list[tuple[int, int, str, bool]] = []
        while at < len(tokens):
            found = digits_at(tokens, at)
            whole = sum(len(piece[2]) for piece in pieces) == wanted
            another = found is not None and len(found.digits) == wanted
            if whole and (another or tokens[at].word == "and"):
                break
            if found is not None:
                pieces.append((at, found.end, found.digits, not is_pronoun(tokens, at)))
                at = found.end
            elif tokens[at].word in DIGIT_SOUNDS:
                pieces.append((at, at + 1, DIGIT_SOUNDS[tokens[at].word], False))
                at += 1
            elif pieces and tokens[at].word in BESIDE:
                at += 1
            else:
                at += 1
                break
        run = _core(tokens, pieces, wanted)
        if run is not None:
            runs.append(run)
    return runs


def is_pronoun(tokens: list[Token], at: int) -> bool:
    """Tell "that one" and "one more" from the digit."""
    before = tokens[at - 1].word if at else ""
    after = tokens[at + 1].word if at + 1 < len(tokens) else ""
    return tokens[at].word == "one" and (before in _POINTING or after in _COUNTED)


def _core(
    tokens: list[Token], pieces: list[tuple[int, int, str, bool]], wanted: int | None
) -> Run | None:
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
        if len(digits) == wanted:
            first, last = low, high
            break
    taken = pieces[first : last + 1]
    return Run(
        taken[0][0],
        taken[-1][1],
        "".join(piece[2] for piece in taken),
        sure=all(piece[3] for piece in taken),
    )


def _may_begin(tokens: list[Token], at: int) -> bool:
    if not at or tokens[at].word == "one":
        return True
    return tokens[at - 1].word in _BEFORE_A_NUMBER or is_letter(tokens[at - 1])


def choose(runs: list[Run], wanted: int | None) -> list[Run]:
    """Take the last run of the right length, else runs that make it together, else the longest."""
    whole = [run for run in runs if len(once(run.digits, wanted)) == wanted]
    if whole:
        return [whole[-1]]
    for low, high in itertools.combinations(range(len(runs) + 1), 2):
        if sum(len(run.digits) for run in runs[low:high]) == wanted:
            return runs[low:high]
    return [max(runs, key=lambda run: len(run.digits))]


def once(digits: str, wanted: int | None) -> str:
    """Return a number that was said twice in one breath once."""
    half = len(digits) // 2
    twice = half == wanted and digits[:half] * 2 == digits
    return digits[:half] if twice else digits
