"""The kiosk's moving parts, put together: who hears of whom.

Nothing runs yet. The one who made it starts what ``work`` returns, in one group.
"""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from kiosk import settings
from kiosk.core.effects import Phrase
from kiosk.core.events import VisitRestored
from kiosk.core.gate import Gate
from kiosk.core.kept import KeptVisit
from kiosk.ports import Button, Lamps, Microphone, NetworkWatch, Speaker, VisitMemory
from kiosk.runtime.button import Presses
from kiosk.runtime.claim_guard import ClaimGuard
from kiosk.runtime.control import Control, Inbox
from kiosk.runtime.doing import Doing
from kiosk.runtime.downlink import Downlink
from kiosk.runtime.errands import Errands
from kiosk.runtime.keeper import Keeper
from kiosk.runtime.link import Link
from kiosk.runtime.perform import performer
from kiosk.runtime.playout import Player
from kiosk.runtime.stream import Stream
from kiosk.runtime.tools.toolbox import Toolbox
from kiosk.runtime.uplink import Uplink
from kiosk.runtime.watchdog import WatchedPart
from kiosk.settings import Talk


class Kiosk:
    """One kiosk on open devices. It is starting until ``KioskReady`` is posted to its inbox."""

    def __init__(
        self,
        *,
        gate: Gate,
        toolbox: Toolbox,
        phrases: Mapping[Phrase, bytes],
        lamps: Lamps,
        stream: Stream,
        talk: Talk,
        button: settings.Button,
        memory: VisitMemory,
    ) -> None:
        self.on_muted: Callable[[bool], None] = lambda _: None
        """Told when staff mute or unmute at the button: what is to be kept over a restart."""
        self.stream = stream
        self.messages = toolbox.messages
        self._toolbox = toolbox
        self.inbox = Inbox()
        self.presses = Presses(self.inbox, stream)
        self.player = Player(phrases, self.inbox, stream)
        self.uplink = Uplink(gate, self.inbox)
        self._errands = Errands(toolbox, stream)
        guard = ClaimGuard(self._errands, self.inbox)
        downlink = Downlink(self.inbox, self.player, self._errands, guard, stream)
        self.link = link = Link(self.uplink, downlink, self._errands, self.inbox, stream)

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
        toolbox.on_fact = self.inbox.post
        self._errands.on_result = self.uplink.answer_tool
        perform = performer(
            uplink=self.uplink,
            downlink=downlink,
            link=self.link,
            player=self.player,
            errands=self._errands,
            lamps=lamps,
            stream=stream,
            keep_muted=lambda muted: self.on_muted(muted),
        )
        self.control = Control(self.inbox, perform, talk, button)
        self._keeper = Keeper(memory, link)
        self.control.on_step = self._keeper.noted
        self.doing = Doing(lambda: self.control.conversation)

    @property
    def claims_corrected(self) -> int:
        """How often a customer was told not to rely on what a reply had claimed."""
        return self.player.said[Phrase.UNCHECKED]

    def restore(self, kept: KeptVisit) -> None:
        """Go on with a visit that our own end interrupted, unless a new one has begun."""
        if not self.control.conversation.over:
            return
        self.link.take_up(kept.handle)
        self.inbox.post(VisitRestored(kept.visit))

    def work(
        self, microphone: Microphone, speaker: Speaker, button: Button, network: NetworkWatch
    ) -> tuple[Coroutine[Any, Any, None], ...]:
        """Return what is to run side by side for as long as the kiosk does."""
        return (
            self.control.run(),
            self.player.run(speaker),
            self.uplink.capture(microphone),
            self.uplink.send(),
            self.link.run(),
            self.link.follow(network),
            self._keeper.run(),
            self._errands.serve(),
            self._toolbox.watch(),
            self.presses.follow(button),
        )

    def watched(self) -> tuple[WatchedPart, ...]:
        """Return the tasks without which the kiosk is not alive, for the watchdog."""
        return (
            WatchedPart(
                name="control", count=lambda: self.control.rounds, nudge=self.control.nudge
            ),
            WatchedPart(name="link", count=lambda: self.link.rounds, nudge=self.link.nudge),
        )
