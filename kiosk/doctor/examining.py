"""All checks, in the order in which they are told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from kiosk.config_file import SYSTEM_FILE, as_the_service, settings_file
from kiosk.doctor import board, disk, ears, echo, live, network, pins, shop, sound, unit
from kiosk.doctor.finding import Check, Examined, Finding, NotForUs, State, TooSlow
from kiosk.errors import ConfigError, KioskError
from kiosk.settings import Settings
from kiosk.settings_file import load_settings

CHECK_S: Final = 7.0
ALL_S: Final = 14.0
LEAST_S: Final = 0.3
SOUND_S: Final = 14.0
"""Nearly all of it is sound that is played."""

_TOO_SLOW: Final = "look again in a minute: what still does not answer then hangs"
"""A board is busy while the kiosk starts."""

SHOP_CHECKS: Final[Mapping[str, Check]] = {
    "store": shop.check_store,
    "ShopMax": shop.check_shopmax,
    "policy": shop.check_policy,
    "changes": shop.check_changes,
    "proof": shop.check_proof,
}
MACHINE_CHECKS: Final[Mapping[str, Check]] = {
    "board": board.check_board,
    "versions": board.check_versions,
    "clock": board.check_clock,
    "heat": board.check_heat,
    "disk": disk.check_disk,
    "microphone": sound.check_device("microphone"),
    "speaker": sound.check_device("speaker"),
    "button": pins.check_button,
    "lights": pins.check_lights,
    "Wi-Fi": network.check_wifi,
    "DNS": network.check_dns,
    "unit": unit.check_unit,
    "helpers": unit.check_helpers,
    "exposure": unit.check_exposure,
}
HEAVY_CHECKS: Final[Mapping[str, Check]] = {
    "voice gate": ears.check_ears,
    "TLS": live.check_tls,
    "key": live.check_key,
}
NEED_NO_SETTINGS: Final = frozenset(
    {"board", "versions", "clock", "heat", "Wi-Fi", "unit", "helpers", "exposure"}
)
"""What is looked at although the configuration is wrong: how the machine is."""
WAVES: Final = (SHOP_CHECKS, MACHINE_CHECKS, HEAVY_CHECKS)
"""One after the other: what loads much would make everything else seem slow."""
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

    They look all at once, in a few waves, and all together for ``ALL_S`` at most, and as long
    as loading takes; only the sound test has the devices for itself after that. ``path`` is the
    configuration file that was named, if any; for ``try_key`` and ``say`` see ``Examined``.
    """
    waves = (checks,) if checks else WAVES
    chosen = settings_file(path, environ)
    try:
        settings, right = load_settings(path, environ), True
        yield "configuration", Finding(State.WELL, str(chosen or "the built-in defaults"))
    except ConfigError as err:
        settings, right = Settings(), False
        for mistake in err.mistakes:
            to_do = "correct it; config/kiosk.toml explains every key"
            if chosen == SYSTEM_FILE:
                to_do += "; then systemctl restart kiosk, which does not try again by itself"
            yield "configuration", Finding(State.ILL, mistake, to_do)
    kiosk = Examined(settings, as_the_service(environ, chosen), today, try_key=try_key, say=say)
    now = asyncio.get_running_loop().time
    end = now() + ALL_S
    for wave in waves:
        if wave is HEAVY_CHECKS and right:
            began = now()
            await live.load(kiosk)
            end += now() - began
        within_s = min(CHECK_S, max(LEAST_S, end - now()))
        async with asyncio.TaskGroup() as group:
            looks = {
                name: group.create_task(
                    _found(check if right or name in NEED_NO_SETTINGS else _wait, kiosk, within_s)
                )
                for name, check in wave.items()
            }
            for name, look in looks.items():
                yield name, await look
    if sound_test:
        yield SOUND_CHECK, await _found(echo.check_sound if right else _wait, kiosk, SOUND_S)


async def _wait(_: Examined) -> Finding:
    return Finding(State.OPEN, "not looked at before the configuration is right")


async def _found(check: Check, kiosk: Examined, within_s: float) -> Finding:
    try:
        async with asyncio.timeout(within_s):
            return await check(kiosk)
    except TimeoutError:
        return Finding(State.ILL, f"no answer within {within_s:.2g} s", _TOO_SLOW)
    except TooSlow as err:
        return Finding(State.OPEN, str(err), _TOO_SLOW)
    except NotForUs as err:
        return Finding(State.OPEN, str(err), "run this with sudo")
    except KioskError as err:
        return Finding(State.ILL, "; ".join(str(err).splitlines()))
    except Exception as err:  # noqa: BLE001 - one check that breaks must not take the others along
        return Finding(State.OPEN, f"the check itself failed ({type(err).__name__})")
