from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.shop.days import Days, read_days, without_dates

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("said", "dates"),
    [
        ("are you open today", [MONDAY]),
        ("till when tonight", [MONDAY]),
        ("right now", [MONDAY]),
        ("tomorrow", [date(2026, 11, 24)]),
        ("the day after tomorrow", [date(2026, 11, 25)]),
        ("today and tomorrow", [MONDAY, date(2026, 11, 24)]),
        ("December 23", [date(2026, 12, 23)]),
        ("on the 23rd of December", [date(2026, 12, 23)]),
        ("Wednesday, December the 23rd", [date(2026, 12, 23)]),
        ("2026-12-23", [date(2026, 12, 23)]),
        ("Dec 23", [date(2026, 12, 23)]),
        ("Sept 3rd", [date(2027, 9, 3)]),
        ("on the 30th", [date(2026, 11, 30)]),
        ("the 3rd", [date(2026, 12, 3)]),
        ("the 29th", [date(2026, 11, 29)]),
        ("the 32nd", []),
        ("November 22", [date(2027, 11, 22)]),
        ("February 30", []),
        ("may I come in", []),
    ],
)
def test_a_certain_day_is_understood_however_it_is_said(said: str, dates: list[date]) -> None:
    assert read_days(said, MONDAY) == Days(dates=tuple(dates))


@pytest.mark.parametrize(
    ("said", "weekdays"),
    [
        ("on Sundays", (6,)),
        ("this Thursday", (3,)),
        ("the weekend", (5, 6)),
        ("on Sat or Sun", (5, 6)),
        ("now what about Sunday", (6,)),
        ("on weekdays", ()),
        ("when are you open", ()),
    ],
)
def test_days_of_the_week_are_understood(said: str, weekdays: tuple[int, ...]) -> None:
    assert read_days(said, MONDAY) == Days(weekdays=weekdays)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("Christmas", date(2026, 12, 25)),
        ("Christmas Eve", date(2026, 12, 24)),
        ("New Year\u2019s Day", date(2027, 1, 1)),
        ("new year's eve", date(2026, 12, 31)),
        ("December 26", date(2026, 12, 26)),
    ],
)
def test_the_holidays_of_a_fixed_day_are_known(said: str, day: date) -> None:
    assert read_days(said, MONDAY) == Days(holidays=(day,))


@pytest.mark.parametrize(
    "said", ["Easter Monday", "on Good Friday", "the bank holiday", "Thanksgiving", "on holidays"]
)
def test_a_holiday_whose_day_is_not_known_is_no_day_of_the_week(said: str) -> None:
    assert read_days(said, MONDAY) == Days(movable=True)


def test_a_written_out_date_says_nothing_of_what_is_asked() -> None:
    assert without_dates("Open on December 24th?").split() == ["open", "on"]
    assert without_dates("the 1st of May, 2026-12-24").split() == ["the"]
    assert without_dates("open on the 24th").split() == ["open", "on", "the"]
    assert without_dates("may I come on Sunday") == "may i come on sunday"


@given(st.text(max_size=200), st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_whatever_is_said_only_a_written_out_day_lies_behind_us(said: str, today: date) -> None:
    days = read_days(said, today)

    assert all(day >= today for day in days.holidays)
    assert all(0 <= number <= 6 for number in days.weekdays)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_day_without_its_year_is_the_next_one(day: date, today: date) -> None:
    days = read_days(f"{day:%B} {day.day}", today)
    (read,) = days.dates or days.holidays or (None,)

    assert read is None or (read >= today and (read.month, read.day) == (day.month, day.day))
    assert read or (day.month, day.day) == (2, 29)
