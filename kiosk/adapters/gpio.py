"""The talk button, the status light and the microphone lamp on GPIO pins, through gpiozero.

gpiozero calls back on a thread that is not the loop's. The only thing that crosses to the loop
thread is ``call_soon_threadsafe``.
"""

import asyncio
import errno
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import gpiozero

from kiosk import settings
from kiosk.adapters.gpio_chips import Chip, chips, chosen_chip, import_lgpio
from kiosk.adapters.light_player import LightPlayer
from kiosk.adapters.pin_look import lines, program_of
from kiosk.core.lights import Pattern
from kiosk.errors import DeviceError, StartError
from kiosk.ports import Button, ButtonEdge, Lamps

_NO_GPIO = 69  # EX_UNAVAILABLE of sysexits(3)
_OLDEST_EDGE_S = 1.0
_BUSY = "GPIO busy"  # lgpio's words for a line that another program has; the kernel's is EBUSY
CLAIM_S = 5.0
"""For so long a line that another program has is asked for again."""
_AGAIN_S = 0.2
_WAY_OUT = 'or set kind = "keyboard" or "none" in [button]'

Device = TypeVar("Device", bound=gpiozero.GPIODevice)


@dataclass(frozen=True, slots=True)
class Pins:
    """An open GPIO chip: where lines are claimed, and how its library says no.

    ``chip`` is None where gpiozero found one by itself, whose label we do not know.
    """

    factory: gpiozero.Factory
    chip: Chip | None = None
    failures: tuple[type[Exception], ...] = ()


@contextmanager
def open_pins(chip: str) -> Iterator[Pins]:
    """Open the GPIO chip with this label; ``""`` is the board's own.

    Raises StartError that names the chip.
    """
    named = f'GPIO chip "{chip}"' if chip else "the board's GPIO chip"
    lgpio = import_lgpio()
    from gpiozero.pins.lgpio import LGPIOFactory

    from kiosk.adapters.gpio_edges import EdgePin

    there, _ = chips()
    found = chosen_chip(there, chip)
    if chip and found is None:
        labels = ", ".join(f'"{each.label}"' for each in there) or "none that may be opened"
        raise StartError(f"{named} is not there; there is {labels}", _NO_GPIO)
    try:
        pins = LGPIOFactory(chip=found.number if found else None)
        pins.pin_class = EdgePin
        pins.board_info  # noqa: B018  # asks the board who it is, which fails off a Pi
    except gpiozero.PinUnknownPi as err:
        raise StartError(
            f"this is not a Raspberry Pi: it has no pins; run on one, {_WAY_OUT}", _NO_GPIO
        ) from err
    except (gpiozero.GPIOZeroError, lgpio.error, OSError) as err:
        raise StartError(
            f"{named} cannot be opened: {_plain(err)}; "
            f'is this user in the group "gpio"? Allow it, {_WAY_OUT}',
            _NO_GPIO,
        ) from err
    try:
        yield Pins(pins, found, (lgpio.error,))
    finally:
        pins.close()


def _plain(err: BaseException) -> str:
    return str(err).strip("'\"")


async def _claimed(what: str, pin: int, pins: Pins, claim: Callable[[], Device]) -> Device:
    """Claim a line. One that another program has may be free in a moment; then it is named.

    Every way in which a line can be refused becomes one sentence.
    """
    now = asyncio.get_running_loop().time
    until = now() + CLAIM_S
    while True:
        try:
            return claim()
        except (gpiozero.GPIOZeroError, OSError, *pins.failures) as err:
            why = _plain(err)
            busy = _BUSY in why or (isinstance(err, OSError) and err.errno == errno.EBUSY)
            if not busy or now() >= until:
                where = f' of chip "{pins.chip.label}"' if pins.chip else ""
                if busy:
                    why = f"in use by {await asyncio.to_thread(_holder, pin, pins.chip)}"
                raise StartError(
                    f"{what}: GPIO {pin}{where} cannot be used: {why}; "
                    "free it, or choose another pin in the configuration",
                    _NO_GPIO,
                ) from err
        await asyncio.sleep(_AGAIN_S)


def _holder(pin: int, chip: Chip | None) -> str:
    """Return who has a line, as far as we may know."""
    program = consumer = ""
    if chip is not None:
        with suppress(OSError):
            program = program_of(chip.device, pin)
            consumer = lines(chip, (pin,))[0].consumer
    if program:
        return program
    called = f' that calls itself "{consumer}"' if consumer else ""
    return f'a program{called} ("sudo kiosk doctor" names it)'


class _GpioButton:
    def __init__(self, device: gpiozero.DigitalInputDevice) -> None:
        self._device = device
        self._loop = asyncio.get_running_loop()
        self._edges: asyncio.Queue[ButtonEdge | Exception] = asyncio.Queue()
        if device.is_active:  # held since before we looked
            self._edges.put_nowait(ButtonEdge(pressed=True, at=self._loop.time()))
        device.when_activated = self._pressed
        device.when_deactivated = self._released
        device.pin.when_lost = self._lost  # which mocks never call

    def _pressed(self) -> None:
        self._edge(pressed=True)

    def _released(self) -> None:
        self._edge(pressed=False)

    def _edge(self, *, pressed: bool) -> None:  # on gpiozero's thread
        """Date the edge by the kernel's stamp, which is on the loop's clock."""
        now = self._loop.time()
        age_s = self._device.active_time if pressed else self._device.inactive_time
        if age_s is None or not 0 <= age_s <= _OLDEST_EDGE_S:
            age_s = 0.0
        edge = ButtonEdge(pressed=pressed, at=now - age_s)
        self._loop.call_soon_threadsafe(self._edges.put_nowait, edge)

    def _lost(self, err: Exception) -> None:  # on the pin's thread
        self._loop.call_soon_threadsafe(self._edges.put_nowait, err)

    async def edges(self) -> AsyncIterator[ButtonEdge]:
        while True:
            edge = await self._edges.get()
            if isinstance(edge, Exception):
                raise DeviceError(f"button: its GPIO line is gone: {_plain(edge)}") from edge
            yield edge


@asynccontextmanager
async def open_button(wiring: settings.Button, pins: Pins) -> AsyncIterator[Button]:
    """Claim the button's line, pulled up, for as long as the context lasts.

    A button that is down when it is opened gives its press at once. Raises StartError.
    """
    claim = partial(
        gpiozero.DigitalInputDevice,
        wiring.pin,
        pull_up=True,
        bounce_time=wiring.bounce_s or None,
        pin_factory=pins.factory,
    )
    with await _claimed("button", wiring.pin, pins, claim) as device:
        yield _GpioButton(device)


class _GpioLamps:
    def __init__(
        self, status: tuple[gpiozero.PWMOutputDevice, ...], microphone: gpiozero.DigitalOutputDevice
    ) -> None:
        self._status = status
        self._microphone = microphone
        self._player = LightPlayer(self._draw)
        self.show = self._player.show
        self.stop = self._player.stop

    def _draw(self, pattern: Pattern, level: float) -> None:
        colour = pattern.colour if len(self._status) == 3 else (1.0,)
        for device, share in zip(self._status, colour, strict=True):
            device.value = level * share

    def microphone(self, *, lit: bool) -> None:
        self._microphone.value = lit


@asynccontextmanager
async def open_lamps(wiring: settings.Lamp, pins: Pins) -> AsyncIterator[Lamps]:
    """Claim the lamps' lines, dark, and darken them again at the end. Raises StartError."""
    opened: list[gpiozero.OutputDevice] = []
    try:
        *status_pins, microphone_pin = wiring.pins
        for pin in status_pins:
            light = partial(gpiozero.PWMOutputDevice, pin, pin_factory=pins.factory)
            opened.append(await _claimed("status light", pin, pins, light))
        lamp = partial(gpiozero.DigitalOutputDevice, microphone_pin, pin_factory=pins.factory)
        opened.append(await _claimed("microphone lamp", microphone_pin, pins, lamp))
        *status, microphone = opened
        lamps = _GpioLamps(tuple(status), microphone)
        try:
            yield lamps
        finally:
            lamps.stop()
    finally:
        for device in opened:
            device.off()
            device.close()
