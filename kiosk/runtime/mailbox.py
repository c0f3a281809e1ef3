"""What happens, in the order it happened, for one task that waits for it or for its deadline."""

import asyncio
from collections import deque
from typing import Generic, TypeVar

E = TypeVar("E")


class Mailbox(Generic[E]):
    """A queue that is read with a deadline. One reader."""

    def __init__(self) -> None:
        self._events: deque[E] = deque()
        self._arrived = asyncio.Event()

    def post(self, event: E) -> None:
        """Add an event; on the loop thread only."""
        self._events.append(event)
        self._arrived.set()

    async def next(self, deadline: float | None) -> E | None:
        """Return the next event, or None when ``deadline`` (loop time) comes first."""
        while not self._events:
            self._arrived.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._arrived.wait()
            except TimeoutError:
                if not self._events:  # what happened at the same moment comes first
                    return None
        return self._events.popleft()
