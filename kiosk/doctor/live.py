"""The Live service: whether it answers over TLS, and whether it takes our key and model.

A refusal's own sentence says what to do about it.
"""

import asyncio
import re
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from kiosk.adapters.genai_live import GOOGLE, GenaiLive, load_sdk
from kiosk.config_file import api_key, open_secret, secrets_hidden
from kiosk.core.live import SessionSetup
from kiosk.doctor.finding import Examined, Finding, NotForUs, State
from kiosk.errors import ConfigError, KioskError

PROBE_S: Final = 3.0
LOAD_S: Final = 30.0
_GOOGLES_KEY: Final = re.compile(r"AIza[0-9A-Za-z_-]{35}|AQ\.[0-9A-Za-z._-]{20,}")
_OUR_OWN: Final = "no API key: the kiosk's own Live service answers"


async def remote_host(kiosk: Examined) -> str | None:
    """Return the host of the remote Live service; None where the local one is all there is.

    A key that cannot be used is meant for it all the same. Raises NotForUs where there may be one.
    """
    endpoint = kiosk.settings.live.endpoint
    try:
        if not endpoint and await _key(kiosk):
            endpoint = GOOGLE
    except ConfigError:
        endpoint = GOOGLE
    return urlsplit(endpoint).hostname if endpoint else None


async def _key(kiosk: Examined) -> str | None:
    key = await asyncio.to_thread(api_key, kiosk.settings, kiosk.environ)
    if key is None and secrets_hidden(kiosk.environ):
        raise NotForUs("whether there is an API key, not everybody may see")
    return key


def _service(kiosk: Examined, key: str = "") -> GenaiLive:
    live = kiosk.settings.live
    return GenaiLive(
        endpoint=live.endpoint,
        api_key=key,
        ca_file=live.ca_file,
        api_version=live.api_version,
        connect_s=live.connect_s,
    )


async def load(kiosk: Examined) -> None:
    """Load what the checks need: on a small board that takes longer than any answer may."""
    with suppress(KioskError, TimeoutError):
        async with asyncio.timeout(LOAD_S):
            if await remote_host(kiosk):
                await load_sdk()


async def check_tls(kiosk: Examined) -> Finding:
    """Look whether the Live service answers over TLS, with a certificate that holds."""
    if await remote_host(kiosk) is None:
        return Finding(State.OPEN, _OUR_OWN)
    service = _service(kiosk)
    await service.warm()  # to load it is not the network's time
    now = asyncio.get_running_loop().time
    began = now()
    await service.probe(PROBE_S)
    took = f"{(now() - began) * 1000:.0f} ms"
    return Finding(State.WELL, f"{service.endpoint} answers and its certificate holds; {took}")


async def check_key(kiosk: Examined) -> Finding:
    """Look whether there is a key that looks like one; with ``try_key``, whether it is taken."""
    settings = kiosk.settings.live
    exposed = open_secret()
    if exposed:
        return Finding(State.ILL, f"{exposed} is open to everybody", f"chmod o= {exposed}")
    key = await _key(kiosk)
    if key is None and not settings.endpoint:
        to_do = "for Google's: one line in /etc/kiosk/credentials/gemini-api-key, readable by root"
        return Finding(State.OPEN, _OUR_OWN, to_do)
    if kiosk.try_key:
        return await _tried(kiosk, key or "")
    says = "there is no key" if key is None else "there is a key"
    if key and not settings.endpoint and not _GOOGLES_KEY.fullmatch(key):
        to_do = "copy it again, whole: it begins with AIza and has 39 characters"
        return Finding(State.OPEN, f"{says}, but it does not look like one of Google's", to_do)
    says += f"; whether it and {settings.model} are taken was not tried"
    return Finding(State.OPEN, says, "to try: kiosk doctor --live, which costs a little")


async def _tried(kiosk: Examined, key: str) -> Finding:
    settings = kiosk.settings.live
    setup = SessionSetup(
        model=settings.model, voice=settings.voice, instruction="Wait for the customer to speak."
    )
    service = _service(kiosk, key)
    await service.warm()
    now = asyncio.get_running_loop().time
    began = now()
    async with service.session(setup):
        took = f"{(now() - began) * 1000:.0f} ms"
    return Finding(
        State.WELL, f"{service.endpoint} takes our key and {settings.model}; open in {took}"
    )
