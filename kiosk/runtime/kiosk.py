"""The kiosk's moving parts, put together behind its front: who hears of whom.

Nothing of it runs yet. The one who made it starts what ``work`` returns, in one group.
"""

from collections.abc import Coroutine
from typing import Any

from kiosk.core.effects import Phrase
from kiosk.core.events import VisitRestored
from kiosk.core.gate import Gate
from kiosk.core.kept import KeptVisit
from kiosk.core.phases import Idle
from kiosk.ports import Microphone, NetworkWatch, VisitMemory
from kiosk.runtime.claim_guard import ClaimGuard
from kiosk.runtime.downlink import Downlink
from kiosk.runtime.errands import Errands
from kiosk.runtime.front import Front
from kiosk.runtime.keeper import Keeper
from kiosk.runtime.link import Link
from kiosk.runtime.perform import performer
from kiosk.runtime.tools.toolbox import Toolbox
from kiosk.runtime.uplink import Uplink
from kiosk.runtime.watchdog import WatchedPart


class Kiosk:
    """One kiosk on open devices. It is starting until ``KioskReady`` is posted to its inbox."""

    def __init__(self, front: Front, *, gate: Gate, toolbox: Toolbox, memory: VisitMemory) -> None:
        """Stand behind ``front``, whose conversation is served by us from now on."""
        self.front = front
        self.messages = toolbox.messages
        self._toolbox = toolbox
        inbox, stream = front.inbox, front.stream
        self.uplink = Uplink(gate, inbox)
        self._errands = Errands(toolbox, stream)
        guard = ClaimGuard(self._errands, inbox)
        downlink = Downlink(inbox, front.player, self._errands, guard, stream)
        self.link = link = Link(self.uplink, downlink, self._errands, inbox, stream)

        def answered() -> None:
            self.uplink.answered()
            link.answered()

        def at_rest() -> None:
            link.at_rest()
            self._keeper.keep()

        self.uplink.on_end_mark = downlink.asked
        self.uplink.on_result_sent = self._errands.sent
        downlink.on_answer = answered
        downlink.on_reply_lost = self.uplink.unanswered
        downlink.on_going_away = link.going_away
        downlink.on_rest = at_rest
        toolbox.on_fact = inbox.post
        self._errands.on_result = self.uplink.answer_tool
        self._keeper = Keeper(memory, link)
        front.control.on_step = self._keeper.noted
        front.control.perform = performer(
            uplink=self.uplink, downlink=downlink, link=link, errands=self._errands, front=front
        )

    @property
    def claims_corrected(self) -> int:
        """How often a customer was told not to rely on what a reply had claimed."""
        return self.front.player.said[Phrase.UNCHECKED]

    @property
    def idle(self) -> bool:
        """Whether nobody is there, nor waited for."""
        conversation = self.front.control.conversation
        return isinstance(conversation.phase, Idle) and conversation.called_at is None

    def restore(self, kept: KeptVisit) -> None:
        """Go on with a visit that our own end interrupted, unless a new one has begun."""
        if not self.front.control.conversation.over:
            return
        self.link.take_up(kept.handle)
        self.front.inbox.post(VisitRestored(kept.visit))

    def work(
        self, microphone: Microphone, network: NetworkWatch
    ) -> tuple[Coroutine[Any, Any, None], ...]:
        """Return what is to run beside the front for as long as the kiosk does."""
        return (
            self.uplink.capture(microphone),
            self.uplink.send(),
            self.link.run(),
            self.link.follow(network),
            self._keeper.run(),
            self._errands.serve(),
            self._toolbox.watch(),
        )

    def watched(self) -> WatchedPart:
        """Return the task without which nobody is served, for the watchdog."""
        return WatchedPart(name="link", count=lambda: self.link.rounds, nudge=self.link.nudge)
