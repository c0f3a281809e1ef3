"""``kiosk demo``: the whole kiosk on this machine, with or without a sound card.

The daemon is the unmodified one. Without a sound card it runs as a process of its own on a
virtual card, and this command is the customer: it presses the button over the control socket,
speaks into the microphone and listens at the speaker.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np

from kiosk import journal
from kiosk.adapters.control_socket import ask, events
from kiosk.adapters.processes import last_words, running
from kiosk.adapters.virtual_sound import (
    MICROPHONE,
    SPEAKER,
    VirtualSound,
    has_sound_card,
    virtual_sound,
)
from kiosk.adapters.wav_files import check_writable, read_wav
from kiosk.core.audio import MIC_HZ, SAMPLE_BYTES, SPEAKER_HZ
from kiosk.errors import StartError
from kiosk.resources import packaged
from kiosk.settings import Settings

READY_S = 120.0
TURN_S = 60.0
QUESTION = "question-ord-88421.wav"
PRESS_TO_SPEECH_S = 0.3


async def demo(
    settings: Settings, environ: Mapping[str, str], wavs: Sequence[Path] | None, out: Path
) -> None:
    """Run the demo. Raises StartError when no answer was heard.

    On this machine's own orders everything may be tried: returns and cancellations, too.
    """
    if settings.shop.backend == "sqlite":
        shop = settings.shop.model_copy(update={"allow_changes": True})
        settings = settings.model_copy(update={"shop": shop})
    if wavs is None and has_sound_card() and sys.stdin.isatty():
        await _talk_to_it(settings, environ)
        return
    questions = [read_wav(wav, MIC_HZ) for wav in wavs or [packaged(QUESTION)]]
    check_writable(out)
    if wavs is None:
        print(f"No sound card and terminal to talk at: asking {QUESTION} on a virtual one.")
    print("Starting the kiosk …", flush=True)
    await _ask_it(settings, environ, questions, out)


async def _talk_to_it(settings: Settings, environ: Mapping[str, str]) -> None:
    from kiosk import daemon

    print("Space bar: tap it and ask, or hold it while you speak. q ends.", flush=True)
    journal.set_up("warning", environ)
    button = settings.button.model_copy(update={"kind": "keyboard"})
    await daemon.run(settings.model_copy(update={"button": button}), environ)


class _Customer:
    """Asks questions at a running kiosk and tells what happens."""

    def __init__(self, socket: Path, sound: VirtualSound) -> None:
        self._socket = socket
        self._sound = sound
        self._events = events(socket, captions=True)
        self._heard: dict[str, list[str]] = {"customer": [], "kiosk": []}
        self._zero: float | None = None
        self._invited = False  # the microphone is open and no press is needed

    async def wait_until_ready(self) -> None:
        """Return when the kiosk is ready for a press."""
        status = await ask(self._socket, {"command": "status"})
        if status.get("phase") != "starting":
            return
        async for event in self._events:
            if event["event"] == "ready":
                return
        raise StartError("The kiosk ended before it was ready.")

    async def asks(self, number: int, pcm: bytes) -> bool:
        """Press if need be, speak, and print what happens; return whether it was answered."""
        length_s = len(pcm) / SAMPLE_BYTES / MIC_HZ
        how = "asked on, without a press" if self._invited else "a tap on the button"
        print(f"\nQuestion {number}: {length_s:.1f} s of speech, {how}")
        self._heard = {"customer": [], "kiosk": []}
        outcome, _ = await asyncio.gather(self._follow(), self._speak(pcm))
        if outcome == "answered":
            self._invited = await self._window()
        return outcome == "answered"

    async def _speak(self, pcm: bytes) -> None:
        if not self._invited:
            await ask(self._socket, {"command": "press", "for_s": 0.1})
            await asyncio.sleep(PRESS_TO_SPEECH_S)
        await self._sound.speak(pcm)

    async def _window(self) -> bool:
        """Return whether the kiosk listens on."""
        async for event in self._events:
            if event["event"] in ("mic_open", "visit_ended"):
                return bool(event["event"] == "mic_open")
        return False

    async def _follow(self) -> str:
        try:
            async with asyncio.timeout(TURN_S):
                async for event in self._events:
                    self._print(event)
                    if event["event"] == "turn_ended":
                        return str(event["outcome"])
        except TimeoutError as err:
            raise StartError(f"Nothing came of the question in {TURN_S:.0f} s.") from err
        raise StartError("The kiosk ended in the middle of the question.")

    def _print(self, event: dict[str, Any]) -> None:
        name: str = event["event"]
        self._zero = event["t"] if self._zero is None else self._zero
        line = ""
        match name:
            case "caption":
                self._heard[event["who"]].append(event["text"])
            case "connected":
                line = f"session at {event['endpoint']}"
            case "speech_started":
                line = "the gate opened"
            case "speech_ended":
                line = "the gate closed: end mark sent"
            case "tool_call":
                line = f"tool {event['name']} called; heard: {self._words('customer')}"
            case "tool_result":
                line = f"tool {event['name']} answered {event['status']} in {event['ms']} ms"
            case "reply_started":
                line = "first sound of the reply at the speaker"
            case "phrase":
                line = f"phrase {event['code']}"
            case "turn_ended":
                line = event["outcome"]
                if event["first_audio_ms"] is not None:
                    line += f"; first audio after {event['first_audio_ms']} ms"
                    line += f", {event['heard_ms']} ms heard"
            case _:
                pass
        if line:
            print(f"{event['t'] - self._zero:7.2f} s  {name:<14}  {line}", flush=True)
        if name == "turn_ended":
            print(f"  customer: {self._words('customer')}")
            print(f"  kiosk:    {self._words('kiosk')}", flush=True)

    def _words(self, who: str) -> str:
        return " ".join("".join(self._heard[who]).split()) or "(nothing)"


async def _ask_it(
    settings: Settings, environ: Mapping[str, str], questions: Sequence[bytes], out: Path
) -> None:
    with tempfile.TemporaryDirectory(prefix="kiosk-demo-") as scratch:
        socket = Path(scratch) / "control.sock"
        config = Path(scratch) / "kiosk.toml"
        config.write_text(_configuration(settings, socket))
        async with virtual_sound() as sound, sound.recording(out) as tape:
            async with _daemon(config, environ, sound, socket):
                customer = _Customer(socket, sound)
                await customer.wait_until_ready()
                answered = [
                    await customer.asks(number, pcm) for number, pcm in enumerate(questions, 1)
                ]
            sounding_s = _sounding_s(tape.pcm)
    print(f"\nWritten: {out} ({sounding_s:.1f} s of sound came out of the speaker)")
    if not all(answered) or sounding_s < len(questions):
        raise StartError("Not every question was answered aloud.")


def _configuration(settings: Settings, socket: Path) -> str:
    """Return the same configuration on virtual devices, as TOML."""
    tables = settings.model_dump()
    tables["audio"] |= {"input": MICROPHONE, "output": SPEAKER}
    tables["button"]["kind"] = "none"
    tables["control"]["socket"] = str(socket)
    lines: list[str] = []
    for table, keys in tables.items():
        lines += [f"[{table}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items())]
    return "\n".join(lines) + "\n"


@asynccontextmanager
async def _daemon(
    config: Path, environ: Mapping[str, str], sound: VirtualSound, socket: Path
) -> AsyncIterator[None]:
    """Run the daemon as its own process; its state is kept in the user's cache."""
    cache = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kiosk"
    env = {**environ, **sound.env, "STATE_DIRECTORY": environ.get("STATE_DIRECTORY", str(cache))}
    log = config.with_suffix(".log")
    with log.open("wb") as errors:
        command = [sys.executable, "-m", "kiosk", "run", "--config", str(config)]
        async with running(command, env, log=errors.fileno()) as process:
            await _listening(socket, process, log)
            try:
                yield
            except StartError as err:
                if (code := await _exit_code(process)) is None:
                    raise
                raise StartError(last_words(log) or "The kiosk did not start.", code) from err


async def _exit_code(process: asyncio.subprocess.Process) -> int | None:
    """Return the exit code of a process that has ended or is about to, else None."""
    try:
        async with asyncio.timeout(0.5):
            return await process.wait()
    except TimeoutError:
        return None


async def _listening(socket: Path, process: asyncio.subprocess.Process, log: Path) -> None:
    try:
        async with asyncio.timeout(READY_S):
            while process.returncode is None:
                if _is_there(socket):
                    return
                await asyncio.sleep(0.05)
    except TimeoutError:
        pass
    raise StartError(last_words(log) or "The kiosk did not start.", process.returncode or 1)


def _is_there(socket: Path) -> bool:
    return socket.exists()


def _sounding_s(pcm: bytes) -> float:
    """Return for how long something could be heard, in seconds: blocks above -50 dBFS."""
    block = SPEAKER_HZ // 50
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64)
    blocks = samples[: len(samples) - len(samples) % block].reshape(-1, block)
    loud = np.sqrt((blocks**2).mean(axis=1)) > 32768 * 10 ** (-50 / 20)
    return float(loud.sum()) * block / SPEAKER_HZ
