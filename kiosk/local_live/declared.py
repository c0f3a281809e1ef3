"""The tools that a client declared, read for what a conversation needs of them.

A parameter is sorted by what a customer would say for it: an identifier to spell, a question
or a message in their own words, one of a few words, a number, yes or no, a day or time, goods,
a proof or a name. All of it is read out of the declaration: names, descriptions, types,
patterns, examples.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any, Final

from kiosk.core.spoken.identifiers import Shape
from kiosk.core.spoken.words import word_set
from kiosk.local_live.phrasing import words
from kiosk.local_live.vocabulary import Vocabulary, vocabulary

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_CODE: Final = re.compile(r"\b(?=[A-Z0-9-]*\d)[A-Z0-9]+(?:-[A-Z0-9]+)*\b")
_PLAIN_CODE: Final = re.compile(r"([A-Z]{0,5})([-_ ]?)(\d{3,})")
_COUNTS: Final = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_SO_MANY_DIGITS: Final = re.compile(rf"\b(\d+|{'|'.join(_COUNTS)})[ -]digits?\b", re.I)
_PATTERN_PART: Final = re.compile(r"\[A-Z\]|\\d|\[0-9\]|[A-Za-z0-9]|-")
_PATTERN_COUNT: Final = re.compile(r"\{(\d+)\}")

_IDENTIFYING: Final = word_set("id number no nr code reference ref tracking serial")
_ASKING: Final = word_set(
    "question query q text message prompt search request ask keywords topic phrase"
)
_LEFT: Final = word_set("message messages note notes memo")
_STAFF: Final = word_set("staff team colleague colleagues employee employees manager")
_TO_LEAVE: Final = word_set("take leave send pass write record forward notify tell inform create")
_TIMELY: Final = word_set("date day time when start end from until weekday")
_ITEM: Final = word_set("item items product products article goods thing")
_VERIFYING: Final = word_set(
    "verify verification prove proof authenticate authentication identify identity validate"
)
_PROVING: Final = word_set(
    "proof postcode postal zip phone pin digits secret fact last birthday password answer"
)
_NO_SHAPE: Final = Shape()
_NUMERIC: Final = frozenset(("integer", "number"))


class Kind(StrEnum):
    """What a customer says for a parameter."""

    IDENTIFIER = auto()
    QUESTION = auto()
    MESSAGE = auto()  # words for other people, which are not an answer to anything
    CHOICE = auto()
    NUMBER = auto()
    YES_NO = auto()
    WHEN = auto()
    NAME = auto()
    ITEM = auto()  # goods, by the word for them
    PROOF = auto()  # what only the customer knows
    OTHER = auto()  # nothing that can be taken from speech


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; ``noun`` names it in a sentence ("order number")."""

    name: str
    noun: str
    description: str
    kind: Kind
    required: bool
    shape: Shape = _NO_SHAPE
    choices: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """One declared function; ``title`` and ``about`` are what it says of itself.

    ``words`` is what of that is compared with an utterance.
    """

    name: str
    title: str
    about: str
    waits: bool
    parameters: tuple[Parameter, ...]
    words: Vocabulary

    def first(self, kind: Kind) -> Parameter | None:
        """Return the first parameter of a kind, a required one if there is any."""
        found = sorted(
            (parameter for parameter in self.parameters if parameter.kind is kind),
            key=lambda parameter: not parameter.required,
        )
        return found[0] if found else None


def read_tools(declarations: Sequence[Mapping[str, Any]]) -> tuple[Tool, ...]:
    """Read declarations; what is malformed in one is left out of it."""
    return tuple(
        _tool(declaration)
        for declaration in declarations
        if isinstance(declaration.get("name"), str) and declaration["name"]
    )


def human(name: str) -> str:
    """Return a name the way it is said: ``orderId`` becomes ``order id``."""
    return " ".join(re.findall(r"[a-z]+|\d+", _CAMEL.sub(" ", name).lower()))


def _tool(declaration: Mapping[str, Any]) -> Tool:
    about = str(declaration.get("description") or "")
    schema = declaration.get("parameters") or declaration.get("parametersJsonSchema")
    schema = schema if isinstance(schema, Mapping) else {}
    properties = schema.get("properties")
    required = schema.get("required")
    title = human(declaration["name"])
    parameters = tuple(
        _parameter(
            str(name),
            sub,
            about,
            required=isinstance(required, list) and name in required,
            leaves=_leaves_word(title, str(name)),
            proves=_proves(title, str(name)),
        )
        for name, sub in (properties.items() if isinstance(properties, Mapping) else ())
        if isinstance(sub, Mapping)
    )
    return Tool(
        name=declaration["name"],
        title=title,
        about=about,
        waits=str(declaration.get("behavior", "")).upper() != "NON_BLOCKING",
        parameters=parameters,
        words=vocabulary(
            title,
            about,
            [parameter.noun for parameter in parameters],
            [choice for parameter in parameters for choice in parameter.choices],
        ),
    )


def _leaves_word(title: str, name: str) -> bool:
    """Tell ``take_message(message)`` and ``notify_staff(text)`` from ``ask(message)``."""
    of_title, of_name = set(title.split()), set(human(name).split())
    takes = bool(of_title & _TO_LEAVE) and bool(of_title & (_LEFT | _STAFF))
    return takes and bool(of_name & (_LEFT | {"text", "content", "body"}))


def _proves(title: str, name: str) -> bool:
    """Tell ``verify_customer(order_id, proof)`` from ``find_store(postcode)``."""
    return bool(set(title.split()) & _VERIFYING and set(human(name).split()) & _PROVING)


def _parameter(
    name: str,
    schema: Mapping[str, Any],
    about: str,
    *,
    required: bool,
    leaves: bool = False,
    proves: bool = False,
) -> Parameter:
    description = str(schema.get("description") or schema.get("title") or "")
    type_ = schema.get("type")
    types = {str(each).lower() for each in (type_ if isinstance(type_, list) else [type_])}
    options = schema.get("enum")
    choices = tuple(str(each) for each in options) if isinstance(options, list) else ()
    kind = _kind(human(name).split(), description, types, schema, choices)
    if leaves and kind in (Kind.QUESTION, Kind.NAME):
        kind = Kind.MESSAGE
    if proves and kind in (Kind.IDENTIFIER, Kind.NAME, Kind.QUESTION, Kind.NUMBER):
        kind = Kind.PROOF
    samples = [
        str(each)
        for key in ("examples", "example", "default")
        for each in _as_list(schema.get(key))
        if isinstance(each, str | int)
    ]
    return Parameter(
        name=name,
        noun=_noun(name, description),
        description=description,
        kind=kind,
        required=required,
        shape=_shape(str(schema.get("pattern") or ""), samples, f"{description} {about}")
        if kind is Kind.IDENTIFIER
        else _NO_SHAPE,
        choices=choices or tuple(samples),
        whole="integer" in types,
    )


def _kind(
    name: list[str],
    description: str,
    types: set[str],
    schema: Mapping[str, Any],
    choices: tuple[str, ...],
) -> Kind:
    said = words(description)
    if choices:
        return Kind.CHOICE
    if "boolean" in types:
        return Kind.YES_NO
    identifying = bool(_IDENTIFYING & set(name)) or _looks_like_code(schema)
    if types & _NUMERIC:
        return Kind.IDENTIFIER if identifying and "number" not in name[:1] else Kind.NUMBER
    if types & {"array", "object"}:
        return Kind.OTHER
    if identifying:
        return Kind.IDENTIFIER
    if _ITEM & set(name):
        return Kind.ITEM
    if _ASKING & set(name) or "own words" in description.lower() or {"question", "query"} & {*said}:
        return Kind.QUESTION
    if _TIMELY & set(name):
        return Kind.WHEN
    return Kind.NAME


def _looks_like_code(schema: Mapping[str, Any]) -> bool:
    samples = [*_as_list(schema.get("examples")), *_as_list(schema.get("example"))]
    if re.search(r"\\d|\[0-9\]", str(schema.get("pattern") or "")):
        return True
    return any(_CODE.fullmatch(str(sample)) for sample in samples)


def _noun(name: str, description: str) -> str:
    said = human(name).split()
    if said[-1:] in (["id"], ["no"], ["nr"], ["ref"]):
        said[-1] = "reference" if said[-1] == "ref" else "number"
    if len(said) == 1 and said[0] in _IDENTIFYING:  # which number, the description tells
        fuller = re.search(rf"\b([a-z]+ {said[0]})\b", description.lower())
        return fuller[1].removeprefix("the ") if fuller else said[0]
    return " ".join(said) or "answer"


def _shape(pattern: str, samples: list[str], text: str) -> Shape:
    shape = _from_pattern(pattern)
    if shape is not None:
        return shape
    counted = _SO_MANY_DIGITS.search(text)
    digits = (_COUNTS.get(counted[1].lower()) or int(counted[1])) if counted else None
    for code in (*samples, *_CODE.findall(text)):
        plain = _PLAIN_CODE.fullmatch(code)
        if plain:
            return Shape(plain[1], plain[2], digits or len(plain[3]))
        if re.search(r"\d", code) and re.search(r"[A-Z]", code):
            return Shape(mixed=True)
    prefix = re.search(r"\b([A-Z]{2,5})([-_])(?=\W)", text)
    if prefix:
        return Shape(prefix[1], prefix[2], digits)
    return Shape(digits=digits)


def _from_pattern(pattern: str) -> Shape | None:
    r"""Read ``^ORD-\d{5}$`` and its like; ``None`` for anything more clever."""
    left = pattern.strip("^$")
    prefix = separator = ""
    digits = 0
    while left:
        part = _PATTERN_PART.match(left)
        if part is None:
            return None
        left = left[part.end() :]
        counted = _PATTERN_COUNT.match(left)
        left = left[counted.end() :] if counted else left
        count = int(counted[1]) if counted else 1
        if part[0] in (r"\d", "[0-9]"):
            digits += count
        elif digits or part[0] == "[A-Z]" or part[0].isdigit():
            return Shape(mixed=True)
        elif part[0] == "-":
            separator = "-"
        else:
            prefix += part[0].upper() * count
    return Shape(prefix, separator, digits) if digits else None


def _as_list(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
