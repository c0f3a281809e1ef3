"""What a customer leaves for the staff: plain words, and a number to speak of them by.

Pure. The words are personal data: they are kept out of every ``repr``, and so out of the journal.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

MOST_WAITING: Final = 500
"""Unread messages a kiosk keeps. With more, nobody reads them: customers are told so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that waits for the staff. A ``reference`` is never given out twice."""

    reference: int
    taken_at: datetime
    text: str = field(repr=False)


def plain_words(text: str) -> str:
    """Return a text in one line, without signs that control a screen or cannot be seen."""
    spaced = (" " if char.isspace() else char for char in unicodedata.normalize("NFC", text))
    kept = "".join(char for char in spaced if unicodedata.category(char)[0] != "C")
    return " ".join(kept.split())
