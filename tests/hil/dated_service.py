"""The Live service behind a certificate as Google's is: of these days, and not for ever.

``kiosk live-server`` makes its own hold from 1970 on, so that no clock can be wrong for it.
"""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tests.adapters.tls_peer import Authority
from tests.hil.image import ENDPOINT

_PORT: Final = 18444
_LIVE: Final = urlsplit(ENDPOINT)
_START_S: Final = 30.0
_PIECE_BYTES: Final = 65536


@dataclass(frozen=True)
class DatedService:
    """Where it is reached, and who vouches for it."""

    endpoint: str
    ca_file: Path


@contextmanager
def dated_service(place: Path, live_ca_file: Path) -> Iterator[DatedService]:
    """Relay to the Live service until the context ends; valid from yesterday to tomorrow."""
    authority = Authority(place)
    tls = authority.server_context(str(_LIVE.hostname))
    trusted = ssl.create_default_context(cafile=live_ca_file)
    stop: Future[None] = Future()
    up = threading.Event()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            far, near = await asyncio.open_connection(_LIVE.hostname, _LIVE.port, ssl=trusted)
            await asyncio.gather(_pump(reader, near), _pump(far, writer))

    async def serve() -> None:
        async with await asyncio.start_server(relay, _LIVE.hostname, _PORT, ssl=tls):
            up.set()
            await asyncio.wrap_future(stop)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert up.wait(_START_S), "it serves"
    try:
        yield DatedService(f"https://{_LIVE.hostname}:{_PORT}", authority.ca_file)
    finally:
        stop.set_result(None)
        thread.join(_START_S)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with suppress(OSError):
            while piece := await reader.read(_PIECE_BYTES):
                writer.write(piece)
                await writer.drain()
    finally:
        writer.close()
