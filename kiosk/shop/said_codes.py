"""Postcodes and the ends of telephone numbers, as customers say them: sign by sign.

What comes out is only ever compared with what the shop knows. So nothing here is doubtful: a
code that was misread is not the right one.
"""

import re
from typing import Final

from kiosk.core.spoken import number_words
from kiosk.core.spoken.cardinals import DIGIT_SOUNDS, Token, tokens_of
from kiosk.core.spoken.pieces import Piece, piece_at
from kiosk.core.spoken.plain import folded
from kiosk.core.spoken.spelling import NATO
from kiosk.core.spoken.stretches import HESITATIONS
from kiosk.core.spoken.words import word_set

LONGEST: Final = 300
"""Characters that are looked at."""

_LETTER_NAMES: Final = {
    "bee": "B", "cee": "C", "dee": "D", "ef": "F", "eff": "F", "gee": "G", "aitch": "H", "jay": "J",
    "kay": "K", "el": "L", "ell": "L", "em": "M", "pee": "P", "cue": "Q", "queue": "Q", "ar": "R",
    "ess": "S", "tee": "T", "vee": "V", "ex": "X", "wye": "Y", "zee": "Z", "zed": "Z",
}  # fmt: skip
_TIMES: Final = {"double": 2, "triple": 3, "treble": 3}
_NO_SIGNS: Final = re.compile(
    r"\b(?:the )?last (?:four|4)(?: (?:digits|numbers))?(?: (?:of|are|is))?\b", re.I
)
_NO_LETTERS: Final = word_set("in at am im by as be me we he")
_LETTERS_AT_ONCE: Final = 4


def hear_digits(text: str) -> str:
    """Return the code in a text, in capitals and without spaces; "" when there is none.

    Of several, the one after a correction, else the longest with a digit in it. ``O`` is ``0``
    beside a digit: fold them into one before comparing.
    """
    if len(text) > LONGEST:
        return ""
    tokens = tokens_of(_NO_SIGNS.sub(" elsewhere ", folded(text)))
    codes: list[str] = []
    between: list[str] = []
    at, code = 0, ""
    while at < len(tokens):
        signs, end = _signs(tokens, at, begun=bool(code))
        if signs:
            if not code and number_words.corrects(between):
                codes.clear()
            code, at, between = code + signs, end, []
            continue
        word = tokens[at].word
        if word not in HESITATIONS:
            codes, code = [*codes, code], ""
            between.append(word)
        at += 1
    with_digits = [each for each in [*codes, code] if re.search(r"\d", each)]
    return max(reversed(with_digits), key=len, default="")


def _signs(tokens: list[Token], at: int, *, begun: bool) -> tuple[str, int]:
    """Return the signs said at a token, and the token after them."""
    token = tokens[at]
    times = _TIMES.get(token.word, 0)
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if times and after and after.word in ("u", "you") and times == 2:
        return "W", at + 2
    piece = piece_at(tokens, at)
    if piece is not None and not (token.word == "w" and piece.end == at + 2):
        counts = begun or not piece.weak or _goes_on_in(tokens, piece)
        return (piece.digits, piece.end) if counts else ("", at)
    if times and after and (letter := _letters(tokens, at + 1, begun=True)):
        return letter * times if len(letter) == 1 else "", at + 2
    if token.word in DIGIT_SOUNDS and len(token.word) > 1 and begun and _goes_on(tokens, at + 1):
        return DIGIT_SOUNDS[token.word], at + 1
    if token.word in ("oh", "o") and (begun or _goes_on(tokens, at + 1)):
        lettered = token.word == "o" and after is not None and _letters(tokens, at + 1, begun=True)
        return "O" if lettered and not begun else "0", at + 1
    return _letters(tokens, at, begun=begun), at + 1


def _goes_on(tokens: list[Token], at: int) -> bool:
    """Tell whether a sign stands at a token, or the text has ended."""
    return at == len(tokens) or bool(piece_at(tokens, at) or _letters(tokens, at, begun=True))


def _goes_on_in(tokens: list[Token], piece: Piece) -> bool:
    """Tell whether the next word is a digit in a language of this one."""
    after = piece_at(tokens, piece.end) if piece.end < len(tokens) else None
    return bool(after and not after.weak and after.tongues & piece.tongues)


def _letters(tokens: list[Token], at: int, *, begun: bool) -> str:
    """Return the letters spelt at a token."""
    token = tokens[at]
    word = token.word
    if word in NATO or word in _LETTER_NAMES:
        return _LETTER_NAMES.get(word) or NATO[word].upper()
    if not word.isalpha() or len(word) > _LETTERS_AT_ONCE:
        return ""
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if len(word) == 1:
        spelt = begun or token.text.isupper() or word not in "ai"
        return word.upper() if spelt or (after and len(after.word) == 1) else ""
    beside_digits = (at > 0 and token.gap == "" and tokens[at - 1].word.isdigit()) or (
        after is not None and after.gap == "" and after.word.isdigit()
    )
    if beside_digits:
        return word.upper()
    if (
        word in _NO_LETTERS
        or word in number_words.ORDINARY
        or word in HESITATIONS
        or number_words.is_label(word)
    ):
        return ""
    pair = len(word) == 2 and after is not None and after.word.isdigit()
    return word.upper() if token.text.isupper() or pair else ""
