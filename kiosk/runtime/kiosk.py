"""The kiosk's moving parts, put together: who hears of whom.

Nothing runs yet. The one who made it starts what ``work`` returns, in one group.
"""

from collections.abc import Coroutine, Mapping
from typing import Any

from kiosk.core.effects import Phrase
from kiosk.core.gate import Gate
from kiosk.ports import Button, Lamps, Microphone, Speaker
from kiosk.runtime.button import Presses
from kiosk.runtime.control import Control, Inbox
from kiosk.runtime.downlink import Downlink
from kiosk.runtime.errands import Errands
from kiosk.runtime.link import Link
from kiosk.runtime.perform import performer
from kiosk.runtime.playout import Player
from kiosk.runtime.stream import Stream
from kiosk.runtime.toolbox import Toolbox
from kiosk.runtime.uplink import Uplink
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
    ) -> None:
        self.stream = stream
        self.messages = toolbox.messages
        self.inbox = Inbox()
        self.presses = Presses(self.inbox, stream)
        self.player = Player(phrases, self.inbox, stream)
        self.uplink = Uplink(gate, self.inbox)
        self._errands = Errands(toolbox, stream)
        downlink = Downlink(self.inbox, self.player, self._errands, stream)
        self.link = Link(self.uplink, downlink, self.inbox, stream)
        self.uplink.on_end_mark = downlink.asked
        downlink.on_answer = self.uplink.answered
        self._errands.on_result = self.uplink.answer_tool
        perform = performer(
            uplink=self.uplink,
            downlink=downlink,
            link=self.link,
            player=self.player,
            errands=self._errands,
            lamps=lamps,
            stream=stream,
        )
        self.control = Control(self.inbox, perform, talk)

    def work(
        self, microphone: Microphone, speaker: Speaker, button: Button
    ) -> tuple[Coroutine[Any, Any, None], ...]:
        """Return what is to run side by side for as long as the kiosk does."""
        return (
            self.control.run(),
            self.player.run(speaker),
            self.uplink.capture(microphone),
            self.uplink.send(),
            self.link.run(),
            self._errands.serve(),
            self.presses.follow(button),
        )
