from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from kiosk.shop.goods import Category, Item, Product
from kiosk.shop.orders import Order, OrderStatus, ProofFacts, ReturnStarted
from kiosk.shop.shapes import MOST_ENTRIES, are_products, is_order, is_return

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
ITEM = Item(line=1, category=Category.KETTLE, quantity=2)
RETURN = ReturnStarted(reference="R-100001", line=1, started_on=TODAY)
ORDER = Order(
    order_id="ORD-88421",
    status=OrderStatus.DELIVERED,
    placed_on=TODAY,
    due_by=time(19),
    done_on=TODAY,
    items=(ITEM,),
    returns=(RETURN,),
    proof=ProofFacts(postcode="94107"),
)
PLACE = Product(category=Category.KETTLE, aisle="B4", stock=0)


def test_an_order_is_the_one_that_was_asked_for_with_all_its_fields() -> None:
    assert is_order(ORDER, "ORD-88421")
    assert not is_order(ORDER, "ORD-88422")
    assert not is_order({"order_id": "ORD-88421"}, "ORD-88421")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "delivered"),
        ("placed_on", None),
        ("placed_on", NOW),
        ("due_on", "2026-11-23"),
        ("done_on", NOW),
        ("due_from", "09:00"),
        ("due_by", 19),
        ("fulfilment", "delivery"),
        ("items", [ITEM]),
        ("items", (ITEM,) * (MOST_ENTRIES + 1)),
        ("items", ("a kettle",)),
        ("items", (replace(ITEM, line=0),)),
        ("items", (replace(ITEM, line=True),)),
        ("items", (replace(ITEM, category="kettle"),)),  # type: ignore[arg-type]  # it is wrong
        ("items", (replace(ITEM, quantity=0),)),
        ("items", (replace(ITEM, quantity=1000),)),
        ("items", (replace(ITEM, quantity=1.5),)),  # type: ignore[arg-type]  # it is wrong
        ("returns", None),
        ("returns", (ITEM,)),
        ("returns", (replace(RETURN, reference="R-10000"),)),
        ("proof", None),
        ("proof", ProofFacts(postcode=94107)),  # type: ignore[arg-type]  # it is wrong
        ("proof", ProofFacts(phone_end=None)),  # type: ignore[arg-type]  # it is wrong
    ],
)
def test_an_order_with_one_field_of_another_kind_is_none(name: str, value: Any) -> None:
    assert not is_order(replace(ORDER, **{name: value}), "ORD-88421")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reference", "R-100001 and more"),
        ("reference", "R-100001\n"),
        ("reference", "R-\u0661\u0660\u0660\u0660\u0660\u0661"),
        ("reference", 100001),
        ("line", 2),
        ("line", 1.0),
        ("started_on", "2026-11-23"),
    ],
)
def test_a_return_has_a_reference_and_is_of_the_line_that_was_asked_for(
    name: str, value: Any
) -> None:
    assert is_return(RETURN, 1)
    assert not is_return(None, 1)
    assert not is_return(replace(RETURN, **{name: value}), 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("category", Category.TOASTER),
        ("category", "kettle"),
        ("aisle", 4),
        ("stock", -1),
        ("stock", 1_000_000),
        ("stock", True),
    ],
)
def test_goods_are_of_the_kind_that_was_asked_for_and_are_counted(name: str, value: Any) -> None:
    assert are_products((), Category.KETTLE)
    assert are_products((PLACE, PLACE), Category.KETTLE)
    assert not are_products([PLACE], Category.KETTLE)
    assert not are_products((PLACE, "aisle 4"), Category.KETTLE)
    assert not are_products((replace(PLACE, **{name: value}),), Category.KETTLE)
