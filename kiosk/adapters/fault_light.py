"""The status light while the kiosk is dead: starting again, then a fault; never ready.

One that falls again and again is at fault at once, for it never is long enough starting.

A program of its own. The kernel gives it the light's lines once the daemon is gone, and the
next daemon asks for them on a socket. It reads the few lines of the configuration that it needs
by itself: one that is wrong is a reason why a kiosk is down. No settings, no gpiozero: it has to
be there within a second on a small board.
"""

import asyncio
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kiosk.adapters.gpio_chips import chips, chosen_chip, import_lgpio
from kiosk.adapters.light_player import LightPlayer
from kiosk.core.lights import Light, Pattern
from kiosk.errors import StartError

SOCKET: Final = Path("/run/kiosk-fault-light/take-over.sock")
STARTING_S: Final = 10.0
"""A kiosk that is not back by then needs a person."""
LET_GO_S: Final = 1.0
_NO_GPIO: Final = 69  # EX_UNAVAILABLE of sysexits(3)
_EX_CANTCREAT: Final = 73


@dataclass(frozen=True, slots=True)
class Wiring:
    """Where the lamps are; the defaults are those of the settings."""

    status: tuple[int, ...] = (18,)
    microphone: int = 27
    chip: str = ""
    there: bool = True
    """Whether this kiosk has lamps on pins at all."""


def wiring(file: Path) -> Wiring:
    """Read where the lamps are; whatever is missing or makes no sense is as by default."""
    said: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    lamp, button = _table(said, "lamp"), _table(said, "button")
    usual = Wiring()
    status = lamp.get("status")
    pins = tuple(status) if isinstance(status, list) else (status,)
    microphone, chip = lamp.get("microphone"), button.get("chip")
    return Wiring(
        status=pins if all(isinstance(pin, int) for pin in pins) and pins else usual.status,
        microphone=microphone if isinstance(microphone, int) else usual.microphone,
        chip=chip if isinstance(chip, str) else usual.chip,
        there=button.get("kind", "gpio") == "gpio",
    )


def _table(said: dict[str, Any], name: str) -> dict[str, Any]:
    table = said.get(name)
    return table if isinstance(table, dict) else {}


async def show(
    where: Wiring,
    lgpio: Any = None,  # noqa: ANN401  # a module without types
    socket: Path = SOCKET,
    *,
    hopeless: bool = False,
) -> None:
    """Hold the lamps' lines and show that the kiosk is down, until somebody takes over.

    ``hopeless``: it has fallen so often that it is not said to be starting. Ends at once when
    there are no lamps. The microphone lamp is dark. Raises StartError when the lines are
    somebody else's, as they are when the kiosk is back already, or this runs by hand.
    """
    if not where.there:
        return
    asked = asyncio.Event()
    freed = asyncio.Event()

    async def give_way(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await freed.wait()
        writer.close()  # which says that the lines are free

    try:
        server = await asyncio.start_unix_server(give_way, socket)
    except OSError as err:
        raise StartError(
            f"{socket} cannot be made ({err.strerror});"
            " 'systemctl start kiosk-fault-light' has a place for it",
            _EX_CANTCREAT,
        ) from err
    async with server:
        try:
            with _lines(where, lgpio or import_lgpio()) as draw:
                player = LightPlayer(draw)
                try:
                    player.show(Light.STARTING)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(0.0 if hopeless else STARTING_S):
                            await asked.wait()
                    player.show(Light.SOFTWARE_FAULT)
                    await asked.wait()
                finally:
                    player.stop()
        finally:
            freed.set()


async def take_over(socket: Path = SOCKET) -> None:
    """Have the fault light, if there is one, let go of the lines; they are free afterwards."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(LET_GO_S):
            reader, writer = await asyncio.open_unix_connection(socket)
            try:
                await reader.read()
            finally:
                writer.close()


@contextmanager
def _lines(where: Wiring, lgpio: Any) -> Iterator[Any]:  # noqa: ANN401  # a module without types
    """Claim the lamps' lines, dark; yield what draws on them, and leave them dark."""
    there, _ = chips()
    chip = chosen_chip(there, where.chip)
    if chip is None:
        raise StartError("the GPIO chip of the lamps is not there", _NO_GPIO)
    pins = (*where.status, where.microphone)
    handle = lgpio.gpiochip_open(chip.number)
    try:
        for pin in pins:
            lgpio.gpio_claim_output(handle, pin, 0)
    except lgpio.error as err:
        lgpio.gpiochip_close(handle)
        raise StartError(f"the lamps' lines are taken: {err}", _NO_GPIO) from err

    def draw(pattern: Pattern, level: float) -> None:
        colour = pattern.colour if len(where.status) == 3 else (1.0,)
        for pin, share in zip(where.status, colour, strict=False):
            lgpio.gpio_write(handle, pin, int(level * share >= 0.5))

    try:
        yield draw
    finally:
        for pin in pins:
            lgpio.gpio_write(handle, pin, 0)
        lgpio.gpiochip_close(handle)
