"""The second half of the composition root: what serves a customer, and takes long to load.

``daemon`` imports it on a thread, while the front of the kiosk already answers a press.
"""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

from kiosk import settings as wanted
from kiosk.adapters.machine import KernelFiles
from kiosk.adapters.vad import SileroDetector, WebRtcDetector
from kiosk.assembly import open_endpoint, open_standby, store_file
from kiosk.core.cascade import CascadeDetector
from kiosk.core.events import KioskReady
from kiosk.core.gate import Gate
from kiosk.core.live import SessionSetup
from kiosk.errors import StartError
from kiosk.ports import Books
from kiosk.runtime.health import Health
from kiosk.runtime.kiosk import Kiosk
from kiosk.runtime.starting import Start
from kiosk.settings import Settings

log = logging.getLogger(__name__)

STANDBY_AFTER_S = 3.0
"""The local service takes a core for a second or two to start: not while the kiosk does."""
STANDBY_AGAIN_S = 60.0


def voice_gate(rules: wanted.Gate) -> Gate:
    """Load the detectors and return the gate: for a thread. Raises StartError."""
    return Gate(rules, CascadeDetector(WebRtcDetector(), SileroDetector()))


async def keep_endpoint(
    settings: Settings,
    environ: Mapping[str, str],
    setup: SessionSetup,
    kiosk: Kiosk,
    start: Start,
    ready: asyncio.Event,
) -> None:
    """Open the Live service and say that the kiosk is ready; a local one that ends, anew.

    A customer in a visit waits, as for any lost link. Raises StartError when it does not open.
    """
    now = asyncio.get_running_loop().time
    while True:
        began = now()
        async with open_endpoint(settings, environ) as endpoint:
            start.done("Live service")
            await endpoint.live.warm()
            start.done("SDK")
            kiosk.link.use(endpoint.live, setup)
            await kiosk.link.judged()  # or the light would say ready before it says offline
            kiosk.front.inbox.post(KioskReady())
            kiosk.front.doing.service = endpoint.which
            start.is_ready()
            ready.set()
            fields = {
                "KIOSK_ENDPOINT": endpoint.live.endpoint,
                "KIOSK_TOOK_S": round(now() - began, 2),
            }
            log.info("ready", extra=fields)
            how = await endpoint.ended()
        kiosk.front.doing.service = ""
        _tell_end(how)


async def keep_standby(
    settings: Settings, environ: Mapping[str, str], kiosk: Kiosk, ready: asyncio.Event
) -> None:
    """Have a local service stand by, once everything else is in place; one that ends, anew."""
    await ready.wait()
    while True:
        await asyncio.sleep(STANDBY_AFTER_S)
        try:
            async with open_standby(settings, environ) as endpoint:
                if endpoint is None:
                    return
                await endpoint.live.warm()
                kiosk.link.stand_by(endpoint.live)
                log.info("standing by", extra={"KIOSK_ENDPOINT": endpoint.live.endpoint})
                how = await endpoint.ended(standing_too=True)
                kiosk.link.stand_by(None)
            _tell_end(how)
        except StartError as err:
            log.warning("nothing stands by", extra={"KIOSK_CAUSE": str(err)})
            await asyncio.sleep(STANDBY_AGAIN_S)


def look_out(
    settings: Settings, environ: Mapping[str, str], state: Path, kiosk: Kiosk, books: Books
) -> Health:
    """Return what looks after the machine, to be run beside the kiosk."""
    places = (state, store_file(settings, environ).parent)
    machine = KernelFiles(places, state / "clock")
    return Health(machine, books, kiosk.front.inbox, kiosk.link, lambda: kiosk.idle)


def _tell_end(how: str) -> None:
    log.error("local Live service ended", extra={"KIOSK_CAUSE": how})
