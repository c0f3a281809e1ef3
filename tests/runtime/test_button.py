"""Several things that press, and one button for the conversation."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from kiosk.core.events import ButtonPressed, ButtonReleased, Event, Tick
from kiosk.ports import ButtonEdge
from kiosk.runtime.button import Presses
from kiosk.runtime.control import Inbox
from kiosk.runtime.stream import Stream
from tests.virtualtime import run_virtual


@dataclass
class Pin:
    """A pin that goes down and up at these times."""

    script: tuple[tuple[float, bool], ...]

    async def edges(self) -> AsyncIterator[ButtonEdge]:
        loop = asyncio.get_running_loop()
        for at, pressed in self.script:
            await asyncio.sleep(at - loop.time())
            yield ButtonEdge(pressed, at)


async def pressed_by(pin: Pin, socket_s: float) -> list[tuple[float, Event]]:
    """Press by pin and, from the start, by control socket; return what the conversation hears."""
    loop, inbox = asyncio.get_running_loop(), Inbox()
    presses = Presses(inbox, Stream(lambda _: None))
    tasks = [loop.create_task(work) for work in (presses.press(socket_s), presses.follow(pin))]
    heard: list[tuple[float, Event]] = []
    while (event := await inbox.next(10.0)) != Tick():
        heard.append((loop.time(), event))
    await asyncio.gather(*tasks)
    return heard


def test_a_press_by_pin_and_by_socket_at_once_is_one_press() -> None:
    pin = Pin(((0.5, True), (2.0, False)))

    assert run_virtual(pressed_by(pin, 1.0)) == [(0.0, ButtonPressed()), (2.0, ButtonReleased())]


def test_a_button_that_was_down_from_the_start_releases_nobody_elses_press() -> None:
    pin = Pin(((0.5, False), (3.0, True), (3.1, False)))

    assert run_virtual(pressed_by(pin, 1.0)) == [
        (0.0, ButtonPressed()),
        (1.0, ButtonReleased()),
        (3.0, ButtonPressed()),
        (3.1, ButtonReleased()),
    ]
