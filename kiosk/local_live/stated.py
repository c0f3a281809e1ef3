"""Whether something is unused or still has its packaging, as customers say it.

"No, I never used it" is not a no, and "I opened the box" does not say that it was used.
"""

import re
from typing import Final

from kiosk.core.spoken.words import word_set

_UNUSED: Final = word_set("unused unopened new sealed untouched")
_USED: Final = word_set("used opened open worn")
_PACKED: Final = word_set("packaging package packed box boxed carton")

_NOT: Final = r"(?:not|never|n't|nor|hardly|without)\b[\w\s']{0,25}"
_THING: Final = r"(?:box|packag\w*|carton|wrapping|seal)"
_USE: Final = (
    rf"(?:us(?:ed|e|ing)|open(?:ed|ing)?(?! (?:the|its|it's) {_THING})|tried|try|worn|touched"
    r"|unpacked)"
)
_IS_UNUSED: Final = re.compile(
    rf"{_NOT}\b{_USE}\b|(?<!not )(?<!n't )\b(?:unused|unopened|unworn|untouched|brand new|sealed"
    r"|(?:like|as) new|still new|is new|it's new)\b",
    re.I,
)
_IS_USED: Final = re.compile(rf"\b{_USE}\b|\b(?:not|n't) (?:unused|unopened|new|sealed)\b", re.I)
_NO_BOX: Final = (
    r"\b(?:without|no|lost|threw|thrown|throw|recycled|binned|gone|missing|not|haven't|don't|never"
    r"|isn't)\b|n't\b"
)
_BUT: Final = re.compile(r"^\W*(?:no|nope)\b(?:[,.;]\s*|\s+)(?=i\b|it\b|we\b|they\b)", re.I)
_BOX: Final = re.compile(rf"\b{_THING}\b", re.I)
_LACKS: Final = re.compile(_NO_BOX, re.I)
_HAS: Final = re.compile(
    r"\b(?:have|has|got|kept|keep|with me|in it|it's in|it is in|here|brought)\b", re.I
)
_YES: Final = re.compile(
    r"^\W*(?:(?:uh|um|well|oh)\W+)*(?:yes|yeah|yep|yup|sure|correct|right|of course|it is|i do"
    r"|i have"
    r"|i did|they are|it does|absolutely|exactly|definitely|certainly)\b",
    re.I,
)
_NO: Final = re.compile(
    r"^\W*(?:(?:uh|um|well|oh|i'm afraid|sorry)\W+)*(?:no|nope|nah|not|it is not|it isn't|i don't"
    r"|i do not|i haven't|i have not|i didn't|they aren't|it doesn't|unfortunately)\b",
    re.I,
)
_UNSURE: Final = re.compile(
    r"\b(?:not (?:quite |really )?sure|don't (?:know|remember)|do not (?:know|remember)|no idea)\b",
    re.I,
)


def stated(name: str, text: str, *, asked: bool = False) -> bool | None:
    """Return what an utterance says of a yes-or-no parameter, ``None`` when it says nothing.

    ``name`` are the parameter's words. ``asked``: the customer was asked for it, so that a bare
    yes or no, or "I threw it away", is about it.
    """
    text = " ".join(text.replace("\u2019", "'").split())
    words = set(name.split())
    if is_unsure(text):
        return None
    told: bool | None = None
    if words & (_UNUSED | _USED):
        told = _unused(text)
        told = told if told is None or words & _UNUSED else not told
    elif words & _PACKED:
        told = _packed(text, asked=asked)
    if told is None and asked:
        return True if _YES.match(text) else False if _NO.match(text) else None
    return told


def is_unsure(text: str) -> bool:
    """Tell a customer who does not know from one who says no."""
    return bool(_UNSURE.search(text.replace("\u2019", "'")))


def _unused(text: str) -> bool | None:
    if _IS_UNUSED.search(text):
        return True
    return False if _IS_USED.search(text) else None


def _packed(text: str, *, asked: bool) -> bool | None:
    plain = _BUT.sub("", text)
    if _BOX.search(plain):
        if asked or _LACKS.search(plain) or _HAS.search(plain) or re.search(r"\bin\b", plain):
            return not _LACKS.search(plain)
        return None
    if not asked:
        return None
    if re.search(r"(?<!n't )(?<!not )\b(?:have|got|kept) (?:it|that|them)\b", plain, re.I):
        return True
    if re.search(r"\b(?:threw|thrown|lost|gone|missing|binned|recycled)\b", plain, re.I):
        return False
    return None
