"""Asking for what a call still needs, until it is there or the customer turns elsewhere.

An identifier may come in parts, be misheard or be corrected; nothing of it is lost on the way
and nothing doubtful is used unasked.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from kiosk.local_live import identifiers, wording
from kiosk.local_live.declared import Kind, Parameter, Tool
from kiosk.local_live.filling import answer, identifier
from kiosk.local_live.identifiers import Spoken
from kiosk.local_live.intents import Intent, meant
from kiosk.local_live.memory import Wanted

_CORRECTING: Final = re.compile(r"^\W*(?:no|nope|wrong|not|i said|i mean|sorry)\b", re.I)
_MOST_TRIES: Final = 3
_MOST_PASSED: Final = 3
_CLEAR_DIGITS: Final = 3


@dataclass(frozen=True, slots=True)
class Step:
    """What comes of an utterance: something to say, or arguments to call with, or neither.

    With neither, the utterance was about something else and is answered as such.
    """

    wanted: Wanted | None = None
    say: str = ""
    arguments: Mapping[str, Any] | None = None


ELSEWHERE: Final = Step()


def begin(
    tool: Tool, parameter: Parameter, arguments: Mapping[str, Any], doubtful: Spoken | None
) -> tuple[Wanted, str]:
    """Ask for a parameter, or read back what was heard of it; returns what to wait for."""
    wanted = Wanted(tool.name, parameter.name, dict(arguments))
    if doubtful is None or parameter.kind is not Kind.IDENTIFIER:
        return wanted, wording.ask_for(parameter)
    step = _doubt(wanted, parameter, doubtful)
    return step.wanted or wanted, step.say


def go_on(wanted: Wanted, parameter: Parameter, text: str) -> Step:
    """Take an utterance for the value that was asked for, if it can be meant so."""
    intent = meant(text)
    passing = replace(wanted, passed=wanted.passed + 1)
    elsewhere = Step(passing if passing.passed < _MOST_PASSED else None)
    if intent.name in ("goodbye", "stop") and intent.sure:
        return ELSEWHERE
    if parameter.kind is not Kind.IDENTIFIER:
        return _other(wanted, parameter, text, intent, elsewhere)
    spoken = identifiers.hear(text, parameter.shape, expected=True)
    if spoken is not None and not _is_about_something_else(spoken, intent):
        return _number(wanted, parameter, spoken, text)
    return _without_number(wanted, parameter, text, intent, elsewhere)


def _other(
    wanted: Wanted, parameter: Parameter, text: str, intent: Intent, elsewhere: Step
) -> Step:
    if intent.sure and (intent.subject in ("order", "policy", "person", "change") or intent.name):
        value = answer(parameter, text) if intent.name in ("yes", "no") else None
        if value is None or parameter.kind is not Kind.YES_NO:
            return elsewhere
    value = answer(parameter, text)
    if value is not None:
        return Step(arguments={**wanted.arguments, parameter.name: value})
    if wanted.tries + 1 >= _MOST_TRIES:
        return Step(say=wording.UNCLEAR_AGAIN)
    return Step(replace(wanted, tries=wanted.tries + 1), wording.ask_for(parameter))


def _without_number(
    wanted: Wanted, parameter: Parameter, text: str, intent: Intent, elsewhere: Step
) -> Step:
    heard = Spoken(wanted.digits, wanted.letters)
    match intent.name:
        case "yes" if wanted.refused:
            return Step(say=wording.CERTAIN)
        case "yes" if wanted.digits:
            return _use(wanted, parameter, heard)
        case "yes" | "greeting":
            return Step(wanted, wording.ask_for(parameter))
        case "no":
            return Step(replace(wanted, confirming=False), wording.SAY_AGAIN)
        case "no_number":
            return Step(say=wording.NO_NUMBER)
        case "wait":
            return Step(wanted, wording.TAKE_TIME)
        case "order_status":
            return Step(wanted, wording.ask_for(parameter))
        case _:
            pass
    if identifiers.begun(text, parameter.shape):
        return Step(wanted, "Yes, please go on.")
    if intent.name:
        return elsewhere
    if wanted.tries + 1 >= _MOST_TRIES:
        return Step(say=wording.NO_NUMBER)
    again = f"Sorry, I didn't get that. {wording.ask_for(parameter)}"
    return Step(replace(wanted, tries=wanted.tries + 1), again)


def _number(wanted: Wanted, parameter: Parameter, spoken: Spoken, text: str) -> Step:
    """Take digits as the whole, the rest, or a correction of the identifier."""
    shape = parameter.shape
    if spoken.fits(shape) or shape.digits is None:
        return _use(wanted, parameter, spoken)
    short = len(spoken.digits) < shape.digits
    if short and wanted.digits and not spoken.letters:
        if _CORRECTING.match(text) and len(spoken.digits) <= len(wanted.digits):
            if len(wanted.digits) < shape.digits:
                return Step(replace(wanted, digits="", letters=""), wording.SAY_AGAIN)
            return _check(wanted, parameter, corrected(wanted.digits, spoken.digits))
        together = wanted.digits + spoken.digits
        if len(together) == shape.digits:
            if len(wanted.digits) <= shape.digits - 2:
                return _use(wanted, parameter, Spoken(together))
            return _check(wanted, parameter, together)
        if len(together) < shape.digits and not spoken.prefixed:
            return _doubt(wanted, parameter, Spoken(together))
    return _doubt(wanted, parameter, spoken)


def corrected(digits: str, correction: str) -> str:
    """Put a correction where it changes least; the later place when there are two.

    "No, two four" after 8 8 4 2 1 makes 8 8 4 2 4.
    """
    places = range(len(digits) - len(correction) + 1)

    def changes(at: int) -> tuple[int, int]:
        there = digits[at : at + len(correction)]
        count = sum(old != new for old, new in zip(there, correction, strict=True))
        return (count or len(digits), -at)

    at = min(places, key=changes)
    return digits[:at] + correction + digits[at + len(correction) :]


def _use(wanted: Wanted, parameter: Parameter, spoken: Spoken) -> Step:
    return Step(arguments={**wanted.arguments, parameter.name: identifier(parameter, spoken)})


def _check(wanted: Wanted, parameter: Parameter, digits: str) -> Step:
    spoken = Spoken(digits)
    if not spoken.fits(parameter.shape):
        return _doubt(wanted, parameter, spoken)
    waiting = replace(wanted, digits=digits, letters="", confirming=True, refused=False)
    return Step(waiting, wording.confirm(parameter, spoken.written(parameter.shape)))


def _doubt(wanted: Wanted, parameter: Parameter, spoken: Spoken) -> Step:
    tries = wanted.tries + 1
    if tries > _MOST_TRIES:
        return Step(say="I'm sorry, I can't make out the number. A colleague can help you.")
    waiting = replace(
        wanted, digits=spoken.digits, letters=spoken.letters, refused=False, tries=tries
    )
    return Step(waiting, wording.doubt(parameter, spoken))


def _is_about_something_else(spoken: Spoken, intent: Intent) -> bool:
    """Tell "I bought it three days ago, can I return it?" from a part of a number."""
    clear = spoken.prefixed or len(spoken.digits) >= _CLEAR_DIGITS
    talk = intent.subject == "talk" and intent.name not in ("yes", "no")
    return not clear and (talk or intent.subject in ("policy", "person"))
