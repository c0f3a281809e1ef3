"""Customers who leave word for the staff, and those who only sound like it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.local_live.leaving import wish
from kiosk.local_live.phrasebook import ORDERS, PERSON, POLICY, TALK
from tests.local_live.brain_client import MESSAGE_TOOL, ORDER_TOOL, POLICY_TOOL, customer
from tests.shop.questions import ANSWERED

ASK = "What shall I tell them?"
TAKEN = "I've written that down."
EXAMPLES = [
    text for book in (ORDERS, POLICY, PERSON, TALK) for texts in book.values() for text in texts
]


def _taken(text: str) -> tuple[str, dict[str, str]]:
    return ("take_message", {"message": text})


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("Tell the staff that the toilet is out of paper.", "The toilet is out of paper."),
        ("Please tell the staff the door is stuck.", "The door is stuck."),
        ("Could you let the team know that Anna was kind?", "Anna was kind."),
        (
            "I would like to leave a note: the light in aisle three is broken.",
            "The light in aisle three is broken.",
        ),
        (
            "I'd like to leave a note. The light in aisle three is broken. It flickers.",
            "The light in aisle three is broken. It flickers.",
        ),
        ("Leave a message for a colleague that I will be back at five.", "I will be back at five."),
        ("Take a message: call me back on 555 1234.", "Call me back on 555 1234."),
        ("I have a message for the staff: thank you all.", "Thank you all."),
        ("My fridge is too loud. Can you tell the staff?", "My fridge is too loud."),
        ("The door is stuck, could you tell somebody?", "The door is stuck"),
        (
            "Can you tell the staff that my order 88421 arrived broken?",
            "My order 88421 arrived broken.",
        ),
        ("Tell the manager that I waited for twenty minutes.", "I waited for twenty minutes."),
        ("I want to tell the staff about a broken shelf.", "A broken shelf."),
        ("Tell the stuff that I came by.", "I came by."),  # as it is often heard
    ],
)
def test_words_for_the_staff_are_taken_as_they_were_said(said: str, message: str) -> None:
    visit = customer()

    assert visit.ask(said) == TAKEN
    assert visit.calls == [_taken(message)]


@pytest.mark.parametrize(
    "said",
    [
        "Can you take a message?",
        "Could you take a message, please?",
        "Can I leave a message?",
        "I'd like to leave a message for the manager.",
        "Hello, I want to leave a message for a colleague.",
        "I have a message for your manager.",
        "Can you pass on a message to the manager?",
        "Do you take messages?",
        "Is it possible to leave a note here?",
        "How do I leave a message for the staff?",
        "I need to tell the staff something.",
        "Could you write this down for the team?",
        "Can you take a massage?",  # as it is often heard
    ],
)
def test_who_did_not_say_what_to_tell_is_asked_and_the_next_words_are_the_message(
    said: str,
) -> None:
    visit = customer()

    assert visit.ask(said) == ASK
    assert visit.ask("The light in aisle three is broken.") == TAKEN
    assert visit.ask("What time do you close today?").startswith("Policy on")
    assert visit.calls[0] == _taken("The light in aisle three is broken.")


def test_a_message_may_be_about_anything_even_what_the_kiosk_could_look_up() -> None:
    for message in (
        "My order 88421 never arrived and I am angry.",
        "This is ridiculous, nobody was at the till for ten minutes.",
        "My toaster does not work.",
        "I bought a washing machine and I want my money back.",
    ):
        visit = customer()
        visit.ask("Can you take a message?")

        assert visit.ask(message) == TAKEN
        assert visit.calls == [_taken(message)]


def test_tell_them_in_the_answer_is_no_part_of_the_message() -> None:
    visit = customer()
    visit.ask("Can you take a message?")

    visit.ask("Yes, please tell them that I will be back at five.")

    assert visit.calls == [_taken("I will be back at five.")]


@pytest.mark.parametrize("said", ["Never mind.", "No.", "Forget it.", "Cancel."])
def test_who_thinks_better_of_it_leaves_nothing(said: str) -> None:
    visit = customer()
    visit.ask("Can you take a message?")

    assert visit.ask(said) == "All right, I've left no message. What else can I do for you?"
    assert visit.ask("My fridge is loud and it is blue.") != TAKEN
    assert visit.calls == []


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("Where is my order 88421?", "Your order is out for delivery and due today by 7 pm."),
        ("What are your opening hours?", "Policy on: What are your opening hours?"),
        ("Goodbye.", "Goodbye, and thank you for coming."),
        ("Thank you.", "You're welcome. Is there anything else?"),
        ("Can I talk to a person?", "Policy on: "),
        ("Somebody is hurt!", "Please tell a colleague here in the shop at once."),
    ],
)
def test_who_turns_elsewhere_is_answered_and_leaves_no_message_unawares(
    said: str, reply: str
) -> None:
    visit = customer(tools=[ORDER_TOOL, POLICY_TOOL, MESSAGE_TOOL])
    visit.ask("Can you take a message?")

    answer = visit.ask(said)

    assert answer.startswith(reply) or "colleague" in answer
    assert visit.ask("The sun shines on the blue fridge.") != TAKEN
    assert "take_message" not in [name for name, _ in visit.calls]


def test_who_does_not_say_it_is_asked_twice_more_and_then_let_go() -> None:
    visit = customer()

    assert [visit.ask(text) for text in ("Can you take a message?", "Yes.", "Hello?", "Okay.")] == [
        ASK,
        ASK,
        ASK,
        "All right, I've left no message. What else can I do for you?",
    ]
    assert visit.calls == []


def test_who_needs_a_moment_or_did_not_hear_the_question_is_still_listened_to() -> None:
    visit = customer()
    visit.ask("Can you take a message?")

    assert visit.ask("One moment.") == "Take your time."
    assert visit.ask("What did you say?") == ASK
    assert visit.ask("The door is stuck.") == TAKEN


def test_a_message_beside_a_question_does_not_keep_the_question_from_its_answer() -> None:
    visit = customer()

    assert visit.ask("Where is my order 88421? And please tell the staff the door is stuck.") == (
        f"Your order is out for delivery and due today by 7 pm. {TAKEN}"
    )
    assert visit.ask("Where is my order? And please tell the staff the door is stuck.") == (
        f"Your order is out for delivery and due today by 7 pm. {TAKEN}"
    )


def test_a_customer_who_has_no_number_may_leave_a_message_instead() -> None:
    visit = customer()
    visit.ask("Where is my order?")

    assert visit.ask("I don't have it, can you take a message?").endswith(ASK)
    assert visit.ask("My order never came, my name is Ann.") == TAKEN


@pytest.mark.parametrize(
    "said",
    [
        "I got a message that my order is ready",
        "I got a text message saying my parcel is delayed",
        "Did the driver leave a note?",
        "The courier left a note on my door",
        "Did you send me a message?",
        "Do I have to tell the staff that I opened it?",
        "Can you tell me where my order is?",
        "I was told by the staff that I can return it",
        "Can you tell me the store hours?",
        "Can I return a notebook?",
        "I want to return the notes I bought",
        "Can I have a word with the manager?",
        "Can I get a word with the manager?",
        "Can you tell a colleague to come here?",
        "Could you tell someone to help me?",
        "Can you tell the manager I want to speak to him?",
    ],
)
def test_what_only_sounds_like_a_message_is_none(said: str) -> None:
    visit = customer()

    assert visit.ask(said) != ASK
    assert "take_message" not in [name for name, _ in visit.calls]


@pytest.mark.parametrize("said", ["Tell the staff there is a fire!", "Tell them I cut myself"])
def test_what_cannot_wait_for_a_reader_is_told_to_somebody_at_once(said: str) -> None:
    visit = customer()

    assert visit.ask(said).startswith("Please tell a colleague here in the shop at once.")
    assert visit.calls == []


def test_no_question_of_the_shop_is_taken_for_a_message() -> None:
    questions = [text for texts in ANSWERED.values() for text in texts]

    assert [text for text in (*EXAMPLES, *questions) if wish(text)] == []


@settings(max_examples=200)
@given(st.lists(st.sampled_from(EXAMPLES), min_size=1, max_size=4))
def test_nobody_leaves_a_message_who_did_not_ask_to(said: list[str]) -> None:
    visit = customer()

    for text in said:
        visit.ask(text)

    assert "take_message" not in [name for name, _ in visit.calls]


@settings(max_examples=200)
@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_is_dictated_is_kept_whole_or_asked_for_again(before: str, after: str) -> None:
    visit = customer()
    visit.ask(f"{before} take a message {after}")
    visit.ask("Can you take a message?")
    visit.ask(after)

    for name, arguments in visit.calls:
        if name == "take_message":
            assert arguments["message"].strip()


@pytest.mark.parametrize("tools", [[], [ORDER_TOOL, POLICY_TOOL]])
def test_without_a_tool_for_it_no_message_is_promised(tools: list[dict[str, Any]]) -> None:
    visit = customer(tools=tools)

    assert visit.ask("Can you take a message?") == (
        "I'm sorry, I can't take a message here. A colleague can help you."
    )
    assert "can also take" not in visit.ask("What can you do?")


def test_what_can_be_done_here_includes_leaving_a_message() -> None:
    assert customer().ask("What can you do?").endswith("I can also take a message for the staff.")


@pytest.mark.parametrize(
    ("name", "parameter"),
    [("leaveNote", "note"), ("notify_staff", "text"), ("send_message_to_team", "content")],
)
def test_any_tool_that_takes_words_for_the_staff_will_do(name: str, parameter: str) -> None:
    tool = {
        "name": name,
        "description": "",
        "parameters": {
            "type": "object",
            "properties": {parameter: {"type": "string"}},
            "required": [parameter],
        },
    }
    visit = customer(tools=[tool], answer=lambda *_: {"ok": True})

    assert visit.ask("Tell the staff that the door is stuck.") == "All right, that's done."
    assert visit.calls == [(name, {parameter: "The door is stuck."})]


def test_what_was_not_saved_is_said_to_be_so_after_one_more_try() -> None:
    down = {"status": "unavailable", "retryable": True, "say": "I couldn't save your message."}
    visit = customer(answer=lambda *_: down)

    assert visit.ask("Tell the staff the door is stuck.") == "I couldn't save your message."
    assert visit.calls == [_taken("The door is stuck.")] * 2


def test_words_that_the_tool_will_not_have_are_asked_for_again() -> None:
    answers = iter(
        [
            {"status": "invalid", "say": "What shall I tell them? A few sentences are enough."},
            {"status": "ok", "say": TAKEN},
        ]
    )
    visit = customer(answer=lambda *_: next(answers))

    assert visit.ask("Tell the staff the door is stuck.").startswith(ASK)
    assert visit.ask("The door is stuck.") == TAKEN


def test_a_restored_conversation_still_waits_for_the_message() -> None:
    visit = customer()
    visit.ask("Can you take a message?")
    other = customer()

    other.brain.restore(visit.brain.snapshot())

    assert other.ask("The door is stuck.") == TAKEN
