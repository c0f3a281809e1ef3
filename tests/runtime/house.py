"""The kiosk's runtime, whole, on virtual time: real tasks and core, fakes where it touches."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from kiosk.core.effects import Phrase
from kiosk.core.events import Event, KioskReady
from kiosk.core.gate import Gate
from kiosk.core.kept import KeptVisit
from kiosk.core.lights import Light
from kiosk.core.live import SessionHandle, SessionSetup
from kiosk.core.path import NetworkChange
from kiosk.ports import ButtonEdge, LiveService
from kiosk.resources import packaged
from kiosk.runtime.devices import Devices
from kiosk.runtime.front import Front
from kiosk.runtime.kiosk import Kiosk
from kiosk.runtime.stream import Stream
from kiosk.runtime.tools.toolbox import Toolbox
from kiosk.settings import Settings
from kiosk.shop.policy_file import load_policy
from kiosk.shop.ports import ShopBackend
from tests.fakes.shop import Notebook, paper_toolbox
from tests.fakes.sound import FakeMicrophone, FakeSpeaker

SETUP = SessionSetup(model="gemini-3.8-live", voice="Aoede", instruction="Be kind.")
NOW = datetime(2026, 11, 23, tzinfo=UTC)
RECORDING = b"\x01\x10" * 24_000  # a second

L = TypeVar("L", bound=LiveService)


class Marks:
    """A speech detector for a room without noise: any sound is voice."""

    def probability(self, frame: bytes) -> float:
        return 1.0 if any(frame) else 0.0

    def reset(self) -> None:
        pass


class NobodyPresses:
    """A button out of reach; tests press over ``House``."""

    async def edges(self) -> AsyncIterator[ButtonEdge]:
        await asyncio.Event().wait()
        yield ButtonEdge(pressed=False, at=0.0)


class FakeNetwork:
    """A kernel that tells what the test makes it tell."""

    def __init__(self) -> None:
        self._changes: asyncio.Queue[NetworkChange] = asyncio.Queue()

    def tell(self, change: NetworkChange) -> None:
        self._changes.put_nowait(change)

    async def changes(self) -> AsyncIterator[NetworkChange]:
        while True:
            yield await self._changes.get()


class FakeMemory:
    """Memory that somebody else holds."""

    def __init__(self) -> None:
        self.kept: KeptVisit | None = None
        self.wiped = 0

    def keep(self, handle: SessionHandle, visit: int, phase: str) -> None:
        now = asyncio.get_running_loop().time()
        self.kept = KeptVisit(handle=handle, visit=visit, phase=phase, saved_at=now)

    def wipe(self) -> None:
        self.kept = None
        self.wiped += 1


@dataclass
class ShownLamps:
    """Lamps that remember what they showed."""

    shown: list[Light] = field(default_factory=list)
    lit: bool = False
    lit_log: list[tuple[float, bool]] = field(default_factory=list)

    def show(self, light: Light) -> None:
        self.shown.append(light)

    def microphone(self, *, lit: bool) -> None:
        self.lit = lit
        self.lit_log.append((asyncio.get_running_loop().time(), lit))


@dataclass
class House(Generic[L]):
    """A running kiosk and everything around it."""

    live: L
    microphone: FakeMicrophone
    speaker: FakeSpeaker
    lamps: ShownLamps
    kiosk: Kiosk
    events: list[Mapping[str, Any]]
    network: FakeNetwork
    memory: FakeMemory
    notebook: Notebook

    def post(self, event: Event) -> None:
        self.kiosk.front.inbox.post(event)

    async def press(self, for_s: float) -> None:
        await self.kiosk.front.presses.press(for_s)

    async def tap(self) -> None:
        await self.press(0.1)

    async def ask(self, seconds: float = 2.0) -> None:
        """Tap and speak."""
        await self.tap()
        self.microphone.say(seconds)

    async def until(self, event: str, within_s: float = 30.0, **fields: Any) -> Mapping[str, Any]:
        """Wait for an event from now on; fail when it does not come."""
        seen = len(self.events)
        async with asyncio.timeout(within_s):
            while True:
                for candidate in self.events[seen:]:
                    wanted = {"event": event, **fields}
                    if wanted.items() <= candidate.items():
                        return candidate
                seen = len(self.events)
                await asyncio.sleep(0.01)

    def forget(self) -> None:
        """Drop what was noted so far; the kiosk runs on."""
        self.events.clear()
        self.lamps.shown.clear()
        self.lamps.lit_log.clear()
        self.speaker.forget()

    def named(self, event: str) -> list[Mapping[str, Any]]:
        return [candidate for candidate in self.events if candidate["event"] == event]


@asynccontextmanager
async def open_house(
    live: L,
    settings: Settings | None = None,
    *,
    ready: bool = True,
    book: ShopBackend | None = None,
    toolbox: Toolbox | None = None,
    devices: Devices | None = None,
) -> AsyncIterator[House[L]]:
    """Run a kiosk at a Live service until the context ends; ``ready`` or starting.

    It may run on virtual time when the service has no sockets. With ``devices`` it has those,
    else a microphone and a speaker that nobody can unplug. Without a ``toolbox`` it has one on
    paper, with ``book`` as its shop.
    """
    settings = settings or Settings()
    events: list[Mapping[str, Any]] = []
    policy = load_policy(Path(packaged("policy.toml")))
    lamps, microphone, speaker = ShownLamps(), FakeMicrophone(), FakeSpeaker()
    network, memory = FakeNetwork(), FakeMemory()
    notebook = Notebook()
    front = Front(
        phrases={phrase: RECORDING for phrase in Phrase if phrase is not Phrase.TICK},
        lamps=lamps,
        stream=Stream(events.append),
        talk=settings.talk,
        button=settings.button,
    )
    kiosk = Kiosk(
        front,
        gate=Gate(settings.gate, Marks()),
        toolbox=toolbox or paper_toolbox(policy, settings.shop, book, notebook, now=NOW),
        memory=memory,
    )
    kiosk.link.use(live, SETUP)
    heard, sounding = (devices.microphone, devices.speaker) if devices else (microphone, speaker)
    tasks = [
        asyncio.get_running_loop().create_task(work)
        for work in (*front.work(sounding, NobodyPresses()), *kiosk.work(heard, network))
    ]
    if devices:
        tasks.append(asyncio.get_running_loop().create_task(devices.run(front.inbox)))
    if ready:
        front.inbox.post(KioskReady())
    try:
        yield House(live, microphone, speaker, lamps, kiosk, events, network, memory, notebook)
        for task in tasks:
            assert not task.done(), task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
