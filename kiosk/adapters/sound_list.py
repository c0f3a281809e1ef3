"""Which sound devices there are and which of them would be taken, told by a process of its own.

``python -m kiosk.adapters.sound_list microphone=NAME speaker=NAME`` prints one JSON object: for
each part its ``devices``, the one that is ``chosen`` with its ``rates_hz``, or the ``trouble``
in one sentence, and the programs by which a device of this kind is ``held``.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

from kiosk.adapters.pyaudio_devices import (
    Part,
    PortAudio,
    devices_for,
    find,
    holders,
    plain,
    port_audio,
    rates_of,
)
from kiosk.errors import StartError


def listed(wanted: Sequence[str]) -> dict[str, Any]:
    """Look at each ``part=name``; nothing is opened for longer than it takes to ask its rates."""
    with port_audio() as owner:
        parts: dict[str, Part] = {"microphone": "microphone", "speaker": "speaker"}
        pairs = (one.partition("=") for one in wanted)
        return {word: _part(owner, parts[word], name) for word, _, name in pairs}


def _part(owner: PortAudio, part: Part, name: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "devices": [plain(device.name) for device in devices_for(owner, part)],
        "held": holders(part),
    }
    try:
        device = find(owner, part, name)
    except StartError as err:
        return told | {"trouble": str(err)}
    return told | {"chosen": plain(device.name), "rates_hz": rates_of(owner, part, device)}


if __name__ == "__main__":
    print(json.dumps(listed(sys.argv[1:])))  # noqa: T201 - this is what it is asked for
