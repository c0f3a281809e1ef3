"""The event stream: what happened, for programs. No personal data but in captions."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any


class Stream:
    """Stamps events with the loop's monotonic time and hands them on."""

    def __init__(self, publish: Callable[[Mapping[str, Any]], None]) -> None:
        self._publish = publish
        self._now = asyncio.get_running_loop().time

    def report(self, event: str, fields: Mapping[str, Any] | None = None) -> None:
        """Publish one event; ``t`` is in seconds."""
        self._publish({"t": round(self._now(), 4), "event": event, **(fields or {})})
