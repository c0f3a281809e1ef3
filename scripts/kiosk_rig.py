"""The running kiosk as the benchmark sees it: a process, its events, its button, its cost."""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiosk.adapters.control_socket import ask, events
from kiosk.adapters.processes import running
from kiosk.adapters.virtual_sound import MICROPHONE, SPEAKER, VirtualSound
from kiosk.errors import StartError

START_S = 60.0
EVENT_S = 15.0
_TICK_HZ = os.sysconf("SC_CLK_TCK")
_PATIENT = {"tick_s": 7.0, "moment_s": 7.5, "sorry_s": 8.0}  # nothing sounds but replies

Event = dict[str, Any]


@dataclass(frozen=True)
class Cpu:
    """Processor time a process has taken, in seconds, and where."""

    all_s: float
    loop_s: float
    """Its main thread: the event loop."""
    pulse_s: float
    """Threads of PulseAudio's client library, which a real sound card does without."""


def cpu_of(pid: int) -> Cpu:
    """Return what a process has taken so far. Threads that have ended count in ``all_s`` only."""
    loop_s = pulse_s = threads_s = 0.0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # the thread has just ended
            taken_s = int((task / "schedstat").read_text().split()[0]) / 1e9
            threads_s += taken_s
            if task.name == str(pid):
                loop_s = taken_s
            elif (task / "comm").read_text().startswith("threaded-ml"):
                pulse_s += taken_s
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    whole_s = (int(fields[11]) + int(fields[12])) / _TICK_HZ
    return Cpu(threads_s if abs(threads_s - whole_s) < 0.1 else whole_s, loop_s, pulse_s)


class Meter:
    """Processor time of a process as a share of one core, in percent."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._now = asyncio.get_running_loop().time
        self._began = self._lapped = (cpu_of(pid), self._now())

    def lap(self) -> Cpu:
        """Return the shares since the last lap."""
        before, self._lapped = self._lapped, (cpu_of(self._pid), self._now())
        return _shares(before, self._lapped)

    def whole(self) -> Cpu:
        """Return the shares since the beginning."""
        return _shares(self._began, (cpu_of(self._pid), self._now()))


def _shares(before: tuple[Cpu, float], after: tuple[Cpu, float]) -> Cpu:
    percent = 100 / max(1e-3, after[1] - before[1])
    then, now = before[0], after[0]
    return Cpu(
        percent * (now.all_s - then.all_s),
        percent * (now.loop_s - then.loop_s),
        percent * (now.pulse_s - then.pulse_s),
    )


def memory_mb(pid: int) -> tuple[float, float]:
    """Return resident memory, whole and with shared pages divided among their users, in MB."""
    found: dict[str, float] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        found[name] = int(rest.split()[0]) / 1024
    return found["Rss"], found["Pss"]


@dataclass
class Kiosk:
    """A daemon that is ready. Times are the loop's, and the daemon's: one clock."""

    process: asyncio.subprocess.Process
    socket: Path
    started_at: float
    ready_at: float = 0.0
    seen: list[Event] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    log: Path = field(default_factory=Path)

    @property
    def pid(self) -> int:
        """The daemon's process."""
        return self.process.pid

    async def press(self, for_s: float = 0.05) -> None:
        """Press, hold and release the button."""
        await ask(self.socket, {"command": "press", "for_s": for_s})

    async def event(
        self,
        name: str,
        after: float,
        *,
        within_s: float = EVENT_S,
        where: Callable[[Event], bool] = lambda _: True,
    ) -> Event:
        """Return the first event of this name after a moment, waiting for it."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    for event in self.seen:
                        if event["event"] == name and event["t"] > after and where(event):
                            return event
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError as err:
            last = ", ".join(event["event"] for event in self.seen[-8:])
            raise StartError(f"no event {name!r} within {within_s:.0f} s; last: {last}") from err

    async def at(self, name: str, after: float, **how: Any) -> float:  # noqa: ANN401 - as event()
        """Return the time of such an event."""
        return float((await self.event(name, after, **how))["t"])

    async def visit_over(self, after: float) -> None:
        """Return when the visit that began after a moment has ended."""
        await self.event("visit_ended", after, within_s=60)

    async def stop(self) -> float:
        """Send SIGTERM; return how long the exit took, in seconds."""
        now = asyncio.get_running_loop().time
        asked_at = now()
        self.process.send_signal(signal.SIGTERM)
        await self.process.wait()
        return now() - asked_at

    async def follow(self) -> None:
        """Collect events until the daemon ends."""
        async for event in events(self.socket, captions=False):
            self.seen.append(event)
            self.news.set()


def environment(sound: VirtualSound, state: Path) -> dict[str, str]:
    """Return what the daemon runs in: the virtual card, our own state, nobody's key."""
    left_out = ("GEMINI_API_KEY", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "JOURNAL_STREAM")
    env = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**env, **sound.env, "STATE_DIRECTORY": str(state)}


def configuration(
    socket: Path, endpoint: str, ca_file: Path | None, talk: Mapping[str, float]
) -> str:
    """Return the daemon's configuration file."""
    tables: dict[str, dict[str, Any]] = {
        "audio": {"input": MICROPHONE, "output": SPEAKER},
        "button": {"kind": "none"},
        "control": {"socket": str(socket)},
        "talk": {**_PATIENT, **talk},
    }
    if endpoint:
        tables["live"] = {"endpoint": endpoint, "ca_file": str(ca_file or ""), "fallback": "none"}
    lines: list[str] = []
    for name, keys in tables.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items())]
    return "\n".join(lines) + "\n"


@asynccontextmanager
async def kiosk(
    sound: VirtualSound,
    state: Path,
    endpoint: str = "",
    ca_file: Path | None = None,
    **talk: float,
) -> AsyncIterator[Kiosk]:
    """Run the daemon until the context ends; yield when it is ready for a press.

    Without an endpoint it starts a local Live service of its own. ``talk`` changes that table
    of its configuration. Raises StartError with its last words when it does not start.
    """
    async with starting(sound, state, endpoint, ca_file, **talk) as unit:
        unit.ready_at = await ready(unit)
        yield unit


@asynccontextmanager
async def starting(
    sound: VirtualSound,
    state: Path,
    endpoint: str = "",
    ca_file: Path | None = None,
    python: Sequence[str] = (),
    **talk: float,
) -> AsyncIterator[Kiosk]:
    """As ``kiosk``, but yield as soon as the control socket answers, long before it is ready.

    ``python`` are options of the interpreter.
    """
    now = asyncio.get_running_loop().time
    with tempfile.TemporaryDirectory(prefix="kiosk-bench-") as scratch:
        socket = Path(scratch) / "control.sock"
        config = Path(scratch) / "kiosk.toml"
        config.write_text(configuration(socket, endpoint, ca_file, talk))
        log = state / "daemon.log"
        with log.open("wb") as errors:
            command = [sys.executable, *python, "-m", "kiosk", "run", "--config", str(config)]
            started_at = now()
            env = environment(sound, state)
            async with running(command, env, log=errors.fileno()) as process:
                started = Kiosk(process, socket, started_at, log=log)
                await _listening(started)
                async with asyncio.TaskGroup() as group:
                    following = group.create_task(started.follow())
                    try:
                        yield started
                    finally:
                        following.cancel()


async def _listening(started: Kiosk) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(START_S):
            while started.process.returncode is None:
                try:
                    _, writer = await asyncio.open_unix_connection(started.socket)
                except OSError:
                    await asyncio.sleep(0.002)
                else:
                    writer.close()
                    return
    raise StartError(f"the kiosk did not start: {last_words(started.log)}")


async def ready(started: Kiosk) -> float:
    """Return when the daemon said it was ready; we listen from long before that."""
    try:
        return await started.at("ready", 0.0, within_s=START_S)
    except StartError as err:
        raise StartError(f"the kiosk was not ready: {last_words(started.log)}") from err


def last_words(log: Path) -> str:
    """Return the last line of a log."""
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
