"""Identifiers that the customer gave, and calls that are made again with another value."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from kiosk.core.spoken import identifiers
from kiosk.core.spoken.identifiers import Shape, Spoken
from kiosk.local_live.declared import Kind, Parameter, Tool
from kiosk.local_live.filling import values_in
from kiosk.local_live.memory import Memory, Wanted
from kiosk.local_live.phrasing import content, words
from kiosk.local_live.requests import elided

_CORRECTING: Final = re.compile(r"^(?:no|nope|wrong|sorry|not|i said|i mean|that's wrong)\b", re.I)
_RECALLING: Final = re.compile(r"\b(?:what|which|repeat|tell me|remind me)\b.*\b(?:my|i)\b", re.I)
_PLACED: Final = re.compile(r"(?:in|for|at|on|to|from|of)\b", re.I)


def keep(memory: Memory, tools: Sequence[Tool], text: str) -> str | None:
    """Remember whole identifiers in a text; return what else was said, if there was one."""
    rest = None
    for _, parameter, spoken in _heard(tools, text):
        rest = spoken.rest if rest is None or len(spoken.rest) < len(rest) else rest
        if spoken.fits(parameter.shape):
            memory.known[parameter.noun] = spoken.written(parameter.shape)
    return rest


def identifying(tools: Sequence[Tool], text: str, *, whole: bool = False) -> Tool | None:
    """Return the tool whose identifier a text holds, or holds whole."""
    found = (
        tool
        for tool, parameter, spoken in _heard(tools, text)
        if not whole or spoken.fits(parameter.shape)
    )
    return next(found, None)


def _heard(tools: Sequence[Tool], text: str) -> Iterator[tuple[Tool, Parameter, Spoken]]:
    """Find the identifiers of all tools in a text; those of one shape are looked for once."""
    heard: dict[Shape, Spoken | None] = {}
    for tool in tools:
        parameter = tool.first(Kind.IDENTIFIER)
        if parameter is None:
            continue
        if parameter.shape not in heard:
            heard[parameter.shape] = identifiers.hear(text, parameter.shape)
        spoken = heard[parameter.shape]
        if spoken is not None:
            yield tool, parameter, spoken


def begun(tools: Sequence[Tool], text: str) -> Wanted | None:
    """Take "O R D" and a pause for the beginning of an identifier; return the call it is for."""
    for tool in tools:
        parameter = tool.first(Kind.IDENTIFIER)
        prefix = parameter.shape.prefix if parameter else ""
        if parameter is not None and prefix and "".join(words(text)).upper() == prefix:
            return Wanted(tool.name, parameter.name)
    return None


def recalled(memory: Memory, text: str) -> str:
    """Return the noun of the identifier that a customer asks to be told again, or nothing."""
    said = set(content(text))
    asked = bool(_RECALLING.search(text))
    return next((noun for noun in memory.known if asked and set(noun.split()) <= said), "")


def correction(memory: Memory, tools: Sequence[Tool], text: str) -> Wanted | None:
    """Take "no, two four" for a change to the identifier that was used last."""
    if not _CORRECTING.match(text) or not memory.results:
        return None
    last = memory.results[-1]
    tool = next((tool for tool in tools if tool.name == last.tool), None)
    parameter = tool.first(Kind.IDENTIFIER) if tool else None
    if parameter is None or parameter.name not in last.arguments:
        return None
    if identifiers.hear(text, parameter.shape, expected=True) is None:
        return None
    digits = "".join(filter(str.isdigit, str(last.arguments[parameter.name])))
    others = {name: value for name, value in last.arguments.items() if name != parameter.name}
    return Wanted(last.tool, parameter.name, others, digits)


def carried(memory: Memory, tool: Tool, values: Mapping[str, Any]) -> dict[str, Any]:
    """Take what was said for a call about the same thing into another one: its item, its state."""
    identifier = tool.first(Kind.IDENTIFIER)
    names = {parameter.name for parameter in tool.parameters}
    own = identifier.name if identifier else ""
    said = memory.returning
    if not own or own not in values or said.get(own) != values[own]:
        return {}
    if any(values[name] != said[name] for name in values.keys() & said.keys()):
        return {}  # it is about something else, or was said differently
    return {name: value for name, value in said.items() if name in names}


def varied(
    memory: Memory, tools: Sequence[Tool], text: str
) -> tuple[Tool, str, dict[str, Any]] | None:
    """Take "and in Paris?" for the last call with another value: tool, no text, arguments."""
    about = elided(text)
    if not memory.results or about is None:
        return None
    last = memory.results[-1]
    tool = next((tool for tool in tools if tool.name == last.tool), None)
    if tool is None or tool.first(Kind.QUESTION):
        return None
    changed = values_in(tool, about if _PLACED.match(about) else f"in {about}")
    return (tool, "", {**last.arguments, **changed}) if changed else None
