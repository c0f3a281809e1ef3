"""Sound that can be told apart: numbered questions, and replies that know who asked.

Each frame of a *question* tells its number, its place and how many there are, so that the
service can say whether the whole of it came, and only once. Each 40 ms of a *reply* has a
level of its own: what was asked, in which words it is answered, whether this is an odd or an
even take of it, and which part it is. So a test can tell from what the speaker played which
part of which reply was heard, lost or heard twice.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from kiosk.core.audio import MIC_FRAME_MS, MIC_SILENCE, SPEAKER_HZ, Frame, SpeakerFrame

UNIT_S: Final = 0.04
"""What a reply is made of; also the length of its pieces."""
WORD_UNITS: Final = 8
"""Units to one word of a reply."""
UNIT_SAMPLES: Final = round(UNIT_S * SPEAKER_HZ)
MOST_UNITS: Final = 1023
MOST_QUESTIONS: Final = 7

_MAGIC: Final = 0x4B51
_HEADER: Final = struct.Struct("<HHHH")
_BODY: Final = b"\x10\x20" * ((len(MIC_SILENCE) - _HEADER.size) // 2)
_CLEAR: Final = 0.35
"""Share of a speaker frame that must have one level; a fade takes half a frame."""


def question(number: int, seconds: float) -> list[Frame]:
    """Speak question ``number`` (1 to 7)."""
    assert 1 <= number <= MOST_QUESTIONS
    total = round(seconds * 1000 / MIC_FRAME_MS)
    return [Frame(_HEADER.pack(_MAGIC, number, at, total) + _BODY) for at in range(total)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a question a microphone frame belongs."""

    question: int
    index: int
    total: int


def places(pcm: bytes) -> Iterable[Place]:
    """Find the numbered frames in what was uploaded; silence has no number."""
    for at in range(0, len(pcm) - len(MIC_SILENCE) + 1, len(MIC_SILENCE)):
        magic, number, index, total = _HEADER.unpack_from(pcm, at)
        if magic == _MAGIC:
            yield Place(number, index, total)


@dataclass(frozen=True, slots=True)
class Take:
    """One making of the answer to a question. Another ``wording`` is another text."""

    question: int
    wording: int = 0
    odd: bool = True

    def piece(self, unit: int, units: int = 1) -> bytes:
        """Return the sound of some units, 24 kHz mono PCM16."""
        parts = (struct.pack("<h", self._level(unit + more)) for more in range(units))
        return b"".join(part * UNIT_SAMPLES for part in parts)

    def word(self, unit: int) -> str | None:
        """Return the word that begins with a unit, with the blank before it."""
        number, inside = divmod(unit, WORD_UNITS)
        if inside:
            return None
        words = ("part", "piece")[self.wording]
        return f" {words} {number} of answer {self.question}"

    def _level(self, unit: int) -> int:
        assert 0 <= unit < MOST_UNITS, "a reply of 40 s is the longest"
        level = 2 * ((self.question * 2 + self.wording) * 1024 + unit + 1)
        return level if self.odd else -level


def heard_in(frame: SpeakerFrame) -> tuple[Take, int] | None:
    """Tell which unit of which reply a speaker frame holds; None for any other sound."""
    samples = np.frombuffer(frame, dtype="<i2")
    levels, counts = np.unique(samples, return_counts=True)
    best = int(counts.argmax())
    level = int(levels[best])
    if level % 2 or not level or counts[best] < _CLEAR * len(samples):
        return None
    code, unit = divmod(abs(level) // 2 - 1, 1024)
    return Take(code // 2, code % 2, level > 0), unit


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one take that was played without a jump, by its first and last unit."""

    take: Take
    first: int
    last: int
    at: float


def passages(played: Sequence[tuple[float, SpeakerFrame]]) -> list[Passage]:
    """Return what was played of replies, in order."""
    found: list[Passage] = []
    for at, frame in played:
        heard = heard_in(frame)
        if heard is None:
            continue
        take, unit = heard
        before = found[-1] if found else None
        if before and before.take == take and before.last <= unit <= before.last + 1:
            found[-1] = Passage(take, before.first, unit, before.at)
        else:
            found.append(Passage(take, unit, unit, at))
    return found


def gaps(played: Sequence[tuple[float, SpeakerFrame]], longer_than_s: float = 0.15) -> list[float]:
    """Return when a reply stopped sounding for longer than that and then went on."""
    found: list[float] = []
    question, until = 0, 0.0
    for at, frame in played:
        if heard := heard_in(frame):
            if heard[0].question == question and heard[1] and at - until > longer_than_s:
                found.append(until)
            question, until = heard[0].question, at
    return found
