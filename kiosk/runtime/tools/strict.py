"""ShopMax, taken at its word only when that is one: every answer has its shape, or is a failure."""

from typing import Final

from kiosk.errors import ToolError
from kiosk.shop.answers import NO_ORDERS
from kiosk.shop.goods import Category, Product
from kiosk.shop.orders import Order, ReturnStarted
from kiosk.shop.ports import ShopBackend
from kiosk.shop.shapes import are_products, is_order, is_return

WRONG_SHAPE: Final = "wrong_shape"
"""The reason of a ToolError for an answer that is none."""


class StrictShop:
    """A ShopBackend in front of another: what passes is what the types say, for what was asked."""

    def __init__(self, backend: ShopBackend) -> None:
        self._backend = backend

    async def find(self, order_id: str) -> Order | None:
        """Return the order with that number, and never another's. Raises ToolError."""
        order = await self._backend.find(order_id)
        if order is not None and not is_order(order, order_id):
            raise _wrong_shape()
        return order

    async def find_products(self, category: Category) -> tuple[Product, ...]:
        """Return where goods of that kind stand. Raises ToolError."""
        products = await self._backend.find_products(category)
        if not are_products(products, category):
            raise _wrong_shape()
        return products

    async def start_return(self, order_id: str, line: int, key: str) -> ReturnStarted:
        """Start the return of that line, once. Raises ToolError."""
        started = await self._backend.start_return(order_id, line, key)
        if not is_return(started, line):
            raise _wrong_shape()
        return started

    async def cancel(self, order_id: str, key: str) -> None:
        """Cancel the order, once. Raises ToolError."""
        await self._backend.cancel(order_id, key)

    async def check(self) -> str:
        """Return what answered. Raises ToolError."""
        return await self._backend.check()


def _wrong_shape() -> ToolError:
    return ToolError(WRONG_SHAPE, NO_ORDERS, retryable=False)
