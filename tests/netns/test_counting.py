"""The outage benchmark counts words exactly: what it calls lost was lost."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from kiosk.core.audio import MIC_FRAME_SAMPLES, MIC_SILENCE, SPEAKER_FRAME_SAMPLES
from kiosk.core.pcm import faded_in, faded_out


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "scripts"))
    yield import_module("outage_words")
    del sys.modules["outage_words"]


def test_every_captured_frame_tells_its_number(words: ModuleType) -> None:
    sound = b"".join((MIC_SILENCE, words.spoken(1001), words.spoken(31_999)))

    assert words.numbers_of(sound, MIC_FRAME_SAMPLES) == [0, 1001, 31_999]


def test_a_reply_tells_its_numbers_through_fades(words: ModuleType) -> None:
    sound = words.told(range(1, 61))
    size = SPEAKER_FRAME_SAMPLES * 2
    faded = faded_in(sound[:size], 120) + sound[size:-size] + faded_out(sound[-size:], 120)

    heard = words.numbers_of(faded, SPEAKER_FRAME_SAMPLES)
    assert words.times_each_word(heard, range(1, 61), words.TOLD_FRAMES) == [1, 1]


@pytest.mark.parametrize(
    ("heard", "lost", "twice"),
    [
        pytest.param([*range(1, 46)], 0, 0, id="all"),
        pytest.param([*range(1, 16), *range(31, 46)], 1, 0, id="a word lost"),
        pytest.param([*range(1, 46), *range(16, 31)], 0, 1, id="a word twice"),
        pytest.param([*range(1, 46), *range(1, 46), *range(1, 46)], 0, 6, id="all three times"),
        pytest.param([], 3, 0, id="nothing"),
        pytest.param([*range(2001, 2046)], 3, 0, id="another question"),
    ],
)
def test_words_are_counted(words: ModuleType, heard: list[int], lost: int, twice: int) -> None:
    times = words.times_each_word(heard, range(1, 46), words.ASKED_FRAMES)

    assert words.lost_and_twice(times) == (lost, twice)
