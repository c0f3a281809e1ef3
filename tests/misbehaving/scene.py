"""The kiosk's real runtime and its real Live adapter, at a service that misbehaves.

Microphone and speaker are the test's own and run on the loop's clock; TLS and WebSocket are
real. What a customer would notice is the oracle: whether the sentence was answered, aloud and
once, and which phrase was said.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from kiosk.adapters.genai_live import GenaiLive
from kiosk.core.effects import Phrase
from kiosk.local_live.tls import Identity
from kiosk.settings import Settings
from kiosk.shop.orders import Order, OrderStatus
from tests.fakes.shop import PaperShop
from tests.misbehaving.script import Turn, Welcome
from tests.misbehaving.service import Misbehaving, misbehaving
from tests.misbehaving.spoken import UNIT_S, Passage, gaps, heard_in, passages, question
from tests.runtime.house import House, open_house

ANSWERED_S = 30.0
"""An answer that takes longer is none."""
SEAM_UNITS = 3
"""So much may be lost or heard twice where a reply was cut and went on: 120 ms."""
CONNECT_S = 3.0
ORDER = Order(
    order_id="ORD-88421", status=OrderStatus.SHIPPED, placed_on=date(2026, 11, 20), due_on=None
)


@dataclass
class Scene:
    """A customer before a kiosk before a service."""

    service: Misbehaving
    house: House[GenaiLive]
    orders: PaperShop

    async def ask(self, number: int, seconds: float = 1.2) -> None:
        """Tap and ask; returns when the customer has begun to speak."""
        await self.house.tap()
        self.house.microphone.hear(question(number, seconds))

    async def say(self, number: int, seconds: float = 1.2) -> None:
        """Ask on without pressing: the follow-up window is open."""
        await self.when(lambda: self.house.lamps.lit)
        self.house.microphone.hear(question(number, seconds))

    async def when(self, condition: Callable[[], object], within_s: float = ANSWERED_S) -> None:
        """Wait until something is so; fail when it does not come."""
        async with asyncio.timeout(within_s):
            while True:
                if condition():
                    return
                await asyncio.sleep(0.02)

    async def turn_over(self, **fields: Any) -> Mapping[str, Any]:
        """Wait for the end of a turn."""
        return await self.house.until("turn_ended", ANSWERED_S, **fields)

    async def answered(self, number: int, seconds: float = 1.2) -> Mapping[str, Any]:
        """Ask and hear the answer out."""
        await self.ask(number, seconds)
        return await self.turn_over(outcome="answered")

    async def visit_over(self) -> Mapping[str, Any]:
        """Wait for the end of the first visit."""
        await self.when(lambda: self.house.named("visit_ended"))
        return self.house.named("visit_ended")[0]

    async def interrupt(self, number: int, seconds: float = 1.2) -> float:
        """Press in the middle of a reply and ask; return when it was pressed."""
        at = asyncio.get_running_loop().time()
        await self.ask(number, seconds)
        return at

    # What the customer noticed

    def passages(self, number: int | None = None) -> list[Passage]:
        """Return what was heard of replies, or of those to one question."""
        self.house.speaker.sounded()  # all that has been played by now
        heard = passages(self.house.speaker.played)
        return [part for part in heard if number in (None, part.take.question)]

    def units(self, number: int) -> list[int]:
        """Return which units of the answer to a question were heard, in order."""
        return [unit for part in self.passages(number) for unit in range(part.first, part.last + 1)]

    def last_heard(self, number: int) -> float:
        """Return when the answer to a question was last to be heard."""
        self.house.speaker.sounded()
        return max(
            at
            for at, frame in self.house.speaker.played
            if (heard := heard_in(frame)) and heard[0].question == number
        )

    def phrases(self) -> list[str]:
        """Return the sentences said so far; ticks are none."""
        said = [event["code"] for event in self.house.named("phrase")]
        return [code for code in said if code != Phrase.TICK]

    def heard_once(self, number: int, seconds: float = 1.0, seam: int = 0) -> None:
        """Fail unless the answer was heard, whole, in order and once; ``seam`` for a cut one."""
        units = self.units(number)
        whole = set(range(round(seconds / UNIT_S)))
        assert len(whole - set(units)) <= seam, ("lost", sorted(whole - set(units)))
        assert set(units) <= whole, ("too long", units)
        twice = len(units) - len(set(units))
        assert twice <= seam, ("heard twice", self.passages(number))

    def asked_once(self, number: int) -> None:
        """Fail unless the question came whole, and was answered to its end, once."""
        record = self.service.record
        assert record.whole(number), [
            (a.connection, a.frames, a.ended_at) for a in record.askings(number)
        ]
        assert len(record.completed(number)) == 1, record.answers

    def in_order(self) -> None:
        """Fail when the kiosk broke the protocol."""
        assert self.service.record.complaints == []

    def undisturbed(self) -> None:
        """Fail when the customer could notice anything: a phrase, a tick, a gap in a reply."""
        assert self.house.named("phrase") == []
        assert gaps(self.house.speaker.played) == []


@asynccontextmanager
async def open_scene(
    identity: Identity,
    *welcomes: Welcome,
    turns: Mapping[int, tuple[Turn, ...]] | None = None,
    settings: Settings | None = None,
) -> AsyncIterator[Scene]:
    """Run a kiosk at a scripted service until the context ends; its customer keeps the protocol.

    At the end it must not have broken it.
    """
    async with misbehaving(identity) as service:
        service.welcomes.extend(welcomes)
        service.turns.update(turns or {})
        live = GenaiLive(
            endpoint=service.url,
            api_key="no-secret",
            ca_file=service.ca_file,
            connect_s=CONNECT_S,
        )
        await live.warm()
        orders = PaperShop([ORDER], takes_s=0.05)
        async with open_house(live, settings, book=orders) as house:
            scene = Scene(service, house, orders)
            yield scene
            scene.in_order()
