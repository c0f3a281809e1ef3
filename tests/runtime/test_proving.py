"""Who proves an order, how often one may fail, and what nobody learns by failing."""

import asyncio
from dataclasses import replace

import pytest

from kiosk.core.events import TriesSpent
from kiosk.errors import ToolError
from kiosk.settings import Shop
from kiosk.shop.identity import TRIES_A_DAY, Tries
from kiosk.shop.orders import Order
from tests.fakes.shop import NOW, PaperShop, PaperTries
from tests.runtime.shopping import KETTLE, PLACED, Customer, paper_shop
from tests.virtualtime import run_virtual

ORDER, PROOF, OTHER_PROOF = KETTLE.order_id, "26122", "5836"
UNKNOWN = "ORD-00000"
NOT_VERIFIED = "not_verified"


def test_nothing_but_the_status_is_told_or_looked_up_before_the_order_is_proved() -> None:
    async def scenario() -> None:
        customer = Customer()
        customer.says("what did I order, can I return it, cancel it")
        for tool in ("get_order_items", "check_return", "start_return", "cancel_order"):
            answer = await customer.call(tool, order_id=ORDER)
            assert answer["status"] == "needs_proof"
            assert "postcode" in answer["say"]
        assert customer.shop.asked == []

    run_virtual(scenario())


@pytest.mark.parametrize("proof", [PROOF, "it is 26122 thanks", OTHER_PROOF])
def test_a_customer_who_proves_an_order_hears_what_is_in_it(proof: str) -> None:
    async def scenario() -> None:
        customer = Customer()
        assert await customer.proves(ORDER, proof) == "ok"
        answer = await customer.call("get_order_items", order_id=ORDER)
        assert answer["say"] == "That order has a kettle."
        assert customer.tries.tries.today == 0

    run_virtual(scenario())


def test_what_is_proved_is_one_order_and_no_other() -> None:
    async def scenario() -> None:
        customer = Customer()
        await customer.proves(ORDER, PROOF)
        answer = await customer.call("get_order_items", order_id=PLACED.order_id)
        assert answer["status"] == "needs_proof"

    run_virtual(scenario())


def test_proof_dies_with_the_visit() -> None:
    async def scenario() -> None:
        customer = Customer()
        await customer.proves(ORDER, PROOF)
        await customer.call("get_order_items", order_id=ORDER)
        customer.next_visit()
        customer.says("and my order?")
        assert (await customer.call("get_order_items", order_id=ORDER))["status"] == "needs_proof"

    run_virtual(scenario())


def test_proof_dies_with_the_session_and_so_does_what_was_answered_on_it() -> None:
    async def scenario() -> None:
        customer = Customer()
        await customer.proves(ORDER, PROOF)
        await customer.call("get_order_items", order_id=ORDER)
        customer.tools.forget_proof()
        assert (await customer.call("get_order_items", order_id=ORDER))["status"] == "needs_proof"
        assert await customer.proves(ORDER, PROOF) == "ok"

    run_virtual(scenario())


def test_what_is_still_being_looked_up_when_proof_is_forgotten_is_not_told() -> None:
    async def scenario() -> None:
        customer = Customer(paper_shop(takes_s=1))
        await customer.proves(ORDER, PROOF)
        async with asyncio.TaskGroup() as group:
            items = group.create_task(customer.call("get_order_items", order_id=ORDER))
            status = group.create_task(customer.call("get_order_status", order_id=ORDER))
            await asyncio.sleep(0.5)
            customer.tools.forget_proof()
        assert items.result()["status"] == "needs_proof"
        assert status.result()["status"] == "ok"
        assert (await customer.call("get_order_items", order_id=ORDER))["status"] == "needs_proof"

    run_virtual(scenario())


def test_proof_that_is_still_being_checked_when_it_is_forgotten_opens_nothing() -> None:
    async def scenario() -> None:
        customer = Customer(paper_shop(takes_s=1))
        customer.says(PROOF)
        async with asyncio.TaskGroup() as group:
            group.create_task(customer.call("verify_customer", order_id=ORDER, proof=PROOF))
            await asyncio.sleep(0.5)
            customer.tools.forget_proof()
        assert (await customer.call("get_order_items", order_id=ORDER))["status"] == "needs_proof"

    run_virtual(scenario())


def test_unknown_wrong_and_locked_have_one_wording() -> None:
    async def scenario() -> None:
        answers = []
        for order_id, tries in (
            (UNKNOWN, PaperTries()),
            (ORDER, PaperTries()),
            (ORDER, locked_tries()),
        ):
            customer = Customer(tries=tries)
            customer.says("99999")
            answers.append(await customer.call("verify_customer", order_id=order_id, proof="99999"))
        assert answers[0] == answers[1] == answers[2]
        assert answers[0]["status"] == NOT_VERIFIED
        assert "order_id" not in answers[0]

    run_virtual(scenario())


def locked_tries() -> PaperTries:
    tries = PaperTries()
    tries.tries = replace(tries.tries, today=TRIES_A_DAY, last_at=NOW)
    return tries


def test_while_it_is_locked_even_the_right_proof_opens_nothing() -> None:
    async def scenario() -> None:
        customer = Customer(tries=locked_tries())
        assert await customer.proves(ORDER, PROOF) == NOT_VERIFIED
        assert (await customer.call("get_order_items", order_id=ORDER))["status"] == "needs_proof"
        assert customer.tries.tries.today == TRIES_A_DAY

    run_virtual(scenario())


@pytest.mark.parametrize("kind", ["wrong", "unknown", "locked"])
def test_three_tries_end_the_visit_whatever_was_wrong_with_them(kind: str) -> None:
    async def scenario() -> None:
        customer = Customer(tries=locked_tries() if kind == "locked" else PaperTries())
        for number in range(3):
            assert customer.facts == []
            order_id = UNKNOWN if kind == "unknown" else ORDER
            assert await customer.proves(order_id, f"9999{number}") == NOT_VERIFIED
        assert customer.facts == [TriesSpent()]
        await asyncio.sleep(120)  # the pause is over, the visit's tries are not back
        assert await customer.proves(ORDER, PROOF) == NOT_VERIFIED
        assert customer.facts == [TriesSpent()]

    run_virtual(scenario())


def test_after_three_wrong_ones_the_next_customer_waits_a_minute_and_is_then_believed() -> None:
    async def scenario() -> None:
        customer = Customer()
        for number in range(3):
            await customer.proves(ORDER, f"9999{number}")
        customer.next_visit()
        assert await customer.proves(ORDER, PROOF) == NOT_VERIFIED
        await asyncio.sleep(60)
        assert await customer.proves(ORDER, PROOF) == "ok"

    run_virtual(scenario())


def test_two_wrong_ones_and_a_right_one_are_fine() -> None:
    async def scenario() -> None:
        customer = Customer()
        outcomes = [await customer.proves(ORDER, proof) for proof in ("11111", "22222", PROOF)]
        assert outcomes == [NOT_VERIFIED, NOT_VERIFIED, "ok"]
        assert customer.tries.tries.today == 2
        assert customer.facts == []

    run_virtual(scenario())


def test_a_model_that_repeats_a_wrong_proof_in_one_turn_makes_one_try_of_it() -> None:
    async def scenario() -> None:
        customer = Customer()
        customer.says("11111")
        calls = (customer.call("verify_customer", order_id=ORDER, proof="11111") for _ in range(5))
        await asyncio.gather(*calls)
        await customer.call("verify_customer", order_id=ORDER, proof="11111")
        assert customer.tries.tries.today == 1

    run_virtual(scenario())


def test_guesses_that_are_made_at_once_are_tried_one_after_the_other() -> None:
    async def scenario() -> None:
        customer = Customer(limits=Shop(calls_per_turn=20, calls_per_visit=100))
        customer.says("let me guess")
        proofs = ["11111", "22222", "33333", PROOF, OTHER_PROOF]
        calls = (customer.call("verify_customer", order_id=ORDER, proof=each) for each in proofs)
        answers = await asyncio.gather(*calls)
        assert {each["status"] for each in answers} == {NOT_VERIFIED}
        assert customer.tries.tries.today == 3

    run_virtual(scenario())


def test_a_try_is_written_down_before_anybody_learns_what_came_of_it() -> None:
    class Killed(PaperTries):
        async def keep(self, tries: Tries) -> None:
            await super().keep(tries)
            await asyncio.Event().wait()

    async def scenario() -> None:
        tries = Killed()
        customer = Customer(tries=tries)
        customer.says(PROOF)
        async with asyncio.TaskGroup() as group:
            call = group.create_task(customer.call("verify_customer", order_id=ORDER, proof=PROOF))
            await asyncio.sleep(0.1)
            call.cancel()
        assert tries.tries.today == 1
        assert (await customer.call("get_order_items", order_id=ORDER))["status"] == "needs_proof"

    run_virtual(scenario())


@pytest.mark.parametrize("what", ["tries", "shop"])
def test_what_cannot_be_counted_or_looked_up_is_not_tried(what: str) -> None:
    async def scenario() -> None:
        error = ToolError("store_failed", "Not just now.", retryable=True)
        answers = []
        for order_id in (ORDER, UNKNOWN):
            customer = Customer()
            (customer.tries if what == "tries" else customer.shop).error = error
            customer.says(PROOF)
            answers.append(await customer.call("verify_customer", order_id=order_id, proof=PROOF))
            assert customer.tries.tries.today == 0
            items = await customer.call("get_order_items", order_id=order_id)
            assert items["status"] == "needs_proof"
        assert answers[0] == answers[1]
        assert answers[0]["status"] == "unavailable"

    run_virtual(scenario())


def test_a_book_of_tries_that_hangs_holds_nobody_up_for_longer_than_the_deadline() -> None:
    async def scenario() -> None:
        customer = Customer(tries=PaperTries(takes_s=100))
        assert await customer.proves(ORDER, PROOF) == "unavailable"
        assert asyncio.get_running_loop().time() == pytest.approx(2.5)

    run_virtual(scenario())


@pytest.mark.parametrize("takes_s", [0.0, 0.2, 0.45, 0.7, 1.3])
def test_an_answer_to_a_proof_comes_on_the_half_second(takes_s: float) -> None:
    async def scenario() -> None:
        for order_id, proof in ((ORDER, PROOF), (ORDER, "99999"), (UNKNOWN, "99999")):
            customer = Customer(paper_shop(takes_s=takes_s))
            began = asyncio.get_running_loop().time()
            await customer.proves(order_id, proof)
            took_s = asyncio.get_running_loop().time() - began
            assert took_s == pytest.approx(0.5 * (takes_s // 0.5 + 1))

    run_virtual(scenario())


def test_where_even_the_status_needs_proof_an_unknown_order_looks_like_any_other() -> None:
    async def scenario() -> None:
        customer = Customer(limits=Shop(status_needs_proof=True, calls_per_visit=100))
        answers = []
        for order_id in (ORDER, UNKNOWN, UNKNOWN, "ORD-00001", "ORD-00002"):
            customer.says("where is my order")
            answer = await customer.call("get_order_status", order_id=order_id)
            answers.append({**answer, "order_id": ""})
        assert [answer["status"] for answer in answers] == ["needs_proof"] * 5
        assert all(answer == answers[0] for answer in answers)
        assert asyncio.get_running_loop().time() == 0
        assert customer.shop.asked == []
        assert customer.facts == []
        await customer.proves(ORDER, PROOF)
        assert (await customer.call("get_order_status", order_id=ORDER))["status"] == "ok"

    run_virtual(scenario())


def test_an_order_that_answers_as_another_proves_nothing() -> None:
    class Mixed(PaperShop):
        async def find(self, order_id: str) -> Order | None:
            await super().find(order_id)
            return KETTLE

    async def scenario() -> None:
        customer = Customer(Mixed([KETTLE]))
        assert await customer.proves(PLACED.order_id, PROOF) == "unavailable"

    run_virtual(scenario())
