"""What a technician is told of devices, without one."""

from typing import cast

import pyaudio
import pytest

from kiosk.adapters.pyaudio_devices import PortAudio, find
from kiosk.errors import StartError


class Listed:
    """A library that lists devices by these names; each can do everything."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def get_device_count(self) -> int:
        return len(self._names)

    def get_device_info_by_index(self, index: int) -> dict[str, object]:
        return {
            "name": self._names[index],
            "maxInputChannels": 1,
            "maxOutputChannels": 2,
            "defaultSampleRate": 44_100.0,
        }


def told(*names: str) -> str:
    owner = PortAudio(cast(pyaudio.PyAudio, Listed(*names)))
    with pytest.raises(StartError) as caught:
        find(owner, "speaker", "MAX98357A")
    return str(caught.value)


def test_a_technician_is_named_the_cards_and_not_what_alsa_makes_of_them() -> None:
    said = told("USB Audio: - (hw:1,0)", "kiosk_speaker", "sysdefault", "surround51", "dmix")

    assert 'there are: "USB Audio: -", "kiosk_speaker"' in said
    assert "surround51" not in said


def test_where_there_is_nothing_else_alsas_own_names_are_told() -> None:
    assert 'there are: "sysdefault", "default"' in told("sysdefault", "default")
