from datetime import date, time
from pathlib import Path

import pytest

from kiosk.errors import ConfigError
from kiosk.resources import packaged
from kiosk.shop.orders import Order, OrderStatus, status_sentence
from kiosk.shop.seed_file import load_seed

MONDAY = date(2026, 11, 23)


def test_a_fresh_kiosk_has_forty_varied_orders() -> None:
    orders = load_seed(packaged("orders_seed.toml"), MONDAY)

    assert len(orders) >= 40
    assert {order.status for order in orders} == set(OrderStatus)
    assert len({status_sentence(order, MONDAY) for order in orders}) >= 30


@pytest.mark.parametrize("today", [MONDAY, date(2028, 2, 29), date(2031, 1, 1)])
def test_the_order_everybody_tries_is_due_today_by_seven(today: date) -> None:
    (order,) = (
        order
        for order in load_seed(packaged("orders_seed.toml"), today)
        if order.order_id == "ORD-88421"
    )

    assert status_sentence(order, today) == "Your order is out for delivery and due today by 7 pm."


def test_days_are_counted_from_today(tmp_path: Path) -> None:
    file = tmp_path / "seed.toml"
    file.write_text(
        'orders = [{id = "ORD-00001", status = "shipped", placed = -3, due = 1,'
        " due_from = 09:00:00, due_by = 12:00:00, done = -1}]"
    )

    assert load_seed(file, MONDAY) == (
        Order(
            order_id="ORD-00001",
            status=OrderStatus.SHIPPED,
            placed_on=date(2026, 11, 20),
            due_on=date(2026, 11, 24),
            due_from=time(9),
            due_by=time(12),
            done_on=date(2026, 11, 22),
        ),
    )


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "seed.toml"
    file.write_text("""orders = [
        3,
        {id = "ORD-00001", status = "shipped", placed = 0, note = "left at the door"},
        {id = "1", status = "shipped", placed = 0},
        {id = "ORD-00001", status = "lost", placed = 0},
        {id = "ORD-00001", status = "placed"},
        {id = "ORD-00001", status = "placed", placed = 0, due = true},
        {id = "ORD-00001", status = "placed", placed = 0, due_by = "7 pm"},
        {id = "ORD-00001", status = "placed", placed = 0},
        {id = "ORD-00001", status = "placed", placed = 0},
    ]""")

    with pytest.raises(ConfigError) as caught:
        load_seed(file, MONDAY)

    assert [mistake.removeprefix(f"orders {file}: ") for mistake in caught.value.mistakes] == [
        "order number 1: it is not a table",
        "order number 2: unknown key note",
        "order number 3: id must be ORD- and five digits",
        "order number 4: status must be one of placed, packed, shipped, out for delivery, delayed,"
        " ready for pickup, delivered, cancelled, returned, refunded",
        "order number 5: placed is missing",
        "order number 6: due must be a number of days from today",
        "order number 7: due_by must be a time, like 19:00:00",
        "an id is there twice",
    ]


@pytest.mark.parametrize("text", [b"", b"orders = 3", b"orders = [", b"\xff"])
def test_a_file_that_holds_no_orders_is_named(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "seed.toml"
    file.write_bytes(text)

    with pytest.raises(ConfigError, match=r"seed\.toml"):
        load_seed(file, MONDAY)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"seed\.toml cannot be read: No such file"):
        load_seed(tmp_path / "seed.toml", MONDAY)
