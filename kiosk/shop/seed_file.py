"""Reading ``orders_seed.toml``: orders to try the kiosk on, with days counted from today."""

import tomllib
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any, Final

from kiosk.errors import ConfigError
from kiosk.shop.orders import Order, OrderStatus, parse_order_id

_KEYS: Final = ("id", "status", "placed", "due", "due_from", "due_by", "done")


def load_seed(path: Path, today: date) -> tuple[Order, ...]:
    """Read the orders as they stand today. Raises ConfigError with every mistake."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as err:
        raise ConfigError([f"orders {path} cannot be read: {err.strerror}"]) from err
    except ValueError as err:  # not UTF-8, or not TOML
        raise ConfigError([f"orders {path}: {err}"]) from err
    tables = data.get("orders")
    if not isinstance(tables, list) or not tables:
        raise ConfigError([f'orders {path}: there is no list "orders" in it'])
    orders, mistakes = [], []
    for number, table in enumerate(tables, 1):
        wrong = _mistake(table)
        if wrong:
            mistakes.append(f"orders {path}: order number {number}: {wrong}")
        else:
            orders.append(_order(table, today))
    if len({order.order_id for order in orders}) < len(orders):
        mistakes.append(f"orders {path}: an id is there twice")
    if mistakes:
        raise ConfigError(mistakes)
    return tuple(orders)


def _mistake(table: object) -> str | None:
    if not isinstance(table, dict):
        return "it is not a table"
    if unknown := table.keys() - set(_KEYS):
        return f"unknown key {min(unknown)}"
    if parse_order_id(str(table.get("id"))) != table.get("id"):
        return "id must be ORD- and five digits"
    if table.get("status") not in [status.value for status in OrderStatus]:
        return f"status must be one of {', '.join(OrderStatus)}"
    if "placed" not in table:
        return "placed is missing"
    for key in ("placed", "due", "done"):
        if type(table.get(key, 0)) is not int or abs(table.get(key, 0)) > 1000:
            return f"{key} must be a number of days from today"
    for key in ("due_from", "due_by"):
        if not isinstance(table.get(key, time()), time):
            return f"{key} must be a time, like 19:00:00"
    return None


def _order(table: dict[str, Any], today: date) -> Order:
    def day(key: str) -> date | None:
        return today + timedelta(days=table[key]) if key in table else None

    return Order(
        order_id=table["id"],
        status=OrderStatus(table["status"]),
        placed_on=today + timedelta(days=table["placed"]),
        due_on=day("due"),
        due_from=table.get("due_from"),
        due_by=table.get("due_by"),
        done_on=day("done"),
    )
