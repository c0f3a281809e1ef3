"""A text as its plain words: what policy, goods and days are found by."""

import re
import unicodedata
from typing import Final

_WORD: Final = re.compile(r"[a-z0-9]+")


def split(text: str) -> tuple[str, ...]:
    """Return the plain words of a text, lower case, accents and apostrophes gone."""
    plain = unicodedata.normalize("NFKD", text).lower()
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return tuple(_WORD.findall(re.sub(r"['\u2019`]", "", plain)))
