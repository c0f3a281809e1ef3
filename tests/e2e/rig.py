"""The real daemon as a process, on a virtual sound card, and what customers and staff do to it.

Nothing is faked: ``python -m kiosk`` is started as an operator would, presses go through its
control socket, sound through PortAudio. Every wait has a deadline and ends with its event.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kiosk.adapters.control_socket import ask
from kiosk.adapters.monitor import Tape
from kiosk.adapters.processes import child_command, without_pulse
from kiosk.adapters.virtual_sound import MICROPHONE, SPEAKER, VirtualSound
from kiosk.errors import KioskError
from tests.e2e import voices

Event = dict[str, Any]

KIOSK: Final = (sys.executable, "-m", "kiosk")
START_S: Final = 30.0
EVENT_S: Final = 25.0
COMMAND_S: Final = 60.0
EXIT_S: Final = 10.0
"""A process that was asked to stop and is not gone by now hangs."""
_FOREIGN: Final = ("GEMINI_API_KEY", "KIOSK_CONFIG", "CREDENTIALS_DIRECTORY", "JOURNAL_STREAM",
                   "NOTIFY_SOCKET", "WATCHDOG_USEC", "XDG_STATE_HOME", "XDG_RUNTIME_DIR",
                   "XDG_CACHE_HOME")  # fmt: skip


to_show: ContextVar[Callable[[str], object] | None] = ContextVar("to_show", default=None)
"""Where tests that run side by side put what each has to show."""


def show(*lines: str) -> None:
    """Say something that is worth reading when a test fails, or with ``pytest -s``."""
    (to_show.get() or sys.stdout.write)("\n".join((*lines, "")))


async def holds(condition: Callable[[], bool], within_s: float = EVENT_S) -> None:
    """Return as soon as a condition holds that no event tells of."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - it is about other processes
            await asyncio.sleep(0.01)


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Site:
    """Where one kiosk lives: its files, its environment, its sound card."""

    home: Path
    env: Mapping[str, str]
    sound: VirtualSound
    within: tuple[str, ...] = ()
    """Words before the command that starts the daemon: a network of its own."""

    @property
    def socket(self) -> Path:
        return self.home / "run" / "control.sock"

    def config(self, **tables: Mapping[str, Any]) -> Path:
        """Write a configuration for the virtual card and return its file."""
        base: dict[str, dict[str, Any]] = {
            "audio": {"input": MICROPHONE, "output": SPEAKER},
            "button": {"kind": "none"},
            "live": {"fallback": "none"},  # one more recogniser a kiosk is for who asks for it
            "phrases": {"directory": str(voices.phrases())},
        }
        lines: list[str] = []
        for table in {**base, **tables}:
            keys = {**base.get(table, {}), **tables.get(table, {})}
            lines += [f"[{table}]", *(f"{key} = {json.dumps(at)}" for key, at in keys.items())]
        path = self.home / "kiosk.toml"
        path.write_text("\n".join(lines) + "\n")
        return path

    async def command(self, *arguments: str, feed: str = "", **more_env: str) -> Done:
        """Run ``kiosk …`` to its end."""
        process = await asyncio.create_subprocess_exec(
            *child_command([*KIOSK, *arguments]),
            env={**self.env, **more_env},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(COMMAND_S):
            out, err = await process.communicate(feed.encode())
        assert process.returncode is not None
        done = Done(process.returncode, out.decode(), err.decode())
        show(f"$ kiosk {' '.join(arguments)}", done.out, done.err, f"exit code {done.code}")
        return done

    def processes(self) -> Iterator[tuple[int, str]]:
        """Yield the pid and command line of every process that was started for this site."""
        mark = f"RUNTIME_DIRECTORY={self.env['RUNTIME_DIRECTORY']}".encode()
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                    line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    yield int(entry.name), line


def site(home: Path, sound: VirtualSound, within: Sequence[str] = ()) -> Site:
    """Return a place for a kiosk that shares nothing with this machine's own."""
    mine = {name: at for name, at in without_pulse().items() if name not in _FOREIGN}
    directories = {"STATE_DIRECTORY": str(home / "state"), "RUNTIME_DIRECTORY": str(home / "run")}
    env = mine | sound.env | directories | {"HOME": str(home)}
    return Site(home, env, sound, tuple(within))


class Kiosk(asyncio.Protocol):
    """A running daemon: everything it tells, and a customer in front of it."""

    def __init__(self, place: Site, process: asyncio.subprocess.Process, tape: Tape) -> None:
        self.events: list[Event] = []
        self.site = place
        self.process = process
        self.tape = tape
        self._seen = 0
        self._partial = b""
        self._told = asyncio.Event()
        self._hung_up = False

    # What the control socket brings

    def data_received(self, data: bytes) -> None:
        *lines, self._partial = (self._partial + data).split(b"\n")
        messages = [json.loads(line) for line in lines]
        self.events += [message for message in messages if "event" in message]
        self._told.set()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._hung_up = True
        self._told.set()

    # Waiting and looking back

    async def until(self, *names: str, within_s: float = EVENT_S, **fields: Any) -> Event:
        """Return the next event of one of these names and fields that was not yet returned.

        Events before it are passed over and stay in ``events``.
        """
        wanted = f"{' or '.join(names)} {fields or ''}"
        try:
            async with asyncio.timeout(within_s):
                while True:
                    for at in range(self._seen, len(self.events)):
                        event = self.events[at]
                        if event["event"] in names and fields.items() <= event.items():
                            self._seen = at + 1
                            return event
                    assert not self._hung_up, f"the kiosk ended while it was to tell {wanted}"
                    self._told.clear()
                    await self._told.wait()
        except TimeoutError:
            raise AssertionError(f"no {wanted} within {within_s:g} s") from None

    def named(self, *names: str) -> list[Event]:
        """Return every event of these names so far."""
        return [event for event in self.events if event["event"] in names]

    def tells(self, *story: str) -> bool:
        """Whether these happened in this order; ``name`` or ``name:value of any field``."""
        events = iter(self.events)
        return all(any(_is(event, chapter) for event in events) for chapter in story)

    @property
    def lights(self) -> list[str]:
        """The codes the status light showed, in order."""
        return [event["code"] for event in self.named("light")]

    def captions(self, who: str, since: float = 0.0) -> str:
        """Return what was said by ``customer`` or ``kiosk``."""
        told = (event for event in self.named("caption") if event["t"] >= since)
        return " ".join("".join(event["text"] for event in told if event["who"] == who).split())

    async def status(self) -> dict[str, Any]:
        return await self.request("status")

    # What people do

    async def request(self, command: str, **fields: Any) -> dict[str, Any]:
        answer = await ask(self.site.socket, {"command": command, **fields})
        assert answer["ok"], answer
        return answer

    async def tap_as_soon_as_it_can(self) -> None:
        """Tap until the tap is taken: a kiosk that starts has no button for a moment."""
        async with asyncio.timeout(START_S):
            while True:
                if (await ask(self.site.socket, {"command": "press", "for_s": 0.1}))["ok"]:
                    return

    async def tap(self) -> Event:
        """Tap the button; return the press."""
        await self.request("press", for_s=0.1)
        return await self.until("press")

    async def hear(self, pcm: bytes) -> None:
        """Let sound reach the microphone; returns when all of it has."""
        await self.site.sound.speak(pcm)

    async def listened_until(self, moment: float) -> None:
        """Return when the speaker was recorded up to a moment of loop time."""
        await holds(lambda: self.tape.moment(len(self.tape)) >= moment)

    async def asked(self, pcm: bytes) -> Event:
        """Tap, speak and return the end of the turn."""
        await self.tap()
        await self.until("mic_open")
        await self.hear(pcm)
        return await self.until("turn_ended")

    # How it ends

    async def stop(self) -> float:
        """Ask the daemon to end as systemd does; return how long that took, in seconds."""
        if self.process.returncode is not None:
            return 0.0
        now = asyncio.get_running_loop().time
        began = now()
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(EXIT_S):
            await self.process.wait()
        return now() - began

    @property
    def stderr(self) -> str:
        return (self.site.home / "stderr").read_text()


def _is(event: Event, chapter: str) -> bool:
    name, _, value = chapter.partition(":")
    return event["event"] == name and (not value or value in map(str, event.values()))


@asynccontextmanager
async def started(place: Site, config: Path, tape: Tape) -> AsyncIterator[Kiosk]:
    """Start the daemon; come back when its control socket answers, long before it is ready."""
    with (place.home / "stderr").open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *child_command([*place.within, *KIOSK, "run", "--config", str(config)]),
            env=place.env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
        )
    kiosk = Kiosk(place, process, tape)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(START_S):
            while True:
                assert process.returncode is None, kiosk.stderr
                with suppress(FileNotFoundError, ConnectionRefusedError):
                    transport, _ = await loop.create_unix_connection(
                        lambda: kiosk, str(place.socket)
                    )
                    break
                await asyncio.sleep(0.01)
        transport.write(b'{"command": "captions", "on": true}\n')
        yield kiosk
        transport.close()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        show(*map(json.dumps, kiosk.events), kiosk.stderr)


@asynccontextmanager
async def running(
    place: Site, *, within_s: float = START_S, **tables: Mapping[str, Any]
) -> AsyncIterator[Kiosk]:
    """Run a kiosk until the context ends; check that it then ends in good order, with all its
    processes, whatever it was doing."""
    async with AsyncExitStack() as stack:
        tape = await stack.enter_async_context(place.sound.recording())
        kiosk = await stack.enter_async_context(started(place, place.config(**tables), tape))
        if (await kiosk.status())["phase"] == "starting":
            await kiosk.until("ready", within_s=within_s)
        try:
            yield kiosk
            await ends_well(kiosk)
        except BaseException:
            await _keep_evidence(kiosk)
            raise


async def _keep_evidence(kiosk: Kiosk) -> None:
    side_by_side = to_show.get() or "PYTEST_XDIST_WORKER" in os.environ
    recording = voices.CACHE / f"failed{f'-{kiosk.process.pid}' if side_by_side else ''}.wav"
    kiosk.tape.save(recording)
    show(f"{recording} is what the speaker played from {kiosk.tape.started_at:.3f} s on")
    with suppress(KioskError):  # it has ended
        show(json.dumps(await kiosk.status()))


async def ends_well(kiosk: Kiosk) -> None:
    """Stop the kiosk and check that it does so in good order and leaves nothing."""
    await kiosk.stop()
    assert kiosk.process.returncode == 0, kiosk.stderr
    assert "Traceback" not in kiosk.stderr, kiosk.stderr
    assert not kiosk.site.socket.exists()
    assert not list(kiosk.site.processes())


@dataclass(frozen=True)
class LiveServer:
    """A running local Live service."""

    url: str
    ca_file: str
    process: asyncio.subprocess.Process

    @property
    def settings(self) -> dict[str, str]:
        """What a kiosk's ``[live]`` must say to use it."""
        return {"endpoint": self.url, "ca_file": self.ca_file}

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


@asynccontextmanager
async def live_server(
    state: Path,
    env: Mapping[str, str] = os.environ,
    port: int = 0,
    more: Sequence[str] = (),
    within: Sequence[str] = (),
) -> AsyncIterator[LiveServer]:
    """Run ``kiosk live-server`` until the context ends; ``within`` another network."""
    arguments = ["live-server", "--port", str(port), "--state", str(state), *more]
    process = await asyncio.create_subprocess_exec(
        *child_command([*within, *KIOSK, *arguments]),
        env={name: at for name, at in env.items() if name not in _FOREIGN},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_S):
            line = await process.stdout.readline()
        assert line, f"the service ended with {await process.wait()}"
        told = json.loads(line)
        yield LiveServer(told["url"], told["ca_file"], process)
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(EXIT_S):
            await process.communicate()
