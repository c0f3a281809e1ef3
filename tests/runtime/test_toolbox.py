import asyncio
import logging
from collections.abc import Coroutine
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.core.live import ToolCall, ToolResult
from kiosk.errors import ToolError
from kiosk.resources import packaged
from kiosk.runtime.tools.toolbox import Toolbox
from kiosk.settings import Shop
from kiosk.shop.orders import Order, OrderStatus
from kiosk.shop.policy_file import load_policy
from tests.fakes.shop import Notebook, PaperShop, paper_toolbox
from tests.virtualtime import run_virtual

POLICY = load_policy(packaged("policy.toml"))
CANARY = "My name is Canary, please call me on 555 1234."
ORDER = Order(
    order_id="ORD-88421",
    status=OrderStatus.OUT_FOR_DELIVERY,
    placed_on=date(2026, 11, 19),
    due_on=date(2026, 11, 23),
    due_by=time(19),
)


class Stubborn(PaperShop):
    """A book that cannot be stopped once it was asked."""

    async def find(self, order_id: str) -> Order | None:
        self.asked.append(order_id)
        until = asyncio.get_running_loop().time() + self.takes_s
        while (left := until - asyncio.get_running_loop().time()) > 0:
            try:
                await asyncio.sleep(left)
            except asyncio.CancelledError:
                continue
        return ORDER


def shop(**trouble: Any) -> PaperShop:
    return PaperShop([ORDER], **trouble)


def toolbox(backend: PaperShop, messages: Notebook | None = None) -> Toolbox:
    return paper_toolbox(POLICY, backend=backend, messages=messages)


def status_call(order_id: str = "ORD-88421", call_id: str = "1") -> ToolCall:
    return ToolCall(call_id, "get_order_status", {"order_id": order_id})


def answer_of(tools: Toolbox, call: ToolCall, turn: int = 1) -> ToolResult:
    return run_virtual(tools.answer(call, turn))


def test_a_customer_learns_where_the_order_is() -> None:
    result = answer_of(toolbox(shop()), status_call("ord 88421", "function-call-7"))

    assert (result.call_id, result.name) == ("function-call-7", "get_order_status")
    assert result.response["say"] == "Your order is out for delivery and due today by 7 pm."
    assert result.response["order_status"] == "out for delivery"


def test_a_customer_learns_the_shops_rules() -> None:
    call = ToolCall("1", "search_policy", {"question": "do you take back washing machines"})

    result = answer_of(toolbox(shop()), call)

    assert result.response["clause"] == "returns.appliances"


def test_the_model_is_told_of_what_changes_something_only_where_that_is_allowed() -> None:
    names = {tool.name for tool in toolbox(shop()).declarations}
    all_of_them = paper_toolbox(POLICY, Shop(allow_changes=True)).declarations

    assert {tool.name for tool in all_of_them} - names == {"start_return", "cancel_order"}
    assert len(names) == 9


def message_call(text: str = CANARY, call_id: str = "1") -> ToolCall:
    return ToolCall(call_id, "take_message", {"message": text})


def test_a_message_is_kept_and_its_words_stay_out_of_the_answer_and_the_journal(
    caplog: pytest.LogCaptureFixture,
) -> None:
    notebook = Notebook()
    with caplog.at_level(logging.DEBUG):
        result = answer_of(toolbox(shop(), notebook), message_call())

    assert notebook.texts == [CANARY]
    assert result.response == {
        "status": "ok",
        "retryable": False,
        "say": "I've written that down for the team. It is message number 1.",
        "reference": "1",
    }
    assert "Canary" not in " ".join(str(record.__dict__) for record in caplog.records)
    assert caplog.records[-1].__dict__["KIOSK_TOOL"] == "take_message"


def test_a_model_that_repeats_a_message_leaves_one_and_hears_the_same_number() -> None:
    notebook = Notebook(takes_s=1)
    tools = toolbox(shop(), notebook)

    async def scenario() -> list[ToolResult]:
        together = [tools.answer(message_call(call_id=str(number)), 1) for number in range(3)]
        return [*await asyncio.gather(*together), await tools.answer(message_call(), 2)]

    numbers = {result.response["reference"] for result in run_virtual(scenario())}

    assert (notebook.texts, numbers) == ([CANARY], {"1"})


def test_a_message_kept_too_late_for_its_answer_is_not_kept_again() -> None:
    notebook = Notebook(takes_s=10)
    tools = toolbox(shop(), notebook)
    first = answer_of(tools, message_call())
    notebook.takes_s = 0

    second = answer_of(tools, message_call())

    assert first.response["status"] == "unavailable"
    assert "can't be sure that your message was saved" in first.response["say"]
    assert (second.response["reference"], notebook.texts) == ("1", [CANARY])


def test_the_next_customers_equal_words_are_another_message() -> None:
    notebook = Notebook()
    tools = toolbox(shop(), notebook)
    answer_of(tools, message_call())
    tools.begin_visit()

    assert answer_of(tools, message_call()).response["reference"] == "2"
    assert notebook.texts == [CANARY] * 2


@pytest.mark.parametrize(
    ("error", "say"),
    [
        (ToolError("full", "I can't take any more.", retryable=False), "I can't take any more."),
        (RuntimeError(CANARY), "I'm sorry, I can't be sure that your message was saved."),
    ],
)
def test_a_message_that_could_not_be_saved_is_never_said_to_be(
    error: BaseException, say: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        result = answer_of(toolbox(shop(), Notebook(error=error)), message_call())

    assert result.response["status"] == "unavailable"
    assert result.response["say"].startswith(say)
    assert "Canary" not in " ".join(str(record.__dict__) for record in caplog.records)


def test_a_store_that_is_slow_is_waited_for_until_the_deadline_and_no_longer() -> None:
    async def scenario() -> tuple[float, str, bool]:
        result = await toolbox(shop(takes_s=10)).answer(status_call(), 1)
        now = asyncio.get_running_loop().time()
        return now, result.response["problem"], result.response["retryable"]

    waited_s, problem, retryable = run_virtual(scenario())

    assert waited_s == pytest.approx(2.5, abs=0.1)
    assert (problem, retryable) == ("too_slow", True)


def test_a_store_just_within_the_deadline_is_heard() -> None:
    assert answer_of(toolbox(shop(takes_s=2.4)), status_call()).response["status"] == "ok"


def test_even_a_store_that_cannot_be_stopped_does_not_hold_the_customer_up() -> None:
    async def scenario() -> float:
        await toolbox(Stubborn(takes_s=9)).answer(status_call(), 1)
        waited_s = asyncio.get_running_loop().time()
        await asyncio.sleep(10)
        return waited_s

    assert run_virtual(scenario()) == pytest.approx(2.5, abs=0.1)


def test_a_store_that_gives_a_reason_is_quoted_with_its_own_sentence() -> None:
    book = shop(error=ToolError("maintenance", "The order system is resting.", retryable=False))

    assert answer_of(toolbox(book), status_call()).response == {
        "status": "unavailable",
        "retryable": False,
        "say": "The order system is resting.",
        "problem": "maintenance",
    }


@pytest.mark.parametrize(
    "error", [RuntimeError("ORD-88421 of Mrs Canary"), KeyError("x"), asyncio.CancelledError()]
)
def test_a_store_that_breaks_is_unavailable_and_the_journal_has_no_customer_in_it(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        result = answer_of(toolbox(shop(error=error)), status_call())

    assert result.response["status"] == "unavailable"
    assert result.response["retryable"] is True
    journal = " ".join(str(record.__dict__) for record in caplog.records)
    assert "Canary" not in journal
    assert "88421" not in journal


def test_the_journal_names_the_clause_of_an_answer_and_no_word_of_the_model(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tools = toolbox(shop())
    with caplog.at_level(logging.INFO):
        answer_of(tools, ToolCall("1", "search_policy", {"question": "are you open on sunday"}))
        answer_of(tools, ToolCall("2", "call_mrs_canary", {}))

    first, second = (record.__dict__ for record in caplog.records)
    assert (first["KIOSK_TOOL"], first["KIOSK_CLAUSE"]) == ("search_policy", "hours.week")
    assert (second["KIOSK_TOOL"], second["KIOSK_STATUS"]) == ("undeclared", "refused")


def test_a_store_that_was_down_may_be_asked_again() -> None:
    book = shop(error=OSError("down"))
    tools = toolbox(book)
    first = answer_of(tools, status_call())
    book.error = None

    second = answer_of(tools, status_call())

    assert (first.response["status"], second.response["status"]) == ("unavailable", "ok")


def test_a_model_that_repeats_itself_asks_the_store_once() -> None:
    book = shop(takes_s=1)
    tools = toolbox(book)

    async def scenario() -> list[ToolResult]:
        together = [tools.answer(status_call(call_id=str(number)), 1) for number in range(5)]
        results = await asyncio.gather(*together)
        return [*results, await tools.answer(status_call(call_id="5"), 2)]

    results = run_virtual(scenario())

    assert book.asked == ["ORD-88421"]
    assert [result.call_id for result in results] == ["0", "1", "2", "3", "4", "5"]
    assert {result.response["status"] for result in results} == {"ok"}


def test_when_a_call_is_withdrawn_the_equal_one_that_waits_makes_its_own() -> None:
    book = shop(takes_s=1)
    tools = toolbox(book)

    async def scenario() -> ToolResult:
        async with asyncio.TaskGroup() as group:
            first = group.create_task(tools.answer(status_call(call_id="1"), 1))
            second = group.create_task(tools.answer(status_call(call_id="2"), 1))
            await asyncio.sleep(0.5)
            first.cancel()
        return second.result()

    assert run_virtual(scenario()).response["status"] == "ok"
    assert book.asked == ["ORD-88421"] * 2


def test_a_withdrawn_call_leaves_nothing_running() -> None:
    async def scenario() -> None:
        tools = toolbox(shop(takes_s=1))
        async with asyncio.TaskGroup() as group:
            call = group.create_task(tools.answer(status_call(), 1))
            await asyncio.sleep(0.5)
            call.cancel()
        await asyncio.sleep(0.1)  # run_virtual then looks for tasks left behind

    run_virtual(scenario())


def test_the_next_customer_starts_afresh_and_hears_nothing_of_the_last() -> None:
    book = shop()
    tools = toolbox(book)

    async def scenario() -> list[str]:
        for turn in range(4):
            for number in range(4):
                await tools.answer(status_call(f"{turn}000{number}"), turn)
        used_up = await tools.answer(status_call("77777"), 9)
        tools.begin_visit()
        fresh = await tools.answer(status_call("00000"), 1)
        return [used_up.response["status"], fresh.response["status"]]

    assert run_virtual(scenario()) == ["refused", "not_found"]
    assert book.asked.count("ORD-00000") == 2


def test_a_late_answer_for_the_last_customer_is_not_remembered_for_the_next() -> None:
    book = shop(takes_s=1)
    tools = toolbox(book)

    async def scenario() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(tools.answer(status_call(), 1))
            await asyncio.sleep(0.5)
            tools.begin_visit()
        await tools.answer(status_call(), 1)

    run_virtual(scenario())

    assert book.asked == ["ORD-88421"] * 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)
CALLS = st.builds(
    ToolCall,
    call_id=st.text(),
    name=st.sampled_from(["get_order_status", "search_policy", "take_message"]) | st.text(),
    arguments=st.dictionaries(
        st.sampled_from(["order_id", "question", "message"]) | st.text(), JSON
    ),
)
BOOKS = st.builds(
    shop,
    takes_s=st.sampled_from([0.0, 1.0, 5.0]),
    error=st.sampled_from([None, RuntimeError("x"), ToolError("x", "Sorry.", retryable=True)]),
)


@given(BOOKS, st.lists(st.tuples(CALLS, st.integers(0, 3)), max_size=8))
@settings(max_examples=50)
def test_every_call_is_answered_whatever_the_model_sends_and_the_store_does(
    book: PaperShop, calls: list[tuple[ToolCall, int]]
) -> None:
    tools = toolbox(book)

    async def scenario() -> list[ToolResult]:
        answers: list[Coroutine[Any, Any, ToolResult]] = [
            tools.answer(call, turn) for call, turn in calls
        ]
        return await asyncio.gather(*answers)

    for (call, _), result in zip(calls, run_virtual(scenario()), strict=True):
        assert (result.call_id, result.name) == (call.call_id, call.name)
        assert {"status", "retryable", "say"} <= result.response.keys()
        assert result.response["say"]
    assert len(book.asked) <= 2 * 12  # what failed is asked once more
