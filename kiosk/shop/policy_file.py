"""Reading ``policy.toml``: right as a whole, or refused with every mistake named at once."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from kiosk.errors import ConfigError
from kiosk.shop.policy import Clause, Policy, Vocabulary
from kiosk.shop.words import split

LONGEST_TEXT: Final = 400
"""Characters of a clause: about half a minute of speech."""
_ID: Final = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_TOP: Final = ("version", "clause", "words", "topics", "ignored", "products")
_CLAUSE: Final = ("id", "text", "questions", "valid_from", "valid_until", "needs", "hand_over")


def load_policy(path: Path) -> Policy:
    """Read a policy file. Raises ConfigError with every mistake in it."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as err:
        reason = err.strerror if isinstance(err, OSError) else "it is not UTF-8 text"
        raise ConfigError([f"policy {path} cannot be read: {reason}"]) from err
    return parse_policy(text, str(path))


def parse_policy(text: str, source: str) -> Policy:
    """Read a policy; ``source`` names it in the mistakes. Raises ConfigError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise ConfigError([f"{source}: {err}"]) from err
    file = _File(data)
    policy = file.policy()
    if file.mistakes:
        raise ConfigError([f"{source}: {mistake}" for mistake in file.mistakes])
    return policy


class _File:
    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data
        self.mistakes: list[str] = []

    def policy(self) -> Policy:
        self._unknown("the file", self._data, _TOP)
        version = self._text("the file", self._data, "version")
        vocabulary = self._vocabulary()
        tables = self._data.get("clause")
        if not isinstance(tables, list) or not tables:
            self.mistakes.append("there is no [[clause]] in it")
            tables = []
        clauses = tuple(self._clause(number, table) for number, table in enumerate(tables, 1))
        self._twice(clauses, vocabulary)
        return Policy(version, clauses, vocabulary)

    def _vocabulary(self) -> Vocabulary:
        groups = self._data.get("words", {})
        if not isinstance(groups, dict):
            self.mistakes.append("words must be a table of lists")
            groups = {}
        lists = {name: self._texts("words", groups, name) for name in groups}
        meaning: dict[tuple[str, ...], str] = {}
        for name, phrases in lists.items():
            for phrase in phrases:
                other = meaning.setdefault(split(phrase), name)
                if other != name:
                    self.mistakes.append(f'words: "{phrase}" stands under {other} and {name}')
        ignored = [
            *self._texts("the file", self._data, "ignored", needed=False),
            *self._texts("the file", self._data, "products", needed=False),
        ]
        topics = self._texts("the file", self._data, "topics", needed=False)
        self.mistakes += [
            f'topics: "{topic}" is not a group under [words]{_nearest(topic, lists)}'
            for topic in topics
            if topic not in lists
        ]
        return Vocabulary(lists, ignored, topics)

    def _clause(self, number: int, raw: object) -> Clause:
        table = raw if isinstance(raw, dict) else {}
        name = table.get("id")
        where = f"clause {name}" if isinstance(name, str) and name else f"clause number {number}"
        self._unknown(where, table, _CLAUSE)
        clause_id = self._text(where, table, "id")
        if clause_id and not _ID.fullmatch(clause_id):
            self.mistakes.append(f"{where}: id must be lower-case words joined by dots")
        text = self._text(where, table, "text")
        if len(text) > LONGEST_TEXT:
            self.mistakes.append(f"{where}: text is longer than {LONGEST_TEXT} characters")
        if any(not char.isprintable() for char in text):
            self.mistakes.append(f"{where}: text must be one line of printable characters")
        hand_over = table.get("hand_over", False)
        if not isinstance(hand_over, bool):
            self.mistakes.append(f"{where}: hand_over must be true or false")
        valid_from = self._day(where, table, "valid_from")
        valid_until = self._day(where, table, "valid_until") if "valid_until" in table else None
        if valid_from and valid_until and valid_until < valid_from:
            self.mistakes.append(f"{where}: valid_until is before valid_from")
        return Clause(
            clause_id=clause_id,
            text=text,
            questions=self._texts(where, table, "questions"),
            valid_from=valid_from or date.min,
            valid_until=valid_until,
            needs=self._texts(where, table, "needs", needed=False),
            hand_over=hand_over is True,
        )

    def _twice(self, clauses: tuple[Clause, ...], vocabulary: Vocabulary) -> None:
        """Name clauses that are in force together and say the same id or question."""
        for later, clause in enumerate(clauses):
            asked = {vocabulary.read(question): question for question in clause.questions}
            if frozenset() in asked:
                question = asked[frozenset()]
                self.mistakes.append(
                    f'clause {clause.clause_id}: "{question}" holds ignored words only'
                )
            for other in clauses[:later]:
                if not _together(clause, other):
                    continue
                if clause.clause_id and clause.clause_id == other.clause_id:
                    self.mistakes.append(
                        f"clause {clause.clause_id} is there twice for the same days"
                    )
                    continue
                self.mistakes += [
                    f'clauses {other.clause_id} and {clause.clause_id} both claim "{asked[same]}"'
                    for same in (vocabulary.read(question) for question in other.questions)
                    if same and same in asked
                ]

    def _unknown(self, where: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
        self.mistakes += [
            f"{where}: unknown key {key}{_nearest(key, known)}" for key in table if key not in known
        ]

    def _text(self, where: str, table: Mapping[str, Any], key: str) -> str:
        value = table.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        wrong = "is missing" if value is None else "must be text in quotes"
        self.mistakes.append(f"{where}: {key} {wrong}")
        return ""

    def _texts(
        self, where: str, table: Mapping[str, Any], key: str, *, needed: bool = True
    ) -> tuple[str, ...]:
        value = table.get(key)
        if value is None and not needed:
            return ()
        if isinstance(value, list) and value and all(isinstance(x, str) and x for x in value):
            return tuple(value)
        wrong = "is missing" if value is None else 'must be a list of texts, like ["this", "that"]'
        self.mistakes.append(f"{where}: {key} {wrong}")
        return ()

    def _day(self, where: str, table: Mapping[str, Any], key: str) -> date | None:
        value = table.get(key)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        wrong = "is missing" if value is None else "must be a day, like 2026-01-31"
        self.mistakes.append(f"{where}: {key} {wrong}")
        return None


def _together(one: Clause, other: Clause) -> bool:
    return one.valid_from <= (other.valid_until or date.max) and other.valid_from <= (
        one.valid_until or date.max
    )


def _nearest(name: str, known: Mapping[str, Any] | tuple[str, ...]) -> str:
    near: Iterator[str] = iter(difflib.get_close_matches(name, known, n=1))
    best = next(near, None)
    return f"; did you mean {best}?" if best else ""
