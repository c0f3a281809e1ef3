"""Answers of a tool that wants something of the customer first: a proof, a yes, or one more word.

The call is kept and made again as soon as that is there. What the customer has not agreed to in
a turn of its own is not called again.
"""

from collections.abc import Mapping
from typing import Any

from kiosk.local_live import wording
from kiosk.local_live.asking import MOST_TRIES
from kiosk.local_live.declared import Kind, Tool
from kiosk.local_live.memory import Held, Memory, Wanted
from kiosk.local_live.outcome import Ending, Outcome
from kiosk.local_live.parts import Action, Call, Say


def gate(
    memory: Memory,
    prover: Tool | None,
    tool: Tool,
    arguments: Mapping[str, Any],
    outcome: Outcome,
) -> Action | None:
    """Act on an answer that wants something first; ``None`` for any other."""
    if tool is prover:
        return _proved(memory, tool, arguments, outcome)
    match outcome.ending:
        case Ending.UNPROVEN:
            return _prove(memory, prover, tool, arguments, outcome)
        case Ending.CONFIRM:
            memory.read_back, memory.change = Held(tool.name, dict(arguments)), "open"
            return Say(outcome.say or wording.SHALL_I)
        case Ending.NOT_VERIFIED:
            return Say(outcome.say or wording.NOT_NOW)
        case Ending.INVALID:
            return _one_more(memory, tool, arguments, outcome)
        case _:
            return None


def _prove(
    memory: Memory,
    prover: Tool | None,
    tool: Tool,
    arguments: Mapping[str, Any],
    outcome: Outcome,
) -> Action:
    parameter = prover.first(Kind.PROOF) if prover else None
    if prover is None or parameter is None:
        return Say(wording.CANNOT)
    say = outcome.say or wording.ask_for(parameter)
    memory.held = Held(tool.name, dict(arguments), asked=say)
    values: dict[str, Any] = {}
    identifier = prover.first(Kind.IDENTIFIER)
    if identifier is not None:
        own = _same(tool, identifier.noun)
        value = arguments.get(own) if own else memory.known.get(identifier.noun)
        if value is not None:
            values[identifier.name] = value
    said, memory.offered = memory.offered, ""
    if said and values:  # it was said together with what it is for
        return Call(prover.name, {**values, parameter.name: said})
    memory.wanted = Wanted(prover.name, parameter.name, values, asked=say)
    return Say(say)


def _proved(memory: Memory, prover: Tool, arguments: Mapping[str, Any], outcome: Outcome) -> Action:
    """Go on with the call that waited, or take another try."""
    parameter = prover.first(Kind.PROOF)
    if outcome.ending is Ending.WELL:
        memory.misses = 0
        held, memory.held = memory.held, None
        return Call(held.tool, held.arguments) if held else Say(outcome.say or wording.GO_ON)
    if outcome.ending is not Ending.FAILED:  # nobody compared it
        memory.misses += 1
    if memory.misses < MOST_TRIES and parameter is not None:
        asked = memory.held.asked if memory.held else outcome.say
        memory.wanted = Wanted(prover.name, parameter.name, dict(arguments), asked=asked)
    else:
        memory.held = None
    return Say(outcome.say or wording.NOT_NOW)


def with_number(memory: Memory, tool: Tool | None) -> None:
    """Give the call that waits the number that the customer is about to prove theirs."""
    parameter = tool.first(Kind.IDENTIFIER) if tool else None
    if memory.held is not None and parameter is not None and parameter.noun in memory.known:
        memory.held.arguments[parameter.name] = memory.known[parameter.noun]


def _one_more(
    memory: Memory, tool: Tool, arguments: Mapping[str, Any], outcome: Outcome
) -> Action | None:
    """Ask for the parameter that an answer names; identifiers are asked for elsewhere."""
    name = outcome.fields.get("missing")
    parameter = next((each for each in tool.parameters if each.name == name), None)
    if parameter is None or parameter.kind in (Kind.IDENTIFIER, Kind.MESSAGE):
        return None
    memory.misses = memory.misses + 1 if parameter.name in arguments else 0
    if memory.misses >= MOST_TRIES:
        return Say(outcome.say or wording.UNCLEAR_AGAIN)
    kept = {each: value for each, value in arguments.items() if each != parameter.name}
    say = outcome.say or wording.ask_for(parameter)
    memory.wanted = Wanted(tool.name, parameter.name, kept, asked=say, tries=memory.misses)
    return Say(say)


def _same(tool: Tool, noun: str) -> str | None:
    """Return the name of the identifier of a tool that is called like this."""
    return next(
        (
            each.name
            for each in tool.parameters
            if each.kind is Kind.IDENTIFIER and each.noun == noun
        ),
        None,
    )
