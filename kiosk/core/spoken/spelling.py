"""Letters spelt aloud in front of a number, as customers say and as recognition writes them."""

from typing import Final

from kiosk.core.spoken.cardinals import BESIDE, Token
from kiosk.core.spoken.words import distance, word_set

NATO: Final = {
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
_NO_CODE: Final = word_set("TV PM AM ID OK US UK PC DVD USB CD A I")
_LETTERS_BEFORE: Final = 4


def letters_before(tokens: list[Token], start: int, prefix: str) -> tuple[int, str]:
    """Find the letters in front of the digits: where they begin, and which if they are odd.

    ``prefix`` are the letters that are wanted there; ``start`` is where the digits begin.
    """
    end = start
    while end > 0 and tokens[end - 1].word in BESIDE:
        end -= 1
    wanted = prefix.lower()
    if wanted:
        for first in range(max(0, end - _LETTERS_BEFORE), end):
            if _sounds_like(tokens[first:end], wanted):
                while first < end and _is_longer(tokens[first].word, wanted):
                    first += 1  # the word "order" belongs to the question
                return min(first, start), ""
    first = end
    while first > 0 and is_letter(tokens[first - 1]):
        first -= 1
    first -= 0 < first < end and tokens[first - 1].text == "A"
    letters = "".join(NATO.get(token.word, token.word) for token in tokens[first:end]).upper()
    return (first, letters) if letters else (start, "")


def _is_longer(word: str, wanted: str) -> bool:
    return word.startswith(wanted) and word != wanted


def _sounds_like(tokens: list[Token], wanted: str) -> bool:
    said = ""
    for token in tokens:
        word = token.word
        if word.startswith(wanted):
            said += wanted
        elif len(word) == 1 or word in NATO or word in _LETTER_SOUNDS:
            said += NATO.get(word) or _LETTER_SOUNDS.get(word) or word
        elif len(word) <= len(wanted) and set(word) <= set(wanted):
            said += word
        else:
            return False
    tail = wanted.endswith(said) and all(token.word != "the" for token in tokens)
    twice = said == wanted + wanted[-1]
    near = len(wanted) > 2 and len(said) == len(wanted) and distance(said, wanted) <= 1
    return bool(said) and (tail or twice or near)


def is_letter(token: Token) -> bool:
    """Tell whether a token is a spelt letter, an alphabet word or a short code of capitals."""
    if token.text in _NO_CODE or not token.word.isalpha():
        return False
    spelt = len(token.word) == 1 and token.word not in "ai"
    return spelt or token.word in NATO or (token.text.isupper() and len(token.text) <= 4)
