"""Asking for what a call still needs, until it is there or the customer turns elsewhere.

An identifier may come in parts, be misheard or be corrected; nothing of it is lost on the way
and nothing doubtful is used unasked.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from kiosk.core.spoken import identifiers
from kiosk.core.spoken.identifiers import Spoken
from kiosk.local_live import wording
from kiosk.local_live.declared import Kind, Parameter, Tool
from kiosk.local_live.filling import answer, identifier
from kiosk.local_live.intents import Intent, meant
from kiosk.local_live.leaving import dictated
from kiosk.local_live.memory import Wanted
from kiosk.local_live.phrasing import words
from kiosk.local_live.stated import is_unsure, stated

_CORRECTING: Final = re.compile(r"^\W*(?:no|nope|wrong|not|i said|i mean|sorry)\b", re.I)
MOST_TRIES: Final = 3
"""Misses in a row after which a colleague is offered."""

MOST_PASSED: Final = 3
"""Utterances about something else, after which a call is not waited for any more."""
_CLEAR_DIGITS: Final = 3
_ASKS: Final = re.compile(
    r"\?|^\W*(?:and |but )?(?:what|where|when|who|how|which|why|can|could|do|does|did|is|are"
    r"|will|would"
    r"|may)\b",
    re.I,
)
_LONGEST_ITEM: Final = 8
_LONGEST_ANSWER: Final = 16


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
    elsewhere = Step(passing if passing.passed < MOST_PASSED else None)
    if parameter.kind is Kind.MESSAGE:
        return _message(wanted, parameter, text, intent)
    if intent.name in ("goodbye", "stop") and intent.sure:
        return ELSEWHERE
    if parameter.kind is not Kind.IDENTIFIER:
        return _other(wanted, parameter, text, intent, elsewhere)
    spoken = identifiers.hear(text, parameter.shape, expected=True)
    if intent.name == "other_key" and not (spoken and spoken.fits(parameter.shape)):
        spoken = None  # a telephone number is not read back
    if spoken is not None and not _is_about_something_else(spoken, intent):
        return _number(wanted, parameter, spoken, text)
    return _without_number(wanted, parameter, text, intent, elsewhere)


def _message(wanted: Wanted, parameter: Parameter, text: str, intent: Intent) -> Step:
    """Take an utterance for the message; whoever turns elsewhere leaves none unawares."""
    message = dictated(text)
    if message:
        return Step(arguments={**wanted.arguments, parameter.name: message})
    match intent.name:
        case "wait":
            return Step(wanted, wording.TAKE_TIME)
        case "repeat":
            return Step(wanted, wording.WHICH_MESSAGE)
        case "stop" | "no":
            return Step(say=wording.NOT_LEFT)
        case "yes" | "greeting":
            return again(wanted, wording.WHICH_MESSAGE, wording.NOT_LEFT)
        case _ if message is None:
            return ELSEWHERE
        case _:
            return again(wanted, wording.WHICH_MESSAGE, wording.NOT_LEFT)


def _other(
    wanted: Wanted, parameter: Parameter, text: str, intent: Intent, elsewhere: Step
) -> Step:
    value = None
    if _is_plain(parameter, text, intent):
        late = wanted.passed and parameter.kind is Kind.YES_NO  # a bare yes may be about the other
        value = stated(parameter.noun, text) if late else answer(parameter, text)
    if value is not None:
        return Step(arguments={**wanted.arguments, parameter.name: value})
    match intent.name:
        case "wait" if intent.sure:
            return Step(wanted, wording.TAKE_TIME)
        case "no_number":
            return Step(say=wording.ONLY_A_COLLEAGUE)
        case _ if parameter.kind is Kind.YES_NO and is_unsure(text):
            return Step(say=wording.ONLY_A_COLLEAGUE)
        case "yes" | "no" | "greeting" | "thanks" if wanted.asked and not wanted.passed:
            return again(wanted, wanted.asked, wording.UNCLEAR_AGAIN)
        case _:
            pass
    if intent.sure and (intent.subject in ("order", "policy", "person", "change") or intent.name):
        value = answer(parameter, text) if intent.name in ("yes", "no") else None
        if value is None or parameter.kind is not Kind.YES_NO:
            return elsewhere
    value = answer(parameter, text)
    if value is not None:
        return Step(arguments={**wanted.arguments, parameter.name: value})
    return again(wanted, wanted.asked or wording.ask_for(parameter), wording.UNCLEAR_AGAIN)


def _is_plain(parameter: Parameter, text: str, intent: Intent) -> bool:
    """Tell a short answer from a question, whatever it may be like: "no, I opened it"."""
    if parameter.kind not in (Kind.YES_NO, Kind.ITEM) or _ASKS.search(text):
        return False
    talk = intent.subject == "talk" and intent.name not in ("yes", "no") and intent.sure
    short = len(words(text)) <= (_LONGEST_ITEM if parameter.kind is Kind.ITEM else _LONGEST_ANSWER)
    return short and not talk and intent.name not in ("person", "urgent")


def _without_number(
    wanted: Wanted, parameter: Parameter, text: str, intent: Intent, elsewhere: Step
) -> Step:
    heard = Spoken(wanted.digits, wanted.letters)
    match intent.name:
        case "yes" if wanted.refused:
            return Step(say=wording.CERTAIN)
        case "yes" if wanted.digits and parameter.shape.digits in (None, len(wanted.digits)):
            return _use(wanted, parameter, heard)
        case "no" if wanted.digits:
            return again(replace(wanted, confirming=False), wording.SAY_AGAIN)
        case "yes" | "no" | "greeting" | "order_status":
            return again(wanted, wording.ask_for(parameter))
        case "other_key":
            return again(wanted, wording.only_by(parameter))
        case "no_number":
            return Step(say=wording.NO_NUMBER)
        case "wait":
            return Step(wanted, wording.TAKE_TIME)
        case _:
            pass
    if identifiers.begun(text, parameter.shape):
        return Step(wanted, wording.GO_AHEAD)
    if intent.name:
        return elsewhere
    return again(wanted, f"Sorry, I didn't get that. {wording.ask_for(parameter)}")


def again(wanted: Wanted, say: str, give_up: str = wording.NO_NUMBER) -> Step:
    """Ask once more; the third time in a row offers a colleague instead."""
    if wanted.tries + 1 >= MOST_TRIES:
        return Step(say=give_up)
    return Step(replace(wanted, tries=wanted.tries + 1), say)


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
    if _CORRECTING.match(text) and spoken.digits[:1] == "1" and not spoken.letters:
        rest = spoken.digits[1:]  # "not that one, eight eight ..." is written "not at 1 8 8 ..."
        if len(rest) == shape.digits:
            return _check(wanted, parameter, rest)
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
    if spoken.corrected and not spoken.letters:
        return _check(wanted, parameter, spoken.digits)
    likelier = spoken.digits.replace("007", "77", 1)  # "double seven" is written so (measured)
    if likelier != spoken.digits and len(likelier) == parameter.shape.digits:
        return _check(wanted, parameter, likelier)
    waiting = replace(wanted, digits=spoken.digits, letters=spoken.letters, refused=False)
    say = wording.doubt(parameter, spoken)
    if len(wanted.digits) < len(spoken.digits) < (parameter.shape.digits or 0):
        return Step(waiting, say)  # told in parts, and more of it is there now
    return again(waiting, say, wording.CANNOT_MAKE_OUT)


def _is_about_something_else(spoken: Spoken, intent: Intent) -> bool:
    """Tell "I bought it three days ago, can I return it?" from a part of a number."""
    clear = spoken.prefixed or len(spoken.digits) >= _CLEAR_DIGITS or not words(spoken.rest)
    talk = intent.subject == "talk" and intent.name not in ("yes", "no")
    return not clear and (talk or intent.subject in ("policy", "person"))
