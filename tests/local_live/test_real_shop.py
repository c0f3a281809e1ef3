"""Whole conversations with the kiosk's own tools behind the local service's wit."""

from kiosk.core.events import ShopAnswers, StaffCalled, TriesSpent
from kiosk.local_live.wording import CANNOT_DO, IS_DONE, NOTHING_CHANGED
from kiosk.shop.answers import not_verified
from kiosk.shop.orders import OrderStatus
from tests.local_live.real_shop import talk

DOWN = "I can't look up orders just now, but I can answer questions about the shop."
NOT_VERIFIED = str(not_verified()["say"])


def test_a_wrong_number_then_the_right_one_tells_where_the_order_is() -> None:
    replies, _ = talk("Where is my order?", "88429", "88421", "When will it arrive?")

    assert replies == [
        "Could you tell me the order number? It is O R D and five digits.",
        "I can't find an order O R D 8 8 4 2 9. Could you check the number and say it again?",
        "Your order is out for delivery and due today by 7 pm.",
        "It is due today by 7 pm.",
    ]


def test_a_number_corrected_in_the_same_breath_is_read_back_before_it_is_used() -> None:
    replies, _ = talk("Where is order 8 8 4 1 2, no, 2 1?", "Yes.")

    assert replies == [
        "I have order number O R D, eight eight four two one. Is that right?",
        "Your order is out for delivery and due today by 7 pm.",
    ]


def test_orders_named_in_a_question_are_what_it_is_about() -> None:
    replies, _ = talk("Where is ORD-88421 and where is ORD-88412?")
    assert "out for delivery" in replies[0]
    assert "delivered yesterday" in replies[0]

    replies, _ = talk("I want to return a toaster, order ORD-86982.", "6729")
    assert replies[1] == "Is the toaster unused?"

    replies, _ = talk("And what's in ORD-18342?", "26122")
    assert replies[1] == "That order has a kettle."


def test_the_hours_of_a_named_day_are_those_of_that_day() -> None:
    replies, _ = talk("Are you open on the 24th?", "Are you open on Dec 25?")

    assert "Monday to" not in "".join(replies)


def test_a_yes_calls_somebody_only_when_that_was_offered() -> None:
    replies, visit = talk("Can I return something that I opened?", "Yes.")

    assert replies[0].endswith("please show it to a colleague.")
    assert StaffCalled() not in visit.facts


def test_whoever_does_not_answer_a_read_back_hears_that_nothing_was_changed() -> None:
    for said in ("um", "maybe", "hmm, let me think", "the kettle instead", "Banana."):
        replies, visit = talk("Cancel ORD-80473.", "40213", said, "Yes.")

        assert replies[2] == NOTHING_CHANGED, said
        assert visit.shop.changed == []


def test_an_oh_in_a_postcode_is_one_of_its_digits() -> None:
    for said in ("oh one oh six seven", "one nine two eight", "Oh, it's 01067."):
        replies, _ = talk("What's in ORD-17981?", said)

        assert replies[1] == "That order has a fan.", said


def test_a_kettle_goes_back() -> None:
    replies, visit = talk(
        "I want to return the kettle of order 18342.",
        "two six one double two",
        "Yes, it's unused.",
        "I still have the box.",
        "Yes, please.",
        "No, I want to keep it.",
    )

    assert "your postcode, or the last four digits of your phone number" in replies[0]
    assert replies[1:4] == [
        "Is the kettle unused?",
        "Do you still have the original packaging of the kettle?",
        "You'd like to return the kettle of order O R D 1 8 3 4 2. Shall I start the return?",
    ]
    assert replies[4].startswith("Your return is started. The reference is R ")
    assert replies[5] == IS_DONE
    assert visit.shop.changed == ["return ORD-18342 1"]


def test_a_blender_is_refused_on_the_eighth_day() -> None:
    replies, visit = talk("I want to return the blender of order 62227.", "33602", "Why?")

    assert replies[1].startswith("I'm sorry, the 7 days for a return ended yesterday.")
    assert replies[2].startswith("You can return an item within 7 days of delivery")
    assert visit.shop.changed == []


def test_a_washing_machine_is_picked_up() -> None:
    replies, visit = talk(
        "Can I return my washing machine from order 73015?",
        "S W one A one double A",
        "It was never used.",
        "Yes.",
        "Start the return, please.",
        "Yes.",
    )

    assert replies[3].endswith("We pick it up from your home.")
    assert replies[5].startswith("Your return is started.")
    assert visit.shop.changed == ["return ORD-73015 1"]


def test_a_question_about_refunds_is_answered_by_the_policy_or_by_the_order() -> None:
    replies, _ = talk("How long do refunds take?", "Where is my refund for order 27689?")

    assert replies == [
        "A refund takes 3 to 5 business days.",
        "Your return arrived yesterday, and your refund is being processed.",
    ]


def test_an_order_is_cancelled_after_all() -> None:
    replies, visit = talk(
        "I want to cancel my order.",
        "one nine seven two eight",
        "My postcode is 30159.",
        "No, I want to keep it.",
        "Actually, cancel it.",
        "Yes.",
        "Oh no, I changed my mind.",
    )

    read_back = "You'd like to cancel order O R D 1 9 7 2 8. Shall I cancel it?"
    assert replies[2:] == [
        read_back,
        NOTHING_CHANGED,
        read_back,
        "Order O R D 1 9 7 2 8 is cancelled.",
        IS_DONE,
    ]
    assert visit.shop.changed == ["cancel ORD-19728"]
    assert visit.shop.orders["ORD-19728"].status is OrderStatus.CANCELLED


def test_an_order_is_kept_when_the_mind_was_changed() -> None:
    replies, visit = talk("Cancel order 19728.", "8256", "Wait, no.", "Yes.", "Thanks.")

    assert replies[2] == NOTHING_CHANGED
    assert visit.shop.changed == []


def test_three_wrong_proofs_are_the_end_of_the_visit() -> None:
    replies, visit = talk("What's in order 88412?", "1111", "2222", "3333")

    assert replies[1:] == [NOT_VERIFIED] * 3
    assert visit.facts == [TriesSpent()]


def test_the_shop_may_go_away_in_the_middle() -> None:
    replies, visit = talk(
        "Where is order 88421?",
        "What's in it?",
        "10115",
        "What is your return policy?",
        "Can you call somebody?",
        down_from=2,
    )

    assert replies[2] == DOWN
    assert replies[3].startswith("You can return an item within 7 days")
    assert replies[4] == "I've called a colleague. Please wait here a moment."
    assert visit.facts == [ShopAnswers(up=False), StaffCalled()]


def test_the_third_unknown_number_calls_somebody() -> None:
    replies, visit = talk("Where is my order?", "12345", "12346", "12347")

    assert (
        replies[3] == "I can't find that order number. I've called a colleague, who will help you."
    )
    assert visit.facts == [StaffCalled()]


def test_goods_are_found_and_a_person_is_called() -> None:
    replies, _ = talk("Where are the kettles?", "Do you have headphones?", "Get me somebody.")

    assert replies[0].startswith("Kettles are in aisle ")
    assert replies[1].startswith("Headphones are in aisle ")
    assert replies[2] == "I've called a colleague. Please wait here a moment."


def test_where_nothing_may_be_changed_it_is_said() -> None:
    replies, visit = talk("Cancel order 19728.", "Start a return for me.", allow_changes=False)

    assert replies == [CANNOT_DO, CANNOT_DO]
    assert visit.calls == []


def test_even_the_status_may_need_proof() -> None:
    replies, _ = talk("Where is my order 88421?", "10115", status_needs_proof=True)

    assert replies[1] == "Your order is out for delivery and due today by 7 pm."
