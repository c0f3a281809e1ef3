"""Everything that can press: the pin, the space bar, the control socket."""

import asyncio

from kiosk.core.events import ButtonPressed, ButtonReleased
from kiosk.ports import Button
from kiosk.runtime.control import Inbox
from kiosk.runtime.stream import Stream


class Presses:
    """Makes one button of several: down with the first, up with the last."""

    def __init__(self, inbox: Inbox, stream: Stream) -> None:
        self._inbox = inbox
        self._stream = stream
        self._down = 0

    async def follow(self, button: Button) -> None:
        """Follow a button until it ends or the task is cancelled."""
        down = False
        async for edge in button.edges():
            if edge.pressed == down:
                continue  # it comes up and was down before we came
            down = edge.pressed
            if down:
                self.down()
            else:
                self.up()

    async def press(self, for_s: float) -> None:
        """Press, hold for ``for_s`` seconds and release, even when cancelled."""
        self.down()
        try:
            await asyncio.sleep(for_s)
        finally:
            self.up()

    def down(self) -> None:
        """One of the buttons went down."""
        self._down += 1
        if self._down == 1:
            self._inbox.post(ButtonPressed())
            self._stream.report("press")

    def up(self) -> None:
        """One of the buttons came up."""
        self._down -= 1
        if self._down == 0:
            self._inbox.post(ButtonReleased())
            self._stream.report("release")
