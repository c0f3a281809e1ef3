"""Tool calls that wait for an answer."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kiosk.local_live.parts import Call
from kiosk.local_live.protocol import FunctionResponse

_MOST_OUTSTANDING: Final = 64


@dataclass(frozen=True, slots=True)
class PendingCall:
    """A call the client was asked to make."""

    call_id: str
    name: str
    arguments: Mapping[str, Any]
    blocking: bool


class Calls:
    """The outstanding calls of one connection, oldest first."""

    def __init__(self, id_prefix: str) -> None:
        self._id_prefix = id_prefix
        self._pending: dict[str, PendingCall] = {}

    @property
    def outstanding(self) -> bool:
        """Tell whether any answer is still to come."""
        return bool(self._pending)

    def add(self, call: Call, *, blocking: bool) -> PendingCall:
        """Give a call its id. The oldest one is forgotten when nobody ever answers."""
        call_id = f"{self._id_prefix}{10**18 + secrets.randbelow(9 * 10**18)}"
        pending = PendingCall(call_id, call.name, dict(call.arguments), blocking)
        self._pending[call_id] = pending
        if len(self._pending) > _MOST_OUTSTANDING:
            del self._pending[next(iter(self._pending))]
        return pending

    def answered(self, response: FunctionResponse) -> PendingCall | None:
        """Find the call of an answer; ``None`` for one that was withdrawn or never made.

        An answer without an id belongs to the oldest call of its name. A call whose answer
        says that it continues stays outstanding, unless it blocks.
        """
        if response.call_id:
            call = self._pending.get(response.call_id)
        else:
            named = (call for call in self._pending.values() if call.name == response.name)
            call = next(named, None)
        if call is not None and (call.blocking or not response.continues):
            del self._pending[call.call_id]
        return call

    def withdraw(self, also: Iterable[str] = ()) -> list[str]:
        """Forget the calls that hold the conversation, and ``also`` these; returns the ids."""
        others = set(also)
        gone = [
            call.call_id
            for call in self._pending.values()
            if call.blocking or call.call_id in others
        ]
        for call_id in gone:
            del self._pending[call_id]
        return gone
