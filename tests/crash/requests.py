"""What a busy kiosk asks of its store, one request after the other, and what must then be in it."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from kiosk.adapters.sqlite_demo import add_orders
from kiosk.adapters.sqlite_parts import Transaction
from kiosk.adapters.sqlite_store import Store
from kiosk.shop.goods import Category, Item
from kiosk.shop.identity import Tries
from kiosk.shop.ledger import Entry
from kiosk.shop.messages import MOST_WAITING
from kiosk.shop.orders import Order, OrderStatus

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
TODAY = NOW.date()
LINES = 60
DELIVERED = Order(
    order_id="ORD-50000",
    status=OrderStatus.DELIVERED,
    placed_on=date(2026, 11, 17),
    done_on=date(2026, 11, 20),
    items=tuple(Item(line=line, category=Category.LAMP) for line in range(1, LINES + 1)),
)
PLACED = tuple(
    Order(order_id=f"ORD-6{number:04}", status=OrderStatus.PLACED, placed_on=TODAY)
    for number in range(LINES)
)


def now() -> datetime:
    return NOW


@dataclass(frozen=True, slots=True)
class Rows:
    """What requests leave in the store."""

    messages: frozenset[tuple[int, str]] = frozenset()
    wrong_tries: int = 0
    entries: tuple[str, ...] = ()
    returns: frozenset[tuple[int, str]] = frozenset()
    cancelled: frozenset[str] = frozenset()

    @property
    def facts(self) -> frozenset[tuple[str, ...]]:
        """The same as a set, to which a request adds one fact or from which it takes one."""
        return frozenset(
            [("message", str(reference)) for reference, _ in self.messages]
            + [("wrong try", str(number)) for number in range(self.wrong_tries)]
            + [("entry", key) for key in self.entries]
            + [("return", str(line), reference) for line, reference in self.returns]
            + [("cancelled", order_id) for order_id in self.cancelled]
        )


async def fill(store: Store) -> None:
    """Put the orders in that the requests are about."""
    database = store.shop._database

    def put() -> None:
        with Transaction(database.connection):
            add_orders(database.connection, (DELIVERED, *PLACED), demo=False)

    await database.run(put, "the store cannot be filled", "")


async def requests(store: Store) -> AsyncIterator[Rows]:
    """Make five requests for each line, and now and then a sixth; tell the rows after each."""
    rows = Rows()
    for number in range(LINES):
        text = f"message {number} {'x' * 5 * number}"
        reference = await store.messages.take(text, "a visit")
        rows = replace(rows, messages=rows.messages | {(reference, text)})
        yield rows

        await store.tries.keep(Tries(today=number + 1, last_at=NOW))
        rows = replace(rows, wrong_tries=number + 1)
        yield rows

        key = f"{number:064}"
        await store.ledger.note(Entry(at=NOW, visit="v", tool="t", outcome="ok", key=key))
        rows = replace(rows, entries=(*rows.entries, key))
        yield rows

        started = await store.shop.start_return(DELIVERED.order_id, number + 1, key)
        rows = replace(rows, returns=rows.returns | {(number + 1, started.reference)})
        yield rows

        await store.shop.cancel(PLACED[number].order_id, key)
        rows = replace(rows, cancelled=rows.cancelled | {PLACED[number].order_id})
        yield rows

        if number % 5 == 4:
            oldest = min(rows.messages)
            await store.messages.done(oldest[0])
            rows = replace(rows, messages=rows.messages - {oldest})
            yield rows


async def rows_in(store: Store) -> Rows:
    """Return what the store tells of its rows, but for the ledger, which nobody reads in it."""
    order = await store.shop.find(DELIVERED.order_id)
    assert order is not None
    found = [await store.shop.find(placed.order_id) for placed in PLACED]
    return Rows(
        messages=frozenset(
            (message.reference, message.text)
            for message in (await store.messages.waiting(MOST_WAITING))[1]
        ),
        wrong_tries=(await store.tries.load()).today,
        returns=frozenset((each.line, each.reference) for each in order.returns),
        cancelled=frozenset(
            each.order_id for each in found if each and each.status is OrderStatus.CANCELLED
        ),
    )


class Damaged(Exception):
    """What the disk held is no sound database, or half of a request is in it."""


def rows_on(file: Path) -> Rows:
    """Open a file with plain SQLite and read all of it. Raises Damaged."""
    with closing(sqlite3.connect(file, isolation_level=None)) as database:

        def ask(query: str) -> list[tuple[Any, ...]]:
            return database.execute(query).fetchall()

        try:
            database.execute("PRAGMA synchronous = OFF")  # the disk of a test needs no sync
            if ask("PRAGMA integrity_check") != [("ok",)]:
                raise Damaged
            tries = ask("SELECT today FROM tries")
            cancelled = frozenset(
                str(order_id)
                for (order_id,) in ask(
                    "SELECT order_id FROM orders WHERE status = 'cancelled' AND demo = 0"
                )
            )
            if {order_id for (order_id,) in ask("SELECT order_id FROM cancellations")} != cancelled:
                raise Damaged
            return Rows(
                messages=frozenset(ask("SELECT reference, text FROM messages")),
                wrong_tries=tries[0][0] if tries else 0,
                entries=tuple(str(key) for (key,) in ask("SELECT key FROM ledger ORDER BY entry")),
                returns=frozenset(ask("SELECT line, reference FROM returns")),
                cancelled=cancelled,
            )
        except sqlite3.DatabaseError as err:
            raise Damaged from err
