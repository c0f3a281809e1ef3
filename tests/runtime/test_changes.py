"""What it takes to change something: proof, a read-back, the customer's own yes, and then once."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.core.live import ToolCall
from kiosk.errors import ToolError
from kiosk.settings import Shop
from kiosk.shop.orders import Order, OrderStatus, ReturnStarted
from tests.fakes.shop import PaperLedger, PaperShop
from tests.runtime.shopping import KETTLE, PLACED, Customer, paper_shop
from tests.virtualtime import run_virtual

RETURN: dict[str, Any] = {
    "order_id": KETTLE.order_id,
    "item": "kettle",
    "unused": True,
    "original_packaging": True,
}
CANCEL = {"order_id": PLACED.order_id}
ONLY_ORDER = {"order_id": KETTLE.order_id}


async def read_back(customer: Customer, tool: str = "start_return") -> None:
    """Prove the order, ask for the change and hear it read back."""
    order = KETTLE if tool == "start_return" else PLACED
    assert await customer.proves(order.order_id, order.proof.phone_end) == "ok"
    customer.says("I want that done")
    answer = await customer.call(tool, **(RETURN if order is KETTLE else CANCEL))
    assert answer["status"] == "confirm"
    assert customer.shop.changed == []


async def says_yes(customer: Customer, tool: str = "start_return", words: str = "Yes.") -> Any:
    """Answer the read-back, whatever with, and let the model call again."""
    customer.says(words)
    return await customer.call(tool, **(RETURN if tool == "start_return" else CANCEL))


def test_a_customer_who_says_yes_to_the_read_back_gets_a_reference() -> None:
    async def scenario() -> None:
        customer = Customer()
        await read_back(customer)
        answer = await says_yes(customer, words="Yes, please.")
        assert answer["status"] == "ok"
        started = customer.shop.orders[KETTLE.order_id].returns[0]
        assert answer["reference"] == started.reference
        assert customer.shop.changed == [f"return {KETTLE.order_id} 1"]

    run_virtual(scenario())


def test_a_customer_who_says_yes_has_the_order_cancelled_and_hears_so_afterwards() -> None:
    async def scenario() -> None:
        customer = Customer()
        customer.says("where is it")
        before = await customer.call("get_order_status", **CANCEL)
        await read_back(customer, "cancel_order")
        assert (await says_yes(customer, "cancel_order"))["status"] == "ok"
        after = await customer.call("get_order_status", **CANCEL)
        assert [before["order_status"], after["order_status"]] == ["placed", "cancelled"]

    run_virtual(scenario())


def test_where_changes_are_not_allowed_there_is_no_such_tool() -> None:
    async def scenario() -> None:
        customer = Customer(limits=Shop(calls_per_visit=100))
        await customer.proves(PLACED.order_id, "7350")
        for words in ("cancel it", "yes", "yes"):
            answer = await says_yes(customer, "cancel_order", words)
            assert (answer["status"], answer["problem"]) == ("refused", "no such tool")
        assert customer.shop.changed == []

    run_virtual(scenario())


def test_nothing_is_changed_without_proof_whatever_the_customer_says() -> None:
    async def scenario() -> None:
        customer = Customer()
        for words in ("I want to return it", "yes", "yes", "yes, do it"):
            assert (await says_yes(customer, words=words))["status"] == "needs_proof"
        assert customer.shop.changed == []

    run_virtual(scenario())


@pytest.mark.parametrize(
    "words", ["no", "wait", "yes but not now", "yes?", "what does it cost", "I don't know", "okay"]
)
def test_anything_but_a_yes_changes_nothing_and_drops_it(words: str) -> None:
    async def scenario() -> None:
        customer = Customer()
        await read_back(customer)
        answer = await says_yes(customer, words=words)
        assert (answer["status"], answer["problem"]) == ("refused", "no yes from the customer")
        assert (await says_yes(customer, words="yes"))["status"] == "confirm"
        assert customer.shop.changed == []

    run_virtual(scenario())


def test_a_yes_before_the_read_back_counts_for_nothing() -> None:
    async def scenario() -> None:
        customer = Customer()
        await customer.proves(KETTLE.order_id, "5836")
        customer.says("yes")
        for _ in range(4):
            assert (await customer.call("start_return", **RETURN))["status"] == "confirm"
        assert customer.shop.changed == []

    run_virtual(scenario())


def test_a_yes_to_something_else_than_the_read_back_counts_for_nothing() -> None:
    async def scenario() -> None:
        customer = Customer()
        await customer.proves(KETTLE.order_id, "5836")
        customer.says("I want to return it")
        call = ToolCall("1", "start_return", RETURN)
        await customer.tools.answer(call, customer.turn)
        customer.tools.said("Would you like to hear our opening hours?")
        assert (await says_yes(customer))["status"] == "confirm"
        assert customer.shop.changed == []

    run_virtual(scenario())


def test_a_yes_that_comes_two_turns_later_is_asked_for_again() -> None:
    async def scenario() -> None:
        customer = Customer()
        await read_back(customer)
        customer.says("when do you close")
        customer.tools.said("At eight.")
        assert (await says_yes(customer))["status"] == "confirm"
        assert (await says_yes(customer))["status"] == "ok"

    run_virtual(scenario())


def test_a_press_without_a_word_in_between_loses_nothing() -> None:
    async def scenario() -> None:
        customer = Customer()
        await read_back(customer)
        customer.says("")
        assert (await says_yes(customer))["status"] == "ok"

    run_virtual(scenario())


def test_a_model_that_says_yes_for_the_customer_changes_nothing() -> None:
    async def scenario() -> None:
        customer = Customer()
        await read_back(customer)
        customer.says("")  # the model calls although nobody has said anything
        began = asyncio.get_running_loop().time()
        answer = await customer.call("start_return", **RETURN)
        assert answer["status"] == "refused"
        assert asyncio.get_running_loop().time() - began == pytest.approx(1.0)
        assert customer.shop.changed == []

    run_virtual(scenario())


def test_a_yes_that_is_transcribed_after_the_call_is_waited_for() -> None:
    async def scenario() -> None:
        customer = Customer()
        await read_back(customer)
        customer.says("")
        async with asyncio.TaskGroup() as group:
            call = group.create_task(customer.call("start_return", **RETURN))
            await asyncio.sleep(0.6)
            customer.tools.heard("Yes.")
        assert call.result()["status"] == "ok"

    run_virtual(scenario())


def test_a_yes_that_goes_on_as_a_no_is_a_no() -> None:
    async def scenario() -> None:
        customer = Customer()
        await read_back(customer)
        customer.says("")
        async with asyncio.TaskGroup() as group:
            call = group.create_task(customer.call("start_return", **RETURN))
            for after_s, piece in ((0.1, "Yes,"), (0.2, " but"), (0.5, " not now.")):
                await asyncio.sleep(after_s)
                customer.tools.heard(piece)
        assert call.result()["status"] == "refused"
        assert customer.shop.changed == []

    run_virtual(scenario())


def test_a_customer_who_speaks_up_while_their_yes_is_waited_for_has_changed_nothing() -> None:
    async def scenario() -> None:
        customer = Customer()
        await read_back(customer)
        customer.says("")
        async with asyncio.TaskGroup() as group:
            call = group.create_task(customer.call("start_return", **RETURN))
            await asyncio.sleep(0.2)
            customer.says("yes")  # a new turn
        assert call.result()["status"] == "refused"
        assert customer.shop.changed == []

    run_virtual(scenario())


def test_a_yes_that_is_taken_back_with_the_next_breath_is_no_yes() -> None:
    async def scenario() -> None:
        customer = Customer()
        await read_back(customer)
        customer.says("")
        async with asyncio.TaskGroup() as group:
            customer.tools.heard("Yes")
            call = group.create_task(customer.call("start_return", **RETURN))
            await asyncio.sleep(0.1)
            customer.says("no, wait")  # with a press, and so in a new turn
        assert call.result()["status"] == "refused"
        assert customer.shop.changed == []

    run_virtual(scenario())


def test_a_no_stays_a_no_though_the_kiosk_speaks_of_it_again() -> None:
    async def scenario() -> None:
        customer = Customer()
        await read_back(customer)
        customer.says("No.")
        customer.tools.said("All right, I won't start the return. Would you like anything else?")
        assert (await says_yes(customer))["status"] == "confirm"
        assert customer.shop.changed == []

    run_virtual(scenario())


def test_a_yes_is_worth_nothing_when_proof_is_forgotten_while_it_is_waited_for() -> None:
    async def scenario() -> None:
        customer = Customer()
        await read_back(customer)
        customer.says("")
        async with asyncio.TaskGroup() as group:
            call = group.create_task(customer.call("start_return", **RETURN))
            await asyncio.sleep(0.2)
            customer.tools.forget_proof()
            customer.tools.heard("Yes.", final=True)
        assert call.result()["status"] == "needs_proof"
        assert customer.shop.changed == []

    run_virtual(scenario())


@pytest.mark.parametrize(
    "other", [{"original_packaging": None}, {"unused": False}, {"order_id": PLACED.order_id}]
)
def test_a_yes_is_for_what_was_read_back_and_nothing_else(other: dict[str, Any]) -> None:
    async def scenario() -> None:
        customer = Customer()
        await customer.proves(PLACED.order_id, "7350")
        await read_back(customer)
        customer.says("yes")
        answer = await customer.call("start_return", **{**RETURN, **other})
        assert answer["status"] in ("invalid", "refused", "confirm")
        assert customer.shop.changed == []

    run_virtual(scenario())


def test_other_words_for_the_same_thing_are_the_same_change() -> None:
    async def scenario() -> None:
        customer = Customer()
        await read_back(customer)
        customer.says("yes")
        answer = await customer.call("start_return", **{**RETURN, "item": "my electric kettle"})
        assert answer["status"] == "ok"

    run_virtual(scenario())


@pytest.mark.parametrize("forget", ["proof", "visit"])
def test_a_yes_is_worth_nothing_once_nobody_knows_who_says_it(forget: str) -> None:
    async def scenario() -> None:
        customer = Customer()
        await read_back(customer)
        if forget == "proof":
            customer.tools.forget_proof()
        else:
            customer.next_visit()
        assert (await says_yes(customer))["status"] == "needs_proof"
        assert await customer.proves(KETTLE.order_id, "5836") == "ok"
        assert (await says_yes(customer))["status"] == "confirm"
        assert customer.shop.changed == []

    run_virtual(scenario())


def test_a_model_that_repeats_itself_changes_it_once_and_gives_the_same_reference() -> None:
    async def scenario() -> None:
        customer = Customer(paper_shop(takes_s=0.3))
        await read_back(customer)
        customer.says("yes")
        calls = (customer.call("start_return", **RETURN) for _ in range(4))
        answers = [*await asyncio.gather(*calls), await customer.call("start_return", **RETURN)]
        references = {answer.get("reference") for answer in answers}
        assert len(references) == 1
        assert customer.shop.changed == [f"return {KETTLE.order_id} 1"]
        customer.says("start it again")
        again = await customer.call("start_return", **{**RETURN, "item": "the kettle"})
        assert {again["reference"]} == references
        assert customer.shop.changed == [f"return {KETTLE.order_id} 1"]

    run_virtual(scenario())


class Slow(PaperShop):
    """A shop that makes a change and then takes too long to say so, once."""

    slow = True

    async def start_return(self, order_id: str, line: int, key: str) -> ReturnStarted:
        started = await super().start_return(order_id, line, key)
        if self.slow:
            self.slow = False
            await asyncio.sleep(10)
        return started


def test_a_change_of_which_nobody_knows_is_not_made_twice() -> None:
    async def scenario() -> None:
        customer = Customer(Slow([KETTLE]))
        await read_back(customer)
        answer = await says_yes(customer)
        assert (answer["status"], answer["retryable"]) == ("unavailable", True)
        assert "can't be sure" in answer["say"]
        again = await customer.call("start_return", **RETURN)  # in the same turn: the yes holds
        assert again["status"] == "ok"
        assert len(customer.shop.orders[KETTLE.order_id].returns) == 1

    run_virtual(scenario())


@pytest.mark.parametrize(
    ("reason", "unsure"),
    [
        ("not_allowed", False),
        ("not_trusted", False),
        ("busy", False),
        ("no_answer", True),
        ("wrong_shape", True),
        ("store_failed", True),
    ],
)
def test_a_customer_hears_of_doubt_only_where_there_is_some(reason: str, unsure: bool) -> None:
    class Closed(PaperShop):
        async def cancel(self, order_id: str, key: str) -> None:
            del order_id, key
            raise ToolError(reason, "Not now.", retryable=False)

    async def scenario() -> None:
        customer = Customer(Closed([PLACED]))
        await read_back(customer, "cancel_order")
        answer = await says_yes(customer, "cancel_order")
        assert (answer["status"], answer["problem"]) == ("unavailable", reason)
        assert ("can't be sure" in answer["say"]) is unsure

    run_virtual(scenario())


def test_an_order_that_left_between_read_back_and_yes_is_not_cancelled() -> None:
    class Fast(PaperShop):
        async def find(self, order_id: str) -> Order | None:
            found = await super().find(order_id)
            if len(self.asked) == 3 and found:  # just after the last look
                self.orders[order_id] = replace(found, status=OrderStatus.SHIPPED)
            return found

    async def scenario() -> None:
        customer = Customer(Fast([PLACED]))
        await read_back(customer, "cancel_order")
        answer = await says_yes(customer, "cancel_order")
        assert (answer["status"], answer["problem"]) == ("refused", "too_late")
        assert "too late" in answer["say"]

    run_virtual(scenario())


def test_what_the_rule_forbids_is_refused_before_anybody_is_asked() -> None:
    async def scenario() -> None:
        late = replace(KETTLE, done_on=date(2026, 11, 15))
        customer = Customer(PaperShop([late, PLACED]))
        await customer.proves(late.order_id, "5836")
        answer = await says_yes(customer)
        assert (answer["status"], answer["clause"]) == ("refused", "returns.late")
        customer.says("yes, do it")
        assert (await customer.call("start_return", **RETURN))["status"] == "refused"
        assert customer.shop.changed == []

    run_virtual(scenario())


def test_the_customer_is_asked_for_what_the_rule_needs_to_know() -> None:
    async def scenario() -> None:
        customer = Customer()
        await customer.proves(KETTLE.order_id, "5836")
        for missing in ("unused", "original_packaging"):
            customer.says("I want to return it")
            given = {key: value for key, value in RETURN.items() if key != missing}
            for tool in ("check_return", "start_return"):
                answer = await customer.call(tool, **given)
                assert (answer["status"], answer["missing"]) == ("invalid", missing)
        assert (await customer.call("check_return", **RETURN))["returnable"] is True

    run_virtual(scenario())


# The ledger


def outcomes(ledger: PaperLedger, tool: str) -> list[tuple[str, str]]:
    return [(entry.outcome, entry.key[:4]) for entry in ledger.entries if entry.tool == tool]


def test_a_change_stands_in_the_ledger_before_it_is_made_and_after() -> None:
    class Looking(PaperShop):
        ledger = PaperLedger()

        async def cancel(self, order_id: str, key: str) -> None:
            assert [entry.outcome for entry in self.ledger.entries][-1] == "begun"
            await super().cancel(order_id, key)

    async def scenario() -> None:
        shop = Looking([PLACED])
        customer = Customer(shop, ledger=shop.ledger)
        await read_back(customer, "cancel_order")
        await says_yes(customer, "cancel_order")
        confirm, begun, done = outcomes(shop.ledger, "cancel_order")
        assert confirm == ("confirm", "")
        assert (begun[0], done[0]) == ("begun", "ok")
        assert begun[1] == done[1] != ""

    run_virtual(scenario())


def test_the_ledger_has_no_number_and_no_word_of_a_customer() -> None:
    async def scenario() -> None:
        customer = Customer()
        await read_back(customer)
        await says_yes(customer)
        await customer.call("search_policy", question="do you take back washing machines")
        await customer.call("call_mrs_canary")
        written = " ".join(map(repr, customer.ledger.entries))
        for secret in ("18342", "5836", "26122", "kettle", "canary", "washing"):
            assert secret not in written
        assert {entry.tool for entry in customer.ledger.entries} == {
            "verify_customer",
            "start_return",
            "search_policy",
            "undeclared",
        }
        assert "returns.appliances" in {entry.clause for entry in customer.ledger.entries}
        assert len({entry.visit for entry in customer.ledger.entries}) == 1

    run_virtual(scenario())


def test_while_the_ledger_cannot_be_written_questions_are_answered_and_nothing_is_changed() -> None:
    async def scenario() -> None:
        customer = Customer()
        await read_back(customer)
        customer.ledger.error = ToolError("store_failed", "Not just now.", retryable=True)
        assert (await says_yes(customer))["status"] == "unavailable"
        assert customer.shop.changed == []
        assert (await customer.call("get_order_items", order_id=KETTLE.order_id))["status"] == "ok"
        customer.ledger.error = None
        assert (await customer.call("start_return", **RETURN))["status"] == "ok"

    run_virtual(scenario())


def test_a_ledger_that_hangs_holds_a_question_up_for_half_a_second_and_a_change_for_good() -> None:
    async def scenario() -> None:
        customer = Customer()
        await read_back(customer)
        customer.ledger.takes_s = 100
        customer.says("yes")
        assert (await customer.call("start_return", **RETURN))["status"] == "unavailable"
        assert customer.shop.changed == []
        began = asyncio.get_running_loop().time()
        assert (await customer.call("get_order_items", **ONLY_ORDER))["status"] == "ok"
        assert asyncio.get_running_loop().time() - began < 0.6

    run_virtual(scenario())


# Whatever the model does


NO_YES = ["", "no", "wait", "what", "return it", "cancel it", "okay", "yes but", "5836", "7350"]
WORDS = st.sampled_from(NO_YES).map(lambda words: ("says", {"words": words}))
CALLS = st.sampled_from(
    [
        ("verify_customer", {**ONLY_ORDER, "proof": "5836"}),
        ("verify_customer", {**CANCEL, "proof": "7350"}),
        ("start_return", RETURN),
        ("start_return", {**RETURN, "item": "my electric kettle"}),
        ("cancel_order", CANCEL),
        ("get_order_items", ONLY_ORDER),
        ("get_order_status", CANCEL),
        ("forget_proof", {}),
        ("next_visit", {}),
    ]
)
LIMITS = Shop(allow_changes=True, calls_per_turn=20, calls_per_visit=100)


async def act_out(steps: list[tuple[str, dict[str, Any]]]) -> Customer:
    customer = Customer(limits=LIMITS)
    for name, arguments in steps:
        match name:
            case "says":
                customer.says(arguments["words"])
            case "forget_proof":
                customer.tools.forget_proof()
            case "next_visit":
                customer.next_visit()
            case _:
                await customer.call(name, **arguments)
    return customer


@given(st.lists(WORDS | CALLS, max_size=25))
@settings(max_examples=150)
def test_whatever_the_model_calls_nothing_changes_while_nobody_says_yes(
    steps: list[tuple[str, dict[str, Any]]],
) -> None:
    assert run_virtual(act_out(steps)).shop.changed == []


@given(st.lists(st.just(("says", {"words": "yes"})) | WORDS | CALLS, max_size=25))
@settings(max_examples=150)
def test_whatever_the_model_calls_nothing_changes_that_was_not_proved_and_read_back(
    steps: list[tuple[str, dict[str, Any]]],
) -> None:
    unproved = [step for step in steps if step[0] != "verify_customer"]
    unread = [step for step in steps if step[0] not in ("start_return", "cancel_order")]

    assert run_virtual(act_out(unproved)).shop.changed == []
    assert (
        run_virtual(
            act_out([*unread, ("says", {"words": "yes"}), ("cancel_order", CANCEL)])
        ).shop.changed
        == []
    )
