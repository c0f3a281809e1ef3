"""Shops for the contract of ShopBackend: each makes a backend that holds what a test gives it.

A backend's clock stands on TODAY. Further ones need a maker here and its name in the fixture
``shop_holding`` (``conftest.py``).
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Protocol

from kiosk.adapters.sqlite_parts import Transaction
from kiosk.adapters.sqlite_shop import add_orders, add_products
from kiosk.adapters.sqlite_store import open_store
from kiosk.shop.goods import Product
from kiosk.shop.orders import Order
from kiosk.shop.ports import ShopBackend
from tests.fakes.shop import PaperShop

TODAY = date(2026, 11, 23)


class ShopHolding(Protocol):
    """Makes a shop that holds these orders and goods, for as long as it is entered.

    Entered again it is the same shop after a restart: what was changed in it stays changed.
    """

    def __call__(
        self, orders: Sequence[Order], products: Sequence[Product] = ()
    ) -> AbstractAsyncContextManager[ShopBackend]: ...


class SqliteShopHolding:
    """The kiosk's own database."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "shopmax.db"

    @asynccontextmanager
    async def __call__(
        self, orders: Sequence[Order], products: Sequence[Product] = ()
    ) -> AsyncIterator[ShopBackend]:
        now = datetime.combine(TODAY, time(10), UTC)
        async with open_store(self._file, lambda: now) as store:
            database = store.shop._database

            def fill() -> None:
                with Transaction(database.connection):
                    database.connection.execute("DELETE FROM products")
                    add_orders(database.connection, orders, demo=False)
                    add_products(database.connection, products)

            await database.run(fill, "the shop cannot be filled", "")
            yield store.shop


class PaperShopHolding:
    """The shop that the runtime's tests use."""

    def __init__(self, _: Path) -> None:
        self._shop: PaperShop | None = None

    @asynccontextmanager
    async def __call__(
        self, orders: Sequence[Order], products: Sequence[Product] = ()
    ) -> AsyncIterator[ShopBackend]:
        self._shop = self._shop or PaperShop(orders, products, today=TODAY)
        yield self._shop
