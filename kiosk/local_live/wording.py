"""Sentences of the local brain: what it asks, reads back, and makes of a tool's answer.

None of them states a fact of an order or of the shop: facts come out of tools' answers only.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from kiosk.core.spoken.identifiers import Shape, Spoken
from kiosk.core.spoken.words import word_set
from kiosk.local_live.declared import Kind, Parameter, human

GREETING: Final = "Hello! How can I help you?"
GOODBYE: Final = "Goodbye, and thank you for coming."
WELCOME: Final = "You're welcome. Is there anything else?"
GO_ON: Final = "What can I do for you?"
AT_REST: Final = "All right. Just ask if you need anything else."
GO_AHEAD: Final = "Yes, please go on."
TAKE_TIME: Final = "Take your time."
PERSON: Final = "Of course. A colleague here in the shop will be glad to help you."
CANNOT: Final = "I'm sorry, I can't look that up. A colleague can help you."
CANNOT_DO: Final = "I'm sorry, I can't do that here. A colleague can help you."
NO_NUMBER: Final = "Without it I can't look that up, I'm afraid. A colleague can help you."
NOT_NOW: Final = "I'm sorry, I can't look that up just now. A colleague can help you."
NOT_KNOWN: Final = "I'm sorry, I don't have that information. A colleague can help you."
NOTHING_FOUND: Final = "I'm sorry, I found nothing on that. A colleague can help you."
UNCLEAR_AGAIN: Final = "I'm sorry, I still didn't understand. A colleague can help you."
NOTHING_SAID: Final = "I haven't said anything yet. How can I help you?"
DONE: Final = "All right, that's done."
LOOKING: Final = "Let me check that."
WRITING: Final = "Let me write that down."
WHICH_MESSAGE: Final = "What shall I tell them?"
ALSO_MESSAGES: Final = "I can also take a message for the staff."
NO_MESSAGES: Final = "I'm sorry, I can't take a message here. A colleague can help you."
NOT_LEFT: Final = "All right, I've left no message. What else can I do for you?"
SAY_AGAIN: Final = "Sorry. Could you say the number again, digit by digit?"
CANNOT_MAKE_OUT: Final = "I'm sorry, I can't make out the number. A colleague can help you."
ENGLISH_ONLY: Final = "I'm sorry, I only speak English. A colleague can help you."
URGENT: Final = "Please tell a colleague here in the shop at once. They can help you right away."
URGENT_TOO: Final = "If you can, please also tell somebody here in the shop at once."
UPSET: Final = "I'm sorry about that. A colleague here in the shop will be glad to help you."
YOURS_ONLY: Final = "I can only look up an order for you when you tell me its number."
NOTHING_CHANGED: Final = "All right, nothing was changed. What else can I do for you?"
IS_DONE: Final = "That is done already, and I can't undo it here. A colleague can help you."
IS_UNSURE: Final = "I can't say whether that went through. A colleague can look into it with you."
SHALL_I: Final = "Shall I go ahead?"
WHY_PROOF: Final = "I ask so that nobody else hears about your order."
ONLY_A_COLLEAGUE: Final = "Then a colleague can look at it with you."
RETURN_RULE: Final = "What is your return policy?"
CERTAIN: Final = "Then I'm afraid I can't find it. A colleague can help you."

_DIGIT_NAMES: Final = "zero one two three four five six seven eight nine".split()  # noqa: SIM905 - a table in one line
_COUNT_NAMES: Final = (*_DIGIT_NAMES, "ten", "eleven", "twelve")
_UNITS: Final = {
    "c": " degrees", "celsius": " degrees", "f": " degrees Fahrenheit", "percent": " percent",
    "pct": " percent", "km": " kilometers", "kmh": " kilometers an hour", "minutes": " minutes",
    "min": " minutes", "hours": " hours", "days": " days", "usd": " dollars", "eur": " euros",
    "gbp": " pounds", "kg": " kilos",
}  # fmt: skip
_UNSPOKEN: Final = word_set(
    "status retryable ok success code http id uuid version timestamp hand_over clause problem"
    " policy_version error message say found type"
)
_MOST_FACTS: Final = 5
_LONGEST: Final = 400


def spelt(value: str) -> str:
    """Return an identifier sign by sign: ``O R D, eight eight four two one``."""
    runs = re.findall(r"[A-Za-z]+|\d+", value)
    return ", ".join(
        " ".join(_DIGIT_NAMES[int(sign)] if sign.isdigit() else sign.upper() for sign in run)
        for run in runs
    )


def ask_for(parameter: Parameter) -> str:
    """Ask for a parameter, by its name and what is known of its form."""
    if parameter.kind is Kind.QUESTION:
        return "What would you like to know?"
    if parameter.kind is Kind.MESSAGE:
        return WHICH_MESSAGE
    if parameter.kind is Kind.CHOICE and parameter.choices:
        return f"Which {parameter.noun}: {joined(list(map(human, parameter.choices)), 'or')}?"
    if parameter.kind is Kind.IDENTIFIER:
        return f"Could you tell me the {parameter.noun}?{_form(parameter.shape)}"
    if parameter.kind is Kind.NUMBER:
        if parameter.noun.endswith("s"):
            return f"How many {parameter.noun}?"
        return f"What should the {parameter.noun} be?"
    if parameter.kind is Kind.YES_NO:
        return f"Is it {parameter.noun}? Please say yes or no."
    if parameter.kind is Kind.PROOF:
        return f"Could you tell me the {parameter.noun}?"
    return f"Which {parameter.noun}, please?"


def doubt(parameter: Parameter, spoken: Spoken) -> str:
    """Read an odd identifier back and ask for it again, or for the rest of it."""
    shape = parameter.shape
    heard = spelt(spoken.letters or (shape.prefix if spoken.prefixed else ""))
    heard = ", ".join(part for part in (heard, spelt(spoken.digits)) if part)
    if spoken.letters and shape.digits in (None, len(spoken.digits)):
        return f"I heard {heard}. Is that right?"
    begun = shape.digits is not None and len(spoken.digits) <= shape.digits - 2
    request = "How does it go on?" if begun else "Could you say it again?"
    return f"I heard {heard}. {_rule(parameter)}{request}"


def confirm(parameter: Parameter, value: str) -> str:
    """Read an identifier back and ask whether it is right."""
    return f"I have {parameter.noun} {spelt(value)}. Is that right?"


def only_by(parameter: Parameter) -> str:
    """Say that nothing but this parameter finds it."""
    return f"I can only look it up by the {parameter.noun}. A colleague can help you without it."


def told_apart(noun: str, value: str, text: str) -> str:
    """Say of which identifier a text is true."""
    return f"{noun[:1].upper()}{noun[1:]} {_told(value)}: {text}"


def not_found(noun: str, value: str) -> str:
    """Say that a tool does not know an identifier."""
    return f"I can't find {noun} {_told(value)}. Could you check it and say it again?"


def still_not_found(noun: str, value: str) -> str:
    """Say that a tool did not know this identifier either, and offer the way out."""
    return f"I can't find {noun} {_told(value)} either. A colleague can look into it with you."


def unclear(abilities: str) -> str:
    """Say that nothing was understood, and what would be."""
    return f"Sorry, I didn't get that. {abilities}"


def describe(response: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """Make sentences of a tool's answer that has none of its own; empty when it is empty."""
    known = {value.lower() for value in asked.values() if isinstance(value, str)}
    facts = [
        fact
        for name, value in _flat(response)
        if str(value).lower() not in known and (fact := fact_of(name, value))
    ]
    if not facts:
        return "" if any(value in ([], {}, None) for value in response.values()) else DONE
    text = f"{joined(facts[:_MOST_FACTS])}." if facts else ""
    text = text[:1].upper() + text[1:]
    return text if len(text) <= _LONGEST else f"{joined(facts[:2])}."


def fact_of(name: str, value: object) -> str:
    """Return one fact as a clause: ``the carrier is FastShip``."""
    words = human(name).replace("eta", "expected arrival").split()
    if isinstance(value, bool):
        words = [word for word in words if word not in ("is", "has")]
        return f"it is {'' if value else 'not '}{' '.join(words)}" if words else ""
    if value in (None, "", [], {}) or not words:
        return ""
    unit = _UNITS.get(words[-1], "") if len(words) > 1 and isinstance(value, int | float) else ""
    noun = " ".join(words[:-1] if unit else words)
    return f"the {noun} {'are' if isinstance(value, list) else 'is'} {said(value)}{unit}"


def said(value: object) -> str:
    """Return a value in spoken form: dates by name, lists joined, identifiers as they are."""
    if isinstance(value, list):
        return joined([said(each) for each in value[:_MOST_FACTS]])
    if isinstance(value, Mapping):
        named = value.get("name") or value.get("title") or value.get("description")
        return said(named) if named else joined([said(each) for each in value.values()])
    if isinstance(value, float):
        return f"{value:g}"
    return _day(str(value)) or str(value).strip().rstrip(".").replace("_", " ")


def joined(parts: Sequence[str], last: str = "and") -> str:
    """Join parts the way they are spoken."""
    if len(parts) <= 1:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def _flat(response: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in response.items():
        if key.lower() in _UNSPOKEN and not (key == "status" and not name):
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, key)
        elif not (key == "status" and str(value).lower() in ("ok", "success")):
            yield key, value


def _told(value: str) -> str:
    return spelt(value) if any(sign.isdigit() for sign in value) else value


def _form(shape: Shape) -> str:
    if not shape.prefix and shape.digits is None:
        return ""
    digits = f"{_count(shape.digits)} digits" if shape.digits else "some digits"
    return f" It is {spelt(shape.prefix)} and {digits}." if shape.prefix else f" It has {digits}."


def _rule(parameter: Parameter) -> str:
    digits = parameter.shape.digits
    if digits is None:
        return ""
    noun = f"{parameter.noun[:1].upper()}{parameter.noun[1:]}s"
    return f"{noun} have {_count(digits)} digits. "


def _count(number: int) -> str:
    return _COUNT_NAMES[number] if number < len(_COUNT_NAMES) else str(number)


def _day(value: str) -> str:
    if not re.match(r"\d{4}-\d{2}-\d{2}", value):
        return ""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return ""
    day = f"{moment:%A, %B} {moment.day}"
    bare = len(value) <= len(date.min.isoformat())
    return day if bare else f"{day} at {moment.hour}:{moment.minute:02}"
