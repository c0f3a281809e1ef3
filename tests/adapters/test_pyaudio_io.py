"""Real PyAudio on a virtual sound card."""

import asyncio
import json
import os
import signal as signals
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import numpy as np
import pyaudio
import pytest

from kiosk import settings
from kiosk.adapters.monitor import Tape
from kiosk.adapters.pyaudio_devices import PortAudio, Shape, port_audio
from kiosk.adapters.pyaudio_io import _Speaker, open_microphone, open_speaker
from kiosk.adapters.pyaudio_stream import Pulse
from kiosk.adapters.sound_card import PyAudioCard
from kiosk.adapters.virtual_sound import MICROPHONE, SPEAKER, VirtualSound, virtual_sound
from kiosk.core.audio import MIC_FRAME_BYTES, SPEAKER_FRAME_BYTES, SPEAKER_HZ, SpeakerFrame
from kiosk.errors import DeviceLost, StartError
from kiosk.ports import Microphone, Speaker
from tests.adapters.sound import likeness, noise, pcm, signal, until
from tests.conftest import Tell

AUDIO = settings.Audio(input=MICROPHONE, output=SPEAKER, volume=100)


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@asynccontextmanager
async def sound_card() -> AsyncIterator[VirtualSound]:
    async with virtual_sound() as card:
        os.environ.update(card.env)
        yield card


@asynccontextmanager
async def open_sound(audio: settings.Audio) -> AsyncIterator[tuple[Microphone, Speaker]]:
    with PyAudioCard(audio).open(lambda _: None) as sound:
        assert sound.microphone is not None
        assert sound.speaker is not None
        yield sound.microphone, sound.speaker


async def hear(microphone: Microphone, heard: list[tuple[bytes, float]]) -> None:
    async for frame, at in microphone.frames():
        heard.append((frame, at))


@asynccontextmanager
async def hearing(microphone: Microphone) -> AsyncIterator[list[tuple[bytes, float]]]:
    heard: list[tuple[bytes, float]] = []
    async with asyncio.TaskGroup() as group:
        ears = group.create_task(hear(microphone, heard))
        yield heard
        ears.cancel()


async def play(speaker: Speaker, sound: bytes) -> None:
    for at in range(0, len(sound), SPEAKER_FRAME_BYTES):
        await speaker.write(SpeakerFrame(sound[at : at + SPEAKER_FRAME_BYTES]))


def loud(tape: Tape) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Return the indices of samples that are no silence."""
    return np.nonzero(np.abs(signal(tape.pcm)) > 100)[0]


async def expect_spoken(card: VirtualSound, microphone: Microphone) -> None:
    """Speak and find it in what was captured; a busy machine may need a second try."""
    likest = 0.0
    for attempt in range(3):
        spoken = noise(1.0, 16_000, seed=attempt)
        async with hearing(microphone) as heard:
            await hear_more(heard, 5)
            await card.speak(pcm(spoken))
            await hear_more(heard, 25)

        assert {len(frame) for frame, _ in heard} == {MIC_FRAME_BYTES}
        times = [at for _, at in heard]
        assert times == sorted(times)
        likest, _ = likeness(signal(b"".join(frame for frame, _ in heard)), spoken)
        if likest > 0.9:
            break
    assert likest > 0.9
    assert microphone.overruns == 0


async def expect_played(card: VirtualSound, speaker: Speaker) -> None:
    """Play and find it in what the speaker played; a busy machine may need a second try."""
    likest = 0.0
    for attempt in range(3):
        sent = noise(1.0, SPEAKER_HZ, seed=attempt)
        async with card.recording() as tape:
            await play(speaker, pcm(sent))
            await record_more(tape)
        likest, _ = likeness(signal(tape.pcm), sent)
        if likest > 0.97:
            break
    assert likest > 0.97


async def hear_more(heard: list[tuple[bytes, float]], frames: int) -> None:
    """Return when this many more frames have been heard."""
    enough = len(heard) + frames
    await until(lambda: len(heard) >= enough)


async def record_more(tape: Tape, seconds: float = 0.5) -> None:
    """Return when the tape has run on."""
    end = len(tape) + round(seconds * SPEAKER_HZ) * 2
    await until(lambda: len(tape) >= end)


def test_what_is_spoken_is_heard_and_what_is_written_is_played(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def scenario() -> None:
        async with sound_card() as card, open_sound(AUDIO) as (microphone, speaker):
            await expect_spoken(card, microphone)
            await expect_played(card, speaker)
            assert speaker.latency_s > 0

    asyncio.run(scenario())

    assert capfd.readouterr().err == ""  # the sound libraries' chatter


class Picky:
    """The real library in front of a device that takes 48 kHz stereo and nothing else."""

    def __init__(self, library: pyaudio.PyAudio) -> None:
        self._library = library
        self.tried: list[tuple[int, int]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)

    def open(self, *, rate: int, channels: int, **rest: Any) -> Any:
        self.tried.append((rate, channels))
        if channels != 2:
            raise OSError(pyaudio.paInvalidChannelCount, "Invalid number of channels")
        if rate != 48_000:
            raise OSError(pyaudio.paInvalidSampleRate, "Invalid sample rate")
        return self._library.open(rate=rate, channels=channels, **rest)


def test_a_device_that_takes_only_48_khz_stereo_is_resampled() -> None:
    async def scenario() -> list[tuple[int, int]]:
        async with sound_card() as card:
            with port_audio() as owner:
                picky = Picky(owner.library)
                owner.library = picky
                with open_microphone(owner, MICROPHONE) as microphone:
                    await expect_spoken(card, microphone)
                with open_speaker(owner, SPEAKER, 100) as speaker:
                    await expect_played(card, speaker)
            return picky.tried

    tried = asyncio.run(scenario())

    assert tried[0] == (16_000, 1)
    assert (24_000, 1) in tried
    assert tried[-1] == (48_000, 2)


def test_a_flush_is_silence_soon_and_without_a_click(tell: Tell) -> None:
    wave = 12_000 * np.sin(2 * np.pi * 440 * np.arange(SPEAKER_HZ) / SPEAKER_HZ)
    took: list[float] = []

    async def scenario() -> None:
        now = asyncio.get_running_loop().time
        async with sound_card() as card, open_sound(AUDIO) as (_, speaker):
            for _ in range(5):
                async with card.recording() as tape:
                    await play(speaker, pcm(wave))
                    flushed_at = now()

                    dropped = speaker.flush()

                    assert dropped > 0
                    assert speaker.queued_frames == 0
                    await record_more(tape)
                last = int(loud(tape)[-1])
                took.append(1000 * (tape.moment(2 * last) - flushed_at))
                steps = np.abs(np.diff(signal(tape.pcm)[last - 480 :]))
                assert steps.max() < 2500  # the tone's own are 1400, a cut would be 12 000

    asyncio.run(scenario())

    assert max(took) < 500
    tell(f"flush to silence: {sorted(round(ms) for ms in took)} ms")  # too noisy to assert


def test_writing_keeps_the_speakers_pace_and_a_short_queue() -> None:
    async def scenario() -> None:
        async with sound_card(), open_sound(AUDIO) as (_, speaker):
            await until(lambda: speaker.frames_played > 5)
            before = speaker.frames_played
            longest = 0
            for _ in range(100):
                await speaker.write(SpeakerFrame(bytes(SPEAKER_FRAME_BYTES)))
                longest = max(longest, speaker.queued_frames)
            assert longest <= 8
            assert speaker.frames_played - before >= 100 - longest - 1
            await until(lambda: speaker.queued_frames == 0)
            idle = speaker.frames_played
            await until(lambda: speaker.frames_played > idle + 20)  # it goes on by itself

    asyncio.run(scenario())


def test_the_volume_is_what_staff_set() -> None:
    wave = 16_000 * np.sin(2 * np.pi * 440 * np.arange(SPEAKER_HZ) / SPEAKER_HZ)

    async def scenario() -> Tape:
        async with (
            sound_card() as card,
            open_sound(AUDIO) as (_, speaker),
            card.recording() as tape,
        ):
            await play(speaker, pcm(wave))
            speaker.set_volume(50)
            await play(speaker, pcm(wave))
            await record_more(tape)
            return tape

    tape = asyncio.run(scenario())

    start, end = loud(tape)[[0, -1]]
    heard = signal(tape.pcm)[start:end]
    assert np.abs(heard[:12_000]).max() == pytest.approx(16_000, rel=0.05)
    assert np.abs(heard[-12_000:]).max() == pytest.approx(4_000, rel=0.05)


def test_a_change_of_volume_is_no_click() -> None:
    """At the callback itself: on a busy machine the rig's own dropouts are steps, too."""
    wave = 16_000 * np.sin(2 * np.pi * 440 * np.arange(SPEAKER_HZ) / SPEAKER_HZ)
    frames = [
        SpeakerFrame(pcm(wave)[at : at + SPEAKER_FRAME_BYTES])
        for at in range(0, len(pcm(wave)), SPEAKER_FRAME_BYTES)
    ]

    async def scenario() -> bytes:
        speaker = _Speaker(Pulse("speaker"), Shape(SPEAKER_HZ, 1), 100)
        heard = b""
        for number, frame in enumerate(frames):
            if number == len(frames) // 2:
                speaker.set_volume(50)
            await speaker.write(frame)
            block, _ = speaker.callback(None, speaker.block_samples, {}, 0)
            heard += block or b""
        return heard

    heard = np.frombuffer(asyncio.run(scenario()), "<i2").astype(float)

    assert np.abs(np.diff(heard)).max() < 16_000 * 2 * np.pi * 440 / SPEAKER_HZ * 1.05
    assert np.abs(heard[-2_400:]).max() == pytest.approx(4_000, rel=0.05)


def refused(start: Callable[[PortAudio], Any]) -> StartError:
    async def scenario() -> StartError:
        async with sound_card():
            with port_audio() as owner, pytest.raises(StartError) as caught, start(owner):
                pass
            return caught.value

    return asyncio.run(scenario())


def test_an_unknown_device_is_named_with_those_there_are() -> None:
    error = refused(lambda owner: open_microphone(owner, "Jabra"))

    assert error.exit_code == 69
    for part in ("microphone", "Jabra", MICROPHONE, SPEAKER, "[audio] input"):
        assert part in str(error)


def test_a_device_is_found_by_part_of_its_name_and_as_the_default() -> None:
    async def scenario() -> None:
        async with sound_card() as card:
            with port_audio() as owner:
                with open_speaker(owner, "SK_SPK", 100) as speaker:
                    await expect_played(card, speaker)
                with open_microphone(owner, "default") as microphone:
                    await expect_spoken(card, microphone)

    asyncio.run(scenario())


@contextmanager
def failing(owner: PortAudio, code: int, text: str) -> Iterator[None]:
    class Failing(Picky):
        def open(self, **_: Any) -> Any:
            raise OSError(code, text)

    owner.library = Failing(owner.library)
    with open_speaker(owner, SPEAKER, 70):
        yield


def test_a_busy_device_is_said_to_be_busy() -> None:
    error = refused(lambda owner: failing(owner, pyaudio.paDeviceUnavailable, "Device unavailable"))

    assert error.exit_code == 69
    assert "in use by another program" in str(error)
    assert SPEAKER in str(error)


def test_a_device_that_cannot_be_opened_is_named_with_the_reason() -> None:
    error = refused(lambda owner: failing(owner, -9999, "Unanticipated host error"))

    assert error.exit_code == 69
    assert SPEAKER in str(error)
    assert "Unanticipated host error" in str(error)


@contextmanager
def deviceless(owner: PortAudio) -> Iterator[None]:
    class Deviceless(Picky):
        def get_device_count(self) -> int:
            return 0

    owner.library = Deviceless(owner.library)
    with open_microphone(owner, "default"):
        yield


def test_without_any_device_the_way_out_is_told() -> None:
    error = refused(deviceless)

    assert error.exit_code == 69
    assert "no microphone" in str(error)
    assert "kiosk demo" in str(error)


def test_a_device_that_goes_is_lost_on_both_sides() -> None:
    async def scenario() -> tuple[DeviceLost, DeviceLost]:
        async with sound_card() as card, open_sound(AUDIO) as (microphone, speaker):
            async with hearing(microphone) as heard:
                await hear_more(heard, 5)
            async with asyncio.timeout(10):
                os.kill(card.server_pid, signals.SIGKILL)
                with pytest.raises(DeviceLost) as microphone_lost:
                    await hear(microphone, heard)
                with pytest.raises(DeviceLost) as speaker_lost:
                    await play(speaker, bytes(SPEAKER_FRAME_BYTES * 1000))
            return microphone_lost.value, speaker_lost.value

    for error, part in zip(asyncio.run(scenario()), ("microphone", "speaker"), strict=True):
        assert error.part == part
        assert not error.frozen


FROZEN = """
import asyncio, json, os, signal, sys
from kiosk import settings
from kiosk.adapters.sound_card import PyAudioCard
from kiosk.errors import DeviceLost

async def main(server_pid):
    now = asyncio.get_running_loop().time
    audio = settings.Audio(input="kiosk_mic", output="kiosk_spk")
    with PyAudioCard(audio).open(lambda _: None) as sound:
        count = 0
        try:
            async for _ in sound.microphone.frames():
                count += 1
                if count == 10:
                    os.kill(server_pid, signal.SIGSTOP)
                    stopped_at = now()
        except DeviceLost as lost:
            took = now() - stopped_at
            print(json.dumps([lost.part, lost.frozen, took]), flush=True)

asyncio.run(main(int(sys.argv[1])))
"""


def test_a_hung_device_is_noticed_and_does_not_keep_the_process() -> None:
    async def scenario() -> tuple[str, bool, float]:
        async with sound_card() as card:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", FROZEN, str(card.server_pid)),
                stdout=asyncio.subprocess.PIPE,
            )
            try:
                async with asyncio.timeout(15):
                    said, _ = await process.communicate()  # it ends while the device hangs
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
                os.kill(card.server_pid, signals.SIGCONT)
            assert process.returncode == 0
            part, frozen, took_s = json.loads(said)
            return part, frozen, took_s

    part, frozen, took_s = asyncio.run(scenario())

    assert (part, frozen) == ("microphone", True)
    assert took_s < 3
