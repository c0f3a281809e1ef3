"""The names and the resampler of the configuration for ALSA, with the real library and no card.

In place of the cards stands one that takes 48 kHz and no other rate, and writes to a file.
"""

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scripts.appliance import debian, sound
from scripts.appliance.errors import Refused
from scripts.appliance.sound import Card, Choice
from scripts.appliance.system import System

CARD_HZ, VOICE_HZ, TONE_HZ = 48000, 16000, 6000
IMAGE_HZ = VOICE_HZ - TONE_HZ
"""Where a poor resampler puts a second tone, which was never there."""
LISTING = """
import json, os, pyaudio
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
library = pyaudio.PyAudio()
devices = [library.get_device_info_by_index(n) for n in range(library.get_device_count())]
print(json.dumps([one["name"] for one in devices]))
"""


def configured(at: Path, resampler: str = "speexrate_medium") -> dict[str, str]:
    """Write the configuration as installed, but for the card; return what makes it be read."""
    text = sound.text(Choice("Device", "Device"))
    card = f'slave {{ pcm "card" rate {CARD_HZ} channels 2 format S16_LE }}'
    text = text.replace('slave.pcm "hw:CARD=Device"', card).replace("speexrate_medium", resampler)
    text += f'pcm.card {{ type file slave.pcm "null" file "{at}/played.raw" format "raw" }}\n'
    (at / "alsa.conf").write_text(text)
    return {**os.environ, "ALSA_CONFIG_PATH": f"/usr/share/alsa/alsa.conf:{at}/alsa.conf"}


def play(tone: bytes) -> None:
    """Play on the speaker of the kiosk; a process of its own, since ALSA reads its files once."""
    alsa, pcm = ctypes.CDLL("libasound.so.2"), ctypes.c_void_p()
    assert alsa.snd_pcm_open(ctypes.byref(pcm), sound.SPEAKER.encode(), 0, 0) == 0
    assert alsa.snd_pcm_set_params(pcm, 2, 3, 1, VOICE_HZ, 1, 100000) == 0  # S16_LE, interleaved
    frames = len(tone) // 2
    assert alsa.snd_pcm_writei(pcm, tone, ctypes.c_ulong(frames)) == frames
    alsa.snd_pcm_drain(pcm)
    alsa.snd_pcm_close(pcm)


def image_db(at: Path, resampler: str) -> float:
    """Return how loud the tone that was never there is, against the one that was."""
    seconds = np.arange(VOICE_HZ) / VOICE_HZ
    tone = (8000 * np.sin(2 * np.pi * TONE_HZ * seconds)).astype("<i2").tobytes()
    (at / "tone").write_bytes(tone)
    playing = (
        "import pathlib, sys; from tests.appliance.test_sound_names import play;"
        " play(pathlib.Path(sys.argv[1]).read_bytes())"
    )
    subprocess.run(
        [sys.executable, "-c", playing, str(at / "tone")],
        check=True, env=configured(at, resampler), cwd=Path(__file__).parents[2],
    )  # fmt: skip
    played = np.frombuffer((at / "played.raw").read_bytes(), "<i2")[::2]
    middle: Any = played[len(played) // 4 :][: CARD_HZ // 2].astype(float)
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    at_hz = np.fft.rfftfreq(len(middle), 1 / CARD_HZ)

    def loudest(hz: float) -> float:
        return float(spectrum[np.abs(at_hz - hz) < 50].max())

    return 20 * float(np.log10(loudest(IMAGE_HZ) / loudest(TONE_HZ)))


def test_the_sound_library_lists_microphone_and_speaker_by_the_names_in_the_configuration(
    tmp_path: Path,
) -> None:
    listed = subprocess.run(
        [sys.executable, "-c", LISTING],
        check=True, capture_output=True, text=True, env=configured(tmp_path),
    ).stdout  # fmt: skip

    assert {sound.MICROPHONE, sound.SPEAKER} <= set(json.loads(listed))


def test_a_voice_keeps_clear_of_what_a_poor_resampler_adds(tmp_path: Path) -> None:
    good, poor = image_db(tmp_path, "speexrate_medium"), image_db(tmp_path, "linear")

    assert good < -60 < -40 < poor
    assert "libasound2-plugins" in debian.packages("3.11")  # where it comes from


LOOPBACK = Card("Loopback", "", hears=True, speaks=True)
AMPLIFIER = Card("MAX98357A", "", hears=False, speaks=True)


@pytest.mark.parametrize("wrong", ["hw:1,0", "1", "USB PnP Sound Device", 'a"b'])
def test_what_is_no_id_of_a_card_is_answered_with_the_ids_there_are(wrong: str) -> None:
    with pytest.raises(Refused, match="Loopback"):
        sound.check(System(), [LOOPBACK, AMPLIFIER], Choice(wrong, ""))


def test_an_amplifier_is_no_microphone() -> None:
    with pytest.raises(Refused, match="has no microphone"):
        sound.check(System(), [LOOPBACK, AMPLIFIER], Choice("MAX98357A", ""))


def test_a_card_that_is_plugged_in_later_may_be_named_now(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sound.check(System(), [AMPLIFIER], Choice("Device", "MAX98357A"))

    assert "as soon as there is" in capsys.readouterr().out


def test_installing_again_keeps_the_cards_that_were_chosen_while_they_are_there(
    tmp_path: Path,
) -> None:
    system, nothing = System(tmp_path), Choice("", "")
    sound.place(system, Choice("Loopback", "Loopback"))
    before = sound.chosen(system)
    headset = Card("Headset", "USB", hears=True, speaks=True)

    assert before == Choice("Loopback", "Loopback")
    assert sound.choose([headset, LOOPBACK], nothing, before, "") == before
    assert sound.choose([headset], nothing, before, "") == Choice("Headset", "Headset")
    assert sound.choose([], nothing, before, "") == before
    assert sound.choose([LOOPBACK], nothing, before, "MAX98357A").speaker == "MAX98357A"
