from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.shop.answers import fit
from kiosk.shop.store_answers import store_answer
from kiosk.shop.stores import Hours, Store, address_sentence, exceptions_sentence, hours_sentence

MONDAY = date(2026, 11, 23)
NINE_TO_NINE = Hours(time(9), time(21))


def store(*week: Hours | None, **exceptions: Hours | None) -> Store:
    """Make a store; exceptions are written d24 for the 24th of this month."""
    return Store(
        store_id="north",
        name="ShopMax North",
        address="1 North Road",
        week=week or (NINE_TO_NINE,) * 6 + (None,),
        exceptions={
            date(2026, 11, int(day.removeprefix("d"))): hours for day, hours in exceptions.items()
        },
    )


def test_days_alike_are_said_together() -> None:
    assert hours_sentence(store(), "", MONDAY) == (
        "We are open Monday to Saturday from 9 am to 9 pm, and closed on Sunday."
    )
    assert hours_sentence(store(*(NINE_TO_NINE,) * 7), "", MONDAY) == (
        "We are open Monday to Sunday from 9 am to 9 pm."
    )
    late = Hours(time(10, 30), time(0))
    assert hours_sentence(
        store(None, NINE_TO_NINE, late, None, None, NINE_TO_NINE, late), "", MONDAY
    ) == (
        "We are open Tuesday from 9 am to 9 pm, Wednesday from 10:30 am to midnight,"
        " Saturday from 9 am to 9 pm, Sunday from 10:30 am to midnight,"
        " and closed on Monday and Thursday to Friday."
    )
    assert hours_sentence(store(*(None,) * 7), "", MONDAY) == "We are open at no time."


@pytest.mark.parametrize(
    ("day", "say"),
    [
        ("", "We are open Monday to Saturday from 9 am to 9 pm, and closed on Sunday."),
        ("today", "Today we are open from 9 am to 9 pm."),
        ("Sunday", "On Sundays we are closed."),
        ("the 28th", "On Saturday we are open from 9 am to 9 pm."),
        (
            "Easter Monday",
            "On public holidays our hours can differ. A colleague can tell you more.",
        ),
        ("2026-11-27", "On Friday we are open from 9 am to 9 pm."),
        ("March 8", "On Monday, March 8, we are open from 9 am to 9 pm."),
        (
            "Christmas",
            "Our hours can differ on Friday, December 25. A colleague can tell you more.",
        ),
    ],
)
def test_a_customer_hears_when_the_store_is_open(day: str, say: str) -> None:
    assert hours_sentence(store(), day, MONDAY) == say


@pytest.mark.parametrize(
    ("day", "say"),
    [
        ("today", "Today we are open from 9 am to noon."),
        ("tomorrow", "Tomorrow we are closed."),
        (
            "Monday",
            "On Mondays we are open from 9 am to 9 pm. But today we are open from 9 am to noon.",
        ),
        (
            "",
            "We are open Monday to Saturday from 9 am to 9 pm, and closed on Sunday."
            " But today we are open from 9 am to noon, and tomorrow we are closed.",
        ),
        ("Wednesday", "On Wednesdays we are open from 9 am to 9 pm."),
    ],
)
def test_a_customer_hears_of_the_days_that_are_unlike_the_week(day: str, say: str) -> None:
    unlike = store(d23=Hours(time(9), time(12)), d24=None, d25=NINE_TO_NINE)

    assert hours_sentence(unlike, day, MONDAY) == say


def test_whoever_asks_of_next_week_hears_of_its_days_that_are_unlike_the_week() -> None:
    next_week = store(d30=None)  # the Monday after

    assert hours_sentence(next_week, "", MONDAY).endswith("closed on Sunday.")
    assert hours_sentence(next_week, "next week", MONDAY).endswith(
        " But on Monday, November 30, we are closed."
    )


def test_a_holiday_without_a_known_day_is_answered_by_what_the_store_has_set() -> None:
    assert hours_sentence(store(d26=None), "the bank holiday Monday", MONDAY) == (
        "On Thursday we are closed."
    )


def test_a_holiday_is_answered_only_when_the_store_has_set_it() -> None:
    closed = store(d26=None)

    assert exceptions_sentence(closed, "on November 26", MONDAY) == "On Thursday we are closed."
    assert exceptions_sentence(closed, "holiday hours", MONDAY) == "On Thursday we are closed."
    assert exceptions_sentence(closed, "on Christmas", MONDAY) is None
    assert exceptions_sentence(closed, "on Easter Monday", MONDAY) is None
    assert exceptions_sentence(store(), "holiday hours", MONDAY) is None


def test_a_customer_hears_where_they_are() -> None:
    assert address_sentence(store()) == "This is ShopMax North. The address is 1 North Road."
    assert store_answer(store(), "address", "", MONDAY) == {
        "status": "ok",
        "retryable": False,
        "say": "This is ShopMax North. The address is 1 North Road.",
        "about": "address",
        "store": "north",
    }
    assert store_answer(store(), "hours", "today", MONDAY)["say"] == (
        "Today we are open from 9 am to 9 pm."
    )
    assert store_answer(None, "hours", "", MONDAY)["status"] == "not_covered"


hours = st.none() | st.builds(Hours, st.times(), st.times())
days = st.dates(date(2000, 1, 1), date(2090, 1, 1))


@given(
    st.tuples(*[hours] * 7),
    st.dictionaries(st.integers(0, 13), hours),
    days,
    st.sampled_from(["", "today", "tomorrow", "monday", "weekend", "sunday", "christmas"]),
)
def test_an_exception_of_today_is_in_every_answer_about_today(
    week: tuple[Hours | None, ...],
    ahead: dict[int, Hours | None],
    today: date,
    asked: str,
) -> None:
    exceptions = {today + timedelta(days=days): hours for days, hours in ahead.items()}
    north = Store(store_id="n", name="N", address="A", week=week, exceptions=exceptions)

    say = hours_sentence(north, asked, today)

    assert fit(store_answer(north, "hours", asked, today))["say"] == say
    if asked in ("", "today") and north.hours_on(today) != week[today.weekday()]:
        assert "oday we are" in say
    if asked == "today":
        assert ("closed" in say) == (north.hours_on(today) is None)
