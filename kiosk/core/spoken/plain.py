"""A text made ready to be looked through for numbers: one alphabet, one kind of digit.

Prices, dates and clock times are taken out on the way: their digits are no identifier's.
"""

import re
import unicodedata
from typing import Final

ELSEWHERE: Final = "elsewhere"
"""Stands where a price, a date or a clock time stood."""

_ZERO_FOR_O: Final = re.compile(r"\b0(?=[ .-]?(?:r[ .-]?)?d(?![a-z]))", re.I)
_MONEY: Final = re.compile(r"[$\u00a3\u20ac]\s?\d[\d.,]*|\d[\d.,]*\s?[$\u00a3\u20ac%\u00b0]")
_CENTS: Final = re.compile(r"(?<![\d.,-])\d+[.,]\d\d(?![\d.,-]*\d)")
_CLOCK: Final = re.compile(r"(?<![\d:])(?:[01]?\d|2[0-3]):[0-5]\d(?![\d:])")
_DATE: Final = re.compile(r"(?<![\d./-])(\d{1,4})([./-])(\d{1,2})\2(\d{4}|\d{1,2})(?![./-]?\d)")


def folded(text: str) -> str:
    """Return a text without accents and hidden signs, with 0 to 9 for every script's digits."""
    kept: list[str] = []
    for char in unicodedata.normalize("NFKD", text.replace("\u00df", "ss")):
        digit = unicodedata.decimal(char, None)
        if digit is not None:
            kept.append(str(digit))
        elif unicodedata.category(char) not in ("Mn", "Me", "Cf"):
            kept.append(char)
    return "".join(kept).replace("\u2019", "'")


def plain(text: str) -> str:
    """Return a folded text in which no price, date or clock time is left."""
    plain_text = _ZERO_FOR_O.sub("O", folded(text))
    for pattern in (_MONEY, _CLOCK, _CENTS):
        plain_text = pattern.sub(f" {ELSEWHERE} ", plain_text)
    return _DATE.sub(_unless_no_date, plain_text)


def _unless_no_date(found: re.Match[str]) -> str:
    first, second, third = int(found[1]), int(found[3]), int(found[4])
    year_first = len(found[1]) == 4 and 1 <= second <= 12 and 1 <= third <= 31
    day_first = len(found[4]) != 1 and len(found[1]) <= 2 and 1 <= min(first, second) <= 12
    is_date = year_first or (day_first and 1 <= max(first, second) <= 31)
    return f" {ELSEWHERE} " if is_date else found[0]
