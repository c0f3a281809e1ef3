import re
from datetime import date, time
from pathlib import Path

import pytest

from kiosk.errors import ConfigError
from kiosk.resources import packaged
from kiosk.shop.goods import Category, Item, Product
from kiosk.shop.orders import (
    Fulfilment,
    Order,
    OrderStatus,
    ProofFacts,
    may_cancel,
    status_sentence,
)
from kiosk.shop.returns import How, Ruling, check_return
from kiosk.shop.seed_file import load_products, load_seed

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


def test_an_order_comes_out_whole(tmp_path: Path) -> None:
    file = tmp_path / "seed.toml"
    file.write_text(
        'orders = [{id = "ORD-00001", status = "delivered", placed = -3, done = 0,'
        ' items = {kettle = 1, "washing machine" = 2}, fulfilment = "pickup",'
        ' postcode = "SW1A 1AA", phone_end = "0471"}]'
    )

    (order,) = load_seed(file, MONDAY)

    assert order.items == (
        Item(line=1, category=Category.KETTLE),
        Item(line=2, category=Category.WASHING_MACHINE, quantity=2),
    )
    assert order.fulfilment is Fulfilment.PICKUP
    assert order.proof == ProofFacts(postcode="SW1A 1AA", phone_end="0471")
    assert load_products(file) == ()


def test_every_order_of_a_fresh_kiosk_has_goods_and_can_be_proved() -> None:
    for order in load_seed(packaged("orders_seed.toml"), MONDAY):
        assert order.items
        assert order.proof.postcode
        assert order.proof.phone_end
        assert order.proof.phone_end not in order.order_id


@pytest.mark.parametrize(
    ("order_id", "ruling", "how"),
    [
        ("ORD-18342", Ruling.ALLOWED, How.DROP_OFF),
        ("ORD-73015", Ruling.ALLOWED, How.PICKUP),
        ("ORD-86982", Ruling.ALLOWED, How.DROP_OFF),
        ("ORD-40268", Ruling.ALLOWED, How.DROP_OFF),
        ("ORD-62227", Ruling.LATE, How.DROP_OFF),
        ("ORD-88412", Ruling.ASK, None),
        ("ORD-88421", Ruling.NOT_DELIVERED, None),
    ],
)
def test_a_technician_can_try_every_kind_of_return(
    order_id: str, ruling: Ruling, how: How | None
) -> None:
    orders = {order.order_id: order for order in load_seed(packaged("orders_seed.toml"), MONDAY)}

    verdict = check_return(orders[order_id], unused=True, original_packaging=True, today=MONDAY)

    assert (verdict.ruling, verdict.how) == (ruling, how)


def test_what_the_file_says_to_try_is_what_stands_in_it() -> None:
    text = packaged("orders_seed.toml").read_text()
    orders = {order.order_id: order for order in load_seed(packaged("orders_seed.toml"), MONDAY)}
    table = re.findall(r"(?m)^#   (ORD-\d{5})  (.{9})  (\d{4})  ", text)

    assert len(table) >= 12
    for order_id, postcode, phone_end in table:
        assert orders[order_id].proof == ProofFacts(postcode=postcode.strip(), phone_end=phone_end)


def test_two_orders_of_a_fresh_kiosk_can_be_cancelled() -> None:
    orders = {order.order_id: order for order in load_seed(packaged("orders_seed.toml"), MONDAY)}

    assert may_cancel(orders["ORD-19728"])
    assert may_cancel(orders["ORD-17836"])


def test_a_fresh_kiosk_knows_where_goods_stand() -> None:
    products = load_products(packaged("orders_seed.toml"))

    assert len({product.category for product in products}) >= 25
    assert any(product.stock == 0 for product in products)
    assert Product(category=Category.KETTLE, aisle="12", stock=8) in products


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "seed.toml"
    file.write_text("""
    colour = "blue"
    orders = [
        3,
        {id = "ORD-00001", status = "shipped", placed = 0, note = "left at the door"},
        {id = "1", status = "lost"},
        {id = "ORD-00002", status = "placed", placed = 0, due = true},
        {id = "ORD-00003", status = "placed", placed = 0, due_by = "7 pm"},
        {id = "ORD-00001", status = "placed", placed = 0},
        {id = "ORD-00004", status = "placed", placed = 0, items = 3},
        {id = "ORD-00005", status = "placed", placed = 0, items = {kettel = 1, fan = 0}},
        {id = "ORD-00006", status = "placed", placed = 0, fulfilment = "drone"},
        {id = "ORD-00007", status = "placed", placed = 0, postcode = 10115, phone_end = "471"},
    ]
    products = [
        3,
        {category = "kettel", aisle = "left", stock = -1, price = 3},
        {category = "fan", aisle = "1", stock = 1},
        {category = "fan", aisle = "1", stock = 2},
    ]""")

    for load in (lambda: load_seed(file, MONDAY), lambda: load_products(file)):
        with pytest.raises(ConfigError) as caught:
            load()

        assert [mistake.removeprefix(f"orders {file}: ") for mistake in caught.value.mistakes] == [
            "unknown key colour",
            "order number 1: it is not a table",
            "order number 2: unknown key note",
            "order number 3: id must be ORD- and five digits",
            "order number 3: status must be one of placed, packed, shipped, out for delivery,"
            " delayed, ready for pickup, delivered, cancelled, returned, refunded",
            "order number 3: placed is missing",
            "order number 4: due must be a number of days from today",
            "order number 5: due_by must be a time, like 19:00:00",
            "order number 7: items must be kinds and how many of each, like { kettle = 1 }",
            "order number 8: items: kettel is no kind of goods",
            "order number 8: items: fan must be a number from 1 to 99",
            "order number 9: fulfilment must be delivery or pickup",
            "order number 10: postcode must be letters and digits in quotes",
            "order number 10: phone_end must be four digits in quotes",
            "ORD-00001 is there twice",
            "product number 1: it is not a table",
            "product number 2: unknown key price",
            "product number 2: category is no kind of goods",
            "product number 2: aisle must be a code in quotes, like 12 or B4",
            "product number 2: stock must be a number from 0 to 9999",
            "fan in aisle 1 is there twice",
        ]


def test_products_are_a_list(tmp_path: Path) -> None:
    file = tmp_path / "seed.toml"
    file.write_text('products = 3\norders = [{id = "ORD-00001", status = "placed", placed = 0}]')

    with pytest.raises(ConfigError, match="products must be a list"):
        load_seed(file, MONDAY)


@pytest.mark.parametrize("text", [b"", b"orders = 3", b"orders = [", b"\xff"])
def test_a_file_that_holds_no_orders_is_named(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "seed.toml"
    file.write_bytes(text)

    with pytest.raises(ConfigError, match=r"seed\.toml"):
        load_seed(file, MONDAY)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"seed\.toml cannot be read: No such file"):
        load_seed(tmp_path / "seed.toml", MONDAY)
