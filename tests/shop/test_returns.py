from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.shop.goods import Category, Item
from kiosk.shop.orders import Fulfilment, Order, OrderStatus, ReturnStarted
from kiosk.shop.returns import DAYS, How, Ruling, Verdict, check_return

MONDAY = date(2026, 11, 23)


def delivered(ago: int, *categories: Category, returned: tuple[int, ...] = ()) -> Order:
    return Order(
        order_id="ORD-18342",
        status=OrderStatus.DELIVERED,
        placed_on=MONDAY - timedelta(days=ago + 3),
        done_on=MONDAY - timedelta(days=ago),
        items=tuple(
            Item(line=line, category=category) for line, category in enumerate(categories, 1)
        ),
        returns=tuple(
            ReturnStarted(reference="R-123456", line=line, started_on=MONDAY) for line in returned
        ),
    )


def ruled(
    order: Order,
    item: str | None = None,
    *,
    unused: bool | None = True,
    original_packaging: bool | None = True,
) -> Verdict:
    return check_return(
        order, item=item, unused=unused, original_packaging=original_packaging, today=MONDAY
    )


def test_a_kettle_of_two_days_ago_may_come_back_to_any_store() -> None:
    verdict = ruled(delivered(2, Category.KETTLE))

    assert verdict.ruling is Ruling.ALLOWED
    assert verdict.clause == "returns.window"
    assert verdict.until == date(2026, 11, 28)
    assert verdict.how is How.DROP_OFF
    assert verdict.missing == ""


def test_a_washing_machine_is_picked_up_from_home() -> None:
    verdict = ruled(delivered(3, Category.WASHING_MACHINE))

    assert (verdict.ruling, verdict.clause) == (Ruling.ALLOWED, "returns.appliances")
    assert verdict.how is How.PICKUP


@pytest.mark.parametrize(
    ("ago", "ruling"),
    [
        (0, Ruling.ALLOWED),
        (6, Ruling.ALLOWED),
        (7, Ruling.ALLOWED),
        (8, Ruling.LATE),
        (365, Ruling.LATE),
    ],
)
def test_the_seventh_day_still_counts_and_the_eighth_does_not(ago: int, ruling: Ruling) -> None:
    assert ruled(delivered(ago, Category.KETTLE)).ruling is ruling


def test_a_customer_who_is_too_late_is_asked_nothing() -> None:
    order = delivered(8, Category.KETTLE, Category.TOASTER)

    verdict = ruled(order, unused=None, original_packaging=None)

    assert verdict == Verdict(ruling=Ruling.LATE, clause="returns.late", until=date(2026, 11, 22))


def test_one_thing_is_asked_at_a_time_and_only_while_it_matters() -> None:
    order = delivered(2, Category.KETTLE, Category.TOASTER)

    def missing(item: str | None, unused: bool | None, packaging: bool | None) -> str:
        verdict = ruled(order, item, unused=unused, original_packaging=packaging)
        assert (verdict.ruling is Ruling.ASK) == bool(verdict.missing)
        return verdict.missing

    assert missing(None, None, None) == "item"
    assert missing("the kettle", None, None) == "unused"
    assert missing("the kettle", True, None) == "original_packaging"
    assert missing("the kettle", True, True) == ""
    assert missing("the kettle", False, None) == ""
    assert missing("the kettle", None, False) == ""


def test_the_only_thing_of_an_order_needs_no_name() -> None:
    order = delivered(2, Category.KETTLE)

    assert ruled(order).item == order.items[0]
    assert ruled(order, "the thing").item == order.items[0]
    assert ruled(order, "").item == order.items[0]


def test_a_used_thing_or_one_without_its_packaging_stays_with_the_customer() -> None:
    used = ruled(delivered(2, Category.KETTLE), unused=False, original_packaging=None)
    bare = ruled(delivered(2, Category.KETTLE), unused=None, original_packaging=False)

    assert (used.ruling, used.clause) == (Ruling.USED, "returns.unused")
    assert (bare.ruling, bare.clause) == (Ruling.NO_PACKAGING, "returns.packaging")


def test_the_thing_that_the_customer_names_is_the_one_that_is_judged() -> None:
    order = delivered(2, Category.KETTLE, Category.WASHING_MACHINE, Category.OTHER)

    assert ruled(order, "my washer").item == order.items[1]
    assert ruled(order, "my washer").line == 2
    assert ruled(order, "it").line == 0
    assert ruled(order, "the other item").item == order.items[2]
    assert ruled(order, "it").missing == "item"


def test_a_thing_that_is_not_in_the_order_is_asked_for_again() -> None:
    verdict = ruled(delivered(2, Category.KETTLE), "the camera")

    assert (verdict.ruling, verdict.missing) == (Ruling.NO_SUCH_ITEM, "item")
    assert verdict.item is None
    assert verdict.how is None


def test_a_thing_on_its_way_back_is_not_returned_twice() -> None:
    order = delivered(2, Category.KETTLE, Category.TOASTER, returned=(1,))

    again = ruled(order, "kettle")

    assert again.ruling is Ruling.UNDER_WAY
    assert again.started == order.returns[0]
    assert again.clause == "returns.dropoff"
    assert ruled(order, "toaster").ruling is Ruling.ALLOWED


def test_a_return_that_was_started_in_time_is_told_after_the_last_day() -> None:
    order = delivered(20, Category.FRIDGE, returned=(1,))

    verdict = ruled(order, unused=None, original_packaging=None)

    assert (verdict.ruling, verdict.clause) == (Ruling.UNDER_WAY, "returns.appliances")


def test_the_second_of_two_books_may_come_back_when_the_first_already_does() -> None:
    order = delivered(2, Category.BOOK, Category.BOOK, returned=(1,))

    assert ruled(order).item == order.items[1]
    both = replace(order, returns=(*order.returns, replace(order.returns[0], line=2)))
    assert ruled(both).ruling is Ruling.UNDER_WAY


@pytest.mark.parametrize("status", sorted(OrderStatus))
def test_only_what_was_delivered_can_come_back(status: OrderStatus) -> None:
    verdict = ruled(replace(delivered(2, Category.KETTLE), status=status))

    if status is OrderStatus.DELIVERED:
        assert verdict.ruling is Ruling.ALLOWED
    elif status in (OrderStatus.CANCELLED, OrderStatus.RETURNED, OrderStatus.REFUNDED):
        assert verdict.ruling is Ruling.NOTHING_LEFT
    else:
        assert verdict.ruling is Ruling.NOT_DELIVERED


def test_a_thing_collected_at_the_store_has_its_days_from_then() -> None:
    order = replace(delivered(1, Category.KETTLE), fulfilment=Fulfilment.PICKUP)

    assert ruled(order).until == date(2026, 11, 29)


def test_what_the_shop_does_not_know_is_for_a_colleague_to_decide() -> None:
    order = delivered(2, Category.KETTLE)

    assert ruled(replace(order, done_on=None)).ruling is Ruling.UNKNOWN
    assert ruled(replace(order, done_on=MONDAY + timedelta(days=1))).ruling is Ruling.UNKNOWN
    assert ruled(replace(order, items=())).ruling is Ruling.UNKNOWN
    assert ruled(replace(delivered(8), items=())).ruling is Ruling.LATE


days = st.dates(date(1990, 1, 1), date(2090, 1, 1))
kinds = st.lists(st.sampled_from(Category), max_size=4).map(tuple)
said = st.none() | st.sampled_from([*Category]).map(str) | st.text(max_size=20)
answers = st.none() | st.booleans()
orders = st.builds(
    Order,
    order_id=st.just("ORD-18342"),
    status=st.sampled_from(OrderStatus),
    placed_on=days,
    done_on=st.none() | days,
    items=kinds.map(
        lambda kinds: tuple(Item(line=line, category=kind) for line, kind in enumerate(kinds, 1))
    ),
)


@given(days, st.integers(-400, 400), st.integers(1, 60))
def test_a_return_is_allowed_from_the_delivery_to_the_last_day_and_on_no_other(
    done_on: date, ahead: int, period: int
) -> None:
    order = replace(delivered(0, Category.KETTLE), done_on=done_on)
    today = done_on + timedelta(days=ahead)

    verdict = check_return(
        order, item=None, unused=True, original_packaging=True, today=today, days=period
    )

    assert (verdict.ruling is Ruling.ALLOWED) == (0 <= ahead <= period)
    assert (verdict.ruling is Ruling.LATE) == (ahead > period)
    assert (verdict.ruling is Ruling.UNKNOWN) == (ahead < 0)
    assert verdict.until is None or verdict.until == done_on + timedelta(days=period)


@given(orders, said, answers, answers, days)
def test_a_return_is_allowed_only_with_every_condition_met(
    order: Order, item: str | None, unused: bool | None, packaging: bool | None, today: date
) -> None:
    verdict = check_return(
        order, item=item, unused=unused, original_packaging=packaging, today=today
    )

    assert verdict.clause.startswith("returns.")
    if verdict.ruling is Ruling.ALLOWED:
        assert unused is packaging is True
        assert order.status is OrderStatus.DELIVERED
        assert order.done_on is not None
        assert 0 <= (today - order.done_on).days <= DAYS
        assert verdict.item in order.items
    assert bool(verdict.missing) == (verdict.ruling in (Ruling.ASK, Ruling.NO_SUCH_ITEM))


@given(days, st.integers(DAYS + 1, 4000), said, answers, answers)
def test_nothing_is_asked_once_the_days_are_over(
    done_on: date, ago: int, item: str | None, unused: bool | None, packaging: bool | None
) -> None:
    order = replace(delivered(0, Category.KETTLE, Category.TOASTER), done_on=done_on)

    verdict = check_return(
        order,
        item=item,
        unused=unused,
        original_packaging=packaging,
        today=done_on + timedelta(days=ago),
    )

    assert (verdict.ruling, verdict.missing) == (Ruling.LATE, "")
