"""Reading ``orders_seed.toml``: orders and goods to try the kiosk on, days counted from today."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any, Final

from kiosk.errors import ConfigError
from kiosk.shop.goods import AISLE, Category, Item, Product
from kiosk.shop.orders import Fulfilment, Order, OrderStatus, ProofFacts, parse_order_id

_ORDER: Final = (
    *("id", "status", "placed", "due", "due_from", "due_by", "done"),
    *("items", "fulfilment", "postcode", "phone_end"),
)
_PRODUCT: Final = ("category", "aisle", "stock")
_POSTCODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 -]{1,10}")
_PHONE_END: Final = re.compile(r"[0-9]{4}")


def load_seed(path: Path, today: date) -> tuple[Order, ...]:
    """Read the orders as they stand today. Raises ConfigError with every mistake in the file."""
    return tuple(_order(table, today) for table in _read(path)["orders"])


def load_products(path: Path) -> tuple[Product, ...]:
    """Read where goods stand. Raises ConfigError with every mistake in the file."""
    return tuple(
        Product(category=Category(table["category"]), aisle=table["aisle"], stock=table["stock"])
        for table in _read(path).get("products", [])
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as err:
        raise ConfigError([f"orders {path} cannot be read: {err.strerror}"]) from err
    except ValueError as err:  # not UTF-8, or not TOML
        raise ConfigError([f"orders {path}: {err}"]) from err
    if mistakes := list(_mistakes(data)):
        raise ConfigError([f"orders {path}: {mistake}" for mistake in mistakes])
    return data


def _mistakes(data: dict[str, Any]) -> Iterator[str]:
    orders, products = data.get("orders"), data.get("products", [])
    for key in sorted(data.keys() - {"orders", "products"}):
        yield f"unknown key {key}"
    if not isinstance(orders, list) or not orders:
        yield 'there is no list "orders" in it'
        orders = []
    if not isinstance(products, list):
        yield "products must be a list"
        products = []
    for number, table in enumerate(orders, 1):
        for wrong in _order_mistakes(table):
            yield f"order number {number}: {wrong}"
    ids = [str(table.get("id")) for table in orders if isinstance(table, dict)]
    yield from (f"{order_id} is there twice" for order_id in _twice(ids))
    for number, table in enumerate(products, 1):
        for wrong in _product_mistakes(table):
            yield f"product number {number}: {wrong}"
    places = [
        f"{table.get('category')} in aisle {table.get('aisle')}"
        for table in products
        if isinstance(table, dict)
    ]
    yield from (f"{place} is there twice" for place in _twice(places))


def _order_mistakes(table: object) -> Iterator[str]:
    if not isinstance(table, dict):
        yield "it is not a table"
        return
    for key in sorted(table.keys() - set(_ORDER)):
        yield f"unknown key {key}"
    if parse_order_id(str(table.get("id"))) != table.get("id"):
        yield "id must be ORD- and five digits"
    if table.get("status") not in list(OrderStatus):
        yield f"status must be one of {', '.join(OrderStatus)}"
    if "placed" not in table:
        yield "placed is missing"
    for key in ("placed", "due", "done"):
        if not _whole(table.get(key, 0), -1000, 1000):
            yield f"{key} must be a number of days from today"
    for key in ("due_from", "due_by"):
        if not isinstance(table.get(key, time()), time):
            yield f"{key} must be a time, like 19:00:00"
    yield from _goods_mistakes(table.get("items", {}))
    if table.get("fulfilment", Fulfilment.DELIVERY) not in list(Fulfilment):
        yield f"fulfilment must be {' or '.join(Fulfilment)}"
    if not _matches(_POSTCODE, table.get("postcode", "00")):
        yield "postcode must be letters and digits in quotes"
    if not _matches(_PHONE_END, table.get("phone_end", "0000")):
        yield "phone_end must be four digits in quotes"


def _goods_mistakes(goods: object) -> Iterator[str]:
    if not isinstance(goods, dict):
        yield "items must be kinds and how many of each, like { kettle = 1 }"
        return
    for kind, count in goods.items():
        if kind not in list(Category):
            yield f"items: {kind} is no kind of goods"
        if not _whole(count, 1, 99):
            yield f"items: {kind} must be a number from 1 to 99"


def _product_mistakes(table: object) -> Iterator[str]:
    if not isinstance(table, dict):
        yield "it is not a table"
        return
    for key in sorted(table.keys() - set(_PRODUCT)):
        yield f"unknown key {key}"
    if table.get("category") not in list(Category):
        yield "category is no kind of goods"
    if not _matches(AISLE, table.get("aisle")):
        yield "aisle must be a code in quotes, like 12 or B4"
    if not _whole(table.get("stock"), 0, 9999):
        yield "stock must be a number from 0 to 9999"


def _whole(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most  # True and False are no numbers


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _twice(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


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
        fulfilment=Fulfilment(table.get("fulfilment", Fulfilment.DELIVERY)),
        items=tuple(
            Item(line=line, category=Category(kind), quantity=count)
            for line, (kind, count) in enumerate(table.get("items", {}).items(), 1)
        ),
        proof=ProofFacts(postcode=table.get("postcode", ""), phone_end=table.get("phone_end", "")),
    )
