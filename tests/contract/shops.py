"""Shops for the contract of ShopBackend: each makes a backend that holds what a test gives it.

A backend's clock stands on TODAY. Further ones need a maker here and its name in the fixture
``shop_holding`` (``conftest.py``).
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Protocol

from kiosk.adapters.http_shop import open_http_shop
from kiosk.adapters.sqlite_demo import add_orders, add_products
from kiosk.adapters.sqlite_parts import Transaction
from kiosk.adapters.sqlite_store import open_store
from kiosk.shop.goods import Product
from kiosk.shop.orders import Order
from kiosk.shop.ports import ShopBackend
from tests.adapters.tls_peer import Authority
from tests.fakes.shop import PaperShop
from tests.shopmax.books import Books
from tests.shopmax.server import MAY_CHANGE, shopmax

TODAY = date(2026, 11, 23)
_DEADLINE_S = 20.0  # nothing here is about time


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


class HttpShopHolding:
    """An order service of our own that stores for real, over HTTPS."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "shopmax.db"
        self._authority = Authority(directory)

    @asynccontextmanager
    async def __call__(
        self, orders: Sequence[Order], products: Sequence[Product] = ()
    ) -> AsyncIterator[ShopBackend]:
        with (
            closing(Books(self._file, lambda: TODAY)) as books,
            shopmax(books, self._authority.server_context()) as service,
        ):
            books.stock(orders, products)
            async with open_http_shop(
                service.url,
                token=MAY_CHANGE,
                ca_file=str(self._authority.ca_file),
                deadline_s=_DEADLINE_S,
            ) as shop:
                yield shop


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
