"""Real ears and a real voice: loaded once for all tests that use them."""

from collections.abc import Iterator

import pytest

from kiosk.local_live.ears import WhisperEars
from kiosk.local_live.voice import WorkerVoice, open_voice


@pytest.fixture(scope="session")
def ears() -> Iterator[WhisperEars]:
    ears = WhisperEars()
    ears.warm()
    yield ears
    ears.close()


@pytest.fixture(scope="session")
def voice() -> Iterator[WorkerVoice]:
    voice = open_voice()
    yield voice
    voice.close()
