"""What may be sent for which model: pure data.

A field that a model does not take closes the connection, so nothing is sent that the
profile does not name. The rules are those of the Live API's model pages (gemini-3.8-live,
gemini-3.8-live-extended-thinking), its capabilities comparison and its thinking page.
``scheduling``, ``enableAffectiveDialog`` and ``proactivity`` are sent for no model.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The rules of one family of models."""

    family: str
    """The models whose name begins with this follow the profile."""
    text_replies: bool = False
    """The model can reply in words without sound."""
    blocking_tools: bool = False
    """Tools would not hold the reply up unless declared BLOCKING."""
    thinking_level: str = ""
    """The level that must be sent; empty: no thinking configuration at all."""


_PROFILES: Final = (  # the first match wins: longer families before those they begin with
    Profile(family="gemini-3.8-live-extended-thinking", thinking_level="low"),
    Profile(family="gemini-3.8-live", blocking_tools=True),
    Profile(family="gemini-live-latest", blocking_tools=True),
    Profile(family="gemini-3.1-flash-live"),
    Profile(family="gemini-2.5-flash-native-audio"),
    Profile(family="gemini-live-2.5-flash-preview", text_replies=True),
    Profile(family="gemini-2.5-flash-live", text_replies=True),
    Profile(family="gemini-2.0-flash-live", text_replies=True),
)

_PLAIN: Final = Profile(family="")


def profile_of(model: str) -> Profile:
    """Return the rules for a model name, with or without ``models/`` in front.

    A name nobody knows gets the plain profile: what every model takes, and nothing else.
    """
    name = model.removeprefix("models/")
    return next((each for each in _PROFILES if name.startswith(each.family)), _PLAIN)
