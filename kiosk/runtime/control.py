"""The control task: inbox, step, effects.

There is no await between a transition and its effects, so nobody ever sees half of one.
"""

import asyncio
import logging
from collections.abc import Callable

from kiosk.core.conversation import step
from kiosk.core.effects import Effect
from kiosk.core.events import Event, Tick
from kiosk.core.phases import Conversation
from kiosk.runtime.mailbox import Mailbox
from kiosk.settings import Button, Talk

log = logging.getLogger(__name__)


class Inbox:
    """Everything that happens, in the order it happened."""

    def __init__(self) -> None:
        self._mailbox: Mailbox[Event] = Mailbox()
        self.post = self._mailbox.post

    async def next(self, deadline: float | None) -> Event:
        """Return the next event, or Tick when ``deadline`` (loop time) comes first."""
        return await self._mailbox.next(deadline) or Tick()


class Control:
    """Owns the conversation; the only writer of its state."""

    def __init__(
        self, inbox: Inbox, perform: Callable[[Effect], None], talk: Talk, button: Button
    ) -> None:
        self.conversation = Conversation()
        self.perform = perform
        self.on_step: Callable[[Conversation], None] = lambda _: None
        self.rounds = 0
        """Events dealt with: evidence that it lives."""
        self._inbox = inbox
        self._talk = talk
        self._button = button

    def nudge(self) -> None:
        """Come round once, soon; it changes nothing, because a Tick that is not due does not."""
        self._inbox.post(Tick())

    async def run(self) -> None:
        """Run the conversation until cancelled."""
        now = asyncio.get_running_loop().time
        while True:
            event = await self._inbox.next(self.conversation.deadline)
            before = self.conversation
            self.conversation, effects = step(before, event, now(), self._talk, self._button)
            if type(self.conversation.phase) is not type(before.phase):
                log.info(
                    "phase changed",
                    extra={
                        "KIOSK_EVENT": type(event).__name__,
                        "KIOSK_PHASE": type(self.conversation.phase).__name__,
                        "KIOSK_VISIT": self.conversation.visit,
                        "KIOSK_TURN": self.conversation.turn,
                    },
                )
            for effect in effects:
                self.perform(effect)
            self.on_step(self.conversation)
            self.rounds += 1
