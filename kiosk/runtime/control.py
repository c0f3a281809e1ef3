"""The control task: inbox, step, effects.

There is no await between a transition and its effects, so nobody ever sees half of one.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from kiosk.core.conversation import step
from kiosk.core.effects import Effect
from kiosk.core.events import Event, Tick
from kiosk.core.phases import Conversation
from kiosk.settings import Talk

log = logging.getLogger(__name__)


class Inbox:
    """Everything that happens, in the order it happened."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._arrived = asyncio.Event()

    def post(self, event: Event) -> None:
        """Add an event; on the loop thread only."""
        self._events.append(event)
        self._arrived.set()

    async def next(self, deadline: float | None) -> Event:
        """Return the next event, or Tick when ``deadline`` (loop time) comes first."""
        while not self._events:
            self._arrived.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._arrived.wait()
            except TimeoutError:
                if not self._events:  # what happened at the same moment comes first
                    return Tick()
        return self._events.popleft()


class Control:
    """Owns the conversation; the only writer of its state."""

    def __init__(self, inbox: Inbox, perform: Callable[[Effect], None], talk: Talk) -> None:
        self.conversation = Conversation()
        self.rounds = 0
        """Events dealt with: evidence that it lives."""
        self._inbox = inbox
        self._perform = perform
        self._talk = talk

    def nudge(self) -> None:
        """Come round once, soon; it changes nothing, because a Tick that is not due does not."""
        self._inbox.post(Tick())

    async def run(self) -> None:
        """Run the conversation until cancelled."""
        now = asyncio.get_running_loop().time
        while True:
            event = await self._inbox.next(self.conversation.deadline)
            before = self.conversation
            self.conversation, effects = step(before, event, now(), self._talk)
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
                self._perform(effect)
            self.rounds += 1
