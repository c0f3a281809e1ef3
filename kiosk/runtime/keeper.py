"""The keeper: what a visit needs to go on after our own end, while it lasts.

Whatever ends us (a crash, the watchdog, the out-of-memory killer) asks nobody first, so it is
kept up to date all the time, in memory that the service manager holds, and wiped at once with
the visit.
"""

import asyncio

from kiosk.core.phases import Conversation
from kiosk.ports import VisitMemory
from kiosk.runtime.link import Link

REFRESH_S = 3.0
"""A visit that is kept must not go stale while its customer only listens."""


class Keeper:
    """Keeps the visit under way."""

    def __init__(self, memory: VisitMemory, link: Link) -> None:
        self._memory = memory
        self._link = link
        self._visit: tuple[int, str] | None = None

    def noted(self, conversation: Conversation) -> None:
        """Take in the conversation after a step of it."""
        if conversation.over:
            if self._visit is not None:
                self._memory.wipe()
            self._visit = None
            return
        visit = (conversation.visit, type(conversation.phase).__name__)
        if visit != self._visit:
            self._visit = visit
            self.keep()

    def keep(self) -> None:
        """Keep the visit as it stands, as long as the service that will be called knows it."""
        if self._visit is None:
            return
        handle = self._link.handle
        if handle is None or self._link.standing_in:
            self._memory.wipe()
        else:
            self._memory.keep(handle, *self._visit)

    async def run(self) -> None:
        """Keep it fresh until cancelled."""
        while True:
            await asyncio.sleep(REFRESH_S)
            self.keep()
