"""Devices that go and come back, on real PortAudio: unplugged, renumbered, silent, in use."""

import asyncio
import os
import signal as signals
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kiosk import settings
from kiosk.adapters.pyaudio_devices import find, holders, port_audio
from kiosk.adapters.sound_card import PyAudioCard
from kiosk.adapters.virtual_sound import MICROPHONE, SPEAKER, VirtualSound, virtual_sound
from kiosk.core.audio import SpeakerFrame
from kiosk.core.deadness import BEGINNING_FRAMES, FLOOR_FRAMES
from kiosk.core.events import Event, PartFailed, PartHealed
from kiosk.runtime.control import Inbox
from kiosk.runtime.devices import Devices
from tests.adapters.sound import likeness, noise, pcm, signal, until
from tests.conftest import Tell

AUDIO = settings.Audio(input=MICROPHONE, output=SPEAKER, volume=100)


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


class Kiosk:
    """Devices that are kept, and somebody who listens to the microphone."""

    def __init__(self, devices: Devices) -> None:
        self.devices = devices
        self.heard: list[bytes] = []
        self.told: list[Event] = []

    async def listen(self) -> None:
        async for frame, _ in self.devices.microphone.frames():
            self.heard.append(frame)

    async def read(self, inbox: Inbox) -> None:
        while True:
            self.told.append(await inbox.next(None))

    async def tells(self, kind: type[PartFailed | PartHealed], part: str) -> Event:
        """Return the next event of this kind and part, and forget those before it."""

        def fits(event: Event) -> bool:
            return isinstance(event, kind) and event.part == part

        await until(lambda: any(map(fits, self.told)))
        while not fits(event := self.told.pop(0)):
            pass
        return event


@asynccontextmanager
async def kept(audio: settings.Audio = AUDIO) -> AsyncIterator[tuple[VirtualSound, Kiosk]]:
    """Keep the devices of a virtual card until the context ends."""
    async with virtual_sound() as card:
        os.environ.update(card.env)
        async with Devices(PyAudioCard(audio)) as devices, asyncio.TaskGroup() as group:
            kiosk, inbox = Kiosk(devices), Inbox()
            tasks = [
                group.create_task(work)
                for work in (devices.run(inbox), kiosk.listen(), kiosk.read(inbox))
            ]
            await until(lambda: len(kiosk.heard) > 10)
            yield card, kiosk
            for task in tasks:
                task.cancel()


async def expect_heard_and_played(card: VirtualSound, kiosk: Kiosk) -> None:
    """Speak and play, and find both; a busy machine may need a second try."""
    for attempt in range(3):
        kiosk.heard.clear()
        spoken, sent = noise(1.0, 16_000, attempt), noise(1.0, 24_000, attempt)
        async with card.recording() as tape:
            await card.speak(pcm(spoken))
            for at in range(0, len(pcm(sent)), 480):
                await kiosk.devices.speaker.write(SpeakerFrame(pcm(sent)[at : at + 480]))
            end = len(tape) + 24_000
            await until(lambda end=end, tape=tape: len(tape) >= end)  # type: ignore[misc]
        heard, _ = likeness(signal(b"".join(kiosk.heard)), spoken)
        played, _ = likeness(signal(tape.pcm), sent)
        if heard > 0.9 and played > 0.9:
            return
    raise AssertionError((heard, played))


def test_an_unplugged_card_is_noticed_and_works_again_when_it_is_back(
    tell: Tell,
) -> None:
    took: list[tuple[float, float]] = []

    async def scenario() -> None:
        now = asyncio.get_running_loop().time
        async with kept() as (card, kiosk):
            for _ in range(3):
                began = now()
                await card.unplug()
                await kiosk.tells(PartFailed, "microphone")
                noticed_s = now() - began
                await until(lambda: len(kiosk.devices.evidence()) == 0)
                await card.plug_in()
                began = now()
                await kiosk.tells(PartHealed, "microphone")
                took.append((noticed_s, now() - began))
            await expect_heard_and_played(card, kiosk)

    asyncio.run(scenario())

    tell("card noticed, works again (s): " + ", ".join(f"{a:.2f} {b:.2f}" for a, b in took))
    assert max(noticed_s for noticed_s, _ in took) < 2
    assert max(healed_s for _, healed_s in took) < 3


def test_a_device_that_comes_back_under_another_number_is_found_by_its_name() -> None:
    def number() -> int:
        with port_audio() as owner:
            return find(owner, "microphone", MICROPHONE).index

    async def scenario() -> None:
        async with kept() as (card, kiosk):
            before = number()
            await card.unplug()
            await kiosk.tells(PartFailed, "microphone")
            alsa = card.directory / "asound.conf"
            more = 'pcm.aaa_{} {{ type pulse device "kmic" hint {{ show on description "x" }} }}\n'
            others = "".join(map(more.format, range(3)))
            alsa.write_text(others + alsa.read_text())
            await card.plug_in()
            await kiosk.tells(PartHealed, "microphone")
            await expect_heard_and_played(card, kiosk)
            assert number() != before

    asyncio.run(scenario())


def test_a_microphone_that_delivers_only_zeros_is_a_fault_until_it_hisses_again() -> None:
    async def scenario() -> None:
        async with kept() as (card, kiosk):
            known = BEGINNING_FRAMES + FLOOR_FRAMES + 50  # half a second more than it takes
            await until(lambda: kiosk.devices.microphone.frames_captured > known)
            await card.mute_mic(muted=True)
            failed = await kiosk.tells(PartFailed, "microphone")
            assert failed == PartFailed(failed.part, "silent")  # type: ignore[union-attr]
            await card.mute_mic(muted=False)
            await kiosk.tells(PartHealed, "microphone")
            await expect_heard_and_played(card, kiosk)

    asyncio.run(scenario())


def test_without_a_microphone_the_speaker_plays_on_and_the_other_way_round_nothing() -> None:
    async def scenario() -> None:
        async with virtual_sound() as card:
            os.environ.update(card.env)
            deaf = PyAudioCard(AUDIO.model_copy(update={"input": "Jabra"}))
            with deaf.open(lambda _: None) as sound:
                assert sound.microphone is None
                assert sound.speaker is not None
                assert list(sound.missing) == ["microphone"]
                assert "Jabra" in (await deaf.trouble(["microphone"]) or "")
            dumb = PyAudioCard(AUDIO.model_copy(update={"output": "Jabra"}))
            with dumb.open(lambda _: None) as sound:
                assert (sound.microphone, sound.speaker) == (None, None)
                assert list(sound.missing) == ["speaker"]
                assert "Jabra" in (await dumb.trouble(["speaker"]) or "")
                assert await dumb.trouble(["microphone"]) is None

    asyncio.run(scenario())


def test_who_has_a_sound_card_open_is_named(tmp_path: Path) -> None:
    streams = {"pcm0c/sub0": "1234", "pcm0p/sub0": str(os.getpid()), "pcm0p/sub1": "77"}
    for stream, owner in streams.items():
        directory = tmp_path / "asound" / "card1" / stream
        directory.mkdir(parents=True)
        (directory / "status").write_text(f"state: RUNNING\nowner_pid   : {owner}\ntrigger: 1\n")
    (tmp_path / "1234").mkdir()
    (tmp_path / "1234" / "comm").write_text("arecord\n")

    assert holders("microphone", tmp_path) == ["arecord (process 1234)"]
    assert holders("speaker", tmp_path) == []  # ourselves, and one we may not look at
    assert holders("speaker", tmp_path / "nowhere") == []


def test_a_look_at_a_card_that_hangs_is_given_up_and_the_kiosk_goes_on() -> None:
    async def scenario() -> None:
        async with virtual_sound() as card:
            os.environ.update(card.env)
            os.kill(card.server_pid, signals.SIGSTOP)
            try:
                async with asyncio.timeout(15):
                    trouble = await PyAudioCard(AUDIO).trouble(["microphone"])
            finally:
                os.kill(card.server_pid, signals.SIGCONT)
            assert "more than 5 s" in (trouble or "")

    asyncio.run(scenario())
