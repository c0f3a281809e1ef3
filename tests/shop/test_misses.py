from kiosk.shop.answers import order_answer
from kiosk.shop.misses import Misses
from tests.fakes.shop import TODAY

UNKNOWN = order_answer("ORD-99999", None, TODAY)


def test_a_number_that_will_not_do_is_asked_for_again_then_spelt_then_somebody_comes() -> None:
    misses = Misses()

    called = [misses.missed(turn) for turn in (1, 2, 3, 4)]

    assert called == [False, False, True, False]


def test_each_time_the_customer_hears_what_helps_next() -> None:
    misses = Misses()
    heard = []
    for turn in (1, 2, 3):
        misses.missed(turn)
        heard.append(misses.reworded(UNKNOWN))

    assert heard[0] == UNKNOWN
    assert "spell it" in str(heard[1]["say"])
    assert "called a colleague" in str(heard[2]["say"])
    assert heard[2]["staff_called"] is True
    assert {each["status"] for each in heard} == {"not_found"}


def test_a_model_that_repeats_itself_within_a_turn_is_one_miss() -> None:
    misses = Misses()
    for _ in range(9):
        misses.missed(1)

    assert misses.count == 1


def test_an_order_that_is_found_starts_the_count_afresh() -> None:
    misses = Misses()
    misses.missed(1)
    misses.missed(2)
    misses.found()

    assert misses.missed(3) is False
    assert misses.reworded(UNKNOWN) == UNKNOWN
