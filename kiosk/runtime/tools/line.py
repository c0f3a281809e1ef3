"""The line to ShopMax: deadlines, one more try for what only reads, a breaker, and the news.

Whether ShopMax answers is news for the lights: at once when it stops or begins again, as a fault
that needs a person when waiting will not help, or has not helped for ten minutes.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from kiosk.core.events import Event, Part, PartFailed, PartHealed, ShopAnswers
from kiosk.errors import ToolError
from kiosk.runtime.tools.deadline import LeftOpen, within
from kiosk.runtime.tools.strict import WRONG_SHAPE, StrictShop
from kiosk.shop.answers import NO_ORDERS
from kiosk.shop.breaker import REST_S, Breaker
from kiosk.shop.goods import Category
from kiosk.shop.orders import Order
from kiosk.shop.ports import ShopBackend

DECIDED: Final = frozenset({"not_found", "too_late", "already"})
"""Reasons that are answers: ShopMax is well, and says no."""
STAYS: Final = frozenset({WRONG_SHAPE, "not_allowed", "not_trusted"})
"""Reasons that no waiting helps against: a person must act."""
TURNED_AWAY: Final = frozenset({"busy", "not_allowed", "not_trusted"})
"""Reasons that leave no doubt about a change: nobody let us in, and it was not made."""
RESTING: Final = "resting"
"""The reason of a ToolError for what was not asked at all: too much has failed just now."""
FAULT_AFTER_S: Final = 600.0
LOOK_EVERY_S: Final = 60.0

T = TypeVar("T")
Ask = Callable[[ShopBackend], Coroutine[Any, Any, T]]


class ShopLine:
    """The one way to the backend. Everything on it raises ToolError."""

    def __init__(self, backend: ShopBackend, tell: Callable[[Event], None]) -> None:
        """Make a line; ``tell`` hears the news."""
        self._backend = StrictShop(backend)
        self._tell = tell
        self._breaker = Breaker()
        self._down_since: float | None = None
        self._faulty = False

    async def order(self, order_id: str, deadline: float) -> Order | None:
        """Return the order with that number, and never another's."""
        return await self.read(lambda shop: shop.find(order_id), deadline)

    async def read(self, ask: Ask[T], deadline: float) -> T:
        """Ask, and once more when that failed and there is time."""
        return await self._reported(self._twice(ask, deadline))

    async def change(self, ask: Ask[T], deadline: float) -> T:
        """Ask for a change, once: nobody knows what became of one that failed."""
        return await self._reported(self._once(ask, deadline))

    async def look(self, deadline_s: float) -> float:
        """Ask something that is nobody's, for the news; return when to look again, in seconds."""
        deadline = asyncio.get_running_loop().time() + deadline_s
        try:
            await self.read(lambda shop: shop.find_products(Category.OTHER), deadline)
        except ToolError:
            return REST_S
        return LOOK_EVERY_S

    async def _reported(self, asking: Coroutine[Any, Any, T]) -> T:
        try:
            given = await asking
        except ToolError as err:
            if err.reason in DECIDED:
                self._up()
            else:
                self._down(err.reason)
            raise
        self._up()
        return given

    async def _twice(self, ask: Ask[T], deadline: float) -> T:
        try:
            return await self._once(ask, deadline)
        except ToolError as err:
            late = asyncio.get_running_loop().time() >= deadline
            if late or not err.retryable or err.reason == RESTING:
                raise
        return await self._once(ask, deadline)

    async def _once(self, ask: Ask[T], deadline: float) -> T:
        now = asyncio.get_running_loop().time
        if not self._breaker.admit(now()):
            raise ToolError(RESTING, NO_ORDERS, retryable=True)
        try:
            given = await within(ask(self._backend), deadline)
        except ToolError as err:
            if err.reason in DECIDED:
                self._breaker.answered()
                raise
            self._breaker.failed(now())
            if isinstance(err, LeftOpen):
                raise ToolError(err.reason, NO_ORDERS, retryable=True) from err
            raise
        except asyncio.CancelledError:
            self._breaker.given_up()
            raise
        self._breaker.answered()
        return given

    def _up(self) -> None:
        if self._down_since is not None:
            self._down_since = None
            self._tell(ShopAnswers(up=True))
        if self._faulty:
            self._faulty = False
            self._tell(PartHealed(Part.SHOP))

    def _down(self, reason: str) -> None:
        now = asyncio.get_running_loop().time()
        if self._down_since is None:
            self._down_since = now
            self._tell(ShopAnswers(up=False))
        stays = reason in STAYS
        if not self._faulty and (stays or now - self._down_since >= FAULT_AFTER_S):
            self._faulty = True
            self._tell(PartFailed(Part.SHOP, reason if stays else "down"))
