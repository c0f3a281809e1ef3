"""Taking what only the customer knows: a postcode or the end of a phone number, as it is said.

With it they may correct the order's number. Five digits alone are more likely a postcode: for a
number its letters or the word "order" must be there.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from kiosk.core.spoken import identifiers
from kiosk.core.spoken.cardinals import DIGIT_SOUNDS, digits_at, tokens_of
from kiosk.core.spoken.spelling import is_letter
from kiosk.local_live import wording
from kiosk.local_live.asking import ELSEWHERE, MOST_PASSED, Step, again
from kiosk.local_live.declared import Kind, Parameter, Tool
from kiosk.local_live.filling import identifier
from kiosk.local_live.intents import meant
from kiosk.local_live.memory import Wanted

_LEAD_IN: Final = re.compile(
    r"^(?:(?:uh|um|well|okay|ok|yes|yeah|sure|sorry|no|then|and|of course|it is|it's|that's"
    r"|that is|this"
    r" is|i said|i mean|try|the|my|our|is|its|are|in|of|on|with|last|four"
    r" digits|digits?|post ?codes?|zip ?codes?|zip|postal codes?|code|(?:tele)?phone|mobile|cell"
    r"|number"
    r"|numbers?|ends?|ending|end|please|would|should)\b[\s,.:;!-]*)+",
    re.I,
)
_LEAD_OUT: Final = re.compile(r"(?:[\s,.;:]|\b(?:and|my|the|with|its|i have|is)\b)+$", re.I)
_TAIL: Final = re.compile(r"[\s,.;!?]*(?:\bplease\b|\bthank(?:s| you)\b)?[\s,.;!?]*$", re.I)
_ORDER_SAID: Final = re.compile(r"\border\b|\bo\W{0,2}r\W{0,2}d\b", re.I)
_PROOF_SAID: Final = re.compile(r"\b(?:post ?code|zip|postal|phone|mobile|digits)\b", re.I)
_WHY: Final = re.compile(r"^\W*(?:but |and |sorry )?(?:why|what for|how come|for what)\b", re.I)
_BETWEEN: Final = {*DIGIT_SOUNDS, "double", "triple"}
_FEWEST_DIGITS: Final = 4
_MOST_BESIDE: Final = 4


def proof_in(text: str) -> str:
    """Return the words that are the proof; empty when there is none in them."""
    said = _TAIL.sub("", _LEAD_IN.sub("", " ".join(text.split())))
    leading, _ = _signs_ahead(said)
    return next((each for each in (leading, said) if _is_proof(each)), "")


def parted(text: str) -> tuple[str, str]:
    """Part an utterance into a proof that is named as one, "my postcode is ...", and the rest."""
    named = _PROOF_SAID.search(text)
    if named is None:
        return "", text
    lead = _LEAD_IN.match(text[named.start() :])
    begins = named.start() + (lead.end() if lead else 0)
    said, ends = _signs_ahead(text[begins:])
    if not _is_proof(said):
        return "", text
    rest = f"{_LEAD_OUT.sub('', text[: named.start()])} {text[begins + ends :]}"
    return said, rest.strip(" ,.;:")


def go_on(tool: Tool, wanted: Wanted, parameter: Parameter, text: str) -> Step:
    """Take an utterance for the proof, for another number of the order, or for both."""
    asked = wanted.asked or wording.ask_for(parameter)
    values = dict(wanted.arguments)
    order = _order_in(tool, text)
    if order is not None:
        name, value, rest = order
        values[name] = value
    other = rest if order is not None else text
    afresh = wanted.digits and _signs(other)[0].startswith(_signs(wanted.digits)[0])
    said = proof_in(other if afresh else wanted.digits + other)
    begun = _begun(wanted.digits + text) if order is None and not said else ""
    if begun:  # nobody is to lose a try because they took a breath
        return Step(replace(wanted, digits=f"{begun} "), wording.GO_AHEAD)
    if said and not _repeats(said, values.values()):
        return Step(arguments={**values, parameter.name: said})
    if order is not None:
        if parameter.name in values:  # the number was wrong, not the proof
            return Step(arguments=values)
        return Step(replace(wanted, arguments=values), asked)
    if _WHY.search(text):
        return Step(wanted, f"{wording.WHY_PROOF} {asked}")
    intent = meant(text)
    match intent.name:
        case "goodbye" | "stop" if intent.sure:
            return ELSEWHERE
        case "no_number" | "no":
            return Step(say=wording.NO_NUMBER)
        case "wait":
            return Step(wanted, wording.TAKE_TIME)
        case "yes" | "greeting":
            return again(wanted, asked)
        case "" | "other_key":
            return again(wanted, f"Sorry, I didn't get that. {asked}")
        case _:
            passing = replace(wanted, passed=wanted.passed + 1)
            return Step(passing if passing.passed < MOST_PASSED else None)


def _order_in(tool: Tool, text: str) -> tuple[str, str | int, str] | None:
    """Find the number of the order: the parameter, its value, and what else was said."""
    parameter, named = tool.first(Kind.IDENTIFIER), _ORDER_SAID.search(text)
    if parameter is None or named is None:
        return None
    proof = _PROOF_SAID.search(text)
    cut = max(proof.start(), named.start()) if proof else len(text)
    about, other = text[:cut], text[cut:]
    if proof and proof.start() < named.start():
        about, other = other, about
    spoken = identifiers.hear(about, parameter.shape, expected=True)
    if spoken is None or not spoken.fits(parameter.shape):
        return None
    return parameter.name, identifier(parameter, spoken), f"{spoken.rest} {other}".strip()


def _repeats(said: str, given: Iterable[object]) -> bool:
    """Tell the number of the order, said once more, from a proof."""
    digits, letters, _ = _signs(said)
    return not letters and any(
        digits == "".join(filter(str.isdigit, str(value))) for value in given
    )


def _begun(text: str) -> str:
    """Return the few digits that a proof may begin with, when there is nothing else."""
    said = _TAIL.sub("", _LEAD_IN.sub("", " ".join(text.split())))
    digits, letters, others = _signs(said)
    return said if digits and not letters and not others else ""


def _signs_ahead(text: str) -> tuple[str, int]:
    """Return the digits and letters that a text begins with, and where they end."""
    tokens = tokens_of(text)
    at = end = 0
    while at < len(tokens):
        found = digits_at(tokens, at)
        if found is not None:
            at = end = found.end
        elif is_letter(tokens[at]):
            at = end = at + 1
        elif tokens[at].word in _BETWEEN or tokens[at].word in ("a", "i"):
            at += 1  # part of it only before another sign, or as its end
            end = at if at == len(tokens) else end
        else:
            break
    ends = tokens[end - 1].ends if end else 0
    return text[:ends], ends


def _is_proof(said: str) -> bool:
    digits, letters, others = _signs(said)
    if len(digits) >= _FEWEST_DIGITS:
        return others <= _MOST_BESIDE
    return bool(digits and letters) and not others


def _signs(said: str) -> tuple[str, int, int]:
    """Read digits; count single letters, and words that are neither. "Oh" is 0 among digits."""
    tokens = tokens_of(said)
    digits, letters, others, at, sure = "", 0, 0, 0, False
    while at < len(tokens):
        found = digits_at(tokens, at)
        if found is not None:
            digits, at, sure = digits + found.digits, found.end, True
            continue
        if tokens[at].word == "oh":
            digits += "0"
        elif is_letter(tokens[at]) or tokens[at].word in ("a", "i"):
            letters += 1
        elif tokens[at].word not in _BETWEEN:
            others += 1
        at += 1
    return digits if sure else "", letters, others
