"""The Live API through google-genai: the light half, which loads the SDK when first needed.

Importing the SDK takes 0.7 s on a desktop (measured) and several seconds on a small Pi, so
nothing here imports it: ``load_sdk`` does, on a thread, while the local service starts.
The endpoint is always spoken to over TLS, and its certificate is always verified. The kiosk
dials by itself, whether for a session, a spare or a probe: there is one way.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import certifi

from kiosk.adapters.address_book import AddressBook
from kiosk.adapters.dialling import BareConnection, Dialler
from kiosk.core.live import SessionHandle, SessionSetup
from kiosk.errors import ConfigError, LinkError, LinkRefused, Refusal
from kiosk.ports import LiveSession, Spare

if TYPE_CHECKING:
    from kiosk.adapters.genai_connection import Peer

GOOGLE: Final = "https://generativelanguage.googleapis.com"
"""The Live API's own endpoint (Live API: WebSockets API reference)."""

HTTPS: Final = 443

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
        addresses_file: Path | None = None,
    ) -> None:
        """Take an ``https://host[:port]`` endpoint; ``""`` is Google's.

        ``ca_file`` names an authority (PEM) trusted besides the machine's own. ``connect_s``
        bounds name lookup, TCP, TLS, upgrade and set-up together. ``addresses_file`` keeps the
        addresses that worked over a restart. Nothing is opened yet.
        Raises ConfigError when the endpoint is no such address.
        """
        self._url = endpoint.rstrip("/") or GOOGLE
        host, port = _host_and_port(self._url)
        self.endpoint = host if port == HTTPS else f"{host}:{port}"
        self._host = host
        self._dialler = Dialler(host, port, AddressBook(self.endpoint, addresses_file))
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

    async def dial(self, within_s: float) -> BareConnection:
        """Open one bare TCP connection, by addresses that worked before when there are any.

        Loading the SDK before the first is not counted. Raises LinkError within ``within_s``.
        """
        await self.warm()
        from kiosk.adapters.genai_session import dialled  # loaded by now

        return await dialled(self._peer(), self._dialler, within_s)

    async def probe(self, within_s: float) -> None:
        """Make sure that the endpoint answers: TCP and TLS, and not a byte more.

        Raises LinkError within ``within_s``, or LinkRefused for a certificate that does not hold.
        """
        await self.warm()
        trust = await asyncio.to_thread(self._trusted)
        from kiosk.adapters.genai_session import probed  # loaded by now

        await probed(self._peer(), self._dialler, trust, self._host, within_s)

    @asynccontextmanager
    async def session(
        self,
        setup: SessionSetup,
        handle: SessionHandle | None = None,
        spare: Spare | None = None,
    ) -> AsyncIterator[LiveSession]:
        """Connect, set the session up, and close it at the end of the context.

        Opening takes ``connect_s`` at most (loading the SDK before that is not counted);
        closing takes a little over 0.3 s at most, on a dead network too. ``spare`` is used up,
        however it ends. Raises LinkError, or LinkRefused when a server that answers said no.
        """
        async with AsyncExitStack() as stack:
            dial = self._dialler.dial
            if spare is not None:
                assert isinstance(spare, BareConnection), "spares come from dial()"
                stack.callback(spare.close)
                dial = _already(spare)
            self._check_key()
            await self.warm()
            trust = await asyncio.to_thread(self._trusted)

            from kiosk.adapters.genai_session import open_session  # loaded by now

            opening = open_session(self._peer(), trust, setup, handle, dial)
            yield await stack.enter_async_context(opening)

    def _peer(self) -> "Peer":
        from kiosk.adapters.genai_connection import Peer  # loaded by now

        return Peer(
            name=self.endpoint,
            url=self._url,
            key=self._key or _NO_KEY,
            api_version=self._api_version,
            connect_s=self._connect_s,
        )

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


def _already(spare: BareConnection) -> Callable[[], Coroutine[None, None, BareConnection]]:
    async def dial() -> BareConnection:
        return spare

    return dial


def _host_and_port(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in ("https", "wss"):
        raise ConfigError(["live.endpoint must be https://host or https://host:port."])
    return host, port or HTTPS


def _stamp(path: str) -> tuple[int, int, int] | None:
    if not path:
        return None
    found = Path(path).stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _load_sdk() -> None:
    from kiosk.adapters import genai_session

    genai_session.rehearse()
