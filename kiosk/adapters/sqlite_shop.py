"""ShopMax in the store: orders, what was done to them, and where goods stand.

A change is made once, however often it is asked for; a key that made one makes no other. Orders
to try the kiosk on are moved along with the calendar (``sqlite_demo``) before anything is done.
"""

import secrets
import sqlite3
from collections.abc import Callable, Iterable
from datetime import date, time
from typing import Final, TypeVar

from kiosk.adapters.sqlite_demo import move_demo
from kiosk.adapters.sqlite_parts import (
    DISK_ERRORS,
    Database,
    Transaction,
    check_integrity,
    is_error,
)
from kiosk.errors import ToolError
from kiosk.shop.answers import NO_ORDERS
from kiosk.shop.goods import Category, Item, Product
from kiosk.shop.orders import (
    Fulfilment,
    Order,
    OrderStatus,
    ProofFacts,
    ReturnStarted,
    may_cancel,
)

ORDERS_SCHEMA: Final = """
CREATE TABLE orders (
    order_id  TEXT PRIMARY KEY CHECK (order_id GLOB 'ORD-[0-9][0-9][0-9][0-9][0-9]'),
    status    TEXT NOT NULL,
    placed_on TEXT NOT NULL CHECK (placed_on IS date(placed_on)),
    due_on    TEXT CHECK (due_on IS date(due_on)),
    due_from  TEXT CHECK (due_from IS time(due_from)),
    due_by    TEXT CHECK (due_by IS time(due_by)),
    done_on   TEXT CHECK (done_on IS date(done_on)),
    demo      INTEGER NOT NULL DEFAULT 0 CHECK (demo IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE TABLE demo_day (day TEXT NOT NULL CHECK (day IS date(day))) STRICT;
"""
SHOP_SCHEMA: Final = """
ALTER TABLE orders ADD COLUMN fulfilment TEXT NOT NULL DEFAULT 'delivery';
ALTER TABLE orders ADD COLUMN postcode TEXT NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN phone_end TEXT NOT NULL DEFAULT ''
    CHECK (phone_end = '' OR phone_end GLOB '[0-9][0-9][0-9][0-9]');
CREATE TABLE items (
    order_id TEXT NOT NULL,
    line     INTEGER NOT NULL CHECK (line >= 1),
    category TEXT NOT NULL,
    quantity INTEGER NOT NULL DEFAULT 1 CHECK (quantity >= 1),
    PRIMARY KEY (order_id, line)
) STRICT, WITHOUT ROWID;
CREATE TABLE returns (
    reference  TEXT PRIMARY KEY CHECK (reference GLOB 'R-[0-9][0-9][0-9][0-9][0-9][0-9]'),
    order_id   TEXT NOT NULL,
    line       INTEGER NOT NULL,
    key        TEXT NOT NULL UNIQUE,
    started_on TEXT NOT NULL CHECK (started_on IS date(started_on)),
    UNIQUE (order_id, line)
) STRICT, WITHOUT ROWID;
CREATE TABLE cancellations (
    order_id TEXT PRIMARY KEY,
    key      TEXT NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;
CREATE TABLE products (
    category TEXT NOT NULL,
    aisle    TEXT NOT NULL CHECK (length(aisle) BETWEEN 1 AND 6 AND aisle NOT GLOB '*[^A-Z0-9]*'),
    stock    INTEGER NOT NULL CHECK (stock >= 0),
    PRIMARY KEY (category, aisle)
) STRICT, WITHOUT ROWID;
"""
"""On top of ORDERS_SCHEMA. A reference is never given twice: no row of ``returns`` is deleted."""

T = TypeVar("T")

_CANNOT_CHANGE: Final = "I can't do that just now. A colleague can help you."


class SqliteShop:
    """A ShopBackend on an open database."""

    def __init__(self, database: Database, clock: Callable[[], date]) -> None:
        self._database, self._today = database, clock

    async def find(self, order_id: str) -> Order | None:
        """Look an order up, with all that belongs to it. Raises ToolError."""
        return await self._read(lambda: self._find(order_id))

    async def find_products(self, category: Category) -> tuple[Product, ...]:
        """Return where goods of a kind stand, in the order of the aisles. Raises ToolError."""
        return await self._read(lambda: self._find_products(category))

    async def start_return(self, order_id: str, line: int, key: str) -> ReturnStarted:
        """Start the return of a line, or tell of the one that was started. Raises ToolError."""
        return await self._change(lambda: self._start_return(order_id, line, key))

    async def cancel(self, order_id: str, key: str) -> None:
        """Cancel an order that was not dispatched. Raises ToolError."""
        await self._change(lambda: self._cancel(order_id, key))

    async def check(self) -> str:
        """Read the whole database, and count its orders. Raises ToolError."""
        return await self._read(self._check)

    async def _read(self, work: Callable[[], T]) -> T:
        return await self._database.run(work, "orders cannot be read", NO_ORDERS)

    async def _change(self, work: Callable[[], T]) -> T:
        return await self._database.run(work, "orders cannot be changed", _CANNOT_CHANGE)

    def _find(self, order_id: str) -> Order | None:
        try:
            move_demo(self._database.connection, self._today())
        except sqlite3.OperationalError as err:  # a disk that fails stops nobody from reading
            if not is_error(err, *DISK_ERRORS):
                raise
        return self._whole(order_id)

    def _whole(self, order_id: str) -> Order | None:
        connection = self._database.connection
        row = connection.execute(
            "SELECT order_id, status, placed_on, due_on, due_from, due_by, done_on,"
            " fulfilment, postcode, phone_end FROM orders WHERE order_id = ?",
            (order_id,),
        ).fetchone()
        if row is None:
            return None
        items = connection.execute(
            "SELECT line, category, quantity FROM items WHERE order_id = ? ORDER BY line",
            (order_id,),
        ).fetchall()
        returns = connection.execute(
            "SELECT reference, line, started_on FROM returns WHERE order_id = ? ORDER BY line",
            (order_id,),
        ).fetchall()
        return _order(row, items, returns)

    def _find_products(self, category: Category) -> tuple[Product, ...]:
        rows = self._database.connection.execute(
            "SELECT aisle, stock FROM products WHERE category = ? ORDER BY aisle",
            (category.value,),
        ).fetchall()
        return tuple(Product(category=category, aisle=aisle, stock=stock) for aisle, stock in rows)

    def _start_return(self, order_id: str, line: int, key: str) -> ReturnStarted:
        connection, today = self._database.connection, self._today()
        move_demo(connection, today)
        with Transaction(connection):
            known = connection.execute(
                "SELECT reference, line, started_on FROM returns WHERE order_id = ? AND line = ?",
                (order_id, line),
            ).fetchone()
            if known is not None:
                return _return(*known)
            if not self._there(
                "SELECT 1 FROM items WHERE order_id = ? AND line = ?", order_id, line
            ):
                raise _not_found()
            started = ReturnStarted(reference=self._new_reference(), line=line, started_on=today)
            connection.execute(
                "INSERT INTO returns (order_id, key, reference, line, started_on)"
                " VALUES (?, ?, ?, ?, ?)",
                (order_id, key, started.reference, line, today.isoformat()),
            )
            return started

    def _cancel(self, order_id: str, key: str) -> None:
        connection, today = self._database.connection, self._today()
        move_demo(connection, today)
        with Transaction(connection):
            order = self._whole(order_id)
            if order is None:
                raise _not_found()
            if order.status is OrderStatus.CANCELLED:
                return
            if not may_cancel(order):
                say = "I can't cancel that order any more. A colleague can help you."
                raise ToolError("too_late", say, retryable=False)
            connection.execute(
                "INSERT INTO cancellations (order_id, key) VALUES (?, ?)"
                " ON CONFLICT (order_id) DO UPDATE SET key = excluded.key",
                (order_id, key),
            )
            connection.execute(
                "UPDATE orders SET status = ?, done_on = ? WHERE order_id = ?",
                (OrderStatus.CANCELLED.value, today.isoformat(), order_id),
            )

    def _new_reference(self) -> str:
        """Return one that nobody can guess from others, and that was never given."""
        while True:
            reference = f"R-{secrets.randbelow(1_000_000):06}"
            if not self._there("SELECT 1 FROM returns WHERE reference = ?", reference):
                return reference

    def _there(self, query: str, *values: str | int) -> bool:
        return self._database.connection.execute(query, values).fetchone() is not None

    def _check(self) -> str:
        connection = self._database.connection
        check_integrity(connection)
        count, demo = connection.execute("SELECT count(*), total(demo) FROM orders").fetchone()
        return f"the kiosk's own database, {count} orders, {demo:.0f} of them to try it on"


def _not_found() -> ToolError:
    return ToolError("not_found", "I can't find that order.", retryable=False)


def _return(reference: str, line: int, started_on: str) -> ReturnStarted:
    return ReturnStarted(reference=reference, line=line, started_on=date.fromisoformat(started_on))


def _order(
    row: tuple[str, ...],
    items: Iterable[tuple[int, str, int]],
    returns: Iterable[tuple[str, int, str]],
) -> Order:
    order_id, status, placed_on, due_on, due_from, due_by, done_on, *more = row
    fulfilment, postcode, phone_end = more
    return Order(
        order_id=order_id,
        status=OrderStatus(status),
        placed_on=date.fromisoformat(placed_on),
        due_on=date.fromisoformat(due_on) if due_on else None,
        due_from=time.fromisoformat(due_from) if due_from else None,
        due_by=time.fromisoformat(due_by) if due_by else None,
        done_on=date.fromisoformat(done_on) if done_on else None,
        fulfilment=Fulfilment(fulfilment),
        items=tuple(
            Item(line=line, category=Category(category), quantity=quantity)
            for line, category, quantity in items
        ),
        returns=tuple(_return(*each) for each in returns),
        proof=ProofFacts(postcode=postcode, phone_end=phone_end),
    )
