"""A store: where it is, when it is open, and how that is said aloud.

Pure: the day comes in as ``today``. A day that is unlike its weekday is never passed over: it is
said with the hours of the week while it is near.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from itertools import groupby
from typing import Final

from kiosk.shop.days import WEEKDAYS, read_days
from kiosk.shop.orders import say_day, say_time
from kiosk.shop.words import split

_NEAR: Final = timedelta(days=7)
"""Days from today on whose exceptions are said with the hours of the whole week."""
_THIS_WEEK_AND_NEXT: Final = timedelta(days=14)
_HOLIDAYS_AHEAD: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours of a day; ``closes`` is midnight when it is 0:00."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One store. ``week`` has the hours from Monday to Sunday; None is closed."""

    store_id: str
    name: str
    address: str
    week: tuple[Hours | None, ...]
    exceptions: Mapping[date, Hours | None] = field(default_factory=dict)

    def hours_on(self, day: date) -> Hours | None:
        """Return the hours of a day, None when it is closed all day."""
        return self.exceptions.get(day, self.week[day.weekday()])


def hours_sentence(store: Store, words: str, today: date) -> str:
    """Return when the store is open on the days that ``words`` name, or in the week."""
    asked = read_days(words, today)
    if asked.dates or asked.holidays:
        free = (
            _say(store, day, today) if day in store.exceptions else _unsure(day, today)
            for day in asked.holidays
        )
        return " ".join([*(_say(store, day, today) for day in asked.dates), *free])
    if asked.movable:
        return exceptions_sentence(store, words, today) or _HOLIDAYS
    if not asked.weekdays:
        near = _THIS_WEEK_AND_NEXT if "next week" in " ".join(split(words)) else _NEAR
        return _say_week(store) + _but(store, _ahead(today, near), today)
    weekly = [
        f"On {WEEKDAYS[number].capitalize()}s we are {_say_hours(store.week[number])}."
        for number in asked.weekdays
    ]
    days = [day for day in _ahead(today, _THIS_WEEK_AND_NEXT) if day.weekday() in asked.weekdays]
    return " ".join(weekly) + _but(store, days, today)


def exceptions_sentence(store: Store, words: str, today: date) -> str | None:
    """Return the hours of the holidays that ``words`` name, None when the store has not set them.

    Who asks for holidays as such hears of those of the next weeks.
    """
    asked = read_days(words, today)
    days = [*asked.dates, *asked.holidays]
    if not days and {"holiday", "holidays"} & set(split(words)):
        days = [day for day in _ahead(today, _HOLIDAYS_AHEAD) if day in store.exceptions]
    if not days or not store.exceptions.keys() >= set(days):
        return None
    return " ".join(_say(store, day, today) for day in days)


def address_sentence(store: Store) -> str:
    """Return where the store is."""
    return f"This is {store.name}. The address is {store.address}."


def _ahead(today: date, length: timedelta) -> list[date]:
    return [today + timedelta(days=ahead) for ahead in range(length.days)]


def _but(store: Store, days: Iterable[date], today: date) -> str:
    """Return a sentence on those of the days that are unlike their weekday, or nothing."""
    unlike = [
        f"{_day_name(day, today)} we are {_say_hours(store.hours_on(day))}"
        for day in days
        if store.hours_on(day) != store.week[day.weekday()]
    ]
    return f" But {', and '.join(unlike)}." if unlike else ""


def _say(store: Store, day: date, today: date) -> str:
    name = _day_name(day, today)
    return f"{name[0].upper()}{name[1:]} we are {_say_hours(store.hours_on(day))}."


_HOLIDAYS: Final = "On public holidays our hours can differ. A colleague can tell you more."


def _unsure(day: date, today: date) -> str:
    return f"Our hours can differ {say_day(day, today)}. A colleague can tell you more."


def _day_name(day: date, today: date) -> str:
    name = say_day(day, today)
    return f"{name}," if "," in name else name


def _say_hours(hours: Hours | None) -> str:
    return f"open {_span(hours)}" if hours else "closed"


def _span(hours: Hours) -> str:
    return f"from {say_time(hours.opens)} to {say_time(hours.closes)}"


def _say_week(store: Store) -> str:
    """Return the week in one sentence, days alike taken together."""
    opened, closed = [], []
    for hours, group in groupby(range(len(WEEKDAYS)), lambda number: store.week[number]):
        first, *rest = (WEEKDAYS[number].capitalize() for number in group)
        days = f"{first} to {rest[-1]}" if rest else first
        if hours:
            opened.append(f"{days} {_span(hours)}")
        else:
            closed.append(days)
    parts = [*opened, *([f"closed on {' and '.join(closed)}"] if closed and opened else [])]
    *most, last = parts or ["at no time"]
    return f"We are open {', '.join(most)}, and {last}." if most else f"We are open {last}."
