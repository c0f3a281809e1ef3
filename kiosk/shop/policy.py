"""Dated policy clauses, and how the one that answers a question is found.

A clause is found by the words it shares with the question, rare words counting more than
common ones. A stranger, a word that no clause knows, counts against every clause, so that a
question about something else stays below the floor: no answer is better than the wrong clause.
A topic, a word that leaves no doubt what is asked about, makes strangers count less.

Pure: the day comes in as ``today``.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Final, Self

from kiosk.shop.days import WEEKDAYS, without_dates
from kiosk.shop.returns import DAYS
from kiosk.shop.stores import Store, exceptions_sentence, hours_sentence
from kiosk.shop.words import split

_SAID_IN_PASSING: Final = frozenset(WEEKDAYS)
_FLOOR: Final = 0.64
_STRANGER: Final = 1.3
_STRANGER_BESIDE_TOPIC: Final = 0.55
"""Weight of a stranger, against that of a word that only one clause knows."""
_ENDINGS: Final = (("ies", "y", 4), ("ing", "", 6), ("ed", "", 5), ("s", "", 4), ("e", "", 4))


class Table(StrEnum):
    """What of a store's own table answers a clause."""

    NONE = ""
    WEEK = "week"  # the opening hours of the days that are asked about
    EXCEPTIONS = "exceptions"  # those of holidays, where the store has set them


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A dated piece of policy; ``text`` is spoken as it stands.

    ``needs`` are combinations of words: the question must hold all the words of at least one.
    ``hand_over`` sends the customer to a colleague after the text. ``stores`` are the ids of the
    stores it is for, none for all of them. ``hours`` has the store's table answer, and ``text``
    only what that cannot.
    """

    clause_id: str
    text: str
    questions: tuple[str, ...]
    valid_from: date
    valid_until: date | None = None
    needs: tuple[str, ...] = ()
    hand_over: bool = False
    stores: tuple[str, ...] = ()
    hours: Table = Table.NONE

    def valid(self, today: date, store: str = "") -> bool:
        """Tell whether the clause is in force in a store; both of its days are included."""
        here = not self.stores or store in self.stores
        return (
            here
            and self.valid_from <= today
            and (self.valid_until is None or today <= self.valid_until)
        )

    def spoken(self, question: str, today: date, store: Store | None) -> Self:
        """Return the clause with the text that answers ``question``."""
        match self.hours:
            case Table.WEEK if store:
                return replace(self, text=hours_sentence(store, question, today))
            case Table.EXCEPTIONS if store:
                text = exceptions_sentence(store, question, today)
                return replace(self, text=text) if text else self
            case _:
                return self


class Vocabulary:
    """Turns a question into the set of words that matter, whatever way it was put."""

    def __init__(
        self,
        groups: Mapping[str, Iterable[str]],
        ignored: Iterable[str] = (),
        topics: Iterable[str] = (),
    ) -> None:
        """Make a vocabulary.

        ``groups`` names a word and the words and phrases that mean the same; ``ignored`` words
        and phrases say nothing about what is asked; ``topics`` are groups that say it all.
        """
        self.topics = frozenset(topics)
        self._exact: dict[tuple[str, ...], str] = {}
        self._stems: dict[tuple[str, ...], str] = {}
        for name, phrases in groups.items():
            for phrase in (name, *phrases):
                words = split(phrase)
                self._exact.setdefault(words, name)
                self._stems.setdefault(tuple(map(_stem, words)), name)
        for phrase in ignored:
            self._exact.setdefault(split(phrase), "")
        self._longest = max(map(len, self._exact), default=1)

    def read(self, text: str, today: date | None = None) -> frozenset[str]:
        """Return the words that matter; with ``today``, "tomorrow" becomes its weekday."""
        words, stems = split(text), tuple(map(_stem, split(text)))
        found, at = set(), 0
        while at < len(words):
            for length in range(min(self._longest, len(words) - at), 0, -1):
                name = self._name(words[at : at + length], stems[at : at + length])
                if name is not None:
                    break
            else:
                name, length = _weekday(words[at], stems[at], today), 1
            if name:
                found.add(name)
            at += length
        return frozenset(found)

    def _name(self, words: tuple[str, ...], stems: tuple[str, ...]) -> str | None:
        """Return what a span stands for: "" for nothing, None when it is not known."""
        exact = self._exact.get(words)
        return self._stems.get(stems) if exact is None else exact


def _stem(word: str) -> str:
    for ending, instead, least in _ENDINGS:
        if word.endswith(ending) and len(word) >= least and not word.endswith("ss"):
            word = word.removesuffix(ending) + instead
    return word


def _weekday(word: str, stem: str, today: date | None) -> str:
    if stem in WEEKDAYS:
        return stem
    ahead = {"today": 0, "tonight": 0, "now": 0, "tomorrow": 1}.get(word)
    if ahead is None or today is None:
        return stem
    return WEEKDAYS[(today + timedelta(days=ahead)).weekday()]


_Words = tuple[frozenset[str], ...]


@dataclass(frozen=True)
class Policy:
    """A version of the shop's policy.

    ``expires`` is the last day the set as a whole is meant for, ``return_days`` how long after
    the delivery a return is taken.
    """

    version: str
    clauses: tuple[Clause, ...]
    vocabulary: Vocabulary
    stores: tuple[Store, ...] = ()
    expires: date | None = None
    return_days: int = DAYS

    def expired(self, today: date) -> bool:
        """Tell whether the set is out of date. It still answers: staff are told."""
        return self.expires is not None and today > self.expires

    def store(self, store_id: str = "") -> Store | None:
        """Return the store with that id, the first for "", None when there is none."""
        return next((store for store in self.stores if store_id in ("", store.store_id)), None)

    @cached_property
    def _variants(self) -> tuple[tuple[Clause, _Words, _Words], ...]:
        read = self.vocabulary.read
        return tuple(
            (clause, tuple(map(read, clause.needs)), tuple(map(read, clause.questions)))
            for clause in self.clauses
        )

    @cached_property
    def _weights(self) -> dict[str, float]:
        clauses_with = Counter(
            word for _, _, variants in self._variants for word in frozenset[str]().union(*variants)
        )
        weights = {
            word: math.log(1 + len(self.clauses) / count) for word, count in clauses_with.items()
        }
        return weights | dict.fromkeys(self.vocabulary.topics, self._rarest)

    @property
    def _rarest(self) -> float:
        return math.log(1 + len(self.clauses))

    def search(self, question: str, today: date, store_id: str = "") -> Clause | None:
        """Return the clause in force in a store that answers the question, or None.

        Its text is what is to be said. ``store_id`` "" is the first store.
        """
        asked = self.vocabulary.read(without_dates(question), today)
        store = self.store(store_id)
        here = store.store_id if store else ""
        best: tuple[float, float] = (_FLOOR, 0.0)
        found = None
        for clause, needs, variants in self._variants:
            if not clause.valid(today, here) or (
                needs and not any(need <= asked for need in needs)
            ):
                continue
            for variant in variants:
                score = self._score(asked, variant)
                if score > best:
                    best, found = score, clause
        return found.spoken(question, today, store) if found else None

    def _score(self, asked: frozenset[str], variant: frozenset[str]) -> tuple[float, float]:
        """Return how well the words agree, 0 to 1, and the weight of those shared."""
        on_topic = asked & variant & self.vocabulary.topics
        stranger = self._rarest * (_STRANGER_BESIDE_TOPIC if on_topic else _STRANGER)

        def weigh(words: frozenset[str]) -> float:
            return sum(self._weights.get(word, stranger) for word in words)

        shared = weigh(asked & variant)
        both = weigh(asked - (_SAID_IN_PASSING - variant)) + weigh(variant)
        return (2 * shared / both if both else 0.0), shared
