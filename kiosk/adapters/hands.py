"""What people touch and see: button and lamps, of whatever kind is configured."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from kiosk.core.lights import Light
from kiosk.ports import Button, ButtonEdge, Lamps
from kiosk.settings import Settings


@dataclass(frozen=True, slots=True)
class Hands:
    """An open button and open lamps."""

    button: Button
    lamps: Lamps


class _NoButton:
    async def edges(self) -> AsyncIterator[ButtonEdge]:
        await asyncio.Event().wait()
        yield ButtonEdge(pressed=False, at=0.0)


class _NoLamps:
    def show(self, light: Light) -> None:
        pass

    def microphone(self, *, lit: bool) -> None:
        pass


@asynccontextmanager
async def open_hands(settings: Settings) -> AsyncIterator[Hands]:
    """Open pins, the terminal, or nothing, as ``button.kind`` says. Raises StartError."""
    async with AsyncExitStack() as stack:
        match settings.button.kind:
            case "gpio":
                from kiosk.adapters.fault_light import take_over
                from kiosk.adapters.gpio import open_button, open_lamps, open_pins

                pins = stack.enter_context(open_pins(settings.button.chip))
                # first: while its line is somebody else's, the fault light goes on saying so
                button = await stack.enter_async_context(open_button(settings.button, pins))
                await take_over()
                lamps = await stack.enter_async_context(open_lamps(settings.lamp, pins))
                yield Hands(button, lamps)
            case "keyboard":
                from kiosk.adapters.console import open_console
                from kiosk.adapters.space_bar import LONGEST_TAP_S

                longest_tap_s = min(LONGEST_TAP_S, settings.talk.hold_s / 2)
                console = await stack.enter_async_context(open_console(longest_tap_s=longest_tap_s))
                yield Hands(console, console)
            case "none":
                yield Hands(_NoButton(), _NoLamps())
