"""What a tool's answer amounts to, whatever shape the client gave it."""

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any, Final

from kiosk.core.spoken.words import word_set

_DEEPEST: Final = 4
_MOST_BESIDE: Final = 2
_NOTATION: Final = ("{", "[")
_LONGEST_TEXT: Final = 20_000
_WRAPPINGS: Final = ("result", "output", "response", "data", "content")
_SENTENCES: Final = ("say", "speech", "answer", "sentence", "summary", "text", "message")
_WELL: Final = word_set("ok okay success successful succeeded done found complete completed 200")
_MISSING: Final = word_set(
    "not_found notfound not_covered no_match no_results unknown missing none empty 404"
)
_FAILED: Final = word_set(
    "error failed failure unavailable timeout timed_out refused denied forbidden 500 503"
)
_UNPROVEN: Final = word_set("needs_proof proof_required needs_verification verification_required")
_NOT_VERIFIED: Final = word_set("not_verified verification_failed wrong_proof")
_CONFIRM: Final = word_set("confirm needs_confirmation confirmation_required confirm_required")
_INVALID: Final = word_set("invalid invalid_argument bad_request 400")


class Ending(StrEnum):
    """How a call went."""

    WELL = auto()
    MISSING = auto()  # what was asked for does not exist
    INVALID = auto()  # the arguments were not right
    UNPROVEN = auto()  # the customer is to show first that it is theirs
    NOT_VERIFIED = auto()
    CONFIRM = auto()  # nothing was done yet: the customer is to say yes
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call went; ``say`` is the tool's own sentence, empty when it has none."""

    ending: Ending
    say: str
    fields: Mapping[str, Any]
    retryable: bool = False


def outcome_of(response: Mapping[str, Any]) -> Outcome:
    """Read a tool's answer."""
    fields = _unwrapped(response, _DEEPEST)
    say = next(
        (
            str(fields[name]).strip()
            for name in _SENTENCES
            if isinstance(fields.get(name), str) and str(fields[name]).strip()
        ),
        "",
    )
    ending = _ending(fields)
    if ending is Ending.FAILED and not isinstance(fields.get("say"), str):
        say = ""  # an error message is written for programmers
    return Outcome(ending, say, fields, retryable=fields.get("retryable") is True)


def _unwrapped(response: Mapping[str, Any], depth: int) -> Mapping[str, Any]:
    """Take an answer out of ``{"result": ...}`` and its like, and out of a text.

    Voice frameworks send what a function returned as one text: ``{"output": "{...}"}``.
    """
    for name in _WRAPPINGS:
        inner = response.get(name)
        if inner is None or len(response) > _MOST_BESIDE or not depth:
            continue
        if isinstance(inner, str):
            inner = _parsed(inner)
        if isinstance(inner, list) and len(inner) == 1 and isinstance(inner[0], Mapping):
            inner = {"output": inner[0].get("text")} if "text" in inner[0] else inner[0]
        if isinstance(inner, Mapping):
            return _unwrapped(inner, depth - 1)
        if isinstance(inner, str):
            said = "" if inner.startswith(_NOTATION) else inner
            return {**response, "say": said, name: None}
        response = {**response, name: inner}
    return response


def _parsed(text: str) -> object:
    """Return what a text is the notation of, JSON or Python's own; any other text as it is."""
    text = text.strip()
    if not text.startswith((*_NOTATION, '"')) or len(text) > _LONGEST_TEXT:
        return text
    for read in (json.loads, ast.literal_eval):
        try:
            value = read(text)
            return _parsed(value) if isinstance(value, str) else value
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return text


def _ending(fields: Mapping[str, Any]) -> Ending:
    status = str(fields.get("status", "")).lower().replace(" ", "_").replace("-", "_")
    if status in _MISSING or fields.get("found") is False:
        return Ending.MISSING
    if status in _UNPROVEN:
        return Ending.UNPROVEN
    if status in _NOT_VERIFIED:
        return Ending.NOT_VERIFIED
    if status in _CONFIRM:
        return Ending.CONFIRM
    if status in _INVALID:
        return Ending.INVALID
    if status in _FAILED or fields.get("error"):
        return Ending.FAILED
    if status not in _WELL and (fields.get("success") is False or fields.get("ok") is False):
        return Ending.FAILED
    return Ending.WELL
