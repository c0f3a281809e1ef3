"""A robot that stands at the kiosk for a day and guesses, and pulls the plug when that may help.

It knows real order numbers, presses again as soon as a visit is over, kills the kiosk in the
middle of a try, and starts it without a network, so that its clock begins in 1970.
"""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.core.events import TriesSpent
from kiosk.core.live import ToolCall
from kiosk.runtime.tools.toolbox import Toolbox
from kiosk.settings import Shop
from kiosk.shop.identity import TRIES_A_DAY, Tries
from kiosk.shop.orders import Order, OrderStatus, ProofFacts
from tests.fakes.shop import Notebook, PaperLedger, PaperShop, PaperTries
from tests.runtime.shopping import POLICY
from tests.virtualtime import run_virtual

MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
DAY_S = 24 * 3600.0
PRESSES_AGAIN_S = 15.0


class CountingTries(PaperTries):
    """A book of tries on a disk: it counts those that were let in, and by which day."""

    def __init__(self) -> None:
        super().__init__(takes_s=0.02)
        self.let_in = 0

    async def keep(self, tries: Tries) -> None:
        one_more = tries.today > self.tries.today or self._new_day(tries)
        await super().keep(tries)  # whoever is killed before it has learned nothing
        self.let_in += one_more

    def _new_day(self, tries: Tries) -> bool:
        before, after = self.tries.last_at, tries.last_at
        return bool(tries.today and before and after and after.date() > before.date())


@dataclass
class Robot:
    """Somebody with a plug in their hand and a list of guesses."""

    orders: list[Order]
    pulls_the_plug: float
    """How often, of all tries."""
    lies: bool = False
    """Whether the clock begins in 1970 after a restart."""
    attempts: int = 0
    opened: int = 0
    restarts: int = 0
    days: list[int] = field(default_factory=list)
    """The tries that were let in, day by day."""

    def __post_init__(self) -> None:
        self._dice = random.Random(20261123)
        self._tries = CountingTries()
        self._shop = PaperShop(self.orders, takes_s=0.05)
        self._start(lies=False)

    def _start(self, *, lies: bool) -> None:
        """Start the kiosk: what it had in memory is gone."""
        self._spent = asyncio.Event()
        self._turn = 0
        began_s = asyncio.get_running_loop().time()
        first = datetime(1970, 1, 1, tzinfo=UTC) if lies else MIDNIGHT + timedelta(seconds=began_s)

        def wall_clock() -> datetime:
            running_s = asyncio.get_running_loop().time() - began_s
            return first + timedelta(seconds=running_s)

        self._tools = Toolbox(
            Shop(),
            self._shop,
            POLICY,
            Notebook(),
            tries=self._tries,
            ledger=PaperLedger(),
            wall_clock=wall_clock,
            on_fact=lambda event: self._spent.set() if event == TriesSpent() else None,
        )

    async def stands_there(self, days: int) -> None:
        """Guess for so many days."""
        now = asyncio.get_running_loop().time
        guesses = self._guesses()
        for day in range(days):
            before = self._tries.let_in
            while now() < (day + 1) * DAY_S - 10:
                await self._try(*next(guesses))
            self.days.append(self._tries.let_in - before)
            await asyncio.sleep((day + 1) * DAY_S - now())

    async def _try(self, order_id: str, proof: str) -> None:
        self.attempts += 1
        self._turn += 1
        call = ToolCall("1", "verify_customer", {"order_id": order_id, "proof": proof})
        if self._dice.random() < self.pulls_the_plug:
            async with asyncio.TaskGroup() as group:
                killed = group.create_task(self._tools.answer(call, self._turn))
                await asyncio.sleep(self._dice.choice([0.01, 0.06, 0.075, 0.095, 0.2, 0.4]))
                killed.cancel()
            self.restarts += 1
            self._start(lies=self.lies and self._dice.random() < 0.5)
            return
        result = await self._tools.answer(call, self._turn)
        self.opened += result.response["status"] == "ok"
        if self._spent.is_set() or self._turn >= 12:
            self._spent.clear()
            self._tools.begin_visit()
            self._turn = 0
        await asyncio.sleep(PRESSES_AGAIN_S)

    def _guesses(self) -> Iterator[tuple[str, str]]:
        postcodes = list(range(100_000))
        self._dice.shuffle(postcodes)
        while True:
            for postcode in postcodes:
                yield self._dice.choice(self.orders).order_id, f"{postcode:05}"


def real_orders() -> list[Order]:
    dice = random.Random(7)
    return [
        Order(
            order_id=f"ORD-{number:05}",
            status=OrderStatus.DELIVERED,
            placed_on=MIDNIGHT.date(),
            done_on=MIDNIGHT.date(),
            proof=ProofFacts(postcode=f"{dice.randrange(100_000):05}", phone_end="0417"),
        )
        for number in range(10_000, 10_200)
    ]


@pytest.mark.parametrize(
    ("plug", "lies"), [(0.0, False), (0.3, False), (0.3, True)], ids=["asks", "restarts", "1970"]
)
def test_a_robot_that_guesses_for_a_day_has_thirty_tries_and_opens_nothing(
    plug: float, lies: bool
) -> None:
    async def scenario() -> Robot:
        robot = Robot(real_orders(), plug, lies)
        await robot.stands_there(days=1)
        return robot

    robot = run_virtual(scenario())

    assert robot.attempts > 4_000
    assert robot.restarts >= robot.attempts * plug / 2
    assert 0 < robot.days[0] <= TRIES_A_DAY
    assert robot.opened == 0


def test_a_robot_that_comes_every_day_has_thirty_tries_on_each() -> None:
    async def scenario() -> Robot:
        robot = Robot(real_orders()[:20], 0.01)
        await robot.stands_there(days=2)
        return robot

    robot = run_virtual(scenario())

    assert robot.opened == 0
    assert len(robot.days) == 2
    assert all(0 < tries <= TRIES_A_DAY for tries in robot.days)


def test_the_robots_neighbour_is_believed_the_next_morning() -> None:
    async def scenario() -> str:
        orders = real_orders()
        robot = Robot(orders, 0.0)
        robot._tries.tries = Tries(today=TRIES_A_DAY, last_at=MIDNIGHT)
        await asyncio.sleep(DAY_S + 8 * 3600)
        robot._tools.begin_visit()
        proof = orders[0].proof.postcode
        call = ToolCall("1", "verify_customer", {"order_id": orders[0].order_id, "proof": proof})
        return str((await robot._tools.answer(call, 1)).response["status"])

    assert run_virtual(scenario()) == "ok"
