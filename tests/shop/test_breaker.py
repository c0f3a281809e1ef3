from kiosk.shop.breaker import FAILURES, REST_S, Breaker


def broken() -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES):
        assert breaker.admit(0.0)
        breaker.failed(0.0)
    return breaker


def test_a_shop_that_failed_three_times_in_a_row_is_left_alone_for_half_a_minute() -> None:
    breaker = broken()

    assert not breaker.admit(0.1)
    assert not breaker.admit(REST_S - 0.1)
    assert breaker.admit(REST_S)


def test_a_shop_that_answers_in_between_is_asked_on() -> None:
    breaker = Breaker()
    for _ in range(5):
        for _ in range(FAILURES - 1):
            breaker.failed(0.0)
        breaker.answered()

    assert breaker.admit(0.0)


def test_after_the_rest_one_customer_tries_it_for_all() -> None:
    breaker = broken()

    assert [breaker.admit(REST_S) for _ in range(3)] == [True, False, False]
    breaker.answered()
    assert breaker.admit(REST_S)


def test_a_shop_that_fails_again_is_left_alone_again_at_once() -> None:
    breaker = broken()
    assert breaker.admit(REST_S)
    breaker.failed(REST_S + 1)

    assert not breaker.admit(REST_S + 2)
    assert breaker.admit(2 * REST_S + 1)


def test_a_customer_who_stops_waiting_lets_the_next_one_try() -> None:
    breaker = broken()
    assert breaker.admit(REST_S)
    breaker.given_up()

    assert breaker.admit(REST_S)
