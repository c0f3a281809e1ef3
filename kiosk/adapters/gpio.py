"""The talk button, the status light and the microphone lamp on GPIO pins, through gpiozero.

gpiozero calls back on a thread of its own. The only thing that crosses to the loop thread is
``call_soon_threadsafe``. A chip is found by its label: its number differs between boards and
kernels.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gpiozero

from kiosk import settings
from kiosk.adapters.light_player import LightPlayer
from kiosk.core.lights import Pattern
from kiosk.errors import StartError
from kiosk.ports import Button, ButtonEdge, Lamps

BOARD_CHIPS = ("pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835")  # Pi 5; 4; 3 and Zero 2 W
_NO_GPIO = 69  # EX_UNAVAILABLE of sysexits(3)
_OLDEST_EDGE_S = 1.0
_WAY_OUT = 'or set kind = "keyboard" or "none" in [button]'


@dataclass(frozen=True, slots=True)
class Pins:
    """An open GPIO chip: where lines are claimed, and how its library says no."""

    factory: gpiozero.Factory
    chip: str = ""
    failures: tuple[type[Exception], ...] = ()


@contextmanager
def open_pins(chip: str) -> Iterator[Pins]:
    """Open the GPIO chip with this label; ``""`` is the board's own.

    Raises StartError that names the chip.
    """
    named = f'GPIO chip "{chip}"' if chip else "the board's GPIO chip"
    lgpio = _import_lgpio()
    from gpiozero.pins.lgpio import LGPIOFactory

    found = _chips(lgpio)
    wanted = (chip,) if chip else BOARD_CHIPS
    numbers = [found[label] for label in wanted if label in found]
    if chip and not numbers:
        there = ", ".join(f'"{label}"' for label in found) or "none that may be opened"
        raise StartError(f"{named} is not there; there is {there}", _NO_GPIO)
    try:
        pins = LGPIOFactory(chip=numbers[0] if numbers else None)
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
        yield Pins(pins, chip, (lgpio.error,))
    finally:
        pins.close()


def _import_lgpio() -> Any:  # noqa: ANN401  # a module without types
    """Import lgpio in a directory of its own.

    At import it makes a FIFO in the working directory, opens both ends and moves the whole
    process to $LG_WD if that is set: no place for either to be seen afterwards.
    """
    before = os.environ.get("LG_WD")
    with tempfile.TemporaryDirectory(prefix="kiosk-lgpio-") as scratch, chdir(scratch):
        os.environ["LG_WD"] = scratch
        try:
            import lgpio
        finally:
            if before is None:
                del os.environ["LG_WD"]
            else:
                os.environ["LG_WD"] = before
    return lgpio


def _chips(lgpio: Any) -> dict[str, int]:  # noqa: ANN401  # a module without types
    """Return the number of every chip that may be opened, by label."""
    found: dict[str, int] = {}
    for device in sorted(Path("/dev").glob("gpiochip*")):
        number = device.name.removeprefix("gpiochip")
        if device.is_symlink() or not number.isdecimal():
            continue
        try:
            handle = lgpio.gpiochip_open(int(number))
        except lgpio.error:
            continue
        _, _, _, label = lgpio.gpio_get_chip_info(handle)
        lgpio.gpiochip_close(handle)
        found.setdefault(str(label), int(number))
    return found


def _plain(err: BaseException) -> str:
    return str(err).strip("'\"")


@contextmanager
def _claiming(what: str, pin: int, pins: Pins) -> Iterator[None]:
    """Turn every way in which a line can be refused into one sentence."""
    try:
        yield
    except (gpiozero.GPIOZeroError, OSError, *pins.failures) as err:
        where = f' of chip "{pins.chip}"' if pins.chip else ""
        raise StartError(
            f"{what}: GPIO {pin}{where} cannot be used: {_plain(err)}; "
            "free it, or choose another pin in the configuration",
            _NO_GPIO,
        ) from err


class _GpioButton:
    def __init__(self, device: gpiozero.DigitalInputDevice) -> None:
        self._device = device
        self._loop = asyncio.get_running_loop()
        self._edges: asyncio.Queue[ButtonEdge] = asyncio.Queue()
        if device.is_active:  # held since before we looked
            self._edges.put_nowait(ButtonEdge(pressed=True, at=self._loop.time()))
        device.when_activated = self._pressed
        device.when_deactivated = self._released

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

    async def edges(self) -> AsyncIterator[ButtonEdge]:
        while True:
            yield await self._edges.get()


@asynccontextmanager
async def open_button(wiring: settings.Button, pins: Pins) -> AsyncIterator[Button]:
    """Claim the button's line, pulled up, for as long as the context lasts.

    A button that is down when it is opened gives its press at once. Raises StartError.
    """
    with _claiming("button", wiring.pin, pins):
        device = gpiozero.DigitalInputDevice(
            wiring.pin, pull_up=True, bounce_time=wiring.bounce_s or None, pin_factory=pins.factory
        )
    with device:
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
            with _claiming("status light", pin, pins):
                opened.append(gpiozero.PWMOutputDevice(pin, pin_factory=pins.factory))
        with _claiming("microphone lamp", microphone_pin, pins):
            opened.append(gpiozero.DigitalOutputDevice(microphone_pin, pin_factory=pins.factory))
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
