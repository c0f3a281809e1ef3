"""What customers get at the counter besides their order: goods, hours, rules, and people."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from kiosk.core.events import Event, PolicyExpired, ShopAnswers, StaffCalled
from kiosk.errors import ToolError
from kiosk.runtime.tools.toolbox import MOST_REFUSED
from kiosk.settings import Shop
from kiosk.shop.answers import NO_ORDERS
from tests.fakes.shop import NOW, PaperShop, paper_toolbox
from tests.runtime.shopping import KETTLE, POLICY, Customer, paper_shop
from tests.virtualtime import run_virtual


def test_a_customer_is_told_where_goods_stand() -> None:
    async def scenario() -> None:
        customer = Customer()
        customer.says("where are the kettles")
        found = await customer.call("find_product", product="kettles")
        assert (found["status"], found["aisle"], found["stock"]) == ("ok", "12", "4")
        assert (await customer.call("find_product", product="lamp"))["status"] == "not_found"
        assert (await customer.call("find_product", product="zzz"))["status"] == "not_covered"

    run_virtual(scenario())


def test_a_customer_is_told_when_the_shop_is_open_and_where_it_is() -> None:
    async def scenario() -> None:
        customer = Customer()
        customer.says("when do you close today, and where are you")
        hours = await customer.call("store_info", about="hours", day="today")
        address = await customer.call("store_info", about="address")
        assert hours["say"].startswith("Today we are open from")
        assert "address is" in address["say"]

    run_virtual(scenario())


def test_a_customer_who_wants_a_person_has_one_called() -> None:
    async def scenario() -> None:
        customer = Customer()
        customer.says("I want to talk to somebody")
        for _ in range(3):
            assert "called a colleague" in (await customer.call("call_staff"))["say"]
        assert customer.facts == [StaffCalled()]
        customer.says("nobody came, call somebody")
        await customer.call("call_staff")
        assert customer.facts == [StaffCalled()] * 2

    run_virtual(scenario())


def test_while_shopmax_is_down_everything_else_is_answered() -> None:
    async def scenario() -> None:
        customer = Customer(paper_shop(error=RuntimeError("down")))
        for _ in range(5):
            customer.says("where is my order")
            answer = await customer.call("get_order_status", order_id=KETTLE.order_id)
            assert (answer["status"], answer["say"]) == ("unavailable", NO_ORDERS)
        policy = await customer.call("search_policy", question="do you take back washing machines")
        hours = await customer.call("store_info", about="hours")
        assert (policy["status"], hours["status"]) == ("ok", "ok")
        assert (await customer.call("call_staff"))["status"] == "ok"
        assert customer.facts == [ShopAnswers(up=False), StaffCalled()]

    run_virtual(scenario())


# Order numbers that will not do


@pytest.mark.parametrize("numbers", [("ORD-00000",) * 3, ("8842", "ORD-00000", "eight")])
def test_the_second_number_that_will_not_do_is_spelt_and_the_third_brings_somebody(
    numbers: tuple[str, ...],
) -> None:
    async def scenario() -> None:
        customer = Customer()
        says = []
        for number in numbers:
            assert customer.facts == []
            customer.says(number)
            says.append((await customer.call("get_order_status", order_id=number))["say"])
        assert "spell" not in says[0]
        assert "spell it" in says[1]
        assert "called a colleague" in says[2]
        assert customer.facts == [StaffCalled()]

    run_virtual(scenario())


def test_a_model_that_tries_three_numbers_in_one_turn_calls_nobody() -> None:
    async def scenario() -> None:
        customer = Customer()
        customer.says("one of those")
        for number in ("00000", "00001", "00002"):
            await customer.call("get_order_status", order_id=number)
        assert customer.facts == []

    run_virtual(scenario())


def test_a_number_that_was_right_in_between_starts_the_count_afresh() -> None:
    async def scenario() -> None:
        customer = Customer()
        for number in ("00000", "00001", KETTLE.order_id, "00002", "00003"):
            customer.says(number)
            await customer.call("get_order_status", order_id=number)
        assert customer.facts == []

    run_virtual(scenario())


def test_a_model_that_left_the_number_out_is_no_miss_of_the_customers() -> None:
    async def scenario() -> None:
        customer = Customer()
        for _ in range(4):
            customer.says("where is my order")
            assert "tell me the order number" in (await customer.call("get_order_status"))["say"]
        assert customer.facts == []

    run_virtual(scenario())


# The news


def test_the_lights_know_of_a_shop_that_is_down_before_anybody_asks() -> None:
    async def scenario() -> None:
        customer = Customer(paper_shop(error=ToolError("http_500", NO_ORDERS, retryable=True)))
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(customer.tools.watch())
            await asyncio.sleep(10)
            assert customer.facts == [ShopAnswers(up=False)]
            customer.shop.error = None
            await asyncio.sleep(90)
            assert customer.facts == [ShopAnswers(up=False), ShopAnswers(up=True)]
            watch.cancel()

    run_virtual(scenario())


def test_the_lights_know_of_a_policy_that_is_out_of_date_and_of_its_successor() -> None:
    async def scenario() -> None:
        expiring = replace(POLICY, expires=date(2026, 11, 23))
        tools = paper_toolbox(expiring, backend=PaperShop())
        days = iter([0, 1, 1, 0])
        tools._wall_clock = lambda: NOW + timedelta(days=next(days, 0))
        facts: list[Event] = []
        tools.on_fact = facts.append
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(tools.watch())
            await asyncio.sleep(200)
            watch.cancel()
        assert facts == [PolicyExpired(expired=True), PolicyExpired(expired=False)]

    run_virtual(scenario())


def test_a_model_that_loops_comes_to_an_end() -> None:
    async def scenario() -> None:
        customer = Customer(limits=Shop())
        statuses = []
        for number in range(60):
            if number % 10 == 0:
                customer.says("…")
            answer = await customer.call("get_order_status", order_id=f"{number:05}")
            statuses.append(answer["status"])
        assert statuses.count("not_found") == len(customer.shop.asked) == 12

    run_virtual(scenario())


def test_a_model_that_runs_wild_does_not_push_the_ledger_out() -> None:
    async def scenario() -> None:
        customer = Customer()
        customer.says("Do something.")
        for _ in range(2 * MOST_REFUSED):
            await customer.call("open_the_till")
        asked = await customer.call("search_policy", question="How long do refunds take?")

        assert asked["status"] == "refused"
        assert len(customer.ledger.entries) == MOST_REFUSED
        customer.next_visit()
        customer.says("How long do refunds take?")
        await customer.call("search_policy", question="How long do refunds take?")
        assert customer.ledger.entries[-1].tool == "search_policy"

    run_virtual(scenario())
