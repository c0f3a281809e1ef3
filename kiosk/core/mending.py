"""A reply that was cut by a lost connection, and its second telling.

The question is put again on the new connection, and the service answers anew. When the new
reply begins with the very words of the old one, it is the same reply: what the customer has
heard of it is skipped, and it goes on where it stopped. When it does not, it cannot be joined.

Transcripts come in any pieces and in no fixed order to the sound, so the decision waits until
enough of both is there, or the new reply is complete.
"""

import math
import re
from enum import Enum, auto
from typing import Final

from kiosk.core.audio import SAMPLE_BYTES, SPEAKER_HZ

_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_REST_OF_WORD: Final = re.compile(r"\S*")
_MS_BYTES: Final = SPEAKER_HZ * SAMPLE_BYTES // 1000


class Verdict(Enum):
    """What is known of the new reply so far."""

    OPEN = auto()
    SAME = auto()
    OTHER = auto()


class Telling:
    """How much of a reply has come: its words and its sound."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self.sound_bytes = 0

    def add_words(self, text: str) -> None:
        """Take in a piece of the transcript."""
        self._text.append(text)

    def add_sound(self, pcm: bytes) -> None:
        """Take in a piece of the sound."""
        self.sound_bytes += len(pcm)

    @property
    def text(self) -> str:
        """The transcript so far, as it came."""
        return "".join(self._text)

    def told(self, sound_ms: int) -> str:
        """Return what has been said after so much of the sound: about, and rather too much."""
        share = min(1.0, sound_ms * _MS_BYTES / self.sound_bytes) if self.sound_bytes else 0.0
        end = math.ceil(share * len(self.text))
        rest = _REST_OF_WORD.match(self.text, end) if end else None
        return self.text[: rest.end() if rest else end]

    @property
    def words(self) -> tuple[str, ...]:
        """The words so far, small letters, nothing between them."""
        return tuple(_WORD.findall(self.text.casefold()))


class Mending:
    """Compares the second telling with the first, and hands out what is new in it."""

    def __init__(self, first: Telling) -> None:
        self._first = first
        self.second = Telling()
        self._kept = bytearray()
        self._verdict = Verdict.OPEN

    def words(self, text: str) -> None:
        """Take in a piece of the new transcript."""
        self.second.add_words(text)

    def sound(self, pcm: bytes) -> None:
        """Take in a piece of the new sound."""
        self.second.add_sound(pcm)
        self._kept += pcm

    def verdict(self, *, complete: bool) -> Verdict:
        """Decide if that can be done; ``complete`` when no more of the new reply will come."""
        if self._verdict is not Verdict.OPEN:
            return self._verdict
        heard, told = self._first.words, self.second.words
        enough = len(told) >= len(heard) and self.second.sound_bytes >= self._first.sound_bytes
        if _differ(heard, told):
            self._verdict = Verdict.OTHER
        elif enough and heard:
            self._verdict = Verdict.SAME
        elif complete:
            self._verdict = Verdict.OTHER
        return self._verdict

    def new_words(self) -> str:
        """Return what the second telling has said beyond the first."""
        ends = [found.end() for found in _WORD.finditer(self.second.text)]
        heard = len(self._first.words)
        return self.second.text[ends[heard - 1] :] if 0 < heard <= len(ends) else ""

    def take(self) -> bytes:
        """Return the sound that follows on what was heard, once it is known to be the same."""
        assert self._verdict is Verdict.SAME, "only the same reply can go on"
        skip = self._first.sound_bytes - self._first.sound_bytes % SAMPLE_BYTES
        return bytes(self._kept[skip:])


def _differ(heard: tuple[str, ...], told: tuple[str, ...]) -> bool:
    """Whether two tellings cannot be the same.

    The last word of the one that was cut may be half of it, and is sound already; that of the
    one that is still coming may be the beginning of the same.
    """
    *before, last = told or ("",)
    sure = heard[:-1]
    if len(before) >= len(sure):
        return tuple(before[: len(sure)]) != sure
    return tuple(before) != sure[: len(before)] or not sure[len(before)].startswith(last)
