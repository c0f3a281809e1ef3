"""The virtual sound card by itself: spoken into, listened at, gone afterwards."""

import asyncio
import os
import wave
from pathlib import Path

import numpy as np
import pytest

from kiosk.adapters.monitor import Source, Tape
from kiosk.adapters.virtual_sound import VirtualSound, has_sound_card, virtual_sound
from kiosk.errors import StartError
from tests.adapters.sound import likeness, noise, pcm, signal, until


def children() -> set[str]:
    """Return the command names of this process's children, zombies left out."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    stats = [Path(f"/proc/{pid}/stat") for pid in listed]
    lines = [stat.read_text() for stat in stats if stat.exists()]
    return {line.split("(")[1].split(")")[0] for line in lines if ") Z " not in line}


async def run_on(tape: Tape, seconds: float = 0.3) -> None:
    end = len(tape) + round(seconds * 48_000)
    await until(lambda: len(tape) >= end)


async def spoken(card: VirtualSound, what: Path | bytes) -> bytes:
    """Return what the microphone heard of it."""
    async with card.recording(source=Source.MICROPHONE) as tape:
        await card.speak(what)
        await run_on(tape)
    return tape.pcm


def test_a_sound_file_is_spoken_into_the_microphone_and_recorded(tmp_path: Path) -> None:
    sent = noise(1.0, 48_000)
    with wave.open(str(tmp_path / "question.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(pcm(sent))

    async def scenario() -> None:
        async with virtual_sound() as card:
            start = asyncio.get_running_loop().time()
            async with card.recording(tmp_path / "heard.wav", Source.MICROPHONE) as tape:
                await card.speak(tmp_path / "question.wav")
                await run_on(tape)
            loud = np.nonzero(np.abs(signal(tape.pcm)) > 500)[0]
            assert 0 < tape.moment(2 * int(loud[0])) - start < 5
            assert tape.at(tape.moment(4800)) == 4800
            assert tape.at(start - 60) == 0

    asyncio.run(scenario())

    with wave.open(str(tmp_path / "heard.wav"), "rb") as taped:
        assert (taped.getframerate(), taped.getnchannels()) == (24_000, 1)
        heard = signal(taped.readframes(taped.getnframes()))
    assert likeness(heard, sent[::2])[0] > 0.95


def test_plain_samples_are_spoken_and_a_muted_microphone_hears_nothing() -> None:
    sent = noise(0.5, 16_000)

    async def scenario() -> tuple[bytes, bytes, bytes]:
        async with virtual_sound() as card:
            before = await spoken(card, pcm(sent))
            await card.mute_mic(muted=True)
            during = await spoken(card, pcm(sent))
            await card.mute_mic(muted=False)
            return before, during, await spoken(card, pcm(sent))

    before, during, after = asyncio.run(scenario())

    assert np.abs(signal(before)).max() > 5000
    assert not any(during)
    assert np.abs(signal(after)).max() > 5000


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "question.wav").write_bytes(b"RIFF, but not really")

    async def scenario() -> None:
        async with virtual_sound() as card:
            await card.speak(tmp_path / "question.wav")

    with pytest.raises(StartError, match=r"question\.wav cannot be played"):
        asyncio.run(scenario())


def test_it_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    seen: list[Path] = []

    async def scenario() -> None:
        async with virtual_sound() as card:
            seen.append(card.directory)
            assert "pulseaudio" in children()
            async with card.recording(tmp_path / "heard.wav"):
                raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(scenario())

    assert not children()
    assert not seen[0].exists()
    assert (tmp_path / "heard.wav").exists()


def test_its_files_may_be_kept_also_where_the_path_is_long(tmp_path: Path) -> None:
    home = tmp_path / ("deep" * 30)

    async def scenario() -> None:
        async with virtual_sound(home) as card:
            assert card.directory == home
            assert len(card.env["PULSE_SERVER"]) < 108
            assert any(await spoken(card, pcm(noise(0.2, 16_000))))

    asyncio.run(scenario())

    assert (home / "server.log").exists()


def test_two_cards_do_not_hear_each_other() -> None:
    async def scenario() -> None:
        async with virtual_sound() as one, virtual_sound() as other:
            async with other.recording(source=Source.MICROPHONE) as tape:
                await one.speak(pcm(noise(0.3, 16_000)))
                await run_on(tape)
            assert np.abs(signal(tape.pcm)).max() < 20  # its own noise floor

    asyncio.run(scenario())


def test_without_pulseaudio_the_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    async def scenario() -> None:
        async with virtual_sound():
            pass

    with pytest.raises(StartError, match="apt-get install pulseaudio") as caught:
        asyncio.run(scenario())
    assert caught.value.exit_code == 69


def test_a_server_that_does_not_start_is_told_with_its_last_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "pulseaudio"
    broken.write_text("#!/bin/sh\necho 'E: no luck today' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    async def scenario() -> None:
        async with virtual_sound():
            pass

    with pytest.raises(StartError, match="no luck today"):
        asyncio.run(scenario())


def test_its_microphone_has_a_noise_floor_as_real_ones_have() -> None:
    async def scenario() -> bytes:
        async with virtual_sound() as card:
            async with card.recording(source=Source.MICROPHONE) as tape:
                await run_on(tape, 1.0)
            return tape.pcm

    heard = signal(asyncio.run(scenario()))

    assert -95 < 20 * np.log10(heard.std() / 32768) < -80


def test_it_can_be_unplugged_and_plugged_in_again() -> None:
    async def scenario() -> bytes:
        async with virtual_sound() as card:
            await card.unplug()
            assert "pulseaudio" not in children()
            with pytest.raises(StartError, match="nothing to record"):
                async with card.recording():
                    pass
            await card.plug_in()
            return await spoken(card, pcm(noise(0.5, 16_000)))

    assert np.abs(signal(asyncio.run(scenario()))).max() > 5000
    assert not children()


def test_a_server_that_died_gives_nothing_to_record() -> None:
    async def scenario() -> None:
        async with virtual_sound() as card:
            os.kill(card.server_pid, 9)
            async with card.recording():
                pass

    with pytest.raises(StartError, match="nothing to record"):
        asyncio.run(scenario())


def test_a_sound_card_is_known_by_what_the_kernel_lists() -> None:
    listed = Path("/proc/asound/pcm")
    text = listed.read_text() if listed.exists() else ""
    assert has_sound_card() == ("playback" in text and "capture" in text)
