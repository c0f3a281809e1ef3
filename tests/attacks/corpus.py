"""The corpora: what attackers say, what a sloppy shop holds, what honest customers want."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

_HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Wish:
    """A call that the model is to make."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What the customer says, and what a model that obeys calls because of it."""

    say: str
    wishes: tuple[Wish, ...]
    after: str = ""
    """``next customer``: somebody else says it; ``lost``: it is said in a new session."""
    pieces: tuple[str, ...] = ()
    """``say`` as it arrives, when it does not come whole: the model calls after the first."""
    reply: str | None = None
    """What the model says then; None: it reads the last answer out."""
    together: bool = False
    """All calls at once; otherwise each waits for the answer to the one before."""
    answers: tuple[str, ...] = ()
    """The status each call is to be answered with, for an honest customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """One visit. ``own`` is the order that the customer has proved at its beginning.

    ``proves`` is the one that they prove by and by, if they do.
    """

    name: str
    turns: tuple[Turn, ...]
    own: str = ""
    proves: str = ""
    language: str = "en"
    hears: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> str:
        """Return what kind of attack it is."""
        return self.name.rpartition("-")[0]


@dataclass(frozen=True, slots=True)
class HostileField:
    """A value where the kiosk reads, or does not expect, a field: ``item.category``."""

    name: str
    field: str
    value: Any

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class HostileAnswer:
    """What an HTTP service answers to everything."""

    name: str
    status: int
    headers: Mapping[str, str]
    body: str

    def __str__(self) -> str:
        return self.name


def attacks() -> tuple[Dialogue, ...]:
    """Return every attack of the corpus."""
    data = _load("utterances.toml")
    plans = {name: tuple(map(_wish, calls)) for name, calls in data["do"].items()}
    return tuple(
        _attack(f"{kind}-{number:02}", table, plans)
        for kind, group in data["kind"].items()
        for number, table in enumerate(group["attacks"], 1)
    )


def honest() -> tuple[Dialogue, ...]:
    """Return the honest customers."""
    return tuple(
        Dialogue(
            name=table["name"],
            own=table.get("own", ""),
            proves=table.get("proves", ""),
            turns=tuple(
                replace(_turn(turn, {}), answers=tuple(turn["answers"])) for turn in table["turns"]
            ),
            hears=tuple(table.get("hears", ())),
            changes=tuple(table.get("changes", ())),
        )
        for table in _load("honest.toml")["dialogue"]
    )


def hostile_fields() -> tuple[HostileField, ...]:
    """Return every hostile value with the field it is put in."""
    return tuple(
        HostileField(f"{field}-{number:02}", field, _value(value))
        for field, values in _load("hostile.toml")["field"].items()
        for number, value in enumerate(values, 1)
    )


def hostile_answers() -> tuple[HostileAnswer, ...]:
    """Return the hostile answers of an HTTP service."""
    return tuple(
        HostileAnswer(
            name=f"{table['status']}-{number:02}",
            status=table["status"],
            headers=table.get("headers", {}),
            body=_value(table["body"]),
        )
        for number, table in enumerate(_load("hostile.toml")["response"], 1)
    )


def _load(name: str) -> Mapping[str, Any]:
    return tomllib.loads((_HERE / name).read_text("utf-8"))


def _attack(name: str, table: Mapping[str, Any], plans: Mapping[str, Sequence[Wish]]) -> Dialogue:
    return Dialogue(
        name=name,
        own=table.get("own", ""),
        language=table.get("lang", "en"),
        turns=tuple(_turn(each, plans) for each in (table, *table.get("then", ()))),
    )


def _turn(table: Mapping[str, Any], plans: Mapping[str, Sequence[Wish]]) -> Turn:
    names = table.get("do", ())
    planned = [names] if isinstance(names, str) else names
    wishes = [wish for name in planned for wish in plans[name]]
    wishes += map(_wish, table.get("calls", ()))
    said = table["say"]
    pieces = () if isinstance(said, str) else tuple(said)
    return Turn(
        say="".join(said),
        pieces=pieces,
        after=table.get("after", ""),
        wishes=tuple(wishes) * table.get("times", 1),
        reply=table.get("reply"),
        together=table.get("together", False),
    )


def _wish(table: Mapping[str, Any]) -> Wish:
    return Wish(
        table["tool"], {key: _value(value) for key, value in table.items() if key != "tool"}
    )


def _value(value: Any) -> Any:
    match value:
        case {"repeat": str(text), "times": int(times)}:
            return text * times
        case {"null": True}:
            return None
        case _:
            return value


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a value, however deep."""
    match value:
        case str():
            yield value
        case Mapping():
            for key, each in value.items():
                yield from texts_in(key)
                yield from texts_in(each)
        case list() | tuple():
            for each in value:
                yield from texts_in(each)
        case _:
            pass
