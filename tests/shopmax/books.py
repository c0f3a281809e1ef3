"""What our ShopMax keeps in an SQLite file: orders, goods, returns, and wishes with answers."""

import json
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any, Final

from kiosk.shop.goods import Product
from kiosk.shop.orders import Order

_SCHEMA: Final = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS orders (order_id TEXT PRIMARY KEY, facts TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS products (category TEXT, aisle TEXT, stock INTEGER) STRICT;
CREATE TABLE IF NOT EXISTS returns (
    number INTEGER PRIMARY KEY, order_id TEXT NOT NULL, line INTEGER NOT NULL, facts TEXT NOT NULL,
    UNIQUE (order_id, line)
) STRICT;
CREATE TABLE IF NOT EXISTS wishes (
    key TEXT PRIMARY KEY, wish TEXT NOT NULL, status INTEGER NOT NULL, facts TEXT NOT NULL
) STRICT;
"""
_BEFORE_DISPATCH: Final = ("placed", "packed")

Facts = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    status: int
    facts: Facts


def problem(status: int, code: str) -> Answer:
    return Answer(status, {"status": status, "code": code})


NOT_FOUND: Final = problem(404, "not_found")


class Books:
    """One file, one connection, one caller at a time; what is answered has been committed."""

    def __init__(self, file: Path, today: Callable[[], date]) -> None:
        self._today = today
        self._lock = threading.Lock()
        self._database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def stock(self, orders: Iterable[Order], products: Iterable[Product] = ()) -> None:
        """Put these orders in beside those that are there, and these goods in place of others."""
        with self._lock, self._database:
            self._database.execute("DELETE FROM products")
            for order in orders:
                self._database.execute(
                    "INSERT OR IGNORE INTO orders VALUES (?, ?)",
                    (order.order_id, json.dumps(_facts(order))),
                )
                for started in order.returns:
                    facts = _return_facts(order.order_id, started.reference, started.line)
                    facts["started_on"] = started.started_on.isoformat()
                    self._add_return(facts)
            for product in products:
                self._database.execute(
                    "INSERT INTO products VALUES (?, ?, ?)",
                    (product.category.value, product.aisle, product.stock),
                )

    def order(self, order_id: str) -> Answer:
        with self._lock:
            facts = self._order(order_id)
            return NOT_FOUND if facts is None else Answer(200, facts)

    def products(self, category: str) -> Answer:
        with self._lock, closing(self._database.cursor()) as cursor:
            rows = cursor.execute(
                "SELECT category, aisle, stock FROM products WHERE category = ?", (category,)
            ).fetchall()
        keys = ("category", "aisle", "stock")
        return Answer(200, {"products": [dict(zip(keys, row, strict=True)) for row in rows]})

    def start_return(self, order_id: str, line: int, key: str) -> Answer:
        def made() -> Answer:
            order = self._order(order_id)
            if order is None or line not in [item["line"] for item in order["items"]]:
                return NOT_FOUND
            for there in order["returns"]:
                if there["line"] == line:
                    return Answer(200, {"order_id": order_id, **there})
            facts = _return_facts(order_id, f"R-{self._new_number():06}", line)
            facts["started_on"] = self._today().isoformat()
            self._add_return(facts)
            return Answer(201, facts)

        return self._once(key, ["return", order_id, line], made)

    def cancel(self, order_id: str, key: str) -> Answer:
        def made() -> Answer:
            order = self._order(order_id)
            if order is None:
                return NOT_FOUND
            if order["status"] in _BEFORE_DISPATCH:
                order |= {"status": "cancelled", "done_on": self._today().isoformat()}
                self._database.execute(
                    "UPDATE orders SET facts = ? WHERE order_id = ?",
                    (json.dumps(order | {"returns": []}), order_id),
                )
            if order["status"] != "cancelled":
                return problem(409, "too_late")
            return Answer(200, {name: order[name] for name in ("order_id", "status", "done_on")})

        return self._once(key, ["cancel", order_id], made)

    def _once(self, key: str, wish: Sequence[object], made: Callable[[], Answer]) -> Answer:
        """Fulfil a wish, and give the same answer whenever it comes again with its key."""
        written = json.dumps(wish)
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            with self._database:  # commits, or rolls back
                row = self._database.execute(
                    "SELECT wish, status, facts FROM wishes WHERE key = ?", (key,)
                ).fetchone()
                if row is not None:
                    known, status, facts = row
                    if known != written:
                        return problem(409, "key_reused")
                    return Answer(status, json.loads(facts))
                answer = made()
                if answer.status < 400:
                    self._database.execute(
                        "INSERT INTO wishes VALUES (?, ?, ?, ?)",
                        (key, written, answer.status, json.dumps(answer.facts)),
                    )
                return answer

    def _order(self, order_id: str) -> Facts | None:
        row = self._database.execute(
            "SELECT facts FROM orders WHERE order_id = ?", (order_id,)
        ).fetchone()
        if row is None:
            return None
        facts: Facts = json.loads(row[0])
        started = self._database.execute(
            "SELECT facts FROM returns WHERE order_id = ? ORDER BY number", (order_id,)
        )
        for (text,) in started:
            there = json.loads(text)
            facts["returns"].append({k: v for k, v in there.items() if k != "order_id"})
        return facts

    def _new_number(self) -> int:
        """Return one that nobody can guess from others, and that was never given."""
        given = {number for (number,) in self._database.execute("SELECT number FROM returns")}
        while (number := secrets.randbelow(1_000_000)) in given:
            pass
        return number

    def _add_return(self, facts: Facts) -> None:
        self._database.execute(
            "INSERT OR IGNORE INTO returns VALUES (?, ?, ?, ?)",
            (
                int(facts["reference"].removeprefix("R-")),
                facts["order_id"],
                facts["line"],
                json.dumps(facts),
            ),
        )


def _return_facts(order_id: str, reference: str, line: int) -> Facts:
    return {"order_id": order_id, "reference": reference, "line": line}


def _facts(order: Order) -> Facts:
    def day(value: date | None) -> str | None:
        return None if value is None else value.isoformat()

    def clock(value: time | None) -> str | None:
        return None if value is None else f"{value:%H:%M}"

    return {
        "order_id": order.order_id,
        "status": order.status.value,
        "placed_on": order.placed_on.isoformat(),
        "due_on": day(order.due_on),
        "due_from": clock(order.due_from),
        "due_by": clock(order.due_by),
        "done_on": day(order.done_on),
        "fulfilment": order.fulfilment.value,
        "items": [
            {"line": item.line, "category": item.category.value, "quantity": item.quantity}
            for item in order.items
        ],
        "returns": [],  # kept in a table of their own
        "proof": {
            "postcode": order.proof.postcode or None,
            "phone_end": order.proof.phone_end or None,
        },
    }
