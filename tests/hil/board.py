"""What people and things do to a virtual Pi: its button and lamps, its cables, its air.

Moments (``t``) are the machine's own monotonic time, the same for events, lamps and presses.
"""

import json
import shutil
import wave
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import soxr

from kiosk.core.audio import MIC_HZ, SPEAKER_HZ
from tests.e2e import listening
from tests.hil.machine import READY_S, Machine, holds

Event = dict[str, Any]

EVENT_S: Final = 240.0
"""The machine's seconds may be four of ours."""
TAP_S: Final = 0.15
_LOOK_S: Final = 0.05
BUTTON: Final = "/sys/devices/platform/gpio-sim.0/gpiochip0/sim_gpio17/pull"
_STATUS: Final = """
import socket
with socket.socket(socket.AF_UNIX) as wire:
    wire.settimeout(5)
    wire.connect("/run/kiosk/control.sock")
    wire.sendall(b"{\\"command\\": \\"status\\"}\\n")
    for line in wire.makefile():
        if line.startswith("{\\"reply\\""):
            print(line)
            break
"""
_AIR: Final = "/usr/local/lib/hil/air.sh"
MICROPHONE_LAMP: Final = 27


class Watched:
    """A file of JSON lines that the machine appends to; read from a mark on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.mark = 0
        """Where looking begins, in bytes."""

    def skip(self) -> None:
        """Look only at what comes from now on."""
        with suppress(FileNotFoundError):
            self.mark = self.path.stat().st_size

    def lines(self) -> list[Event]:
        """Return what came after the mark, as far as it is whole."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.mark)
                whole, _, _ = file.read().rpartition(b"\n")
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in whole.splitlines()]


class Story(Watched):
    """The kiosk's event stream, over all its starts."""

    def until(
        self, *names: str, within_s: float = EVENT_S, after: float = -1.0, **fields: Any
    ) -> Event:
        """Return the first event after the mark of one of these names, with these fields.

        ``after`` is a moment; ``within_s`` are seconds of ours.
        """

        def found() -> Event | None:
            return next(iter(self.named(*names, after=after, **fields)), None)

        event: Event = holds(found, f"{' or '.join(names)} {fields or ''}", within_s, _LOOK_S)
        return event

    def named(self, *names: str, after: float = -1.0, **fields: Any) -> list[Event]:
        """Return every event of these names and fields after the mark."""
        return [
            event
            for event in self.lines()
            if event.get("event") in names
            and event["t"] > after
            and fields.items() <= event.items()
        ]

    def light(self) -> str:
        """Return what the status light says since the machine's last start, marked or not."""
        last = ""
        with suppress(FileNotFoundError), self.path.open() as file:
            for line in file:
                if line.startswith('{"boot"'):
                    last = ""
                elif '"light"' in line:
                    with suppress(ValueError):  # the last line may still be on its way
                        event = json.loads(line)
                        last = event["code"] if event.get("event") == "light" else last
        return last

    def captions(self, who: str) -> str:
        """Return what was said by ``customer`` or ``kiosk`` after the mark."""
        told = [event["text"] for event in self.named("caption", who=who)]
        return " ".join("".join(told).split())


class Lamps(Watched):
    """What button, microphone lamp and status light looked like."""

    def microphone(self) -> list[tuple[float, bool]]:
        """Return each change of the microphone lamp after the mark: when, and lit or dark."""
        seen = (line for line in self.lines() if line.get("pin") == MICROPHONE_LAMP)
        return [(line["t"], bool(line["value"])) for line in seen]

    def light(self) -> list[tuple[float, float]]:
        """Return how bright the status light was, each tenth of a second: when, 0 to 1."""
        return [(line["t"], line["level"]) for line in self.lines() if "level" in line]

    def reach(self, moment: float, within_s: float = EVENT_S) -> None:
        """Return when the lamps were watched up to a moment."""
        holds(
            lambda: any(at >= moment for at, _ in self.light()),
            f"the lamps are watched until {moment:.1f}", within_s, _LOOK_S,
        )  # fmt: skip


class Board:
    """The hardware of one machine, as the people in the shop have it in their hands."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.story = Story(machine.share / "events.jsonl")
        self.lamps = Lamps(machine.share / "lamps.jsonl")
        self._heard = machine.share / "speaker.raw"
        self._from = 0

    def begin(self) -> None:
        """Forget what happened until now: marks for events, lamps and what was heard."""
        self.story.skip()
        self.lamps.skip()
        self.listen()

    def be_ready(self) -> None:
        """Return when the kiosk is ready, its service reached, and nobody is served.

        A machine that is off is switched on.
        """
        if not self.machine.is_on:
            self.machine.power_on()
        holds(  # asked only when it told so: starting a program costs a board as slow as this one
            lambda: self.story.light() == "G" and self.status().get("light") == "G",
            "the light says ready", READY_S, 1.0,
        )  # fmt: skip

    def status(self) -> dict[str, Any]:
        """Return what the kiosk says it is doing; nothing while it does not answer."""
        said = self.machine.do(f"python3 -S -c '{_STATUS}'")
        return dict(json.loads(said.out)) if said.code == 0 and said.out.strip() else {}

    # Button

    def press(self) -> float:
        """Push the button down; return the moment before."""
        return self.machine.write(BUTTON, "pull-down").began

    def release(self) -> float:
        """Let the button go; return the moment before."""
        return self.machine.write(BUTTON, "pull-up").began

    def tap(self) -> float:
        """Push the button for a moment; return the moment before."""
        done = self.machine.do(f"echo pull-down >{BUTTON}; sleep {TAP_S}; echo pull-up >{BUTTON}")
        assert done.code == 0, done.out
        return done.began

    # Microphone cable

    def say(self, wav: Path) -> None:
        """Play a WAV into the microphone; returns when all of it was said."""
        shutil.copy(wav, self.machine.share / wav.name)
        self.machine.run(f"aplay -q -D plughw:CARD=Microphone,DEV=1 /hil/{wav.name}")

    def ask(self, wav: Path) -> float:
        """Tap, wait for the lamp and ask; return the moment of the press."""
        pressed = self.tap()
        self.story.until("mic_open", after=pressed)
        self.say(wav)
        return pressed

    # Speaker cable

    def listen(self) -> None:
        """Listen from now on."""
        with suppress(FileNotFoundError):
            self._from = self._heard.stat().st_size // 2 * 2

    def heard(self) -> bytes:
        """Return what the speaker played since ``listen``: 24 kHz mono PCM16."""
        with self._heard.open("rb") as file:
            file.seek(self._from)
            return file.read()

    async def words(self) -> str:
        """Recognise what the speaker played since ``listen``: small letters, no punctuation."""
        pcm = self.heard()
        played = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2") / 32768
        wave16 = soxr.resample(played, SPEAKER_HZ, MIC_HZ)
        pcm16 = np.clip(np.rint(wave16 * 32767), -32768, 32767).astype("<i2").tobytes()
        return await listening.recognised(pcm16)

    def keep_heard(self, to: Path) -> None:
        """Write everything the speaker ever played to a WAV."""
        with suppress(FileNotFoundError), wave.open(str(to), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(SPEAKER_HZ)
            out.writeframes(self._heard.read_bytes())

    # Plugs

    def unplug(self, card: str) -> float:
        """Pull the cable of a card, ``Microphone`` or ``Speaker``; return the moment before.

        In the background: the kernel waits for everybody who has it open.
        """
        return self._switch(_bind(card, "unbind"))

    def plug(self, card: str) -> float:
        """Put the cable back; return the moment before."""
        return self._switch(_bind(card, "bind"))

    # Air

    def air_off(self, how: str = "TERM") -> float:
        """Switch the access point off; return the moment before.

        With ``KILL`` it goes without a word to its stations.
        """
        return self._switch(f"{_AIR} down -{how}")

    def air_on(self) -> float:
        """Switch the access point on; return the moment before."""
        return self._switch(f"{_AIR} up")

    @contextmanager
    def no_air(self, how: str = "TERM") -> Iterator[None]:
        """Have no access point for a while."""
        self.air_off(how)
        try:
            yield
        finally:
            self.air_on()

    def _switch(self, command: str) -> float:
        done = self.machine.do(command)
        assert done.code == 0, done.out
        return done.began


def _bind(card: str, how: str) -> str:
    number = {"Microphone": 0, "Speaker": 1}[card]
    driver = "/sys/bus/platform/drivers/snd_aloop"
    return f"nohup sh -c 'echo snd_aloop.{number} >{driver}/{how}' >/dev/null 2>&1 &"


def tell(line: str) -> None:
    """Print what was found."""
    print(f"    {line}", flush=True)  # noqa: T201 - what the suite is for


def figure(what: str, value_s: float, promise: str = "") -> None:
    """Print a time next to what was promised."""
    tell(f"{what} {value_s:.2f} s{f' (promise {promise})' if promise else ''}")


def lit_only(
    changes: list[tuple[float, bool]], spans: list[tuple[float, float]], slack_s: float
) -> str:
    """Return what is wrong when a lamp was not lit exactly during these spans; "" if nothing."""
    times = [at for at, _ in changes]
    wanted = [moment for span in spans for moment in span]
    if [lit for _, lit in changes] != [True, False] * len(spans):
        return f"lamp {changes}, audio {spans}"
    late = [f"{at:.3f} for {due:.3f}" for at, due in zip(times, wanted, strict=True)
            if not -slack_s <= at - due <= slack_s]  # fmt: skip
    return f"lamp too early or late: {', '.join(late)}" if late else ""
