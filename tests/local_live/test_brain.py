"""Conversations with the shop's own kind of tools."""

import pytest

from kiosk.local_live.brain import ShopBrain
from kiosk.local_live.parts import Call, Say
from tests.local_live.brain_client import ORDER_TOOL, SHOP_TOOLS, customer

STATUS = "Your order is out for delivery and due today by 7 pm."
CALL = ("get_order_status", {"order_id": "ORD-88421"})


def _asked(question: str) -> tuple[str, dict[str, str]]:
    return ("search_policy", {"question": question})


def test_an_order_is_looked_up_and_told_in_the_tools_own_words() -> None:
    visit = customer()

    assert visit.ask("Where is my order, O R D eight eight four two one?") == STATUS
    assert visit.calls == [CALL]


@pytest.mark.parametrize(
    "question",
    [
        "What is your return policy?",
        "Do I need the box?",
        "Can you take back a washing machine?",
        "How long do refunds take?",
        "What time do you open on Sunday?",
        "How many days do I have to return it?",
        "Where can I bring it back?",
        "Can I return it if I opened it?",
    ],
)
def test_questions_about_the_shop_go_to_the_policy_as_asked(question: str) -> None:
    visit = customer()

    assert visit.ask(question) == f"Policy on: {question}"


def test_a_follow_up_about_the_order_is_answered_from_what_is_known() -> None:
    visit = customer()
    visit.ask("Where is order 88421?")

    assert visit.ask("And when will it arrive?") == "It is due today by 7 pm."
    assert visit.ask("Is it late?") == "It is not late."
    assert "don't have that information" in visit.ask("Who is the carrier?")
    assert visit.ask("What was my order number again?") == (
        "Your order number is O R D, eight eight four two one."
    )
    assert visit.calls == [CALL]


def test_follow_ups_about_the_policy_stand_alone_when_they_reach_the_tool() -> None:
    visit = customer()
    visit.ask("What is your return policy?")
    visit.ask("And how long do I have?")
    visit.ask("What about a fridge?")
    visit.ask("And on Sunday?")

    assert [arguments["question"] for _, arguments in visit.calls] == [
        "What is your return policy?",
        "How long do I have to return an item?",
        "Can you take back a washing machine? A fridge?",
        "What are your opening hours? On Sunday?",
    ]


def test_when_it_was_delivered_is_told_in_the_tools_own_words() -> None:
    delivered = {
        "status": "ok",
        "say": "Your order was delivered yesterday.",
        "done_day": "yesterday",
    }
    visit = customer(answer=lambda *_: delivered)
    visit.ask("Where is order 88421?")

    assert visit.ask("When was it delivered?") == "Your order was delivered yesterday."
    assert visit.ask("And when will it arrive?") == "Your order was delivered yesterday."


def test_a_missing_number_is_asked_for_and_the_next_one_fills_it() -> None:
    visit = customer()

    assert visit.ask("Where is my order?") == (
        "Could you tell me the order number? It is O R D and five digits."
    )
    assert visit.ask("eight eight four two one") == STATUS


def test_a_number_in_pieces_is_put_together() -> None:
    visit = customer()

    assert "order number" in visit.ask("Where is my order")
    assert visit.ask("Um, one moment.") == "Take your time."
    assert visit.ask("it's O R D") == "Yes, please go on."
    assert visit.ask("eight eight") == (
        "I heard eight eight. Order numbers have five digits. How does it go on?"
    )
    assert visit.ask("four two one") == STATUS


def test_a_question_broken_off_inside_its_number_goes_on() -> None:
    visit = customer()

    assert "Could you tell me the order number?" in visit.ask("Where is my order O R D")
    assert visit.ask("8 8 4 2 1") == STATUS


def test_a_misheard_number_is_read_back_and_asked_again() -> None:
    visit = customer()

    assert visit.ask("Where is my order ORD 8842?") == (
        "I heard O R D, eight eight four two. Order numbers have five digits. "
        "Could you say it again?"
    )
    assert visit.calls == []
    assert visit.ask("O R D 8 8 4 2 1") == STATUS


def test_one_more_digit_is_confirmed_before_it_is_used() -> None:
    visit = customer()
    visit.ask("Where is my order ORD 8842?")

    assert visit.ask("one") == "I have order number O R D, eight eight four two one. Is that right?"
    assert visit.calls == []
    assert visit.ask("Yes.") == STATUS


def test_a_corrected_number_is_confirmed() -> None:
    visit = customer()
    visit.ask("Where is order 88422?")

    asked = visit.ask("No, two one.")

    assert asked == "I have order number O R D, eight eight four two one. Is that right?"
    assert visit.ask("That's right") == STATUS


def test_a_number_that_was_used_can_still_be_corrected() -> None:
    visit = customer()
    visit.ask("Where is order 88421?")

    assert "eight eight four two four. Is that right?" in visit.ask("No, two four.")
    assert visit.ask("no") == "Sorry. Could you say the number again, digit by digit?"
    visit.ask("8 8 4 2 5")
    assert visit.calls[-1] == ("get_order_status", {"order_id": "ORD-88425"})


def test_odd_letters_are_read_back_and_used_only_when_confirmed() -> None:
    visit = customer()

    assert visit.ask("Where is my order A B C 88421?") == (
        "I heard A B C, eight eight four two one. Is that right?"
    )
    assert visit.calls == []
    assert visit.ask("No, it's O R D 88421") == STATUS


def test_an_unknown_order_is_said_to_be_unknown_and_asked_for_again() -> None:
    visit = customer()

    assert visit.ask("Where is order 88422?") == "I can't find that order."
    assert visit.ask("88421") == STATUS


def test_an_unknown_order_that_the_customer_insists_on_goes_to_a_colleague() -> None:
    visit = customer()
    visit.ask("Where is order 88422?")

    assert "colleague" in visit.ask("Yes, that is right.")


def test_after_three_tries_a_colleague_is_offered() -> None:
    visit = customer()
    replies = [visit.ask("Where is my order ORD 8842?")]
    replies += [visit.ask("8 8 4 2") for _ in range(4)]

    assert any("can't make out" in reply for reply in replies)
    assert visit.calls == []


def test_another_question_may_come_between_and_the_number_after_it() -> None:
    visit = customer()
    visit.ask("Where is my order?")
    visit.ask("What is your return policy?")

    assert visit.ask("8 8 4 2 1") == STATUS


def test_three_days_are_no_part_of_an_order_number() -> None:
    visit = customer()
    visit.ask("Where is my order?")

    visit.ask("I bought it 3 days ago, can I still return it?")

    assert visit.calls[-1][0] == "search_policy"


def test_without_the_number_a_colleague_is_offered() -> None:
    visit = customer()
    visit.ask("Where is my order?")

    assert "colleague" in visit.ask("I don't have it with me")


def test_two_questions_in_one_breath_are_both_answered() -> None:
    visit = customer()

    reply = visit.ask("Hello, where is my order 88421 and what is your return policy?")

    assert reply == f"{STATUS} Policy on: what is your return policy?"


def test_a_story_is_one_question() -> None:
    visit = customer()
    story = (
        "I would like to return a toaster I bought last week. It does not work and I lost the box. "
        "What can I do?"
    )

    visit.ask(story)

    assert visit.calls == [_asked(story)]


def test_a_question_nobody_answers_is_asked_once_more_in_plain_words() -> None:
    visit = customer(
        answer=lambda *_: {"status": "not_covered", "say": "I have no answer to that."}
    )

    assert visit.ask("How long do the reference take?") == "I have no answer to that."
    assert visit.calls == [
        _asked("How long do the reference take?"),
        _asked("How long do refunds take?"),
    ]


def test_what_may_succeed_later_is_tried_once_more() -> None:
    failing = {"status": "unavailable", "retryable": True, "say": "I can't look that up just now."}
    visit = customer(answer=lambda *_: failing)

    assert visit.ask("Where is order 88421?") == "I can't look that up just now."
    assert visit.calls == [CALL, CALL]


def test_an_error_is_told_without_its_technical_words() -> None:
    visit = customer(answer=lambda *_: {"error": "KeyError: 'orders'"})

    assert visit.ask("Where is order 88421?") == (
        "I'm sorry, I can't look that up just now. A colleague can help you."
    )
    assert "due" not in visit.ask("When will it arrive?")


def test_the_last_reply_is_repeated_as_it_was() -> None:
    visit = customer()
    visit.ask("Where is order 88421?")

    assert visit.ask("Can you repeat that?") == STATUS
    assert visit.ask("Pardon?") == STATUS


def test_only_what_was_spoken_is_remembered() -> None:
    visit = customer()
    visit.ask("Where is order 88421?")
    visit.brain.interrupted("Your order is out")

    assert visit.ask("Say that again please") == "Your order is out"


def test_a_reply_nobody_heard_leaves_the_one_before() -> None:
    visit = customer()
    visit.ask("What is your return policy?")
    visit.ask("Where is order 88421?")
    visit.brain.interrupted("")

    assert visit.ask("Repeat that") == "Policy on: What is your return policy?"


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("Hello", "How can I help you?"),
        ("Hello?", "How can I help you?"),
        ("Thank you", "You're welcome"),
        ("Goodbye", "Goodbye"),
        ("No, that's all", "Goodbye"),
        ("Tell me a joke", "not something I can do"),
        ("What is the capital of France?", "not something I can do"),
        ("What can you do?", "your order, returns, refunds and opening hours"),
        ("Can I talk to a person?", "colleague"),
        ("Cancel my order", "A colleague can help you"),
        ("purple elephants dance", "I didn't get that"),
        ("", "How can I help you?"),
    ],
)
def test_small_things_are_answered_without_a_tool(said: str, part: str) -> None:
    visit = customer()

    assert part in visit.ask(said)
    assert visit.calls == []


def test_a_person_is_asked_of_a_tool_that_knows_of_people() -> None:
    tool = {
        "name": "call_colleague",
        "description": "Ask a colleague to come to the kiosk",
        "parameters": {"type": "object", "properties": {}},
    }
    visit = customer([*SHOP_TOOLS, tool], lambda *_: {"result": "Somebody is on the way."})

    assert visit.ask("Can I talk to a person?") == "Somebody is on the way."
    assert visit.calls == [("call_colleague", {})]


def test_without_a_tool_nothing_is_looked_up() -> None:
    visit = customer([])

    for question in ("Where is my order ORD 88421?", "What is your return policy?"):
        assert visit.ask(question) == "I'm sorry, I can't look that up. A colleague can help you."


def test_only_the_order_tool_is_no_reason_to_answer_about_the_policy() -> None:
    visit = customer([ORDER_TOOL])

    assert "can't look that up" in visit.ask("What is your return policy?")
    assert visit.calls == []


def test_a_second_order_is_asked_for() -> None:
    visit = customer()
    visit.ask("Where is order 88421?")

    assert "Could you tell me the order number?" in visit.ask("And where is my other order?")


def test_history_that_a_client_gives_counts_as_said() -> None:
    brain = ShopBrain(SHOP_TOOLS, "")
    brain.remember("user", "My order number is ORD-88421")
    brain.remember("model", "Thank you. What would you like to know?")

    assert brain.hear("Where is it?") == (Call("get_order_status", {"order_id": "ORD-88421"}),)


def test_an_empty_turn_answers_the_question_that_history_ends_with() -> None:
    brain = ShopBrain(SHOP_TOOLS, "")
    brain.remember("user", "Where is my order ORD-88421?")

    assert brain.hear("") == (Call("get_order_status", {"order_id": "ORD-88421"}),)


def test_a_restored_conversation_goes_on_where_it_stood() -> None:
    visit = customer()
    visit.ask("Where is my order ORD 8842?")
    other = customer()
    other.brain.restore(visit.brain.snapshot())

    assert "Is that right?" in other.ask("one")
    assert other.ask("Yes") == STATUS
    third = customer()
    third.brain.restore(other.brain.snapshot())
    assert third.ask("When will it arrive?") == "It is due today by 7 pm."


def test_tools_that_were_taken_away_are_not_called() -> None:
    visit = customer()
    visit.ask("Where is my order?")
    other = customer([])
    other.brain.restore(visit.brain.snapshot())

    assert "colleague" in other.ask("8 8 4 2 1")
    assert other.calls == []


def test_a_tool_that_does_not_block_is_announced() -> None:
    brain = ShopBrain([{**ORDER_TOOL, "behavior": "NON_BLOCKING"}], "")

    call, say = brain.hear("Where is order 88421?")

    assert call == Call("get_order_status", {"order_id": "ORD-88421"})
    assert say == Say("Let me check that.")
