"""What a tool's answer amounts to, whatever shape the client gave it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any, Final

from kiosk.local_live.phrasing import word_set

_WRAPPINGS: Final = ("result", "output", "response", "data")
_SENTENCES: Final = ("say", "speech", "answer", "sentence", "summary", "text", "message")
_WELL: Final = word_set("ok okay success successful succeeded done found complete completed 200")
_MISSING: Final = word_set(
    "not_found notfound not_covered no_match no_results unknown missing none empty 404"
)
_FAILED: Final = word_set(
    "error failed failure unavailable timeout timed_out refused denied forbidden 500 503"
)
_INVALID: Final = word_set("invalid invalid_argument bad_request 400")


class Ending(StrEnum):
    """How a call went."""

    WELL = auto()
    MISSING = auto()  # what was asked for does not exist
    INVALID = auto()  # the arguments were not right
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
    fields = _unwrapped(response)
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


def _unwrapped(response: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in _WRAPPINGS:
        inner = response.get(name)
        if inner is None or len(response) > 2:
            continue
        if isinstance(inner, Mapping):
            return _unwrapped(inner)
        if isinstance(inner, str):
            return {**response, "say": inner, name: None}
    return response


def _ending(fields: Mapping[str, Any]) -> Ending:
    status = str(fields.get("status", "")).lower().replace(" ", "_").replace("-", "_")
    if status in _MISSING or fields.get("found") is False:
        return Ending.MISSING
    if status in _INVALID:
        return Ending.INVALID
    if status in _FAILED or fields.get("error"):
        return Ending.FAILED
    if status not in _WELL and (fields.get("success") is False or fields.get("ok") is False):
        return Ending.FAILED
    return Ending.WELL
