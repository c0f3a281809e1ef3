"""Which days a customer speaks of: today, Sundays, December 24, the 24th, Christmas, Easter.

Pure: the day comes in as ``today``.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from kiosk.shop.words import split

WEEKDAYS: Final = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
_SHORT: Final = ("mon", "tues?", "wed", "thu(?:rs)?", "fri", "sat", "sun")
_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_HOLIDAYS: Final = {
    "christmas eve": (12, 24),
    "christmas day": (12, 25),
    "boxing day": (12, 26),
    "new years eve": (12, 31),
    "new years day": (1, 1),
    "christmas": (12, 25),
    "new year": (1, 1),
}
_MOVABLE: Final = re.compile(
    r"\b(?:(?:bank |public |legal |national )?holidays?|easter|good friday|maundy thursday"
    r"|ascension|pentecost|whit(?:sun)?|thanksgiving|black friday|may day|(?:labou?r|memorial"
    r"|independence|presidents|veterans|columbus|mothers|fathers) day)\b"
)
"""Holidays of which only the shop knows the day, or whether it keeps them at all."""
_AHEAD: Final = {
    "day after tomorrow": 2,
    "tomorrow": 1,
    "today": 0,
    "tonight": 0,
    "this morning": 0,
    "this afternoon": 0,
    "this evening": 0,
}
_MONTH: Final = f"({'|'.join(f'{month[:3]}(?:{month[3:]})?' for month in _MONTHS)}|sept)"
_MONTH_FIRST: Final = re.compile(rf"\b{_MONTH} (?:the )?(\d\d?)(?:st|nd|rd|th)?\b")
_DAY_FIRST: Final = re.compile(rf"\b(\d\d?)(?:st|nd|rd|th)?(?: of)? {_MONTH}\b")
_DAY_ALONE: Final = re.compile(r"\b(\d\d?)(?:st|nd|rd|th)\b")
_ISO: Final = re.compile(r"\b(\d{4}) (\d\d) (\d\d)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The days that were named: certain ones, public holidays, or ones that come every week.

    ``movable`` tells of a holiday whose day is not known here: Easter Monday is not any Monday.
    """

    dates: tuple[date, ...] = ()
    holidays: tuple[date, ...] = ()
    weekdays: tuple[int, ...] = ()
    movable: bool = False


def read_days(words: str, today: date) -> Days:
    """Return the days named in a question. A day without a year is the next one there is.

    A weekday beside a certain day (Thursday, December 24) only says it again.
    """
    text = " ".join(split(words))
    dates = {
        *(_day(int(year), int(month), int(day)) for year, month, day in _ISO.findall(text)),
        *(_next(_month(month), int(day), today) for month, day in _months(text)),
        *(_next_alone(int(day), today) for day in _DAY_ALONE.findall(_without(text, _WRITTEN))),
    }
    holidays: set[date | None] = {
        day for day in dates if day and (day.month, day.day) in _HOLIDAYS.values()
    }
    dates -= holidays
    for name, (month, day) in _HOLIDAYS.items():
        if re.search(rf"\b{name}\b", text):
            text = re.sub(rf"\b{name}\b", "", text)
            holidays.add(_next(month, day, today))
    for words_ahead, ahead in _AHEAD.items():
        if re.search(rf"\b{words_ahead}\b", text):
            text = re.sub(rf"\b{words_ahead}\b", "", text)
            dates.add(today + timedelta(days=ahead))
    certain, free = _known(dates), _known(holidays)
    movable = _MOVABLE.search(text) is not None
    weekdays = () if certain or free or movable else _weekdays(text)
    if not (certain or free or weekdays or movable) and re.search(r"\bnow\b", text):
        certain = (today,)
    return Days(dates=certain, holidays=free, weekdays=weekdays, movable=movable)


def without_dates(text: str) -> str:
    """Return the words of a text without written-out dates, which say nothing of its subject."""
    return _without(" ".join(split(text)), (*_WRITTEN, _DAY_ALONE))


_WRITTEN: Final = (_ISO, _MONTH_FIRST, _DAY_FIRST)


def _without(text: str, patterns: tuple[re.Pattern[str], ...]) -> str:
    for pattern in patterns:
        text = pattern.sub("", text)
    return text


def _month(name: str) -> int:
    return next(number for number, month in enumerate(_MONTHS, 1) if month[:3] == name[:3])


def _months(text: str) -> list[tuple[str, str]]:
    return [
        *_MONTH_FIRST.findall(text),
        *((month, day) for day, month in _DAY_FIRST.findall(text)),
    ]


def _weekdays(text: str) -> tuple[int, ...]:
    named = {
        number
        for number, (name, short) in enumerate(zip(WEEKDAYS, _SHORT, strict=True))
        if re.search(rf"\b(?:{name}s?|{short})\b", text)
    }
    if re.search(r"\bweekends?\b", text):
        named |= {5, 6}
    return tuple(sorted(named))


def _known(days: set[date | None]) -> tuple[date, ...]:
    return tuple(sorted(day for day in days if day))


def _next(month: int, day: int, today: date) -> date | None:
    this_year = _day(today.year, month, day)
    if this_year and this_year >= today:
        return this_year
    return _day(today.year + 1, month, day)


def _next_alone(day: int, today: date) -> date | None:
    """Return the next day of that number: the 24th."""
    months = range(today.month - 1, today.month + 12)
    dates = (_day(today.year + month // 12, month % 12 + 1, day) for month in months)
    return next((each for each in dates if each and each >= today), None)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
