"""Sessions and the handles that resume them, in memory only.

A handle restores the conversation as it stood when the handle was issued, on a new
connection with the same model, while the old connection is closed and for two hours after
(Live API: session resumption). Nothing of a session outlives the process.
"""

import json
import re
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kiosk.local_live.wire import INVALID_ARGUMENT, Refused

HANDLE_LIFE_S: Final = 2 * 3600.0
_HANDLES_A_SESSION: Final = 8
_MOST_HANDLES: Final = 4096
_HANDLE: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NOT_FOUND: Final = "BidiGenerateContent session not found"
_STILL_OPEN: Final = "Internal error encountered."


def _never_open() -> bool:
    return False


@dataclass(slots=True, eq=False)
class Session:
    """One conversation over as many connections as it takes."""

    model: str
    restored: Mapping[str, Any] | None = None
    """What the brain goes on from, when this connection resumed."""
    is_open: Callable[[], bool] = _never_open
    """Tells whether the connection that holds the session still stands."""
    ended_s: float | None = None
    handles: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Point:
    session: Session
    snapshot: str


class SessionStore:
    """All sessions of a server that can be resumed. ``now`` is a monotonic clock, seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._points: OrderedDict[str, _Point] = OrderedDict()

    def open(self, model: str, handle: str | None, is_open: Callable[[], bool]) -> Session:
        """Begin a session, or continue the one ``handle`` stands for; raises ``Refused``.

        1007 for what cannot be a handle or is for another model, 1008 for one that is
        unknown or expired, 1011 while the old connection is open.
        """
        if not handle:
            return Session(model, is_open=is_open)
        if not _HANDLE.fullmatch(handle):
            raise Refused(1007, INVALID_ARGUMENT)
        self._forget_expired()
        point = self._points.get(handle)
        if point is None:
            raise Refused(1008, _NOT_FOUND)
        session = point.session
        if session.model != model:
            raise Refused(1007, INVALID_ARGUMENT)
        if session.is_open():
            raise Refused(1011, _STILL_OPEN)
        session.restored = json.loads(point.snapshot)
        session.is_open = is_open
        session.ended_s = None
        return session

    def issue(self, session: Session, snapshot: Mapping[str, Any]) -> str:
        """Make a handle that resumes from ``snapshot``; the newest few of a session are valid."""
        handle = str(uuid.uuid4())
        self._points[handle] = _Point(session, json.dumps(snapshot))
        session.handles.append(handle)
        while len(session.handles) > _HANDLES_A_SESSION:
            self._points.pop(session.handles.pop(0), None)
        while len(self._points) > _MOST_HANDLES:
            self._points.popitem(last=False)
        return handle

    def close(self, session: Session, is_open: Callable[[], bool]) -> None:
        """Let the two hours begin, unless another connection has taken the session over."""
        if session.is_open is is_open:
            session.is_open = _never_open
            session.ended_s = self._now()

    def _forget_expired(self) -> None:
        oldest_s = self._now() - HANDLE_LIFE_S
        expired = [
            handle
            for handle, point in self._points.items()
            if point.session.ended_s is not None and point.session.ended_s <= oldest_s
        ]
        for handle in expired:
            del self._points[handle]
