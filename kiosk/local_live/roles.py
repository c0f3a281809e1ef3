"""What the declared tools of a shop are for, read out of their names and parameters.

Most tools are found by the words they share with an utterance. Those that part a customer from
an order, or answer one narrow question, are found by what they are for instead, so that none of
them is ever called on a mere likeness.
"""

from collections.abc import Sequence
from enum import StrEnum, auto
from typing import Final

from kiosk.core.spoken.words import word_set
from kiosk.local_live.declared import Kind, Tool


class Role(StrEnum):
    """What a tool is for."""

    PROVE = auto()  # compares what only the customer knows
    CHECK_RETURN = auto()
    START_RETURN = auto()
    CANCEL = auto()
    ITEMS = auto()  # what is in an order
    PRODUCT = auto()  # where goods stand in the shop
    STORE = auto()  # hours or address of the shop
    STAFF = auto()  # calls somebody


CHANGING: Final = frozenset((Role.START_RETURN, Role.CANCEL))
"""Roles of tools that change something for the customer."""

RETURNING: Final = frozenset((Role.CHECK_RETURN, Role.START_RETURN))

_RETURN: Final = word_set("return returns returnable")
_BEGIN: Final = word_set(
    "start create make begin open request register initiate book submit process arrange do file"
)
_CANCEL: Final = word_set("cancel cancellation")
_CONTENTS: Final = word_set("item items content contents product products lines")
_ELSEWHERE: Final = word_set("stock aisle price")
_GOODS: Final = word_set("product products item items stock aisle goods article articles catalog")
_TOLD: Final = word_set("hours address location opening")
_PEOPLE: Final = word_set(
    "staff person human colleague agent assistant employee manager operator somebody someone team"
    " handover escalate escalation"
)
_CALLING: Final = word_set(
    "call get ask request notify page alert fetch contact transfer connect escalate hand over to a"
    " the for help live real now talk speak with customer"
)


def by_role(tools: Sequence[Tool]) -> dict[Role, Tool]:
    """Return the tool for each role that is played; the first one declared for it."""
    found: dict[Role, Tool] = {}
    for tool in tools:
        role = role_of(tool)
        if role is not None:
            found.setdefault(role, tool)
    return found


def role_of(tool: Tool) -> Role | None:
    """Return what a tool is for, when it is one of those."""
    title = set(tool.title.split())
    identified = tool.first(Kind.IDENTIFIER) is not None
    if tool.first(Kind.PROOF) is not None:
        return Role.PROVE
    if tool.first(Kind.QUESTION) is not None or tool.first(Kind.MESSAGE) is not None:
        return None
    if identified:
        if title & _CANCEL:
            return None if title & _RETURN else Role.CANCEL
        if title & _RETURN:
            return Role.START_RETURN if title & _BEGIN else Role.CHECK_RETURN
        return Role.ITEMS if title & _CONTENTS and not title & _ELSEWHERE else None
    told = {choice.lower() for parameter in tool.parameters for choice in parameter.choices}
    if told & _TOLD:
        return Role.STORE
    if tool.first(Kind.ITEM) is not None and title & _GOODS:
        return Role.PRODUCT
    needed = any(parameter.required for parameter in tool.parameters)
    calls = bool(title & _PEOPLE) and title <= _PEOPLE | _CALLING
    return Role.STAFF if calls and not needed else None
