"""Reading the tables of a policy file, with every mistake noted and reading going on."""

import difflib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any


class Tables:
    """Values out of TOML tables. What is missing or wrong becomes a mistake and an empty value.

    ``where`` names the table in the mistakes.
    """

    def __init__(self) -> None:
        self.mistakes: list[str] = []

    def wrong(self, where: str, mistake: str) -> None:
        """Note a mistake."""
        self.mistakes.append(f"{where}: {mistake}")

    def unknown(self, where: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
        """Note the keys that nobody reads."""
        for key in table:
            if key not in known:
                self.wrong(where, f"unknown key {key}{nearest(key, known)}")

    def text(self, where: str, table: Mapping[str, Any], key: str, most: int = 1000) -> str:
        """Return a text of one line and ``most`` characters."""
        value = table.get(key)
        if not isinstance(value, str) or not value.strip():
            missing = "is missing" if value is None else "must be text in quotes"
            self.wrong(where, f"{key} {missing}")
            return ""
        text = value.strip()
        if len(text) > most:
            self.wrong(where, f"{key} is longer than {most} characters")
        if not text.isprintable():
            self.wrong(where, f"{key} must be one line of printable characters")
        return text

    def texts(
        self, where: str, table: Mapping[str, Any], key: str, *, needed: bool = True
    ) -> tuple[str, ...]:
        """Return a list of texts."""
        value = table.get(key)
        if value is None and not needed:
            return ()
        if isinstance(value, list) and value and all(isinstance(x, str) and x for x in value):
            return tuple(value)
        like = 'must be a list of texts, like ["this", "that"]'
        self.wrong(where, f"{key} {'is missing' if value is None else like}")
        return ()

    def day(self, where: str, table: Mapping[str, Any], key: str) -> date | None:
        """Return a day."""
        value = table.get(key)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        wrong = "is missing" if value is None else "must be a day, like 2026-01-31"
        self.wrong(where, f"{key} {wrong}")
        return None

    def table(self, where: str, table: Mapping[str, Any], key: str) -> dict[str, Any]:
        """Return a table inside the table; an empty one when it is left out."""
        value = table.get(key, {})
        if isinstance(value, dict):
            return value
        self.wrong(where, f"{key} must be a table")
        return {}


def nearest(name: str, known: Mapping[str, Any] | tuple[str, ...]) -> str:
    """Return a hint at the known name that is most like ``name``, or nothing."""
    near: Iterator[str] = iter(difflib.get_close_matches(name, known, n=1))
    best = next(near, None)
    return f"; did you mean {best}?" if best else ""
