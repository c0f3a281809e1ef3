"""Looks whether sound devices can be opened, in a process of its own.

``python -m kiosk.adapters.sound_look microphone=NAME speaker=NAME`` exits with 0 when each
can be, else with 1 and a sentence on stderr. Imports next to nothing: it runs every second
while a device is away.
"""

import sys
from collections.abc import Mapping, Sequence

import pyaudio

from kiosk.adapters.pyaudio_devices import Part, find, open_stream, port_audio
from kiosk.errors import StartError

_PARTS: dict[str, tuple[Part, int]] = {
    "microphone": ("microphone", 16_000),
    "speaker": ("speaker", 24_000),
}


class _Nothing:
    """The end of a stream that hears and says nothing."""

    def __init__(self, rate_hz: int) -> None:
        self.block_samples = rate_hz // 50

    def callback(
        self, _captured: bytes | None, _samples: int, _times: Mapping[str, float], _status: int
    ) -> tuple[bytes | None, int]:
        return None, pyaudio.paComplete


def look(wanted: Sequence[str]) -> None:
    """Open and close each ``part=name``. Raises StartError."""
    with port_audio() as owner:
        for one in wanted:
            word, _, name = one.partition("=")
            part, wanted_hz = _PARTS[word]
            device = find(owner, part, name)
            stream, _ = open_stream(
                owner, part, device, wanted_hz, lambda shape: _Nothing(shape.rate_hz)
            )
            stream.close()


if __name__ == "__main__":
    try:
        look(sys.argv[1:])
    except StartError as err:
        sys.exit(str(err))
