"""Plays a sound and records what the microphone hears meanwhile, in a process of its own.

``python -m kiosk.adapters.sound_test MICROPHONE SPEAKER`` takes mono PCM16 at 24 kHz on its
input and gives mono PCM16 at 16 kHz on its output, from a little before the first sample was
played until a little after the last. It exits with 1 and a sentence when a device cannot be
opened or does not go on; it never takes longer than the sound and ``SPARE_S``.
"""

import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Final

import numpy as np
import pyaudio

from kiosk.adapters.pyaudio_devices import End, Part, Shape, find, open_stream, port_audio
from kiosk.adapters.pyaudio_shapes import MicrophoneShaper, SpeakerShaper
from kiosk.core.audio import MIC_HZ, SAMPLE_BYTES, SPEAKER_FRAME_MS, SPEAKER_HZ
from kiosk.core.pcm import to_floats, to_samples
from kiosk.errors import StartError

SPARE_S: Final = 3.0
TAIL_S: Final = 0.7
"""What is recorded after the last sample was handed over: it is still under way."""

_STEP: Final = SPEAKER_HZ * SPEAKER_FRAME_MS // 1000


class _Ear:
    def __init__(self, shape: Shape, enough: int) -> None:
        self._shaper = MicrophoneShaper(shape.rate_hz, shape.channels)
        self.block_samples = self._shaper.block_samples
        self.heard = bytearray()
        self.begun, self.done = threading.Event(), threading.Event()
        self._enough = enough

    def callback(
        self, captured: bytes | None, _samples: int, _times: Mapping[str, float], _status: int
    ) -> tuple[bytes | None, int]:
        for frame in self._shaper.frames(captured or b""):
            self.heard += frame
        self.begun.set()
        if len(self.heard) >= self._enough:
            self.done.set()
        return None, pyaudio.paContinue


class _Mouth:
    def __init__(self, shape: Shape, pcm: bytes) -> None:
        self._shaper = SpeakerShaper(shape.rate_hz, shape.channels)
        self.block_samples = self._shaper.block_samples
        sound = to_floats(to_samples(pcm))
        self._sound = np.pad(sound, (0, -sound.size % _STEP))
        self._at = 0

    def callback(
        self, _captured: bytes | None, _samples: int, _times: Mapping[str, float], _status: int
    ) -> tuple[bytes | None, int]:
        piece = self._sound[self._at : self._at + _STEP]
        self._at += piece.size
        block = self._shaper.block(piece) if piece.size else self._shaper.silence()
        return block, pyaudio.paContinue


def play_and_hear(microphone: str, speaker: str, pcm: bytes) -> bytes:
    """Return what the microphone hears while the sound is played. Raises StartError."""
    length_s = len(pcm) / SAMPLE_BYTES / SPEAKER_HZ + TAIL_S
    enough = round(length_s * MIC_HZ) * SAMPLE_BYTES
    with port_audio() as owner, ExitStack() as stack:

        def opened(part: Part, name: str, wanted_hz: int, make: Callable[[Shape], End]) -> End:
            stream, end = open_stream(owner, part, find(owner, part, name), wanted_hz, make)
            stack.callback(stream.close)
            return end

        ear = opened("microphone", microphone, MIC_HZ, lambda shape: _Ear(shape, enough))
        if not ear.begun.wait(SPARE_S / 2):
            raise StartError("The microphone delivers nothing.", 69)
        ear.heard.clear()
        opened("speaker", speaker, SPEAKER_HZ, lambda shape: _Mouth(shape, pcm))
        if not ear.done.wait(length_s + SPARE_S / 2):
            raise StartError("The microphone stopped delivering while the sound was played.", 69)
        return bytes(ear.heard)


if __name__ == "__main__":
    try:
        sys.stdout.buffer.write(play_and_hear(sys.argv[1], sys.argv[2], sys.stdin.buffer.read()))
    except StartError as err:
        sys.exit(str(err))
