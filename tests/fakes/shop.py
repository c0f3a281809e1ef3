"""ShopMax, a message book and the kiosk's own books in memory, with the contracts of the real."""

import asyncio
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime

from kiosk.errors import ToolError
from kiosk.runtime.tools.toolbox import Toolbox
from kiosk.settings import Shop
from kiosk.shop.goods import Category, Product
from kiosk.shop.identity import Tries
from kiosk.shop.ledger import Entry
from kiosk.shop.messages import Message
from kiosk.shop.orders import Order, OrderStatus, ReturnStarted, may_cancel
from kiosk.shop.policy import Policy
from kiosk.shop.ports import Ledger, MessageBook, ShopBackend, TryBook

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


class PaperShop:
    """A ShopMax on paper. It can be slow, down or broken, and tells what it was asked."""

    def __init__(
        self,
        orders: Iterable[Order] = (),
        products: Iterable[Product] = (),
        *,
        takes_s: float = 0.0,
        error: BaseException | None = None,
        today: date = TODAY,
    ) -> None:
        self.takes_s = takes_s
        self.error = error
        self.asked: list[str] = []
        """The orders that were looked for."""
        self.changed: list[str] = []
        """The changes that were asked for, whether or not they were made."""
        self.orders = {order.order_id: order for order in orders}
        self._products = tuple(products)
        self._today = today
        self._keys: dict[str, tuple[str, int]] = {}

    async def find(self, order_id: str) -> Order | None:
        self.asked.append(order_id)
        await self._answers()
        return self.orders.get(order_id)

    async def find_products(self, category: Category) -> tuple[Product, ...]:
        await self._answers()
        return tuple(each for each in self._products if each.category is category)

    async def start_return(self, order_id: str, line: int, key: str) -> ReturnStarted:
        self.changed.append(f"return {order_id} {line}")
        order = self.orders.get(order_id)
        await self._answers()
        if order is None or line not in [item.line for item in order.items]:
            raise ToolError("not_found", "There is no such thing.", retryable=False)
        known = [each for each in order.returns if each.line == line]
        if not known:
            self._use(key, order_id, line)
            number = random.Random(f"{order_id} {line}").randrange(1_000_000)
            known = [ReturnStarted(reference=f"R-{number:06}", line=line, started_on=self._today)]
            self.orders[order_id] = replace(order, returns=(*order.returns, *known))
        return known[0]

    async def cancel(self, order_id: str, key: str) -> None:
        self.changed.append(f"cancel {order_id}")
        await self._answers()
        order = self.orders.get(order_id)
        if order is None:
            raise ToolError("not_found", "There is no such order.", retryable=False)
        if order.status is OrderStatus.CANCELLED:
            return
        if not may_cancel(order):
            raise ToolError("too_late", "It is too late for that.", retryable=False)
        self._use(key, order_id, 0)
        self.orders[order_id] = replace(order, status=OrderStatus.CANCELLED, done_on=self._today)

    async def check(self) -> str:
        await self._answers()
        return "a shop on paper"

    async def _answers(self) -> None:
        if self.takes_s:
            await asyncio.sleep(self.takes_s)
        if self.error:
            raise self.error

    def _use(self, key: str, order_id: str, line: int) -> None:
        if self._keys.setdefault(key, (order_id, line)) != (order_id, line):
            raise ToolError("failed", "That key is used.", retryable=False)


class PaperTries:
    """Tries that outlive the kiosk that made them, as long as the test holds them."""

    def __init__(self, *, error: BaseException | None = None, takes_s: float = 0.0) -> None:
        self.tries = Tries()
        self.error = error
        self.takes_s = takes_s
        self.kept: list[Tries] = []

    async def load(self) -> Tries:
        await self._answers()
        return self.tries

    async def keep(self, tries: Tries) -> None:
        await self._answers()
        self.tries = tries
        self.kept.append(tries)

    async def _answers(self) -> None:
        if self.takes_s:
            await asyncio.sleep(self.takes_s)
        if self.error:
            raise self.error


class PaperLedger:
    """A ledger that the test reads."""

    def __init__(self, *, error: BaseException | None = None) -> None:
        self.error = error
        self.takes_s = 0.0
        self.entries: list[Entry] = []

    async def note(self, entry: Entry) -> None:
        if self.takes_s:
            await asyncio.sleep(self.takes_s)
        if self.error:
            raise self.error
        self.entries.append(entry)


class Notebook:
    """Messages on paper. It can be slow, and down."""

    def __init__(self, *, takes_s: float = 0.0, error: BaseException | None = None) -> None:
        self.takes_s = takes_s
        self.error = error
        self._kept: dict[tuple[str, str], Message] = {}
        self._last = 0

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self._kept.values()]

    async def take(self, text: str, visit: str) -> int:
        """Keep it at once, as a disk would, and answer when it suits."""
        if self.error:
            raise self.error
        if (visit, text) not in self._kept:
            self._last += 1
            taken_at = datetime(2026, 11, 23, 10, tzinfo=UTC)
            message = Message(reference=self._last, taken_at=taken_at, text=text)
            self._kept[visit, text] = message
        if self.takes_s:
            await asyncio.sleep(self.takes_s)
        return self._kept[visit, text].reference

    async def waiting(self, most: int) -> tuple[int, tuple[Message, ...]]:
        if self.takes_s:
            await asyncio.sleep(self.takes_s)
        if self.error:
            raise self.error
        return len(self._kept), tuple(self._kept.values())[:most]

    async def done(self, reference: int) -> bool:
        if self.error:
            raise self.error
        for key, message in self._kept.items():
            if message.reference == reference:
                del self._kept[key]
                return True
        return False


def paper_toolbox(
    policy: Policy,
    limits: Shop | None = None,
    backend: ShopBackend | None = None,
    messages: MessageBook | None = None,
    *,
    tries: TryBook | None = None,
    ledger: Ledger | None = None,
    now: datetime = NOW,
) -> Toolbox:
    """Make a toolbox of which all that is not given is on paper, at one time of one day."""
    return Toolbox(
        limits or Shop(),
        backend or PaperShop(),
        policy,
        messages or Notebook(),
        tries=tries or PaperTries(),
        ledger=ledger or PaperLedger(),
        wall_clock=lambda: now,
    )
