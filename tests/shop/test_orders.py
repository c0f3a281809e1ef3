from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.shop.orders import (
    Fulfilment,
    Order,
    OrderStatus,
    is_late,
    parse_order_id,
    say_day,
    say_time,
    spell,
    status_sentence,
)

MONDAY = date(2026, 11, 23)


def order(
    status: OrderStatus,
    *,
    due: int | None = None,
    due_from: time | None = None,
    due_by: time | None = None,
    done: int | None = None,
) -> Order:
    def day(ahead: int | None) -> date | None:
        return None if ahead is None else date.fromordinal(MONDAY.toordinal() + ahead)

    return Order(
        order_id="ORD-88421",
        status=status,
        placed_on=date(2026, 11, 19),
        due_on=day(due),
        due_from=due_from,
        due_by=due_by,
        done_on=day(done),
    )


@pytest.mark.parametrize(
    "said",
    [
        "ORD-88421",
        "ord-88421",
        "ORD 88421",
        "ORD88421",
        "88421",
        "  88421. ",
        "O R D 8 8 4 2 1",
        "o.r.d. 88-421",
        "0RD-88421",
        "order 88421",
        "Order number 88421",
        "#88421",
        "ORD\u201188421",  # non-breaking hyphen
        "ORD\u201388421",  # en dash
        "ORD\u221288421",  # minus sign
        "\uff2f\uff32\uff24\uff0d\uff18\uff18\uff14\uff12\uff11",  # full width
        "ORD-\u0668\u0668\u0664\u0662\u0661",  # Arabic-Indic digits
        "ORD-884\u200b21",  # zero-width space
    ],
)
def test_an_order_number_is_understood_however_it_is_written(said: str) -> None:
    assert parse_order_id(said) == "ORD-88421"


@pytest.mark.parametrize(
    "said",
    [
        "",
        "ORD-",
        "ORD-8842",
        "ORD-884211",
        "INV-88421",
        "88421 and 88422",
        "my order",
        "ORD-8842l",
        "-88421 OR 1=1",
        "x" * 1000 + "88421",
        "8" * 10_000,
    ],
)
def test_what_is_not_an_order_number_is_not_bent_into_one(said: str) -> None:
    assert parse_order_id(said) is None


@given(st.text(max_size=80))
def test_whatever_is_said_the_number_has_one_spelling_or_none(said: str) -> None:
    found = parse_order_id(said)

    assert found is None or (found[:4] == "ORD-" and len(found) == 9 and found[4:].isascii())
    assert found is None or parse_order_id(found) == found


@given(
    st.integers(0, 99_999),
    st.sampled_from(["ORD", "ord", "O R D", "Ord", "order", ""]),
    st.text(alphabet=" -\u2010\u2013._#/", max_size=3),
    st.text(alphabet=" -.", max_size=1),
)
def test_case_and_punctuation_never_change_the_number(
    number: int, prefix: str, between: str, within: str
) -> None:
    said = prefix + between + within.join(f"{number:05}")

    assert parse_order_id(said) == f"ORD-{number:05}"


def test_a_number_is_read_aloud_sign_by_sign() -> None:
    assert spell("ORD-88421") == "O R D 8 8 4 2 1"


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (-1, "yesterday"),
        (0, "today"),
        (1, "tomorrow"),
        (2, "on Wednesday"),
        (6, "on Sunday"),
        (7, "on Monday, November 30"),
        (-2, "on Saturday, November 21"),
    ],
)
def test_a_day_is_said_as_people_say_it(ahead: int, words: str) -> None:
    assert say_day(date.fromordinal(MONDAY.toordinal() + ahead), MONDAY) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (time(0), "midnight"),
        (time(0, 30), "12:30 am"),
        (time(9), "9 am"),
        (time(12), "noon"),
        (time(12, 5), "12:05 pm"),
        (time(19), "7 pm"),
    ],
)
def test_a_time_is_said_as_people_say_it(moment: time, words: str) -> None:
    assert say_time(moment) == words


OUT = OrderStatus.OUT_FOR_DELIVERY


@pytest.mark.parametrize(
    ("given_order", "sentence"),
    [
        (
            order(OUT, due=0, due_by=time(19)),
            "Your order is out for delivery and due today by 7 pm.",
        ),
        (
            order(OUT, due=0, due_from=time(9), due_by=time(13)),
            "Your order is out for delivery and due today between 9 am and 1 pm.",
        ),
        (
            order(OUT, due=0, due_from=time(14)),
            "Your order is out for delivery and due today after 2 pm.",
        ),
        (order(OUT), "Your order is out for delivery."),
        (
            order(OUT, due=-1),
            "Your order is out for delivery, but it is late: it was due yesterday."
            " A colleague can find out more for you.",
        ),
        (
            order(OrderStatus.PLACED, due=3),
            "Your order is being prepared and due on Thursday.",
        ),
        (order(OrderStatus.PACKED, due=1), "Your order is packed and due tomorrow."),
        (
            order(OrderStatus.SHIPPED, due=8),
            "Your order is on its way and due on Tuesday, December 1.",
        ),
        (order(OrderStatus.DELAYED), "I'm sorry, your order is delayed."),
        (
            order(OrderStatus.DELAYED, due=1),
            "I'm sorry, your order is delayed. It is now due tomorrow.",
        ),
        (
            order(OrderStatus.DELAYED, due=-1),
            "I'm sorry, your order is delayed. It was due yesterday."
            " A colleague can find out more for you.",
        ),
        (order(OrderStatus.READY_FOR_PICKUP), "Your order is ready for pickup."),
        (
            order(OrderStatus.READY_FOR_PICKUP, due=4),
            "Your order is ready for pickup. Please collect it by Friday.",
        ),
        (
            order(OrderStatus.READY_FOR_PICKUP, due=-1),
            "Your order was ready for pickup until yesterday."
            " A colleague can find out more for you.",
        ),
        (order(OrderStatus.DELIVERED, done=-1), "Your order was delivered yesterday."),
        (order(OrderStatus.DELIVERED), "Your order was delivered."),
        (
            replace(order(OrderStatus.DELIVERED, done=-1), fulfilment=Fulfilment.PICKUP),
            "Your order was collected yesterday.",
        ),
        (order(OrderStatus.CANCELLED, done=0), "Your order was cancelled today."),
        (
            order(OrderStatus.RETURNED, done=-1),
            "Your return arrived yesterday, and your refund is being processed.",
        ),
        (
            order(OrderStatus.REFUNDED, done=-1),
            "Your order was returned, and your refund was made yesterday.",
        ),
    ],
)
def test_the_customer_hears_where_the_order_is(given_order: Order, sentence: str) -> None:
    assert status_sentence(given_order, MONDAY) == sentence


def test_only_an_order_that_is_still_to_come_is_late() -> None:
    late = {status for status in OrderStatus if is_late(order(status, due=-1), MONDAY)}

    assert late == {
        OrderStatus.PLACED,
        OrderStatus.PACKED,
        OrderStatus.SHIPPED,
        OrderStatus.OUT_FOR_DELIVERY,
        OrderStatus.DELAYED,
        OrderStatus.READY_FOR_PICKUP,
    }
    assert not any(is_late(order(status, due=0), MONDAY) for status in OrderStatus)


orders = st.builds(
    Order,
    order_id=st.just("ORD-88421"),
    status=st.sampled_from(OrderStatus),
    placed_on=st.dates(),
    due_on=st.none() | st.dates(),
    due_from=st.none() | st.times(),
    due_by=st.none() | st.times(),
    done_on=st.none() | st.dates(),
)


@given(orders, st.dates())
def test_every_order_has_a_sentence_fit_to_be_spoken(given_order: Order, today: date) -> None:
    sentence = status_sentence(given_order, today)

    assert sentence.endswith(".")
    assert "None" not in sentence
    assert "  " not in sentence
    assert sentence.isprintable()
    assert len(sentence) < 200
