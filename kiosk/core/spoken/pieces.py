"""The digits that are said at one word or a few, in any of the languages known here."""

from dataclasses import dataclass
from typing import Final

from kiosk.core.spoken import tongues
from kiosk.core.spoken.cardinals import DIGIT_SOUNDS, Token, digits_at
from kiosk.core.spoken.words import word_set

ENGLISH: Final = frozenset({"en"})
SURE_SOUNDS: Final = word_set("sicks fife")
_VINGT: Final = word_set("vingt vingts")


@dataclass(frozen=True, slots=True)
class Piece:
    """Digits said at once. ``sound`` when the word only may be a digit."""

    digits: str
    start: int
    end: int
    tongues: frozenset[str] = ENGLISH
    weak: bool = False
    unclear: bool = False
    sound: bool = False


def piece_at(tokens: list[Token], at: int) -> Piece | None:
    """Return the digits that are said at a token, in any of the languages."""
    word = tokens[at].word
    if word in SURE_SOUNDS:
        return Piece(DIGIT_SOUNDS[word], at, at + 1)
    english = digits_at(tokens, at)
    if english is not None:
        said = [token.word for token in tokens[at : english.end]]
        joined = tongues.LARGE.isdisjoint(said) and _is_paused(tokens, at, english.end)
        foreign = tongues.NUMBER_WORDS.get((word,))
        also = foreign.tongues if foreign and foreign.digits == english.digits else frozenset()
        unclear = joined and word not in _DOUBLE
        return Piece(english.digits, at, english.end, ENGLISH | also, unclear=unclear)
    times = _DOUBLE.get(word) or tongues.TIMES.get(word, 0)
    if times:
        single = piece_at(tokens, at + 1) if at + 1 < len(tokens) else None
        if single is None or len(single.digits) != 1:
            return None
        return Piece(single.digits * times, at, single.end, single.tongues)
    return _foreign(tokens, at)


_DOUBLE: Final = {"double": 2, "triple": 3, "treble": 3, "w": 2}
"""W is how recognition writes "double" before a digit (measured)."""


def _foreign(tokens: list[Token], at: int) -> Piece | None:
    for length in range(min(tongues.LONGEST_PHRASE, len(tokens) - at), 0, -1):
        phrase = tuple(token.word for token in tokens[at : at + length])
        said = tongues.NUMBER_WORDS.get(phrase)
        if said:
            end = at + length
            # "vingt quatre-vingt-six" is 20 and 86 or 24 and 26
            either = length > 1 and phrase[-1] == "quatre" and follows(tokens, end - 1, _VINGT)
            # "quatre-vingt dix-neuf" is 99 or 80 and 19
            either |= len({token.gap for token in tokens[at + 1 : end]}) > 1
            unclear = either or _is_paused(tokens, at, end)
            return Piece(said.digits, at, end, said.tongues, said.weak, unclear)
    return None


def _is_paused(tokens: list[Token], start: int, end: int) -> bool:
    return any(token.paused for token in tokens[start + 1 : end])


def follows(tokens: list[Token], at: int, words: frozenset[str]) -> bool:
    """Tell whether one of the words stands right after a token, without a pause."""
    return at + 1 < len(tokens) and tokens[at + 1].word in words and not tokens[at + 1].paused
