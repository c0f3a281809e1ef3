"""Conversations about proof, returns, cancelling, goods and people, with all tools of a shop."""

import json

import pytest

from kiosk.local_live.parts import Call, Say
from kiosk.local_live.wording import CANNOT_DO, IS_DONE, IS_UNSURE, NOTHING_CHANGED, URGENT_TOO
from tests.local_live.brain_client import Customer
from tests.local_live.whole_shop import DOWN, NOT_VERIFIED, PROOF_ASKED, visit

KETTLE = {"order_id": "ORD-18342", "item": "kettle"}
CALLED = "I've called a colleague. Please wait here a moment."
READ_BACK = "You'd like to return the kettle of ORD-18342. Shall I start the return?"
CANCEL_READ_BACK = "You'd like to cancel ORD-19728. Shall I cancel it?"


def _names(customer: Customer) -> list[str]:
    return [name for name, _ in customer.calls]


def _until_the_read_back(customer: Customer) -> None:
    customer.ask("I want to return the kettle of order 18342.")
    customer.ask("26122")
    customer.ask("Yes, it's unused.")
    assert customer.ask("I still have the box.") == READ_BACK


def test_a_return_goes_from_proof_over_the_conditions_and_the_read_back_to_a_yes() -> None:
    customer, shop = visit()

    assert customer.ask("I want to return the kettle of order 18342.") == PROOF_ASKED
    assert customer.ask("two six one two two") == "Is the kettle unused?"
    assert customer.ask("Yes, it's unused.") == (
        "Do you still have the original packaging of the kettle?"
    )
    assert customer.ask("Yes, I do.") == READ_BACK
    assert shop.done == []
    assert customer.ask("Yes, please.") == "Done: return the kettle of ORD-18342."
    assert shop.done == ["return the kettle of ORD-18342"]
    whole = {**KETTLE, "unused": True, "original_packaging": True}
    assert customer.calls == [
        ("start_return", KETTLE),
        ("verify_customer", {"order_id": "ORD-18342", "proof": "two six one two two"}),
        ("start_return", KETTLE),
        ("start_return", {**KETTLE, "unused": True}),
        ("start_return", whole),
        ("start_return", whole),
    ]


@pytest.mark.parametrize(
    ("said", "proof"),
    [
        ("26122", "26122"),
        ("My postcode is 2 6 1 2 2.", "2 6 1 2 2"),
        ("It's two six one double two, please.", "two six one double two"),
        ("The last four digits are 5836.", "5836"),
        ("My phone number ends in five eight three six", "five eight three six"),
        ("Yes, sure, five eight three six.", "five eight three six"),
        ("S W one A one double A", "S W one A one double A"),
        ("It is SW1A 1AA", "SW1A 1AA"),
    ],
)
def test_a_proof_is_passed_on_as_it_was_said(said: str, proof: str) -> None:
    customer, _ = visit()
    customer.ask("What is in my order 18342?")

    customer.ask(said)

    assert customer.calls[1] == ("verify_customer", {"order_id": "ORD-18342", "proof": proof})


@pytest.mark.parametrize(
    "said", ["Why do you need that?", "Why?", "One moment.", "Hello?", "Okay."]
)
def test_who_does_not_give_a_proof_yet_is_answered_and_still_listened_to(said: str) -> None:
    customer, _ = visit()
    customer.ask("What is in my order 18342?")

    assert customer.ask(said)
    assert customer.ask("26122") == "That order has kettle."


@pytest.mark.parametrize("rest", ["two two", "It's two six one two two."])
def test_a_proof_said_in_two_breaths_is_one_try(rest: str) -> None:
    customer, _ = visit()
    customer.ask("What is in my order 18342?")

    assert customer.ask("two six one") == "Yes, please go on."
    assert customer.ask(rest) == "That order has kettle."
    assert customer.calls[1][1]["proof"] == "two six one two two"


def test_who_has_no_proof_is_sent_to_a_colleague_who_can_be_called() -> None:
    customer, _ = visit()
    customer.ask("What is in my order 18342?")

    assert customer.ask("I don't know it.").endswith("A colleague can help you.")
    assert customer.ask("Yes, please.") == CALLED
    assert _names(customer) == ["get_order_items", "call_staff"]


def test_a_wrong_proof_gets_the_shops_sentence_and_another_try() -> None:
    customer, _ = visit()
    customer.ask("What is in my order 18342?")

    assert customer.ask("11111") == NOT_VERIFIED
    assert customer.ask("No, 5836") == "That order has kettle."


def test_a_wrong_number_is_corrected_and_the_proof_need_not_be_said_again() -> None:
    customer, _ = visit()
    customer.ask("What is in my order 88421?")

    assert customer.ask("2 0 0 9 5") == NOT_VERIFIED
    assert customer.ask("Sorry, the order number is O R D 8 8 4 1 2") == (
        "That order has kettle, toaster, headphones."
    )
    assert customer.calls[-2:] == [
        ("verify_customer", {"order_id": "ORD-88412", "proof": "2 0 0 9 5"}),
        ("get_order_items", {"order_id": "ORD-88412"}),
    ]


def test_the_number_and_the_proof_may_be_said_in_one_breath() -> None:
    customer, _ = visit()

    reply = customer.ask("Can I return the kettle, order 18342, my postcode is 26122?")

    assert reply == "Is the kettle unused?"
    assert customer.calls == [
        ("check_return", KETTLE),
        ("verify_customer", {"order_id": "ORD-18342", "proof": "26122"}),
        ("check_return", KETTLE),
    ]


def test_a_postcode_that_nobody_asked_for_is_no_order_number() -> None:
    customer, _ = visit()

    assert "order number" in customer.ask("My postcode is 26122.")
    assert customer.ask("18342").startswith("Thank you, that's right.")
    assert customer.ask("What's in it?") == "That order has kettle."


def test_after_three_wrong_proofs_nothing_is_waited_for_and_nothing_was_told() -> None:
    customer, _ = visit()
    said = [customer.ask(text) for text in ("What's in order 88412?", "1111", "2222", "3333")]

    assert said == [PROOF_ASKED, NOT_VERIFIED, NOT_VERIFIED, NOT_VERIFIED]
    assert _names(customer).count("verify_customer") == 3
    customer.ask("Never mind.")
    assert len(customer.calls) == 4


def test_a_question_in_between_does_not_make_an_order_number_of_the_postcode() -> None:
    customer, _ = visit()
    customer.ask("I want to return the kettle of order 18342.")

    assert customer.ask("What are your opening hours?") == "Store: hours, ."
    assert customer.ask("26122") == "Is the kettle unused?"


def test_a_blender_is_refused_on_the_eighth_day() -> None:
    customer, shop = visit()
    customer.ask("I want to return the blender of order 62227.")

    assert customer.ask("33602") == "I'm sorry, the 7 days for a return ended yesterday."
    customer.ask("But I want to return it!")
    customer.ask("Yes.")
    assert shop.done == []


def test_a_washing_machine_is_returned_too() -> None:
    customer, shop = visit()
    for text in ("I'd like to return the washing machine of order 73015.", "S W 1 A 1 A A"):
        customer.ask(text)
    for text in ("It was never used.", "Yes.", "Yes."):
        customer.ask(text)

    assert shop.done == ["return the washing machine of ORD-73015"]


def test_who_asks_whether_it_can_be_returned_may_then_have_it_started() -> None:
    customer, shop = visit()
    customer.ask("Where is order 18342?")

    assert customer.ask("Can I return it?") == PROOF_ASKED
    customer.ask("5836")
    customer.ask("I never opened it.")
    assert customer.ask("It's in the original box.") == "You can return the kettle until Friday."
    assert customer.ask("Okay, start the return, please.") == READ_BACK
    customer.ask("Yes.")
    assert shop.done == ["return the kettle of ORD-18342"]


@pytest.mark.parametrize(
    ("said", "unused"),
    [
        ("Yes.", True),
        ("Yes, it's unused.", True),
        ("No, I never used it.", True),
        ("I haven't opened it.", True),
        ("It's brand new.", True),
        ("No.", False),
        ("No, I opened it.", False),
        ("I used it once.", False),
        ("It isn't unused.", False),
    ],
)
def test_whether_it_is_unused_is_understood(said: str, unused: bool) -> None:
    customer, _ = visit()
    customer.ask("Can I return my kettle from order 18342?")
    customer.ask("26122")

    customer.ask(said)

    assert customer.calls[-1][1]["unused"] is unused


@pytest.mark.parametrize(
    ("said", "there"),
    [
        ("Yes.", True),
        ("I still have the box.", True),
        ("No, I still have it.", True),
        ("It's in the original packaging.", True),
        ("No.", False),
        ("I threw it away.", False),
        ("No box.", False),
        ("I don't have the packaging anymore.", False),
    ],
)
def test_whether_the_packaging_is_there_is_understood(said: str, there: bool) -> None:
    customer, _ = visit()
    customer.ask("Can I return my kettle from order 18342? It's unused.")
    customer.ask("26122")

    customer.ask(said)

    assert customer.calls[-1][1]["original_packaging"] is there


def test_who_does_not_know_is_sent_to_a_colleague() -> None:
    customer, _ = visit()
    customer.ask("Can I return my kettle from order 18342?")
    customer.ask("26122")

    assert customer.ask("I'm not sure.") == "Then a colleague can look at it with you."


def test_which_thing_is_asked_and_the_answer_is_taken_for_it() -> None:
    customer, _ = visit()
    customer.ask("Can I return something from my order 88412?")

    assert customer.ask("20095") == (
        "That order has kettle, toaster, headphones. Which one would you like to return?"
    )
    assert customer.ask("The toaster, please.") == "Is the toaster unused?"


@pytest.mark.parametrize(
    "said",
    [
        "No.",
        "No, I want to keep it.",
        "Wait.",
        "Hold on a second.",
        "Actually, no, I changed my mind.",
        "I'd rather not.",
        "Never mind.",
        "Yes, no, wait.",
        "I'm not sure.",
        "Stop.",
        "Don't do that.",
    ],
)
def test_whoever_does_not_say_yes_keeps_the_kettle(said: str) -> None:
    customer, shop = visit()
    _until_the_read_back(customer)
    made = len(customer.calls)

    assert customer.ask(said) == NOTHING_CHANGED
    assert len(customer.calls) == made
    customer.ask("Yes.")
    assert shop.done == []


@pytest.mark.parametrize(
    "said", ["What are your opening hours?", "Yes, but when do I get my money back?"]
)
def test_something_else_is_answered_and_a_later_yes_is_none(said: str) -> None:
    customer, shop = visit()
    _until_the_read_back(customer)

    assert customer.ask(said) != NOTHING_CHANGED
    customer.ask("Yes.")
    assert shop.done == []


@pytest.mark.parametrize("said", ["Sorry, what did you say?", "Okay.", "All right."])
def test_a_read_back_that_was_not_heard_or_only_heard_is_said_again(said: str) -> None:
    customer, shop = visit()
    _until_the_read_back(customer)

    assert customer.ask(said) == READ_BACK
    assert shop.done == []
    customer.ask("Yes.")
    assert shop.done == ["return the kettle of ORD-18342"]


def test_a_read_back_that_nobody_heard_cannot_be_agreed_to() -> None:
    customer, shop = visit()
    _until_the_read_back(customer)
    customer.brain.interrupted("")

    customer.ask("Yes.")

    assert shop.done == []


@pytest.mark.parametrize(("answered", "told"), [(True, IS_DONE), (False, IS_UNSURE)])
def test_a_yes_that_goes_on_to_a_no_is_not_told_that_nothing_was_changed(
    answered: bool, told: str
) -> None:
    customer, _ = visit()
    _until_the_read_back(customer)
    before = customer.brain.snapshot()
    (call,) = customer.brain.hear("Yes.")
    assert isinstance(call, Call)
    if answered:
        customer.brain.result(call.name, call.arguments, {"status": "ok", "say": "It is started."})
    customer.brain.restore(before)  # the customer had only paused

    assert customer.brain.hear("Yes. Wait, no.") == (Say(told),)
    assert customer.ask("I want to keep it.") == told


def test_a_yes_that_goes_on_as_a_yes_is_told_what_came_of_it() -> None:
    customer, _ = visit()
    _until_the_read_back(customer)
    before = customer.brain.snapshot()
    first = customer.brain.hear("Yes.")
    customer.brain.restore(before)

    assert customer.brain.hear("Yes, please.") == first


def test_an_order_is_cancelled_only_after_the_mind_is_made_up() -> None:
    customer, shop = visit()

    assert customer.ask("I want to cancel my order.").startswith("Could you tell me the order")
    assert customer.ask("one nine seven two eight") == PROOF_ASKED
    assert customer.ask("eight two five six") == CANCEL_READ_BACK
    assert customer.ask("No, I want to keep it.") == NOTHING_CHANGED
    assert shop.done == []
    assert customer.ask("Actually, cancel my order.") == CANCEL_READ_BACK
    assert customer.ask("Yes, cancel it.") == "Done: cancel ORD-19728."
    assert customer.ask("Oh no, I changed my mind.") == IS_DONE
    assert shop.done == ["cancel ORD-19728"]


@pytest.mark.parametrize("answers", [[], ["26122"], ["26122", "It's unused."]])
def test_a_mind_may_change_before_the_read_back(answers: list[str]) -> None:
    customer, shop = visit()
    customer.ask("I want to return the kettle of order 18342.")
    for text in answers:
        customer.ask(text)
    made = len(customer.calls)

    assert customer.ask("No, I want to keep it.") == NOTHING_CHANGED
    assert len(customer.calls) == made
    assert shop.done == []


def test_a_change_that_nobody_knows_the_end_of_is_not_said_to_be_undone() -> None:
    customer, shop = visit()
    _until_the_read_back(customer)
    shop.down = True
    made = len(customer.calls)

    assert customer.ask("Yes.") == DOWN
    assert len(customer.calls) == made + 1
    assert customer.ask("I changed my mind, I want to keep it.") == IS_UNSURE


def test_where_nothing_may_be_changed_it_is_said_and_what_can_be_checked_is_checked() -> None:
    customer, shop = visit(changes=False)

    assert customer.ask("Cancel order 19728.") == CANNOT_DO
    assert customer.ask("Start the return of my kettle.") == CANNOT_DO
    assert customer.ask("I want to return the kettle of order 18342.") == PROOF_ASKED
    customer.ask("26122")
    customer.ask("It's unused, and I have the box.")
    assert "cancel_order" not in _names(customer)
    assert "start_return" not in _names(customer)
    assert shop.done == []


@pytest.mark.parametrize(
    "question",
    [
        "Can I return something?",
        "What is your return policy?",
        "Can I return it if I opened it?",
        "Do I need the box?",
        "Can you take back a washing machine?",
        "How long do refunds take?",
        "I want a refund for my kettle.",
        "Where is my refund?",
        "Where can I bring it back?",
        "How many days do I have to return it?",
        "I bought it 3 days ago, can I still return it?",
        "I want to return this.",
        "do you have parking",
        "where is the toilet",
        "Are you open on Christmas day?",
        "how big is the store",
    ],
)
def test_a_question_without_an_order_goes_to_the_policy(question: str) -> None:
    customer, _ = visit()

    assert customer.ask(question) == f"Policy on: {question}"


def test_the_policy_is_asked_after_an_order_too() -> None:
    customer, _ = visit()
    customer.ask("Where is order 18342?")

    assert customer.ask("What is your return policy?") == "Policy on: What is your return policy?"
    assert customer.ask("How long do refunds take?") == "Policy on: How long do refunds take?"


def test_a_refund_that_an_order_is_named_with_is_looked_up_there() -> None:
    customer, _ = visit()

    assert customer.ask("Where is my refund for order 18342?") == "It is on its way."


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("Where are the kettles?", "Find: kettles."),
        ("Do you have headphones?", "Find: headphones."),
        ("Which aisle are the fans in?", "Find: fans."),
        ("which I'll are the vacuum cleaners in.", "Find: vacuum cleaners."),  # as it is heard
        ("Do you have this in blue?", "Policy on: Do you have this in blue?"),
        ("Can you deliver a fridge on Sunday?", "Policy on: Can you deliver a fridge on Sunday?"),
        ("I'm looking for a washing machine.", "Find: washing machine."),
        ("Have you got any phone chargers?", "Find: phone chargers."),
        ("What time do you open on Sunday?", "Store: hours, on Sunday."),
        ("Are you open tomorrow?", "Store: hours, tomorrow."),
        ("What is the address of this store?", "Store: address, ."),
        ("Where is this shop?", "Store: address, ."),
        ("I need help from a person.", CALLED),
        ("Get me somebody.", CALLED),
        ("Call a colleague, please.", CALLED),
        ("Can I talk to a human?", CALLED),
        ("Could you tell a colleague to come here?", CALLED),
        ("My child is lost!", f"{CALLED} {URGENT_TOO}"),
        ("Tell the staff that the door is stuck.", "I've written that down."),
        ("I need help.", "How can I help you?"),
    ],
)
def test_what_a_tool_is_there_for_reaches_it(said: str, reply: str) -> None:
    customer, _ = visit()

    assert customer.ask(said).endswith(reply)


def test_without_the_shops_orders_the_rest_is_still_answered() -> None:
    customer, shop = visit()
    shop.down = True

    assert customer.ask("Where is order 18342?") == DOWN
    assert customer.ask("What is your return policy?").startswith("Policy on")
    assert customer.ask("What are your opening hours?").startswith("Store")
    assert customer.ask("Can you call somebody?") == CALLED


def test_a_conversation_that_moves_on_still_waits_for_proof_or_yes() -> None:
    customer, shop = visit()
    customer.ask("I want to return the kettle of order 18342. It's unused, in the original box.")
    for text in ("26122", "Yes."):
        other, _ = visit(shop)
        other.brain.restore(json.loads(json.dumps(customer.brain.snapshot())))
        customer = other
        customer.ask(text)

    assert shop.done == ["return the kettle of ORD-18342"]
