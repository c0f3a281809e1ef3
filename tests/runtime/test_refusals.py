"""How long a refusal takes: nobody can tell an unknown order from a wrong proof from a lock."""

import asyncio
import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from kiosk.adapters.sqlite_demo import add_orders
from kiosk.adapters.sqlite_parts import Transaction
from kiosk.adapters.sqlite_store import open_store
from kiosk.core.live import ToolCall
from kiosk.runtime.tools.proving import SLOT_S
from kiosk.runtime.tools.toolbox import Toolbox
from kiosk.settings import Shop
from kiosk.shop.identity import TRIES_A_DAY, Tries
from kiosk.shop.orders import Order
from kiosk.shop.ports import Ledger, ShopBackend, TryBook
from tests.fakes.shop import NOW, Notebook, PaperLedger, PaperShop, PaperTries
from tests.runtime.shopping import KETTLE, POLICY
from tests.virtualtime import run_virtual

EACH = 200
APART_S = 0.05
LANES = 16
"""Customers at once; they begin one after the other, so that each finds the store free."""
UNKNOWN = "ORD-00000"
FULL = Tries(today=TRIES_A_DAY, last_at=NOW)
Kinds = Mapping[str, tuple[str, Tries]]
KINDS: Kinds = {
    "unknown": (UNKNOWN, Tries()),
    "wrong": (KETTLE.order_id, Tries()),
    "locked": (KETTLE.order_id, FULL),
}


class Forgetting:
    """A book of tries that takes its time, and always holds what the test says."""

    def __init__(self, book: TryBook) -> None:
        self._book = book
        self.tries = Tries()

    async def load(self) -> Tries:
        await self._book.load()
        return self.tries

    async def keep(self, tries: Tries) -> None:
        await self._book.keep(tries)


async def refusals(
    shop: ShopBackend, book: TryBook, ledger: Ledger, kinds: Sequence[str]
) -> list[tuple[str, float]]:
    """Return for each try, one after the other, of which kind it was and what it took."""
    tries = Forgetting(book)
    tools = Toolbox(
        Shop(), shop, POLICY, Notebook(), tries=tries, ledger=ledger, wall_clock=lambda: NOW
    )
    now = asyncio.get_running_loop().time
    took = []
    for kind in kinds:
        order_id, tries.tries = KINDS[kind]
        tools.begin_visit()
        began = now()
        call = ToolCall("1", "verify_customer", {"order_id": order_id, "proof": "99999"})
        result = await tools.answer(call, 1)
        assert result.response["status"] == "not_verified"
        took.append((kind, now() - began))
    return took


def shuffled(each: int) -> list[str]:
    kinds = [kind for kind in KINDS for _ in range(each)]
    random.Random(3).shuffle(kinds)
    return kinds


def assert_alike(took: Sequence[tuple[str, float]]) -> None:
    medians = {
        kind: statistics.median(seconds for each, seconds in took if each == kind) for kind in KINDS
    }
    assert max(medians.values()) - min(medians.values()) < APART_S, medians


class Telltale(PaperShop):
    """A shop that knows at once what it does not have, and takes its time over what it has."""

    def __init__(self) -> None:
        super().__init__([KETTLE])
        self._dice = random.Random(5)

    async def find(self, order_id: str) -> Order | None:
        self.takes_s = self._dice.uniform(0.1, 0.4) if order_id in self.orders else 0.01
        return await super().find(order_id)


def test_all_refusals_take_the_same_time_though_the_shop_does_not() -> None:
    async def scenario() -> list[tuple[str, float]]:
        book = PaperTries(takes_s=0.02)
        return await refusals(Telltale(), book, PaperLedger(), shuffled(EACH))

    took = run_virtual(scenario())

    assert len(took) == 3 * EACH
    assert_alike(took)


def test_all_refusals_take_the_same_time_with_the_real_store_and_the_real_clock(
    tmp_path: Path,
) -> None:
    async def scenario() -> list[tuple[str, float]]:
        async with open_store(tmp_path / "shopmax.db", lambda: NOW) as store:
            database = store.shop._database
            real = replace(KETTLE, done_on=date(2026, 11, 20))

            def fill() -> None:
                with Transaction(database.connection):
                    add_orders(database.connection, [real], demo=False)

            await database.run(fill, "the shop cannot be filled", "")
            kinds = shuffled(EACH)

            async def lane(number: int) -> list[tuple[str, float]]:
                await asyncio.sleep(number * SLOT_S / LANES)
                mine = kinds[number::LANES]
                return await refusals(store.shop, store.tries, store.ledger, mine)

            took = await asyncio.gather(*map(lane, range(LANES)))
            return [each for lane in took for each in lane]

    took = asyncio.run(scenario())

    assert len(took) == 3 * EACH
    assert_alike(took)
