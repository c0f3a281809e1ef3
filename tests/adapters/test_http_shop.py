"""The kiosk's client against an order service of our own that stores for real."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, time
from pathlib import Path
from typing import TypeVar

import pytest

from kiosk.adapters.http_shop import HttpShop, open_http_shop
from kiosk.errors import ToolError
from kiosk.shop.goods import Category, Item, Product
from kiosk.shop.orders import Fulfilment, Order, OrderStatus, ProofFacts, ReturnStarted
from tests.adapters.tls_peer import Authority, run
from tests.shopmax.books import Books
from tests.shopmax.server import MAY_CHANGE, MAY_READ, ShopMax, shopmax

T = TypeVar("T")
TODAY = date(2026, 11, 23)
KEY, OTHER_KEY = "ab" * 32, "cd" * 32

OUT = Order(
    order_id="ORD-88421",
    status=OrderStatus.OUT_FOR_DELIVERY,
    placed_on=date(2026, 11, 19),
    due_on=TODAY,
    due_from=time(14, 30),
    due_by=time(19),
    items=(
        Item(line=1, category=Category.KETTLE, quantity=2),
        Item(line=2, category=Category.WASHING_MACHINE),
    ),
    returns=(ReturnStarted(reference="R-100007", line=2, started_on=date(2026, 11, 22)),),
    proof=ProofFacts(postcode="SW1A 1AA", phone_end="0142"),
)
PLACED = Order(
    order_id="ORD-80473",
    status=OrderStatus.PLACED,
    placed_on=TODAY,
    fulfilment=Fulfilment.PICKUP,
    items=(Item(line=1, category=Category.FAN),),
)
GOODS = (
    Product(category=Category.KETTLE, aisle="B4", stock=7),
    Product(category=Category.KETTLE, aisle="12", stock=0),
    Product(category=Category.FAN, aisle="3", stock=1),
)


@pytest.fixture
def service(tmp_path: Path, authority: Authority) -> Iterator[ShopMax]:
    books = Books(tmp_path / "shopmax.db", lambda: TODAY)
    books.stock((OUT, PLACED), GOODS)
    with shopmax(books, authority.server_context()) as serving:
        yield serving
    books.close()


def ask(
    service: ShopMax,
    authority: Authority,
    work: Callable[[HttpShop], Awaitable[T]],
    token: str | None = MAY_CHANGE,
) -> T:
    async def scenario() -> T:
        async with open_http_shop(
            service.url, token=token, ca_file=str(authority.ca_file), deadline_s=5.0
        ) as shop:
            return await work(shop)

    return run(scenario())


def reason_of(
    service: ShopMax,
    authority: Authority,
    work: Callable[[HttpShop], Awaitable[object]],
    token: str | None = MAY_CHANGE,
) -> str:
    with pytest.raises(ToolError) as caught:
        ask(service, authority, work, token)
    return caught.value.reason


@pytest.mark.parametrize("order", [OUT, PLACED], ids=["all of it", "the least of it"])
def test_an_order_is_found_as_it_was_stored(
    service: ShopMax, authority: Authority, order: Order
) -> None:
    assert ask(service, authority, lambda shop: shop.find(order.order_id)) == order


def test_a_number_nobody_has_is_not_found(service: ShopMax, authority: Authority) -> None:
    assert ask(service, authority, lambda shop: shop.find("ORD-00000")) is None


def test_goods_are_found_by_their_kind(service: ShopMax, authority: Authority) -> None:
    async def both(shop: HttpShop) -> tuple[tuple[Product, ...], tuple[Product, ...]]:
        return await shop.find_products(Category.KETTLE), await shop.find_products(
            Category.COFFEE_MACHINE
        )

    assert ask(service, authority, both) == (GOODS[:2], ())


def test_a_return_is_started_once_however_often_it_is_wished_for(
    service: ShopMax, authority: Authority
) -> None:
    async def insist(shop: HttpShop) -> list[ReturnStarted]:
        keys = (KEY, KEY, OTHER_KEY)
        return [await shop.start_return("ORD-88421", 1, key) for key in keys]

    started = ask(service, authority, insist)
    found = ask(service, authority, lambda shop: shop.find("ORD-88421"))

    assert started == [started[0]] * 3
    assert (started[0].line, started[0].started_on) == (1, TODAY)
    assert found is not None
    assert set(found.returns) == {*OUT.returns, started[0]}


def test_a_return_that_was_started_is_still_there_after_the_service_began_anew(
    tmp_path: Path, service: ShopMax, authority: Authority
) -> None:
    started = ask(service, authority, lambda shop: shop.start_return("ORD-88421", 1, KEY))
    service.books.close()
    books = Books(tmp_path / "shopmax.db", lambda: date(2026, 12, 24))

    with shopmax(books, authority.server_context()) as again:
        once_more = ask(again, authority, lambda shop: shop.start_return("ORD-88421", 1, KEY))
    books.close()

    assert once_more == started


def test_an_order_is_cancelled_once_and_stays_cancelled(
    service: ShopMax, authority: Authority
) -> None:
    async def insist(shop: HttpShop) -> Order | None:
        for key in (KEY, KEY, OTHER_KEY):
            await shop.cancel("ORD-80473", key)
        return await shop.find("ORD-80473")

    order = ask(service, authority, insist)

    assert order is not None
    assert (order.status, order.done_on) == (OrderStatus.CANCELLED, TODAY)


def test_what_has_left_the_house_is_not_cancelled(service: ShopMax, authority: Authority) -> None:
    assert reason_of(service, authority, lambda shop: shop.cancel("ORD-88421", KEY)) == "too_late"


@pytest.mark.parametrize(
    "wish",
    [
        lambda shop: shop.cancel("ORD-00000", KEY),
        lambda shop: shop.start_return("ORD-00000", 1, KEY),
        lambda shop: shop.start_return("ORD-88421", 3, KEY),
    ],
    ids=["cancel", "return", "a line there is not"],
)
def test_nothing_is_done_to_what_there_is_not(
    service: ShopMax, authority: Authority, wish: Callable[[HttpShop], Awaitable[object]]
) -> None:
    assert reason_of(service, authority, wish) == "not_found"


def test_a_key_that_comes_back_with_another_wish_does_nothing(
    service: ShopMax, authority: Authority
) -> None:
    async def confuse(shop: HttpShop) -> None:
        await shop.start_return("ORD-88421", 1, KEY)
        await shop.cancel("ORD-80473", KEY)

    assert reason_of(service, authority, confuse) == "wrong_shape"
    order = ask(service, authority, lambda shop: shop.find("ORD-80473"))
    assert order == PLACED


def test_a_token_that_may_only_read_changes_nothing(service: ShopMax, authority: Authority) -> None:
    async def read(shop: HttpShop) -> tuple[Order | None, str]:
        return await shop.find("ORD-80473"), await shop.check()

    def cancel(shop: HttpShop) -> Awaitable[None]:
        return shop.cancel("ORD-80473", KEY)

    assert reason_of(service, authority, cancel, MAY_READ) == "not_allowed"
    assert ask(service, authority, read, MAY_READ) == (
        PLACED,
        "ShopMax 1.0.0, this token may only read",
    )


@pytest.mark.parametrize("token", [None, "made-up"])
def test_without_a_token_that_is_known_nothing_is_told(
    service: ShopMax, authority: Authority, token: str | None
) -> None:
    def find(shop: HttpShop) -> Awaitable[Order | None]:
        return shop.find("ORD-88421")

    assert reason_of(service, authority, find, token) == "not_allowed"


def test_the_technician_learns_which_service_answers(
    service: ShopMax, authority: Authority
) -> None:
    said = ask(service, authority, lambda shop: shop.check())

    assert said == "ShopMax 1.0.0, this token may change orders"


def test_one_customer_after_the_other_is_served_over_one_connection(
    service: ShopMax, authority: Authority
) -> None:
    async def one_by_one(shop: HttpShop) -> None:
        for _ in range(20):
            assert await shop.find("ORD-88421") == OUT

    ask(service, authority, one_by_one)

    assert service.seen.connections == 1
    assert len(service.seen.requests) == 20


def test_a_crowd_is_served_over_a_few(service: ShopMax, authority: Authority) -> None:
    async def crowd(shop: HttpShop) -> list[Order | None]:
        return await asyncio.gather(*(shop.find("ORD-88421") for _ in range(20)))

    assert ask(service, authority, crowd) == [OUT] * 20
    assert service.seen.connections <= 4


def test_a_connection_that_the_service_closed_meanwhile_costs_no_question(
    service: ShopMax, authority: Authority
) -> None:
    async def with_a_pause(shop: HttpShop) -> list[Order | None]:
        before = await shop.find("ORD-88421")
        service.hang_up()
        return [before, await shop.find("ORD-88421")]

    assert ask(service, authority, with_a_pause) == [OUT, OUT]
    assert service.seen.connections == 2


def test_the_service_sees_what_it_needs_and_nothing_more(
    service: ShopMax, authority: Authority
) -> None:
    ask(service, authority, lambda shop: shop.start_return("ORD-88421", 1, KEY))

    ((method, path),) = service.seen.requests
    (headers,) = service.seen.headers
    assert (method, path) == ("POST", "/v1/orders/ORD-88421/returns")
    assert headers.pop("User-Agent").startswith("kiosk/")
    assert headers == {
        "Host": service.url.removeprefix("https://"),
        "Accept": "application/json, application/problem+json",
        "Accept-Encoding": "identity",
        "Connection": "keep-alive",
        "Authorization": f"Bearer {MAY_CHANGE}",
        "Idempotency-Key": KEY,
        "Content-Type": "application/json",
        "Content-Length": "10",
    }
