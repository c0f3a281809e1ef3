"""The kiosk's runtime, whole, on virtual time: real tasks and core, fakes where it touches."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kiosk.core.effects import Phrase
from kiosk.core.events import Event, KioskReady
from kiosk.core.gate import Gate
from kiosk.core.lights import Light
from kiosk.core.live import SessionSetup
from kiosk.resources import packaged
from kiosk.runtime.button import Presses
from kiosk.runtime.control import Control, Inbox
from kiosk.runtime.downlink import Downlink
from kiosk.runtime.errands import Errands
from kiosk.runtime.link import Link
from kiosk.runtime.perform import performer
from kiosk.runtime.playout import Player
from kiosk.runtime.stream import Stream
from kiosk.runtime.toolbox import Toolbox
from kiosk.runtime.uplink import Uplink
from kiosk.settings import Settings
from kiosk.shop.orders import Order
from kiosk.shop.policy_file import load_policy
from tests.fakes.live import FakeLive
from tests.fakes.sound import FakeMicrophone, FakeSpeaker

SETUP = SessionSetup(model="gemini-3.8-live", voice="Aoede", instruction="Be kind.")
RECORDING = b"\x01\x10" * 24_000  # a second


class Marks:
    """A speech detector for a room without noise: any sound is voice."""

    def probability(self, frame: bytes) -> float:
        return 1.0 if any(frame) else 0.0

    def reset(self) -> None:
        pass


class NoOrders:
    """A shop that never sold anything."""

    async def find(self, order_id: str) -> Order | None:
        del order_id
        return None


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
class House:
    """A running kiosk and everything around it."""

    live: FakeLive
    microphone: FakeMicrophone
    speaker: FakeSpeaker
    lamps: ShownLamps
    presses: Presses
    inbox: Inbox
    control: Control
    link: Link
    events: list[Mapping[str, Any]]

    def post(self, event: Event) -> None:
        self.inbox.post(event)

    async def tap(self) -> None:
        await self.presses.press(0.1)

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

    def named(self, event: str) -> list[Mapping[str, Any]]:
        return [candidate for candidate in self.events if candidate["event"] == event]


@asynccontextmanager
async def open_house(
    live: FakeLive, settings: Settings | None = None, *, ready: bool = True
) -> AsyncIterator[House]:
    """Run a kiosk at a scripted Live service until the context ends; ``ready`` or starting."""
    settings = settings or Settings()
    events: list[Mapping[str, Any]] = []
    inbox, stream = Inbox(), Stream(events.append)
    phrases: dict[Phrase, bytes] = {
        phrase: RECORDING for phrase in Phrase if phrase is not Phrase.TICK
    }
    player = Player(phrases, inbox, stream)
    uplink = Uplink(Gate(settings.gate, Marks()), inbox)
    policy = load_policy(Path(packaged("policy.toml")))
    toolbox = Toolbox(settings.shop, NoOrders(), policy, lambda: datetime(2026, 11, 23, tzinfo=UTC))
    errands = Errands(toolbox, stream)
    downlink = Downlink(inbox, player, errands, stream)
    link = Link(uplink, downlink, inbox, stream)
    link.use(live, SETUP)
    uplink.on_end_mark = downlink.asked
    downlink.on_answer = uplink.answered
    errands.on_result = uplink.answer_tool
    lamps, microphone, speaker = ShownLamps(), FakeMicrophone(), FakeSpeaker()
    perform = performer(
        uplink=uplink,
        downlink=downlink,
        link=link,
        player=player,
        errands=errands,
        lamps=lamps,
        stream=stream,
    )
    control = Control(inbox, perform, settings.talk)
    presses = Presses(inbox, stream)
    tasks = [
        asyncio.get_running_loop().create_task(work)
        for work in (
            control.run(),
            player.run(speaker),
            uplink.capture(microphone),
            uplink.send(),
            link.run(),
            errands.serve(),
        )
    ]
    if ready:
        inbox.post(KioskReady())
    try:
        yield House(live, microphone, speaker, lamps, presses, inbox, control, link, events)
        for task in tasks:
            assert not task.done(), task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
