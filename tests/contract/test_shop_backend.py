"""What every ShopBackend does, whatever stands behind it."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, time, timedelta
from typing import TypeVar

import pytest

from kiosk.errors import ToolError
from kiosk.shop.goods import Category, Item, Product
from kiosk.shop.orders import Fulfilment, Order, OrderStatus, ProofFacts, ReturnStarted
from kiosk.shop.ports import ShopBackend
from tests.contract.shops import TODAY, ShopHolding

T = TypeVar("T")
REFERENCE = re.compile(r"R-[0-9]{6}")

BARE = Order(order_id="ORD-10001", status=OrderStatus.SHIPPED, placed_on=date(2026, 11, 20))
WHOLE = Order(
    order_id="ORD-10002",
    status=OrderStatus.DELIVERED,
    placed_on=date(2026, 11, 17),
    due_on=date(2026, 11, 21),
    due_from=time(9),
    due_by=time(18, 30),
    done_on=date(2026, 11, 20),
    fulfilment=Fulfilment.DELIVERY,
    items=(
        Item(line=1, category=Category.KETTLE),
        Item(line=2, category=Category.LAMP, quantity=3),
        Item(line=3, category=Category.WASHING_MACHINE),
    ),
    proof=ProofFacts(postcode="10115", phone_end="0417"),
)
COLLECTED = Order(
    order_id="ORD-10003",
    status=OrderStatus.READY_FOR_PICKUP,
    placed_on=date(2026, 11, 22),
    due_on=date(2026, 11, 27),
    fulfilment=Fulfilment.PICKUP,
    items=(Item(line=1, category=Category.TOASTER),),
    proof=ProofFacts(postcode="SW1A 1AA"),
)
PLACED = Order(
    order_id="ORD-10004",
    status=OrderStatus.PLACED,
    placed_on=TODAY,
    due_on=date(2026, 11, 27),
    items=(Item(line=1, category=Category.FAN),),
    proof=ProofFacts(phone_end="9921"),
)
ALL = (BARE, WHOLE, COLLECTED, PLACED)


def at(
    holding: ShopHolding,
    work: Callable[[ShopBackend], Awaitable[T]],
    *orders: Order,
    products: tuple[Product, ...] = (),
) -> T:
    async def scenario() -> T:
        async with holding(orders or ALL, products) as shop:
            return await work(shop)

    return asyncio.run(scenario())


async def refused(work: Awaitable[object]) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await work
    assert caught.value.say.endswith(".")
    return caught.value


@pytest.mark.parametrize("order", ALL, ids=lambda order: order.order_id)
def test_an_order_is_found_whole(shop_holding: ShopHolding, order: Order) -> None:
    assert at(shop_holding, lambda shop: shop.find(order.order_id)) == order


def test_an_order_that_there_is_not_is_not_found(shop_holding: ShopHolding) -> None:
    assert at(shop_holding, lambda shop: shop.find("ORD-00000")) is None


@pytest.mark.parametrize("status", OrderStatus)
def test_an_order_is_as_far_as_it_has_come(shop_holding: ShopHolding, status: OrderStatus) -> None:
    order = replace(PLACED, status=status)

    assert at(shop_holding, lambda shop: shop.find(order.order_id), order) == order


def test_orders_that_are_asked_for_at_once_are_not_mixed_up(shop_holding: ShopHolding) -> None:
    many = [replace(WHOLE, order_id=f"ORD-2{number:04}") for number in range(20)]

    async def all_at_once(shop: ShopBackend) -> list[Order | None]:
        return await asyncio.gather(*(shop.find(order.order_id) for order in many))

    assert at(shop_holding, all_at_once, *many) == many


def test_a_customer_who_does_not_wait_harms_nobody(shop_holding: ShopHolding) -> None:
    async def impatient(shop: ShopBackend) -> Order | None:
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(shop.find(WHOLE.order_id)) for _ in range(5)]
            await asyncio.sleep(0)
            for each in asked:
                each.cancel()
        return await shop.find(WHOLE.order_id)

    assert at(shop_holding, impatient) == WHOLE


def test_a_return_is_started_today_and_the_order_tells_of_it(shop_holding: ShopHolding) -> None:
    async def start(shop: ShopBackend) -> tuple[ReturnStarted, Order | None]:
        return await shop.start_return(WHOLE.order_id, 2, "a key"), await shop.find(WHOLE.order_id)

    started, order = at(shop_holding, start)

    assert REFERENCE.fullmatch(started.reference)
    assert (started.line, started.started_on) == (2, TODAY)
    assert order == replace(WHOLE, returns=(started,))


@pytest.mark.parametrize("again", ["a key", "another key"])
def test_a_return_that_is_asked_for_again_is_the_same_one(
    shop_holding: ShopHolding, again: str
) -> None:
    async def twice(shop: ShopBackend) -> tuple[ReturnStarted, ReturnStarted, Order | None]:
        first = await shop.start_return(WHOLE.order_id, 1, "a key")
        return (
            first,
            await shop.start_return(WHOLE.order_id, 1, again),
            await shop.find("ORD-10002"),
        )

    first, second, order = at(shop_holding, twice)

    assert first == second
    assert order is not None
    assert order.returns == (first,)


def test_a_return_that_is_asked_for_twice_at_once_is_one(shop_holding: ShopHolding) -> None:
    async def at_once(shop: ShopBackend) -> list[ReturnStarted]:
        return await asyncio.gather(
            *(shop.start_return(WHOLE.order_id, 1, "a key") for _ in range(5))
        )

    assert len(set(at(shop_holding, at_once))) == 1


def test_every_return_has_a_reference_of_its_own_that_nobody_can_guess(
    shop_holding: ShopHolding,
) -> None:
    lines = tuple(Item(line=line, category=Category.LAMP) for line in range(1, 21))

    async def start_all(shop: ShopBackend) -> list[int]:
        started = [
            await shop.start_return(WHOLE.order_id, item.line, f"key {item.line}") for item in lines
        ]
        return [int(each.reference.removeprefix("R-")) for each in started]

    numbers = at(shop_holding, start_all, replace(WHOLE, items=lines))

    assert len(set(numbers)) == 20
    assert numbers != sorted(numbers)
    assert max(numbers) - min(numbers) > 1000


def test_what_there_is_not_cannot_be_returned(shop_holding: ShopHolding) -> None:
    async def try_it(shop: ShopBackend) -> list[ToolError]:
        return [
            await refused(shop.start_return("ORD-00000", 1, "a key")),
            await refused(shop.start_return(WHOLE.order_id, 4, "another key")),
        ]

    assert {error.reason for error in at(shop_holding, try_it)} == {"not_found"}


def test_a_key_that_started_one_return_never_starts_another(shop_holding: ShopHolding) -> None:
    async def both(shop: ShopBackend) -> tuple[ReturnStarted, Order | None]:
        started = await shop.start_return(WHOLE.order_id, 1, "a key")
        await refused(shop.start_return(WHOLE.order_id, 2, "a key"))
        return started, await shop.find(WHOLE.order_id)

    started, order = at(shop_holding, both)

    assert order == replace(WHOLE, returns=(started,))


@pytest.mark.parametrize("status", [OrderStatus.PLACED, OrderStatus.PACKED])
def test_an_order_that_is_still_here_is_cancelled_today(
    shop_holding: ShopHolding, status: OrderStatus
) -> None:
    order = replace(PLACED, status=status)

    async def cancel(shop: ShopBackend) -> Order | None:
        await shop.cancel(order.order_id, "a key")
        return await shop.find(order.order_id)

    assert at(shop_holding, cancel, order) == replace(
        order, status=OrderStatus.CANCELLED, done_on=TODAY
    )


@pytest.mark.parametrize("again", ["a key", "another key"])
def test_an_order_is_cancelled_once_however_often_it_is_asked_for(
    shop_holding: ShopHolding, again: str
) -> None:
    async def twice(shop: ShopBackend) -> tuple[Order | None, Order | None]:
        await shop.cancel(PLACED.order_id, "a key")
        once = await shop.find(PLACED.order_id)
        await shop.cancel(PLACED.order_id, again)
        return once, await shop.find(PLACED.order_id)

    once, twice_asked = at(shop_holding, twice)

    assert once == twice_asked
    assert once is not None
    assert once.status is OrderStatus.CANCELLED


def test_an_order_that_was_cancelled_before_stays_on_its_day(shop_holding: ShopHolding) -> None:
    order = replace(PLACED, status=OrderStatus.CANCELLED, done_on=TODAY - timedelta(days=3))

    async def cancel(shop: ShopBackend) -> Order | None:
        await shop.cancel(order.order_id, "a key")
        return await shop.find(order.order_id)

    assert at(shop_holding, cancel, order) == order


@pytest.mark.parametrize(
    "status",
    [
        status
        for status in OrderStatus
        if status not in (OrderStatus.PLACED, OrderStatus.PACKED, OrderStatus.CANCELLED)
    ],
)
def test_an_order_that_went_out_is_not_cancelled(
    shop_holding: ShopHolding, status: OrderStatus
) -> None:
    order = replace(PLACED, status=status)

    async def cancel(shop: ShopBackend) -> tuple[ToolError, Order | None]:
        error = await refused(shop.cancel(order.order_id, "a key"))
        return error, await shop.find(order.order_id)

    error, found = at(shop_holding, cancel, order)

    assert (error.reason, error.retryable) == ("too_late", False)
    assert found == order


def test_an_order_that_there_is_not_cannot_be_cancelled(shop_holding: ShopHolding) -> None:
    error = at(shop_holding, lambda shop: refused(shop.cancel("ORD-00000", "a key")))

    assert (error.reason, error.retryable) == ("not_found", False)


def test_goods_are_found_where_they_stand(shop_holding: ShopHolding) -> None:
    kettles = (
        Product(category=Category.KETTLE, aisle="12", stock=4),
        Product(category=Category.KETTLE, aisle="B4", stock=0),
    )
    lamp = Product(category=Category.LAMP, aisle="7", stock=1)

    async def look(shop: ShopBackend) -> list[tuple[Product, ...]]:
        kinds = (Category.KETTLE, Category.LAMP, Category.TOY)
        return [await shop.find_products(kind) for kind in kinds]

    assert at(shop_holding, look, products=(*kettles, lamp)) == [kettles, (lamp,), ()]


def test_what_was_changed_is_still_there_after_a_restart(shop_holding: ShopHolding) -> None:
    async def change(shop: ShopBackend) -> ReturnStarted:
        await shop.cancel(PLACED.order_id, "a key")
        return await shop.start_return(WHOLE.order_id, 1, "another key")

    async def look(shop: ShopBackend) -> tuple[Order | None, Order | None, ReturnStarted]:
        return (
            await shop.find(PLACED.order_id),
            await shop.find(WHOLE.order_id),
            await shop.start_return(WHOLE.order_id, 1, "another key"),
        )

    started = at(shop_holding, change)
    cancelled, returned, again = at(shop_holding, look)

    assert cancelled == replace(PLACED, status=OrderStatus.CANCELLED, done_on=TODAY)
    assert returned == replace(WHOLE, returns=(started,))
    assert again == started


def test_a_technician_is_told_what_answered(shop_holding: ShopHolding) -> None:
    words = at(shop_holding, lambda shop: shop.check())

    assert 5 < len(words) < 120
    assert "\n" not in words
