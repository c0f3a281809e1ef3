"""A reply that says more of an order than any tool did is found out, and an honest one is not."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, time, timedelta
from itertools import product
from pathlib import Path

import pytest

from kiosk.resources import packaged
from kiosk.shop.answers import (
    Answer,
    AnswerStatus,
    answer,
    message_answer,
    needs_proof,
    not_saved,
    not_verified,
    order_answer,
    policy_answer,
    refused,
    staff_called,
    unavailable,
    verified,
)
from kiosk.shop.claims import claims_in, unfounded
from kiosk.shop.declarations import DECLARATIONS
from kiosk.shop.goods import Category, Item
from kiosk.shop.order_answers import (
    cannot_cancel,
    confirm_cancel,
    confirm_return,
    items_answer,
    order_cancelled,
    return_answer,
    return_started,
)
from kiosk.shop.orders import Fulfilment, Order, OrderStatus, ReturnStarted
from kiosk.shop.policy_file import load_policy
from kiosk.shop.returns import check_return
from kiosk.shop.seed_file import load_products
from kiosk.shop.store_answers import products_answer
from tests.shop.claim_corpus import CLAIMS, NO_CLAIMS

TODAY = date(2026, 11, 23)
STARTED = ReturnStarted(reference="R-123456", line=1, started_on=TODAY)
NO_ORDERS = "I can't look up orders just now, but I can answer questions about the shop."
ENOUGH = "I've looked up all I can for now. A colleague can help you further."
Called = tuple[str, Answer]


def orders() -> Iterator[Order]:
    """Every state an order can be in: late or not, with a window or without, with goods or not."""
    goods = (
        (),
        (Item(line=1, category=Category.KETTLE),),
        (Item(line=1, category=Category.SHOES), Item(line=2, category=Category.FRIDGE)),
    )
    for status, ago, items, fulfilment in product(OrderStatus, (-3, 0, 4, 9), goods, Fulfilment):
        day = TODAY - timedelta(days=ago)
        yield Order(
            order_id="ORD-88421",
            status=status,
            placed_on=TODAY - timedelta(days=12),
            due_on=day,
            due_by=time(19) if ago else None,
            done_on=day if ago >= 0 else None,
            items=items,
            returns=(STARTED,) if ago == 4 else (),
            fulfilment=fulfilment,
        )


def everything_said() -> Iterator[Called]:
    """What the tools may answer, each with the tool that answers it."""
    yield "get_order_status", order_answer("ORD-88421", None, TODAY)
    for tool in DECLARATIONS:
        for ask in tool.asks.values():
            yield tool.name, answer(AnswerStatus.INVALID, ask)
    for name in ("get_order_status", "cancel_order", "start_return", "search_policy"):
        yield name, unavailable()
        yield name, unavailable(NO_ORDERS)
        yield name, needs_proof("ORD-88421")
        yield name, not_verified()
        yield name, refused("I can't do that here. A colleague can help you.", "no such tool")
        yield name, refused(ENOUGH, "too many calls in this visit")
    yield "verify_customer", verified("ORD-88421")
    yield "call_staff", staff_called()
    yield "take_message", message_answer(7)
    yield "take_message", not_saved("failed")
    policy = load_policy(Path(packaged("policy.toml")))
    for clause in (*policy.clauses, None):
        yield "search_policy", policy_answer(clause, policy.version)
    products = load_products(Path(packaged("orders_seed.toml")))
    for category in Category:
        found = tuple(each for each in products if each.category is category)
        yield "find_product", products_answer(category, found)
    for order in orders():
        yield from said_of(order)


def said_of(order: Order) -> Iterator[Called]:
    yield "get_order_status", order_answer(order.order_id, order, TODAY)
    yield "get_order_items", items_answer(order.order_id, order)
    yield "cancel_order", confirm_cancel(order)
    yield "cancel_order", order_cancelled(order)
    yield "cancel_order", cannot_cancel(order, TODAY)
    for item, unused, packaging in product(
        ("", "kettle", "fridge"), (None, True, False), (None, True, False)
    ):
        verdict = check_return(
            order, item=item, unused=unused, original_packaging=packaging, today=TODAY
        )
        yield "check_return", return_answer(verdict, order, TODAY)
        yield "start_return", return_answer(verdict, order, TODAY, start=True)
        if verdict.allowed:
            yield "start_return", confirm_return(verdict, order)
            yield "start_return", return_started(verdict, order, STARTED)


def told(tool: str, outcome: str = "ok", **fields: str | bool) -> Called:
    return tool, {"status": outcome, "retryable": False, "say": "Here it is.", **fields}


def status(order_status: OrderStatus, **fields: str | bool) -> Called:
    return told("get_order_status", "ok", order_status=order_status.value, **fields)


def test_most_claims_are_found_and_hardly_anything_else_is_taken_for_one() -> None:
    found = [(text, unfounded(text, ())) for text, _ in CLAIMS]
    mistaken = [text for text in NO_CLAIMS if unfounded(text, ())]
    hits = sum(kind is not None for _, kind in found)
    precision, recall = hits / (hits + len(mistaken)), hits / len(CLAIMS)
    sys.stdout.write(
        f"\n{len(CLAIMS)} claims and {len(NO_CLAIMS)} sentences that claim nothing:"
        f" precision {precision:.3f}, recall {recall:.3f}\n"
    )

    assert len(CLAIMS) + len(NO_CLAIMS) >= 150
    assert precision >= 0.98, mistaken
    assert recall >= 0.98, [text for text, kind in found if kind is None]


@pytest.mark.parametrize(("text", "kind"), CLAIMS)
def test_a_claim_is_told_of_by_its_kind(text: str, kind: str) -> None:
    assert kind in {claims[0].kind for claims in claims_in(text)}


def test_nothing_that_the_tools_say_is_held_against_the_kiosk_that_repeats_it() -> None:
    said = {(tool, each["say"]): (tool, each) for tool, each in everything_said()}

    flagged = {
        each["say"]: kind
        for tool, each in said.values()
        if (kind := unfounded(str(each["say"]), [(tool, each)]))
    }
    sys.stdout.write(f"\n{len(said)} sentences of the tools, {len(flagged)} held against it\n")
    assert len(said) > 150
    assert flagged == {}


def test_the_shops_own_rules_claim_nothing_of_anybodys_order() -> None:
    policy = load_policy(Path(packaged("policy.toml")))

    assert {
        clause.text: claims for clause in policy.clauses if (claims := claims_in(clause.text))
    } == {}


@pytest.mark.parametrize(
    ("text", "answered"),
    [
        ("It's on its way and will be there today.", status(OrderStatus.OUT_FOR_DELIVERY)),
        ("Your parcel has been dispatched.", status(OrderStatus.SHIPPED)),
        ("It should arrive on Thursday.", status(OrderStatus.PACKED)),
        ("It hasn't shipped yet.", status(OrderStatus.PLACED)),
        ("I'm afraid your order is running late.", status(OrderStatus.SHIPPED, late=True)),
        ("You can collect it, your order is ready.", status(OrderStatus.READY_FOR_PICKUP)),
        ("I checked: it was delivered on Monday.", status(OrderStatus.DELIVERED)),
        ("Your refund has been issued.", status(OrderStatus.REFUNDED)),
        ("We've received your return, and your refund is under way.", status(OrderStatus.RETURNED)),
        ("All done, I've cancelled it.", told("cancel_order")),
        ("It has been cancelled already.", status(OrderStatus.CANCELLED)),
        ("Okay, I've set up the return.", told("start_return")),
        ("Yes, you can return it.", told("check_return", returnable=True)),
        ("You'll get your money back within 5 days.", told("search_policy", clause="refunds.time")),
        ("I've called someone for you.", told("call_staff")),
        ("I have noted that down.", told("take_message")),
        ("You are verified, thank you.", told("verify_customer")),
        ("I looked it up, and I can't find it.", told("get_order_status", "not_found")),
        ("Ihr Paket ist unterwegs.", status(OrderStatus.SHIPPED)),
        ("Votre commande a \u00e9t\u00e9 livr\u00e9e.", status(OrderStatus.DELIVERED)),
    ],
)
def test_what_a_tool_bears_out_may_be_said_in_other_words(text: str, answered: Called) -> None:
    assert unfounded(text, ()) is not None
    assert unfounded(text, [answered]) is None


@pytest.mark.parametrize(
    ("text", "answered", "kind"),
    [
        ("It was delivered yesterday.", status(OrderStatus.SHIPPED), "order_state"),
        ("It is out for delivery.", status(OrderStatus.PLACED), "order_state"),
        ("It has shipped.", told("get_order_status", "unavailable"), "order_state"),
        ("It has shipped.", told("get_order_status", "needs_proof"), "order_state"),
        ("It has shipped.", told("search_policy", clause="returns.window"), "order_state"),
        ("I've cancelled it.", told("cancel_order", "confirm"), "cancelled"),
        ("I've cancelled it.", told("cancel_order", "refused", clause="x"), "cancelled"),
        ("I've cancelled it.", status(OrderStatus.PLACED), "cancelled"),
        ("Your return is started.", told("start_return", "confirm"), "return_started"),
        ("Your return is started.", told("check_return", returnable=True), "return_started"),
        (
            "You can return it.",
            told("check_return", returnable=False, ruling="late"),
            "return_allowed",
        ),
        ("Your refund was made.", told("start_return"), "refund"),
        ("Your refund was made.", told("search_policy", clause="refunds.time"), "refund"),
        ("Your refund was made.", status(OrderStatus.RETURNED), "refund"),
        ("I've called a colleague.", told("call_staff", "unavailable"), "staff_called"),
        ("I've noted that down.", told("take_message", "unavailable"), "message_kept"),
        ("You are verified.", told("verify_customer", "not_verified"), "verified"),
    ],
)
def test_what_another_answer_says_bears_nothing_out(text: str, answered: Called, kind: str) -> None:
    assert unfounded(text, [answered]) == kind


@pytest.mark.parametrize("text", [text for text, kind in CLAIMS if kind == "authority"])
def test_a_kiosk_never_speaks_with_the_authority_of_the_staff(text: str) -> None:
    known: list[Called] = [status(each, late=True) for each in OrderStatus]
    known += [told(tool.name, clause="refunds.time", returnable=True) for tool in DECLARATIONS]
    known += [told("start_return"), told("cancel_order"), told("check_return", returnable=True)]

    assert unfounded(text, known) == "authority"


def test_one_honest_sentence_does_not_hide_a_false_one() -> None:
    reply = "Your order is out for delivery and due today by 7 pm. And your refund has been issued!"

    assert unfounded(reply, [status(OrderStatus.OUT_FOR_DELIVERY)]) == "refund"


def test_a_claim_is_read_as_it_is_heard_and_not_as_it_is_written() -> None:
    hidden = "Your re\u200bfund \u00a0HAS  been\n made \u2014 enjoy"

    assert unfounded(hidden, ()) == "refund"


def test_a_reply_that_was_cut_off_is_judged_by_what_was_said_of_it() -> None:
    whole = "Your refund has been made"

    assert unfounded(whole, ()) == "refund"
    assert unfounded(whole.removesuffix(" made"), ()) is None


def test_nothing_said_claims_nothing() -> None:
    assert unfounded("", ()) is None
    assert unfounded("?! ,,, \u2026", ()) is None


def test_an_answer_of_one_order_is_never_shared_between_two_tools() -> None:
    """A ``say`` that was refused still bears out what it says itself, and no more."""
    order = replace(next(orders()), status=OrderStatus.SHIPPED, due_on=None)
    late: Mapping[str, str | bool] = cannot_cancel(order, TODAY)

    assert unfounded("I'm sorry, it is on its way already.", [("cancel_order", late)]) is None
    assert unfounded("I'm sorry, it was delivered.", [("cancel_order", late)]) == "order_state"
