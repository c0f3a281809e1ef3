import asyncio

import pytest

from kiosk.core.events import Event, Part, PartFailed, PartHealed, ShopAnswers
from kiosk.errors import ToolError
from kiosk.runtime.tools.line import ShopLine
from kiosk.shop.answers import NO_ORDERS
from kiosk.shop.orders import Order
from tests.fakes.shop import PaperShop
from tests.runtime.shopping import KETTLE, PLACED, PRODUCTS
from tests.virtualtime import run_virtual

BROKEN = ToolError("http_500", NO_ORDERS, retryable=True)
DONE_FOR = ToolError("gone", NO_ORDERS, retryable=False)


class Flaky(PaperShop):
    """A shop that fails so often, and then answers."""

    def __init__(self, *errors: BaseException) -> None:
        super().__init__([KETTLE, PLACED], PRODUCTS)
        self.errors = list(errors)

    async def find(self, order_id: str) -> Order | None:
        self.error = self.errors.pop(0) if self.errors else None
        return await super().find(order_id)


class Line:
    """A line, and what is told of it."""

    def __init__(self, shop: PaperShop) -> None:
        self.shop = shop
        self.news: list[Event] = []
        self.line = ShopLine(shop, self.news.append)

    async def find(self, order_id: str = KETTLE.order_id, within_s: float = 2.5) -> str:
        deadline = asyncio.get_running_loop().time() + within_s
        try:
            order = await self.line.order(order_id, deadline)
        except ToolError as err:
            return err.reason
        return order.order_id if order else "none"

    async def cancel(self) -> str:
        deadline = asyncio.get_running_loop().time() + 2.5
        try:
            await self.line.change(lambda shop: shop.cancel(PLACED.order_id, "a key"), deadline)
        except ToolError as err:
            return err.reason
        return "done"


def test_a_shop_that_stumbles_once_is_asked_once_more_and_nobody_notices() -> None:
    async def scenario() -> None:
        line = Line(Flaky(BROKEN))
        assert await line.find() == KETTLE.order_id
        assert len(line.shop.asked) == 2
        assert line.news == []

    run_virtual(scenario())


@pytest.mark.parametrize(
    ("errors", "asked"), [((BROKEN, BROKEN), 2), ((DONE_FOR,), 1), ((RuntimeError("x"),) * 2, 2)]
)
def test_a_shop_that_fails_for_good_is_not_asked_on(
    errors: tuple[BaseException, ...], asked: int
) -> None:
    async def scenario() -> None:
        line = Line(Flaky(*errors))
        assert await line.find() in ("http_500", "gone", "failed")
        assert len(line.shop.asked) == asked
        assert line.news == [ShopAnswers(up=False)]

    run_virtual(scenario())


def test_a_shop_that_is_slow_is_not_asked_again_in_the_same_breath() -> None:
    async def scenario() -> None:
        line = Line(PaperShop([KETTLE], takes_s=10))
        assert await line.find() == "too_slow"
        assert asyncio.get_running_loop().time() == pytest.approx(2.5)
        assert len(line.shop.asked) == 1

    run_virtual(scenario())


def test_a_change_is_asked_for_once_whatever_comes_of_it() -> None:
    async def scenario() -> None:
        line = Line(PaperShop([PLACED], error=BROKEN))
        assert await line.cancel() == "http_500"
        assert line.shop.changed == [f"cancel {PLACED.order_id}"]

    run_virtual(scenario())


def test_after_three_failures_the_shop_is_left_alone_for_half_a_minute() -> None:
    async def scenario() -> None:
        line = Line(PaperShop([KETTLE], error=BROKEN))
        reasons = [await line.find() for _ in range(4)]
        assert reasons == ["http_500", "resting", "resting", "resting"]
        assert len(line.shop.asked) == 3
        line.shop.error = None
        await asyncio.sleep(29.9)
        assert await line.find() == "resting"
        await asyncio.sleep(0.2)
        assert await line.find() == KETTLE.order_id
        assert line.news == [ShopAnswers(up=False), ShopAnswers(up=True)]

    run_virtual(scenario())


def test_after_the_rest_one_customer_tries_and_the_others_do_not_wait_for_it() -> None:
    async def scenario() -> None:
        line = Line(PaperShop([KETTLE], error=BROKEN))
        await line.find()
        await line.find()
        await asyncio.sleep(30)
        line.shop.error, line.shop.takes_s = None, 1.0
        asked = len(line.shop.asked)
        reasons = [*await asyncio.gather(line.find(), line.find(), line.find())]
        assert reasons == [KETTLE.order_id, "resting", "resting"]
        assert len(line.shop.asked) == asked + 1

    run_virtual(scenario())


def test_an_answer_that_says_no_is_an_answer() -> None:
    async def scenario() -> None:
        line = Line(PaperShop([KETTLE]))
        for _ in range(5):
            assert await line.cancel() == "not_found"
        assert await line.find() == KETTLE.order_id
        assert line.news == []

    run_virtual(scenario())


@pytest.mark.parametrize("reason", ["wrong_shape", "not_allowed", "not_trusted"])
def test_a_shop_that_no_waiting_helps_needs_a_person_at_once(reason: str) -> None:
    async def scenario() -> None:
        line = Line(Flaky(ToolError(reason, NO_ORDERS, retryable=False)))
        assert await line.find() == reason
        assert line.news == [ShopAnswers(up=False), PartFailed(Part.SHOP, reason)]
        line.news.clear()
        await line.find()
        assert line.news == [ShopAnswers(up=True), PartHealed(Part.SHOP)]

    run_virtual(scenario())


def test_another_customers_order_is_nonsense() -> None:
    async def scenario() -> None:
        shop = PaperShop()
        shop.orders["ORD-00001"] = KETTLE
        line = Line(shop)
        assert await line.find("ORD-00001") == "wrong_shape"
        assert PartFailed(Part.SHOP, "wrong_shape") in line.news

    run_virtual(scenario())


def test_a_shop_that_is_down_for_ten_minutes_needs_a_person() -> None:
    async def scenario() -> None:
        line = Line(PaperShop([KETTLE], error=BROKEN))
        heard = []
        while PartFailed(Part.SHOP, "down") not in line.news:
            heard.append(asyncio.get_running_loop().time())
            await asyncio.sleep(await line.line.look(2.5))
        assert 570 <= heard[-1] <= 630
        line.shop.error = None
        await line.line.look(2.5)
        assert line.news == [
            ShopAnswers(up=False),
            PartFailed(Part.SHOP, "down"),
            ShopAnswers(up=True),
            PartHealed(Part.SHOP),
        ]

    run_virtual(scenario())


def test_a_customer_who_stops_waiting_counts_as_nothing() -> None:
    async def scenario() -> None:
        line = Line(PaperShop([KETTLE], takes_s=1))
        for _ in range(5):
            async with asyncio.TaskGroup() as group:
                asking = group.create_task(line.find())
                await asyncio.sleep(0.5)
                asking.cancel()
        assert await line.find() == KETTLE.order_id
        assert line.news == []

    run_virtual(scenario())
