"""The Live API through google-genai: the light half, which loads the SDK when first needed.

Importing the SDK takes 0.7 s on a desktop (measured) and several seconds on a small Pi, so
nothing here imports it: ``load_sdk`` does, on a thread, while the local service starts.
The endpoint is always spoken to over TLS, and its certificate is always verified.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import certifi

from kiosk.adapters.dialling import AddressBook, TcpSpare, dial
from kiosk.core.live import SessionHandle, SessionSetup
from kiosk.errors import ConfigError, LinkError, LinkRefused, Refusal
from kiosk.ports import LiveSession, Spare

GOOGLE: Final = "https://generativelanguage.googleapis.com"
"""The Live API's own endpoint (Live API: WebSockets API reference)."""

_NO_KEY: Final = "none"
"""Sent to an endpoint that asks for no key: the SDK will not go without."""


async def load_sdk() -> None:
    """Load the SDK on a thread, before anybody knows of an endpoint."""
    await asyncio.to_thread(_load_sdk)


class GenaiLive:
    """A Live endpoint: Google's, or any service that speaks the same protocol over TLS."""

    def __init__(
        self,
        *,
        endpoint: str,
        api_key: str,
        ca_file: str | Path = "",
        api_version: str = "v1beta",
        connect_s: float = 3.0,
        addresses: Path | None = None,
    ) -> None:
        """Take an ``https://host[:port]`` endpoint; ``""`` is Google's.

        ``ca_file`` names an authority (PEM) trusted besides the machine's own. ``connect_s``
        bounds name lookup, TCP, TLS, upgrade and set-up together. Nothing is opened yet.
        Raises ConfigError when the endpoint is no such address.
        """
        self._url = endpoint.rstrip("/") or GOOGLE
        self.endpoint = _for_people(self._url)
        parts = urlsplit(self._url)
        self._host, self._port = parts.hostname or "", parts.port or 443
        self._book = AddressBook(self._host, addresses)
        self._key = api_key.strip()
        self._ca_file = str(ca_file)
        self._api_version = api_version
        self._connect_s = connect_s
        self._warm = False
        self._trust: ssl.SSLContext | None = None
        self._trust_stamp: tuple[int, int, int] | None = None

    async def warm(self) -> None:
        """Load the SDK on a thread. Optional, and cheap the second time; raises nothing."""
        if not self._warm:
            await load_sdk()
            self._warm = True
            with suppress(LinkError):  # its file may yet come; session() will say
                await asyncio.to_thread(self._trusted)

    async def dial(self, within_s: float) -> TcpSpare:
        """Open one bare TCP connection. Raises LinkError."""
        return await dial(self._book, self._port, within_s, self.endpoint)

    async def probe(self, within_s: float) -> None:
        """Make sure that the endpoint answers and that its certificate holds; say nothing."""
        spare = await self.dial(within_s)
        try:
            trust = await asyncio.to_thread(self._trusted)
            async with asyncio.timeout(within_s):
                _, transport = await _tls(spare.take(), trust, self._host)
        except ssl.SSLCertVerificationError as err:
            raise LinkRefused(Refusal.TRUST, 0, str(err)) from err
        except (OSError, TimeoutError) as err:
            raise LinkError(f"{self.endpoint} takes connections and does not answer.") from err
        finally:
            spare.close()
        transport.abort()

    @asynccontextmanager
    async def session(
        self,
        setup: SessionSetup,
        handle: SessionHandle | None = None,
        spare: Spare | None = None,
    ) -> AsyncIterator[LiveSession]:
        """Connect, set the session up, and close it at the end of the context.

        Opening takes ``connect_s`` at most (loading the SDK before that is not counted);
        closing takes a little over 1 s at most, on a dead network too. Raises LinkError, or
        LinkRefused when a server that answers said no.
        """
        self._check_key()
        await self.warm()
        trust = await asyncio.to_thread(self._trusted)

        from kiosk.adapters.genai_connection import Peer  # loaded by now
        from kiosk.adapters.genai_session import open_session

        peer = Peer(
            name=self.endpoint,
            url=self._url,
            key=self._key or _NO_KEY,
            api_version=self._api_version,
            connect_s=self._connect_s,
        )
        if not isinstance(spare, TcpSpare):
            spare = await self.dial(self._connect_s)
        async with open_session(peer, trust, setup, handle, spare.take()) as session:
            yield session

    def _check_key(self) -> None:
        if not self._key and self._url == GOOGLE:
            raise LinkRefused(
                Refusal.ACCOUNT,
                0,
                f"There is no API key for {self.endpoint}: put one into the file named by"
                " live.api_key_file or into GEMINI_API_KEY.",
            )
        if not all("!" <= letter <= "~" for letter in self._key):
            raise LinkRefused(
                Refusal.ACCOUNT,
                0,
                "The API key holds characters that no key has: look for a space, a line break or"
                " a typographic quote in the file named by live.api_key_file or in GEMINI_API_KEY.",
            )

    def _trusted(self) -> ssl.SSLContext:
        """Return the machine's authorities, certifi's, and the one in ``ca_file``.

        Read anew when the file changed: a local service may have made itself a new authority.
        """
        try:
            stamp = _stamp(self._ca_file)
            if self._trust is None or stamp != self._trust_stamp:
                context = ssl.create_default_context()
                context.load_verify_locations(certifi.where())
                if self._ca_file:
                    context.load_verify_locations(self._ca_file)
                self._trust, self._trust_stamp = context, stamp
        except OSError as err:  # ssl.SSLError is one
            raise LinkError(
                f"The certificate authority in {self._ca_file} cannot be read"
                f" ({err.strerror or err}): set live.ca_file to a PEM file the kiosk may read."
            ) from err
        return self._trust


async def _tls(
    sock: socket.socket, trust: ssl.SSLContext, host: str
) -> tuple[asyncio.Protocol, asyncio.Transport]:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_connection(
        asyncio.Protocol, sock=sock, ssl=trust, server_hostname=host
    )
    return protocol, transport


def _for_people(url: str) -> str:
    """Return host, and port when it is not the usual one: no path, no secret."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in ("https", "wss"):
        raise ConfigError(["live.endpoint must be https://host or https://host:port."])
    return host if port in (None, 443) else f"{host}:{port}"


def _stamp(path: str) -> tuple[int, int, int] | None:
    if not path:
        return None
    found = Path(path).stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _load_sdk() -> None:
    from kiosk.adapters import genai_session

    genai_session.rehearse()
