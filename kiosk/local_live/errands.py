"""Which of the tools that are there for one thing a request calls for, and what to tell it."""

import re
from collections.abc import Mapping
from typing import Any

from kiosk.local_live import consent, known, tasks
from kiosk.local_live.declared import Kind, Tool
from kiosk.local_live.filling import fill, values_in
from kiosk.local_live.memory import Memory
from kiosk.local_live.requests import Request, elided
from kiosk.local_live.roles import Role


def role_of(
    memory: Memory, roles: Mapping[Role, Tool], request: Request, *, in_sight: bool
) -> Role | None:
    """Return the role that a request calls for; ``in_sight`` when an order was named in it."""
    offered = Role.STAFF in roles and tasks.offers_somebody(memory.last_reply)
    if offered and consent.reply_to(request.plain) is consent.Reply.YES:
        return Role.STAFF
    if Role.START_RETURN in roles and tasks.goes_on(request.plain) and _may_return(memory, roles):
        return Role.START_RETURN
    about = _also(memory, request)
    if about and Role.CHECK_RETURN in roles:
        return Role.CHECK_RETURN
    finder = roles.get(Role.PRODUCT)
    item = finder.first(Kind.ITEM) if finder else None
    return tasks.role_asked(
        request.plain,
        request.intent,
        thing=str(values_in(finder, request.plain).get(item.name, "")) if finder and item else "",
        named=in_sight,
        in_sight=bool(memory.known),
        played=roles.keys(),
    )


def told(memory: Memory, role: Role, tool: Tool, request: Request) -> dict[str, Any]:
    """Return arguments that do not stand in a request, but follow from it."""
    match role:
        case Role.STORE:
            return tasks.told_of(tool, request.plain)
        case Role.CHECK_RETURN | Role.START_RETURN:
            item, about = tool.first(Kind.ITEM), _also(memory, request)
            if about and item is not None:
                return {item.name: about}
            values = fill(tool, request.text, request.text, memory.known).arguments
            return known.carried(memory, tool, values)
        case _:
            return {}


def _also(memory: Memory, request: Request) -> str:
    """Return the thing of "and the toaster?", said after another thing that may go back."""
    about = elided(request.plain) if memory.subject == "return" else None
    thing = re.fullmatch(r"(?:the|my|that|this) ([a-z][a-z ]{2,30}?)[?.! ]*", about or "", re.I)
    return thing[1] if thing and tasks.is_goods(thing[1]) else ""


def _may_return(memory: Memory, roles: Mapping[Role, Tool]) -> bool:
    """Tell whether the last thing that was found is that something can be returned."""
    checker = roles.get(Role.CHECK_RETURN)
    last = memory.results[-1] if memory.results else None
    found = last is not None and checker is not None and last.tool == checker.name
    return found and last is not None and last.response.get("returnable") is not False
