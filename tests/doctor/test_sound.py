"""What a technician is told of microphone, speaker and voice gate, on a real virtual card."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kiosk.adapters.control_socket import open_control
from kiosk.adapters.processes import output_of, without_pulse
from kiosk.adapters.virtual_sound import MICROPHONE, SPEAKER, VirtualSound, virtual_sound
from kiosk.core.sweep import Echo
from kiosk.doctor import ears
from kiosk.doctor.ears import check_ears
from kiosk.doctor.echo import check_sound, judged_echo
from kiosk.doctor.finding import Check, Examined, Finding, State
from kiosk.doctor.sound import check_device, judged_device
from tests.doctor.conftest import Kiosk

CARD = {"input": MICROPHONE, "output": SPEAKER}
LEVELS = {250: 5.0, 500: 30.0, 1000: 31.0, 2000: 32.0, 4000: 33.0}
TOLD = {"devices": ["USB Mic", "other"], "held": [], "chosen": "USB Mic", "rates_hz": [44100]}


@pytest.fixture(autouse=True)
def _own_environment() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@asynccontextmanager
async def card() -> AsyncIterator[VirtualSound]:
    async with virtual_sound() as sound:
        os.environ.update(sound.env)
        yield sound


async def tell(sound: VirtualSound, *command: str) -> None:
    code, _, said = await output_of(["pactl", *command], env=without_pulse() | sound.env)
    assert code == 0, said


async def join(sound: VirtualSound) -> None:
    """Let the microphone hear the speaker, as in a room."""
    module = ("module-loopback", "source=kspk.monitor", "sink=kmicbus", "latency_msec=60")
    await tell(sound, "load-module", *module)


def test_each_device_is_told_with_its_rates_and_a_name_that_fits_none_with_all(
    kiosk: Kiosk,
) -> None:
    async def scenario() -> tuple[Finding, Finding, Finding]:
        async with card():
            microphone, speaker = check_device("microphone"), check_device("speaker")
            there = kiosk(audio=CARD)
            gone = kiosk(audio={"input": "USB PnP"})
            return await microphone(there), await speaker(there), await microphone(gone)

    microphone, speaker, gone = asyncio.run(scenario())

    assert microphone.state is speaker.state is State.WELL
    assert microphone.says.startswith('"kiosk_mic" takes 16, 24, 44.1, 48 kHz; there is also')
    assert speaker.says.startswith('"kiosk_spk" takes ')
    assert gone.state is State.ILL
    assert 'No microphone is called "USB PnP"; there are: "kiosk_mic"' in gone.says


def test_looking_leaves_nothing_in_the_home_of_who_looks(
    kiosk: Kiosk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)

    for check in (check_device("microphone"), check_sound):
        asyncio.run(found_by(check, kiosk()))

    assert list(home.rglob("*")) == []


async def found_by(check: Check, kiosk: Examined) -> Finding:
    return await check(kiosk)


def test_what_a_running_kiosk_holds_is_told_from_what_it_hears() -> None:
    held: dict[str, Any] = {
        "devices": [],
        "held": ["kiosk (process 7)"],
        "trouble": "No card. Plug one in.",
    }
    runs = judged_device("microphone", "USB", held, {"frames_captured": 900})
    deaf = judged_device("microphone", "USB", held, {"frames_captured": 0})
    alone = judged_device("microphone", "USB", held, None)
    lost = judged_device(
        "microphone", "USB", TOLD, {"frames_captured": 9, "faults": ["microphone"]}
    )

    dumb = judged_device("microphone", "USB", TOLD, {"faults": ["microphone", "speaker"]})

    assert (dumb.state, "waits for the speaker" in dumb.says) == (State.OPEN, True)
    assert (lost.state, lost.says[:9]) == (State.ILL, '"USB Mic"')
    assert "says it is at fault" in lost.says
    assert (alone.says, alone.to_do) == ("No card", "Plug one in.")
    assert runs == Finding(State.WELL, '"USB" is open in the running kiosk, 900 frames so far')
    assert deaf.state is alone.state is State.ILL


def test_a_device_that_another_program_has_is_told_with_its_name() -> None:
    busy = TOLD | {"rates_hz": [], "held": ["arecord (process 9)"]}

    assert judged_device("microphone", "USB", TOLD, None).says.startswith(
        '"USB Mic" takes 44.1 kHz'
    )
    found = judged_device("microphone", "USB", busy, None)
    assert (found.state, found.to_do) == (State.ILL, "end that one")
    assert "arecord (process 9)" in found.says
    assert judged_device("microphone", "U", TOLD | {"rates_hz": []}, None).state is State.ILL


@pytest.mark.slow
def test_the_sound_test_hears_the_speaker_and_fails_when_it_is_unplugged_or_muted(
    kiosk: Kiosk,
) -> None:
    async def scenario() -> list[Finding]:
        there = kiosk(audio=CARD)
        async with card() as sound:
            unplugged = await check_sound(there)
            await join(sound)
            heard = await check_sound(there)
            await tell(sound, "set-sink-mute", "kspk", "1")
            return [unplugged, heard, await check_sound(there)]

    unplugged, heard, muted = asyncio.run(scenario())

    assert heard.state is State.WELL, heard
    assert "no barge-in by voice" in heard.says
    for deaf in (unplugged, muted):
        assert deaf.state is State.ILL
        assert deaf.says.startswith("the microphone does not hear the speaker")
        assert "the volume, which is 70 %" in deaf.to_do


def test_the_sound_test_leaves_a_running_kiosk_its_devices(kiosk: Kiosk) -> None:
    there = kiosk(audio=CARD)

    async def status(_: object) -> dict[str, Any]:
        return {"phase": "idle"}

    async def scenario() -> Finding:
        socket = there.environ["RUNTIME_DIRECTORY"] + "/control.sock"
        async with open_control(Path(socket), {"status": status}):
            return await check_sound(there)

    found = asyncio.run(scenario())

    assert found.state is State.OPEN
    assert found.to_do.startswith("systemctl stop kiosk, ")


def test_without_a_card_the_sound_test_says_what_is_missing(kiosk: Kiosk) -> None:
    found = asyncio.run(found_by(check_sound, kiosk(audio=CARD)))

    assert found.state is State.ILL
    assert "There is no microphone" in found.says or "No microphone is called" in found.says


@pytest.mark.parametrize(
    ("echo", "opened", "state", "says"),
    [
        (Echo(0.8, 0.1, LEVELS, -30, overdriven=False), 0, State.WELL, "may be enabled"),
        (Echo(0.8, 0.1, LEVELS, -30, overdriven=False), 2, State.WELL, "no barge-in by voice"),
        (Echo(0.8, 0.1, LEVELS, -1, overdriven=True), 2, State.ILL, "overdriven"),
        (
            Echo(0.8, 0.1, LEVELS | {4000: 3.0}, -30, overdriven=False),
            2,
            State.ILL,
            "hardly anything at 4 kHz",
        ),
        (Echo(0.02, 0.1, LEVELS, -30, overdriven=False), 0, State.ILL, "does not hear"),
    ],
)
def test_what_was_heard_is_judged(echo: Echo, opened: int, state: State, says: str) -> None:
    found = judged_echo(echo, opened, 70)

    assert found.state is state
    assert says in found.says
    assert "+5 at 0.25 kHz" in found.says


def test_the_voice_gate_hears_the_recorded_question_or_is_to_be_installed_again(
    kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    well = asyncio.run(found_by(check_ears, kiosk()))
    monkeypatch.setattr(ears, "LEAST_SHARE", 0.99)
    deaf = asyncio.run(found_by(check_ears, kiosk()))

    assert well.state is State.WELL
    assert "WebRTC's in 91% and Silero's in 83%" in well.says
    assert deaf.to_do.startswith("install the kiosk again")
