"""All checks, in the order in which they are told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from kiosk.config_file import as_the_service, load_settings, settings_file
from kiosk.doctor import shop
from kiosk.doctor.finding import Check, Examined, Finding, State
from kiosk.errors import ConfigError, KioskError

CHECK_S: Final = 10.0

SHOP_CHECKS: Final[Mapping[str, Check]] = {
    "store": shop.check_store,
    "ShopMax": shop.check_shopmax,
    "policy": shop.check_policy,
    "changes": shop.check_changes,
    "proof": shop.check_proof,
}
CHECKS: Final[Mapping[str, Check]] = {
    **SHOP_CHECKS,
}


async def examine(
    path: Path | None,
    environ: Mapping[str, str],
    today: date,
    checks: Mapping[str, Check] | None = None,
    *,
    live: bool = False,
    say: Callable[[str], None] | None = None,
) -> AsyncIterator[tuple[str, Finding]]:
    """Yield the name of each check and what it found, in their order; never raises.

    They look all at once, so that all together take no longer than the slowest may.
    ``path`` is the configuration file that was named, if any; for the others see ``Examined``.
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
    kiosk = Examined(settings, as_the_service(environ), today, live=live, say=say)
    async with asyncio.TaskGroup() as group:
        looks = {name: group.create_task(_found(check, kiosk)) for name, check in checks.items()}
        for name, look in looks.items():
            yield name, await look


async def _found(check: Check, kiosk: Examined) -> Finding:
    try:
        async with asyncio.timeout(CHECK_S):
            return await check(kiosk)
    except TimeoutError:
        return Finding(State.ILL, f"no answer within {CHECK_S:.0f} s", "look at what it waits for")
    except KioskError as err:
        return Finding(State.ILL, "; ".join(str(err).splitlines()))
    except Exception as err:  # noqa: BLE001 - one check that breaks must not take the others along
        return Finding(State.OPEN, f"the check itself failed ({type(err).__name__})")
