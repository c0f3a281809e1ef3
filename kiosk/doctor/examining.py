"""All checks, in the order in which they are told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from kiosk.config_file import as_the_service, load_settings, settings_file
from kiosk.doctor import board, disk, ears, echo, live, network, pins, shop, sound, unit
from kiosk.doctor.finding import Check, Examined, Finding, State
from kiosk.errors import ConfigError, KioskError

CHECK_S: Final = 10.0
SOUND_S: Final = 14.0
"""Nearly all of it is sound that is played."""

SHOP_CHECKS: Final[Mapping[str, Check]] = {
    "store": shop.check_store,
    "ShopMax": shop.check_shopmax,
    "policy": shop.check_policy,
    "changes": shop.check_changes,
    "proof": shop.check_proof,
}
CHECKS: Final[Mapping[str, Check]] = {
    "board": board.check_board,
    "versions": board.check_versions,
    "clock": board.check_clock,
    "heat": board.check_heat,
    "disk": disk.check_disk,
    "microphone": sound.check_device("microphone"),
    "speaker": sound.check_device("speaker"),
    "voice gate": ears.check_ears,
    "button": pins.check_button,
    "lights": pins.check_lights,
    "Wi-Fi": network.check_wifi,
    "DNS": network.check_dns,
    "TLS": live.check_tls,
    "key": live.check_key,
    **SHOP_CHECKS,
    "unit": unit.check_unit,
    "exposure": unit.check_exposure,
}
SOUND_CHECK: Final = "sound test"


async def examine(
    path: Path | None,
    environ: Mapping[str, str],
    today: date,
    checks: Mapping[str, Check] | None = None,
    *,
    sound_test: bool = False,
    try_key: bool = False,
    say: Callable[[str], None] | None = None,
) -> AsyncIterator[tuple[str, Finding]]:
    """Yield the name of each check and what it found, in their order; never raises.

    They look all at once, so that all together take no longer than the slowest may; only the
    sound test, if it is wanted, has the devices for itself at the end. ``path`` is the
    configuration file that was named, if any; for ``try_key`` and ``say`` see ``Examined``.
    """
    checks = checks or CHECKS
    chosen = settings_file(path, environ)
    try:
        settings = load_settings(path, environ)
    except ConfigError as err:
        for mistake in err.mistakes:
            to_do = "correct it; config/kiosk.toml explains every key"
            yield "configuration", Finding(State.ILL, mistake, to_do)
        for name in checks:
            yield name, Finding(State.OPEN, "not looked at before the configuration is right")
        return
    says = str(chosen) if chosen else "the built-in defaults"
    yield "configuration", Finding(State.WELL, says)
    kiosk = Examined(settings, as_the_service(environ), today, try_key=try_key, say=say)
    async with asyncio.TaskGroup() as group:
        looks = {
            name: group.create_task(_found(check, kiosk, CHECK_S)) for name, check in checks.items()
        }
        for name, look in looks.items():
            yield name, await look
    if sound_test:
        yield SOUND_CHECK, await _found(echo.check_sound, kiosk, SOUND_S)


async def _found(check: Check, kiosk: Examined, within_s: float) -> Finding:
    try:
        async with asyncio.timeout(within_s):
            return await check(kiosk)
    except TimeoutError:
        return Finding(State.ILL, f"no answer within {within_s:.0f} s", "look at what it waits for")
    except KioskError as err:
        return Finding(State.ILL, "; ".join(str(err).splitlines()))
    except Exception as err:  # noqa: BLE001 - one check that breaks must not take the others along
        return Finding(State.OPEN, f"the check itself failed ({type(err).__name__})")
