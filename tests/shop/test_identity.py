from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.shop.identity import (
    LONGEST_PAUSE_S,
    TRIES_A_DAY,
    Proof,
    Tries,
    as_of,
    holds,
    locked,
    read_proof,
    reckon,
    right,
    wrong,
)
from kiosk.shop.orders import ProofFacts

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAWN_OF_TIME = datetime(1970, 1, 1, tzinfo=UTC)
FACTS = ProofFacts(postcode="SW1A 1AA", phone_end="0417")


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def proves(said: str, facts: ProofFacts | None = FACTS) -> bool:
    proof = read_proof(said)
    assert proof is not None
    return holds(proof, facts)


# What a customer says


@pytest.mark.parametrize(
    "said",
    [
        "SW1A 1AA",
        "sw1a1aa",
        "sw1a-1aa",
        "S W 1 A, 1 A A",
        "my postcode is SW1A 1AA please",
        "S W one A one double A",
        "0417",
        "zero four one seven",
        "oh four one seven",
        "the last four digits are 0417",
        "+44 7700 900417",
        "\uff10\uff14\uff11\uff17",
    ],
)
def test_a_customer_proves_an_order_by_postcode_or_phone_however_they_say_it(said: str) -> None:
    assert proves(said)


@pytest.mark.parametrize(
    "said",
    ["SW1A 1AB", "W1A 1AA", "0418", "417", "00417", "10417", "04170", "0418 0417 0419", "7140"],
)
def test_a_customer_who_is_only_near_proves_nothing(said: str) -> None:
    assert not proves(said)


@pytest.mark.parametrize("said", ["", "I don't know", "my postcode", "!", "x" * 400])
def test_what_has_no_code_in_it_is_no_try(said: str) -> None:
    assert read_proof(said) is None


def test_o_and_0_are_heard_alike_in_a_postcode() -> None:
    assert proves("EC0A 1BB", ProofFacts(postcode="ECOA 1BB"))
    assert proves("K1A oh B six", ProofFacts(postcode="K1A 0B6"))


def test_five_digits_are_a_postcode_and_no_phone() -> None:
    assert proves("10115", ProofFacts(postcode="10115", phone_end="9999"))
    assert not proves("10115", ProofFacts(postcode="99999", phone_end="0115"))


def test_much_that_is_said_is_still_one_guess() -> None:
    many = " ".join(f"{number:05}" for number in range(10_100, 10_140))

    assert not proves(many, ProofFacts(postcode="10115"))
    assert not proves("10115 10117", ProofFacts(postcode="10115"))
    assert not proves("10115, or 10117, or 10119", ProofFacts(postcode="10117"))


@pytest.mark.parametrize("said", ["00000", "0000", "0", "00"])
@pytest.mark.parametrize("facts", [None, ProofFacts(), ProofFacts(postcode="-", phone_end="1")])
def test_nothing_proves_an_order_of_which_the_shop_knows_nothing(
    said: str, facts: ProofFacts | None
) -> None:
    assert not proves(said, facts)


def test_a_fact_that_is_known_is_enough_without_the_other() -> None:
    assert proves("26122", ProofFacts(postcode="26122"))
    assert proves("5836", ProofFacts(phone_end="5836"))


def test_what_a_customer_said_stands_in_no_repr() -> None:
    assert repr(read_proof("SW1A 1AA")) == repr(Proof("", ""))


@given(st.text(max_size=60), st.text(max_size=12), st.text(max_size=6))
def test_whatever_is_said_and_known_no_error_comes_of_it(
    said: str, postcode: str, phone_end: str
) -> None:
    proof = read_proof(said)

    assert proof is None or holds(proof, ProofFacts(postcode=postcode, phone_end=phone_end)) in (
        True,
        False,
    )


# Tries and locks


def three_wrong(tries: Tries, now: datetime) -> Tries:
    for number in (1, 2, 3):
        tries = wrong(tries, now, number)
    return tries


def test_two_wrong_tries_in_a_visit_lock_nothing_and_the_third_locks_for_a_minute() -> None:
    twice = wrong(wrong(Tries(), NOON, 1), NOON, 2)
    assert not locked(twice, NOON)

    thrice = wrong(twice, NOON, 3)

    assert thrice.today == 3
    assert locked(thrice, after(59.9))
    assert not locked(thrice, after(60))


def test_the_pauses_double_up_to_a_quarter_of_an_hour() -> None:
    tries, now, pauses = Tries(), NOON, []
    for _ in range(6):
        tries = three_wrong(tries, now)
        assert tries.locked_until
        pauses.append((tries.locked_until - now).total_seconds())
        now = tries.locked_until

    assert pauses == [60, 120, 240, 480, 900, 900]


def test_a_right_one_is_no_try_and_makes_the_pauses_short_again() -> None:
    before = three_wrong(three_wrong(Tries(), NOON), after(60))
    now = after(300)

    taken_back = right(before, now)

    assert taken_back.today == before.today == 6
    assert (taken_back.pause_s, locked(taken_back, now)) == (0, False)


def test_thirty_wrong_tries_lock_for_the_day_and_the_next_day_is_a_new_one() -> None:
    tries = Tries()
    for _ in range(TRIES_A_DAY):
        assert not locked(tries, NOON)
        tries = wrong(tries, NOON, 1)

    assert locked(tries, NOON)
    assert locked(tries, datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC))
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    assert not locked(tries, midnight)
    assert as_of(tries, midnight) == Tries(last_at=midnight)


def test_a_pause_goes_on_over_midnight_and_is_a_short_one_the_next_time() -> None:
    late = datetime(2026, 11, 23, 23, 59, 30, tzinfo=UTC)
    tries = three_wrong(Tries(today=12, last_at=late, pause_s=480), late)
    midnight = datetime(2026, 11, 24, tzinfo=UTC)

    assert locked(tries, midnight)
    assert not locked(tries, late + timedelta(seconds=LONGEST_PAUSE_S))
    assert three_wrong(tries, midnight + timedelta(hours=1)).pause_s == 60


# Clocks that jump


def lived_through(kept: Tries, clock_at_start: datetime, up_s: float) -> bool:
    """Whether the kiosk is locked so long after a start with that clock."""
    return locked(kept, reckon(clock_at_start, kept, up_s))


FULL_DAY = Tries(today=TRIES_A_DAY, last_at=NOON)
PAUSED = three_wrong(Tries(), NOON)


@pytest.mark.parametrize("kept", [FULL_DAY, PAUSED], ids=["day", "pause"])
@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=400), NOON - DAWN_OF_TIME])
def test_a_clock_set_back_unlocks_nothing(kept: Tries, back: timedelta) -> None:
    assert lived_through(kept, NOON - back, 1)


def test_a_kiosk_that_comes_up_in_1970_goes_on_counting_and_the_right_time_is_no_new_day() -> None:
    tries = Tries(today=29, last_at=NOON)
    started = reckon(DAWN_OF_TIME, tries, 10)
    tries = wrong(tries, started, 1)

    assert (tries.today, tries.last_at) == (30, after(10))
    assert lived_through(tries, after(300), 1)


@pytest.mark.parametrize("clock", [DAWN_OF_TIME, NOON, NOON + timedelta(days=4000)])
def test_no_clock_locks_for_longer_than_the_kiosk_would_have_waited_anyway(clock: datetime) -> None:
    spoilt = Tries(today=TRIES_A_DAY, last_at=NOON + timedelta(days=3650))

    assert not lived_through(PAUSED, clock, 61)
    assert not lived_through(FULL_DAY, clock, 24 * 3600)
    assert not lived_through(spoilt, clock, 24 * 3600)


def test_a_lock_far_in_the_future_is_believed_for_a_quarter_of_an_hour() -> None:
    nonsense = Tries(last_at=NOON, locked_until=NOON + timedelta(days=9), pause_s=1e9)

    assert locked(nonsense, after(899))
    assert not locked(nonsense, after(900))
    assert as_of(nonsense, NOON).locked_until == after(900)


def test_a_lock_that_is_looked_at_moves_on_with_the_time_over_restarts() -> None:
    tries = FULL_DAY
    for _ in range(13):  # every two hours somebody tries, and pulls the plug: 1970 again
        now = reckon(DAWN_OF_TIME, tries, 2 * 3600)
        if not locked(tries, now):
            break
        tries = as_of(tries, now)
    else:
        pytest.fail("it is locked for ever")


def test_another_time_zone_is_no_other_day() -> None:
    tokyo = timezone(timedelta(hours=9))
    evening = datetime(2026, 11, 23, 20, tzinfo=tokyo)
    tries = Tries(today=30, last_at=evening.astimezone(UTC))

    assert locked(tries, evening + timedelta(hours=3))
    assert not locked(tries, evening + timedelta(hours=5))


@given(
    st.lists(
        st.tuples(st.floats(0, 40_000), st.booleans(), st.integers(-90_000, 90_000)), max_size=60
    )
)
def test_however_often_the_plug_is_pulled_and_the_clock_is_wrong_only_time_brings_more_tries(
    steps: list[tuple[float, bool, int]],
) -> None:
    """Real time goes on by each step; the clock lies by so many seconds, never ahead of it."""
    kept, real, evaluated = Tries(), 0.0, 0
    for gap_s, restarted, lie_s in steps:
        real += gap_s
        started_at, up_s = (real, 1.0) if restarted else (real - min(gap_s, 1.0), min(gap_s, 1.0))
        now = reckon(after(started_at + min(0, lie_s)), kept, up_s)
        if locked(kept, now):
            kept = as_of(kept, now)
        else:
            kept = wrong(kept, now, 1)
            evaluated += 1

    assert evaluated <= TRIES_A_DAY * (2 + real / 86_400)
