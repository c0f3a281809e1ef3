"""Orders and goods to try the kiosk on, in a store that no shop has filled.

They are marked ``demo`` and move along with the calendar, so that what is due today is due today
on any day. Orders that a shop puts in itself (``demo = 0``) are never touched.
"""

import sqlite3
from collections.abc import Iterable
from datetime import date, time
from typing import Final

from kiosk.adapters.sqlite_parts import Transaction
from kiosk.shop.goods import Product
from kiosk.shop.orders import Order

_DAYS: Final = (
    ("orders", "placed_on"),
    ("orders", "due_on"),
    ("orders", "done_on"),
    ("returns", "started_on"),
)


def add_orders(connection: sqlite3.Connection, orders: Iterable[Order], *, demo: bool) -> None:
    """Put orders in, within a transaction of the caller's.

    An order of the demo that is there keeps its status and days and is given what it lacks; any
    other that is there is left as it is.
    """
    for order in orders:
        put = connection.execute(
            "INSERT INTO orders (order_id, status, placed_on, due_on, due_from, due_by, done_on,"
            " demo, fulfilment, postcode, phone_end) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET fulfilment = excluded.fulfilment,"
            " postcode = excluded.postcode, phone_end = excluded.phone_end"
            " WHERE orders.demo = 1 AND excluded.demo = 1",
            (
                order.order_id,
                order.status.value,
                *map(_text, (order.placed_on, order.due_on)),
                *map(_text, (order.due_from, order.due_by, order.done_on)),
                *(demo, order.fulfilment.value, order.proof.postcode, order.proof.phone_end),
            ),
        )
        if put.rowcount == 0:
            continue
        connection.executemany(
            "INSERT OR IGNORE INTO items (order_id, line, category, quantity) VALUES (?, ?, ?, ?)",
            [
                (order.order_id, item.line, item.category.value, item.quantity)
                for item in order.items
            ],
        )
        connection.executemany(
            "INSERT OR IGNORE INTO returns (order_id, key, reference, line, started_on)"
            " VALUES (?, ?, ?, ?, ?)",
            [
                (order.order_id, each.reference, each.reference, each.line, _text(each.started_on))
                for each in order.returns
            ],
        )


def add_products(connection: sqlite3.Connection, products: Iterable[Product]) -> None:
    """Put goods where they stand, within a transaction of the caller's."""
    connection.executemany(
        "INSERT OR REPLACE INTO products (category, aisle, stock) VALUES (?, ?, ?)",
        [(product.category.value, product.aisle, product.stock) for product in products],
    )


def demo_day(connection: sqlite3.Connection) -> date:
    """Return the day on which the demo's days were right last."""
    return date.fromisoformat(connection.execute("SELECT day FROM demo_day").fetchone()[0])


def move_demo(connection: sqlite3.Connection, today: date) -> None:
    """Move the demo's orders by the days since they were last right. Real ones stay put."""
    if demo_day(connection) == today:
        return
    with Transaction(connection):
        # Again, now that nobody else can write: another kiosk may have moved them meanwhile.
        by = f"{(today - demo_day(connection)).days:+d} days"
        for table, column in _DAYS:
            connection.execute(
                f"UPDATE {table} SET {column} = date({column}, ?) WHERE order_id IN"  # noqa: S608  # our own names
                " (SELECT order_id FROM orders WHERE demo = 1)",
                (by,),
            )
        connection.execute("UPDATE demo_day SET day = ?", (today.isoformat(),))


def _text(value: date | time | None) -> str | None:
    return None if value is None else value.isoformat()
