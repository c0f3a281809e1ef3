"""What comes of a tool's answer: a sentence, another call, or a question for what was not known."""

from collections.abc import Mapping
from typing import Any, Final

from kiosk.local_live import wording
from kiosk.local_live.asking import MOST_TRIES
from kiosk.local_live.declared import Kind, Tool
from kiosk.local_live.facts import answer_from, is_about_progress, is_about_time
from kiosk.local_live.memory import Memory, Result, Wanted
from kiosk.local_live.outcome import Ending, Outcome, outcome_of
from kiosk.local_live.parts import Call

_HANDED_OVER: Final = ("staff_called", "hand_over")


def told(memory: Memory, tool: Tool | None, arguments: Mapping[str, Any], outcome: Outcome) -> str:
    """Say what a tool answered; of which identifier, when several were looked up."""
    memory.misses = 0
    text = outcome.say or wording.describe(outcome.fields, arguments)
    parameter = tool.first(Kind.IDENTIFIER) if tool and memory.several else None
    if text and parameter and parameter.name in arguments:
        return wording.told_apart(parameter.noun, str(arguments[parameter.name]), text)
    return text or wording.NOTHING_FOUND


def remembered(last: Result, question: str) -> str:
    """Answer from what a tool returned before: its own sentence where that tells it."""
    outcome = outcome_of(last.response)
    about_progress = is_about_progress(question)
    told = "" if about_progress and outcome.say else answer_from(last.response, question)
    if told or not (about_progress or is_about_time(question)):
        return told
    return outcome.say or wording.describe(outcome.fields, last.arguments)


def again(
    memory: Memory, tool: Tool | None, arguments: Mapping[str, Any], outcome: Outcome
) -> Call | None:
    """Return a second call: the same when that may help, or a plainer question."""
    if tool is None or tool.name in memory.retried:
        return None
    memory.retried.append(tool.name)
    if outcome.ending is Ending.FAILED:
        return Call(tool.name, dict(arguments)) if outcome.retryable else None
    question = tool.first(Kind.QUESTION)
    if question is None or arguments.get(question.name) in (None, memory.plain):
        return None
    plainer = memory.plain and arguments[question.name] == memory.question
    return Call(tool.name, {**arguments, question.name: memory.plain}) if plainer else None


def failed(
    memory: Memory, tool: Tool | None, arguments: Mapping[str, Any], outcome: Outcome
) -> str:
    """Say that a call went wrong, and ask for an identifier that was not known again."""
    parameter = tool.first(Kind.IDENTIFIER) if tool else None
    if outcome.ending is Ending.FAILED or tool is None:
        return outcome.say or wording.NOT_NOW
    message = tool.first(Kind.MESSAGE)
    if message is not None:  # it would not have these words: perhaps others
        memory.misses += 1
        if memory.misses < MOST_TRIES and outcome.ending is Ending.INVALID:
            memory.wanted = Wanted(tool.name, message.name)
            return outcome.say or wording.WHICH_MESSAGE
        return outcome.say or wording.NOT_NOW
    if parameter is None or parameter.name not in arguments:
        return outcome.say or wording.NOTHING_FOUND
    value = str(arguments[parameter.name])
    memory.known.pop(parameter.noun, None)
    memory.misses += 1
    if memory.misses >= MOST_TRIES:
        if outcome.say and any(outcome.fields.get(each) is True for each in _HANDED_OVER):
            return outcome.say
        return wording.still_not_found(parameter.noun, value)
    memory.wanted = Wanted(
        tool.name,
        parameter.name,
        {name: each for name, each in arguments.items() if name != parameter.name},
        "".join(filter(str.isdigit, value)),
        refused=True,
        tries=memory.misses,
    )
    return outcome.say or wording.not_found(parameter.noun, value)
