"""Reading the ``[[store]]`` tables of a policy file."""

import re
from collections.abc import Mapping
from datetime import date, time
from typing import Any, Final

from kiosk.shop.days import WEEKDAYS
from kiosk.shop.policy_tables import Tables
from kiosk.shop.stores import Hours, Store

_STORE: Final = ("id", "name", "address", "hours", "exceptions")
_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_HOURS: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d) ?- ?([01]?\d|2[0-4]):([0-5]\d)")
LONGEST_ID: Final = 60
_LONGEST_NAME: Final = 60
_LONGEST_ADDRESS: Final = 160


def read_stores(file: Tables, data: Mapping[str, Any]) -> tuple[Store, ...]:
    """Read the stores in ``data``; mistakes are noted in ``file``."""
    tables = data.get("store", [])
    if not isinstance(tables, list):
        file.wrong("the file", "stores are written [[store]]")
        return ()
    stores = tuple(_store(file, number, table) for number, table in enumerate(tables, 1))
    ids = [store.store_id for store in stores if store.store_id]
    for store_id in sorted({store_id for store_id in ids if ids.count(store_id) > 1}):
        file.wrong(f"store {store_id}", "is there twice")
    return stores


def _store(file: Tables, number: int, raw: object) -> Store:
    table = raw if isinstance(raw, dict) else {}
    name = table.get("id")
    where = f"store {name}" if isinstance(name, str) and name else f"store number {number}"
    file.unknown(where, table, _STORE)
    store_id = file.text(where, table, "id", LONGEST_ID)
    if store_id and not _ID.fullmatch(store_id):
        file.wrong(where, "id must be lower-case letters and digits, with hyphens between")
    hours = file.table(where, table, "hours")
    file.unknown(f"{where}: hours", hours, WEEKDAYS)
    exceptions = file.table(where, table, "exceptions")
    days = {text: _day(text) for text in exceptions}
    for text, day in days.items():
        if day is None:
            file.wrong(where, f"exceptions: {text} is no day, like 2026-12-25")
    return Store(
        store_id=store_id,
        name=file.text(where, table, "name", _LONGEST_NAME),
        address=file.text(where, table, "address", _LONGEST_ADDRESS),
        week=tuple(_hours(file, f"{where}: hours", day, hours.get(day)) for day in WEEKDAYS),
        exceptions={
            day: _hours(file, f"{where}: exceptions", text, exceptions[text])
            for text, day in days.items()
            if day
        },
    )


def _hours(file: Tables, where: str, day: str, value: object) -> Hours | None:
    """Read ``closed`` or ``09:00-21:00``; 24:00 is the midnight that ends the day."""
    if value == "closed":
        return None
    found = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        wrong = "is missing" if value is None else 'must be "closed" or like "09:00-21:00"'
        file.wrong(where, f"{day} {wrong}")
        return None
    opens, closes = _minutes(found[1], found[2]), _minutes(found[3], found[4])
    if not opens < closes <= _MIDNIGHT:
        file.wrong(where, f"{day} must end after it begins, at 24:00 the latest")
        return None
    return Hours(_time(opens), _time(closes))


_MIDNIGHT: Final = 24 * 60


def _minutes(hours: str, minutes: str) -> int:
    return int(hours) * 60 + int(minutes)


def _time(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-12-25") else None
    except ValueError:
        return None
