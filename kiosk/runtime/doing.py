"""What the kiosk is doing, in words: told to systemd, and to whoever asks."""

import asyncio
from collections.abc import Callable

from kiosk.core.phases import Conversation
from kiosk.core.status import doing
from kiosk.ports import ServiceManager

TELL_S = 0.5
"""No more often than this: systemd wakes for every word."""


class Doing:
    """The words, and the little they need besides the conversation."""

    def __init__(self, conversation: Callable[[], Conversation]) -> None:
        self.service = ""
        """Which Live service is used, in words for people; empty while none is open."""
        self.wedged: tuple[str, ...] = ()
        """Parts that stand still."""
        self._conversation = conversation

    @property
    def words(self) -> str:
        """One line, without personal data."""
        return doing(self._conversation(), self.service, self.wedged)

    def stand_still(self, wedged: tuple[str, ...]) -> None:
        """Note which parts stand still; none, if they go on."""
        self.wedged = wedged

    async def tell(self, manager: ServiceManager) -> None:
        """Tell the service manager whenever the words have changed, until cancelled."""
        told = ""
        while True:
            words = self.words
            if words != told:
                manager.status(words)
                told = words
            await asyncio.sleep(TELL_S)
