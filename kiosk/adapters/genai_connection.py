"""The connection under the SDK: certificates, time-outs and socket options.

The SDK is tuned through ``async_client_args`` alone, whose entries it hands to
``websockets.connect``. Pings are off: a late pong is not a dead path, and the kernel's own
time-outs find a dead one (``TCP_USER_TIMEOUT`` 5 s: 5.2 to 5.4 s measured with a firewall
that drops everything, idle and streaming alike, against 50 s with the SDK's defaults).
"""

import asyncio
import logging
import socket
import ssl
import warnings
from dataclasses import dataclass, field
from typing import Final, TypedDict, Unpack

from google import genai
from google.genai import types
from websockets.asyncio.client import ClientConnection
from websockets.client import ClientProtocol

from kiosk.adapters.genai_refusals import Attempt, Stage

OPEN_S: Final = 8.0
CLOSE_S: Final = 1.0
MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
DEAD_PATH_MS: Final = 5_000
"""How long sent bytes may stay unacknowledged before the kernel gives the path up."""
PROBE_IDLE_S: Final = 3
PROBE_EVERY_S: Final = 1
PROBES: Final = 3

# The SDK warns about fields it drops and values it does not know, some at every message.
logging.getLogger("google_genai").setLevel(logging.ERROR)
warnings.filterwarnings("ignore", message=".* is not a valid ", module=r"google\.genai\.")
warnings.filterwarnings("ignore", message=".*ephemeral token", module=r"google\.genai\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Whom to call. ``name`` is for people; ``key`` is a secret and stays out of every text."""

    name: str
    url: str
    key: str = field(repr=False)
    api_version: str
    connect_s: float


def new_client(peer: Peer, trust: ssl.SSLContext, attempt: Attempt) -> genai.Client:
    """One client for each connection costs 0.5 ms (measured) once the context is made."""

    def connection(protocol: ClientProtocol, **limits: Unpack[_Limits]) -> _Connection:
        return _Connection(attempt, protocol, **limits)

    return genai.Client(
        vertexai=False,
        api_key=peer.key,
        http_options=types.HttpOptions(
            base_url=peer.url,
            api_version=peer.api_version,
            client_args={"verify": trust},
            async_client_args={
                "verify": trust,
                "ssl": trust,
                "ping_interval": None,
                "open_timeout": min(OPEN_S, peer.connect_s),
                "close_timeout": CLOSE_S,
                "max_queue": None,  # a consumer that lags must not stop the socket
                "max_size": MAX_MESSAGE_BYTES,
                "compression": None,
                "proxy": None,
                "create_connection": connection,
            },
        ),
    )


class _Limits(TypedDict):
    """What ``websockets.connect`` hands to the connection it makes."""

    ping_interval: float | None
    ping_timeout: float | None
    close_timeout: float | None
    max_queue: int | tuple[int | None, int | None] | None
    write_limit: int | tuple[int, int | None]


class _Connection(ClientConnection):
    """Notes how far the attempt came, tunes the socket, and never takes long to close."""

    def __init__(
        self, attempt: Attempt, protocol: ClientProtocol, **limits: Unpack[_Limits]
    ) -> None:
        super().__init__(protocol, **limits)
        self._attempt = attempt

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._attempt.stage = Stage.SECURED
        _tune(transport.get_extra_info("socket"))
        super().connection_made(transport)

    def start_keepalive(self) -> None:  # the first thing after a good handshake
        self._attempt.stage = Stage.UPGRADED
        super().start_keepalive()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye, for ``CLOSE_S`` at most.

        websockets' own limit begins when the close frame is written, and on a dead path a
        full write buffer keeps it from ever being.
        """
        if self._attempt.stage is not Stage.SET_UP:
            self.transport.abort()  # the peer never answered: nobody waits for a goodbye
        try:
            async with asyncio.timeout(CLOSE_S):
                await super().close(code, reason)
        except TimeoutError:
            pass
        finally:
            self.transport.abort()
        await self.wait_closed()


def _tune(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_PATH_MS)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, PROBE_IDLE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_EVERY_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES)
