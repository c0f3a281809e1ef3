"""The front of the kiosk: what answers a person before there is anything behind it.

Button, lights and what the device says by itself need no service, no voice gate and no shop.
So they run first, and a press while the rest is still being loaded is answered at once.
``Kiosk`` is put behind it later; from then on the same front serves that.
"""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from kiosk import settings
from kiosk.core.effects import (
    Effect,
    KeepMuted,
    Phrase,
    PlayEarcon,
    PlayPhrase,
    Report,
    ShowLight,
    ShowMicrophoneLamp,
)
from kiosk.core.events import MuteSwitched
from kiosk.ports import Button, Lamps, Speaker
from kiosk.runtime.button import Presses
from kiosk.runtime.control import Control, Inbox
from kiosk.runtime.doing import Doing
from kiosk.runtime.playout import Player
from kiosk.runtime.stream import Stream
from kiosk.runtime.watchdog import WatchedPart
from kiosk.settings import Talk

Shown = PlayEarcon | PlayPhrase | ShowLight | ShowMicrophoneLamp | KeepMuted | Report
"""What is asked of the front; everything else concerns what stands behind it."""


class Front:
    """The conversation and its outside. It is starting until ``KioskReady`` is posted."""

    def __init__(
        self,
        *,
        phrases: Mapping[Phrase, bytes],
        lamps: Lamps,
        stream: Stream,
        talk: Talk,
        button: settings.Button,
    ) -> None:
        self.on_muted: Callable[[bool], None] = lambda _: None
        """Told when staff mute or unmute at the button: what is to be kept over a restart."""
        self.stream = stream
        self.inbox = Inbox()
        self.presses = Presses(self.inbox, stream)
        self.player = Player(phrases, self.inbox, stream)
        self.control = Control(self.inbox, self._alone, talk, button)
        self.doing = Doing(lambda: self.control.conversation)
        self._lamps = lamps

    def show(self, effect: Shown) -> None:
        """Let people see or hear it, and programs read it."""
        match effect:
            case PlayEarcon(earcon):
                self.player.earcon(earcon)
                self.stream.report("earcon", {"name": earcon.value})
            case PlayPhrase(phrase):
                self.player.phrase(phrase)
                self.stream.report("phrase", {"code": phrase.value})
            case ShowLight(light):
                self._lamps.show(light)
                self.stream.report("light", {"code": light.code})
            case ShowMicrophoneLamp(lit):
                self._lamps.microphone(lit=lit)
            case KeepMuted(muted):
                self.on_muted(muted)
            case Report(event, fields):
                self.stream.report(event, fields)

    def mute(self, *, muted: bool) -> None:
        """Note that staff muted the kiosk, or let it hear again."""
        self.inbox.post(MuteSwitched(muted))

    def _alone(self, effect: Effect) -> None:
        """Perform an effect while there is nothing behind us, so nothing else to ask for."""
        assert isinstance(effect, Shown), "a conversation that is starting asks for no more"
        self.show(effect)

    def work(self, speaker: Speaker, button: Button) -> tuple[Coroutine[Any, Any, None], ...]:
        """Return what is to run side by side for as long as the kiosk does."""
        return self.control.run(), self.player.run(speaker), self.presses.follow(button)

    def watched(self) -> WatchedPart:
        """Return the task without which nobody is answered, for the watchdog."""
        control = self.control
        return WatchedPart(name="control", count=lambda: control.rounds, nudge=control.nudge)
