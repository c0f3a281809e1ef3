"""Reading ``policy.toml``: right as a whole, or refused with every mistake named at once."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from kiosk.errors import ConfigError
from kiosk.shop.policy import Clause, Policy, Table, Vocabulary
from kiosk.shop.policy_tables import Tables, nearest
from kiosk.shop.returns import DAYS
from kiosk.shop.store_file import read_stores
from kiosk.shop.stores import Store
from kiosk.shop.words import split

LONGEST_TEXT: Final = 400
"""Characters of a clause: about half a minute of speech."""
_LONGEST_RETURN_DAYS: Final = 365
_ID: Final = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_SAYS_DAYS: Final = re.compile(r"\b(\d+) days?\b")
_TOP: Final = (
    *("version", "expires", "returns", "clause", "store"),
    *("words", "topics", "ignored", "products"),
)
_CLAUSE: Final = (
    *("id", "text", "questions", "valid_from", "valid_until", "needs", "hand_over"),
    *("stores", "hours"),
)


def load_policy(path: Path, store_id: str = "") -> Policy:
    """Read a policy file for a store. Raises ConfigError with every mistake in it.

    A ``store_id`` that the file does not know is one.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as err:
        reason = err.strerror if isinstance(err, OSError) else "it is not UTF-8 text"
        raise ConfigError([f"policy {path} cannot be read: {reason}"]) from err
    return parse_policy(text, str(path), store_id)


def parse_policy(text: str, source: str, store_id: str = "") -> Policy:
    """Read a policy; ``source`` names it in the mistakes. Raises ConfigError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise ConfigError([f"{source}: {err}"]) from err
    file = Tables()
    policy = _policy(file, data)
    if store_id and not policy.store(store_id):
        ids = tuple(store.store_id for store in policy.stores)
        file.mistakes.append(f'there is no store "{store_id}" in it{nearest(store_id, ids)}')
    if file.mistakes:
        raise ConfigError([f"{source}: {mistake}" for mistake in file.mistakes])
    return policy


def _policy(file: Tables, data: dict[str, Any]) -> Policy:
    file.unknown("the file", data, _TOP)
    version = file.text("the file", data, "version")
    expires = file.day("the file", data, "expires") if "expires" in data else None
    vocabulary = _vocabulary(file, data)
    stores = read_stores(file, data)
    tables = data.get("clause")
    if not isinstance(tables, list) or not tables:
        file.mistakes.append("there is no [[clause]] in it")
        tables = []
    clauses = tuple(_clause(file, number, table, stores) for number, table in enumerate(tables, 1))
    _twice(file, clauses, vocabulary)
    return_days = _return_days(file, data, clauses)
    return Policy(version, clauses, vocabulary, stores, expires, return_days)


def _vocabulary(file: Tables, data: Mapping[str, Any]) -> Vocabulary:
    groups = data.get("words", {})
    if not isinstance(groups, dict):
        file.mistakes.append("words must be a table of lists")
        groups = {}
    lists = {name: file.texts("words", groups, name) for name in groups}
    meaning: dict[tuple[str, ...], str] = {}
    for name, phrases in lists.items():
        for phrase in phrases:
            other = meaning.setdefault(split(phrase), name)
            if other != name:
                file.wrong("words", f'"{phrase}" stands under {other} and {name}')
    ignored = [
        *file.texts("the file", data, "ignored", needed=False),
        *file.texts("the file", data, "products", needed=False),
    ]
    topics = file.texts("the file", data, "topics", needed=False)
    for topic in topics:
        if topic not in lists:
            near = nearest(topic, lists)
            file.wrong("topics", f'"{topic}" is not a group under [words]{near}')
    return Vocabulary(lists, ignored, topics)


def _clause(file: Tables, number: int, raw: object, stores: tuple[Store, ...]) -> Clause:
    table = raw if isinstance(raw, dict) else {}
    name = table.get("id")
    where = f"clause {name}" if isinstance(name, str) and name else f"clause number {number}"
    file.unknown(where, table, _CLAUSE)
    clause_id = file.text(where, table, "id")
    if clause_id and not _ID.fullmatch(clause_id):
        file.wrong(where, "id must be lower-case words joined by dots")
    hours = _hours(file, where, table, stores)
    text = "" if hours is Table.WEEK else file.text(where, table, "text", LONGEST_TEXT)
    hand_over = table.get("hand_over", False)
    if not isinstance(hand_over, bool):
        file.wrong(where, "hand_over must be true or false")
    valid_from = file.day(where, table, "valid_from")
    valid_until = file.day(where, table, "valid_until") if "valid_until" in table else None
    if valid_from and valid_until and valid_until < valid_from:
        file.wrong(where, "valid_until is before valid_from")
    scope = file.texts(where, table, "stores", needed=False)
    ids = tuple(store.store_id for store in stores)
    for store_id in scope:
        if store_id not in ids:
            file.wrong(where, f'stores: "{store_id}" is no [[store]]{nearest(store_id, ids)}')
    return Clause(
        clause_id=clause_id,
        text=text,
        questions=file.texts(where, table, "questions"),
        valid_from=valid_from or date.min,
        valid_until=valid_until,
        needs=file.texts(where, table, "needs", needed=False),
        hand_over=hand_over is True,
        stores=scope,
        hours=hours,
    )


def _hours(file: Tables, where: str, table: Mapping[str, Any], stores: tuple[Store, ...]) -> Table:
    value = table.get("hours", "")
    if value not in list(Table):
        file.wrong(where, 'hours must be "week" or "exceptions"')
        return Table.NONE
    if value and not stores:
        file.wrong(where, "hours needs a [[store]] to take them from")
    if value == Table.WEEK and "text" in table:
        file.wrong(where, "text would never be said: the store's hours are")
    return Table(value)


def _return_days(file: Tables, data: Mapping[str, Any], clauses: tuple[Clause, ...]) -> int:
    """Return the days of the return rule; name the clauses that say another number."""
    table = file.table("the file", data, "returns")
    file.unknown("returns", table, ("days",))
    days = table.get("days", DAYS)
    if type(days) is not int or not 1 <= days <= _LONGEST_RETURN_DAYS:
        file.wrong("returns", f"days must be a number from 1 to {_LONGEST_RETURN_DAYS}")
        return DAYS
    for clause in clauses:
        said = _SAYS_DAYS.findall(clause.text) if clause.clause_id.startswith("returns.") else []
        for number in sorted({int(number) for number in said} - {days}):
            where = f"clause {clause.clause_id}"
            file.wrong(where, f"text says {number} days, but [returns] says {days}")
    return days


def _twice(file: Tables, clauses: tuple[Clause, ...], vocabulary: Vocabulary) -> None:
    """Name clauses that are in force together and say the same id or question."""
    for later, clause in enumerate(clauses):
        asked = {vocabulary.read(question): question for question in clause.questions}
        if frozenset() in asked:
            question = asked[frozenset()]
            file.wrong(f"clause {clause.clause_id}", f'"{question}" holds ignored words only')
        for other in clauses[:later]:
            if not _together(clause, other):
                continue
            if clause.clause_id and clause.clause_id == other.clause_id:
                file.mistakes.append(f"clause {clause.clause_id} is there twice for the same days")
                continue
            file.mistakes += [
                f'clauses {other.clause_id} and {clause.clause_id} both claim "{asked[same]}"'
                for same in (vocabulary.read(question) for question in other.questions)
                if same and same in asked
            ]


def _together(one: Clause, other: Clause) -> bool:
    """Tell whether there is a day and a store in which both are in force."""
    if one.stores and other.stores and not set(one.stores) & set(other.stores):
        return False
    return one.valid_from <= (other.valid_until or date.max) and other.valid_from <= (
        one.valid_until or date.max
    )
