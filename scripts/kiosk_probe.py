"""What the rig itself takes: plain PyAudio at both ends of the virtual card, no kiosk.

Run as a process of its own in the card's environment. Writes one JSON line for each burst it
plays (``played``, the time at which the callback handed it to PortAudio) and each it hears
(``heard``, the time at which the callback got the block that its first sample is in) to the
file it is given. Block sizes and rates are the kiosk's.
"""

import json
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyaudio
from kiosk_tapes import tone

from kiosk.adapters.virtual_sound import MICROPHONE, SPEAKER
from kiosk.core.audio import (
    MIC_FRAME_SAMPLES,
    MIC_HZ,
    SPEAKER_FRAME_BYTES,
    SPEAKER_FRAME_SAMPLES,
    SPEAKER_HZ,
)

EVERY_BLOCKS = 37  # 370 ms: no multiple of any block length on the way
LOUD = 1000
QUIET_BLOCKS = 10


class _Ends:
    """The two callbacks. They note; the main thread prints."""

    def __init__(self) -> None:
        self.times: list[tuple[str, float]] = []
        self.news = threading.Event()
        self._burst = tone(0.01).ljust(SPEAKER_FRAME_BYTES, b"\0")
        self._blocks = 0
        self._quiet = QUIET_BLOCKS

    def play(
        self, _in: bytes | None, _samples: int, _times: Mapping[str, float], _status: int
    ) -> tuple[bytes, int]:
        self._blocks += 1
        if self._blocks % EVERY_BLOCKS:
            return bytes(SPEAKER_FRAME_BYTES), pyaudio.paContinue
        self._note("played")
        return self._burst, pyaudio.paContinue

    def hear(
        self, block: bytes | None, _samples: int, _times: Mapping[str, float], _status: int
    ) -> tuple[None, int]:
        now = time.monotonic()  # noqa: TID251 - a callback's thread has no loop
        loud = np.abs(np.frombuffer(block or b"", "<i2")) > LOUD
        if loud.any() and self._quiet >= QUIET_BLOCKS:
            self._note("heard", now)
        self._quiet = 0 if loud.any() else self._quiet + 1
        return None, pyaudio.paContinue

    def _note(self, what: str, at: float | None = None) -> None:
        self.times.append((what, time.monotonic() if at is None else at))  # noqa: TID251 - as above
        self.news.set()


def _index(library: pyaudio.PyAudio, name: str) -> int:
    devices = map(library.get_device_info_by_index, range(library.get_device_count()))
    return next(int(device["index"]) for device in devices if device["name"] == name)


def main() -> None:
    """Play and listen until killed."""
    library = pyaudio.PyAudio()
    ends = _Ends()
    library.open(
        rate=SPEAKER_HZ, channels=1, format=pyaudio.paInt16, output=True,
        output_device_index=_index(library, SPEAKER),
        frames_per_buffer=SPEAKER_FRAME_SAMPLES, stream_callback=ends.play,
    )  # fmt: skip
    library.open(
        rate=MIC_HZ, channels=1, format=pyaudio.paInt16, input=True,
        input_device_index=_index(library, MICROPHONE),
        frames_per_buffer=MIC_FRAME_SAMPLES, stream_callback=ends.hear,
    )  # fmt: skip
    with Path(sys.argv[1]).open("w") as lines:
        while True:
            ends.news.wait()
            ends.news.clear()
            while ends.times:
                what, at = ends.times.pop(0)
                lines.write(json.dumps({what: at}) + "\n")
            lines.flush()


if __name__ == "__main__":
    main()
