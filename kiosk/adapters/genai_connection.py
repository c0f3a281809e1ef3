"""The connection under the SDK: certificates, time-outs and socket options.

The SDK is tuned through ``async_client_args`` alone, whose entries it hands to
``websockets.connect``. Pings are off: a late pong is not a dead path. A dead one is found by
looking at what the kernel still has to send and at the age of the last acknowledgement.
"""

import asyncio
import fcntl
import logging
import socket
import ssl
import struct
import sys
import termios
import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, TypedDict, Unpack

from google import genai
from google.genai import types
from websockets.asyncio.client import ClientConnection
from websockets.client import ClientProtocol

from kiosk.adapters.genai_refusals import Attempt, Stage
from kiosk.core.path import PathSample

OPEN_S: Final = 8.0
CLOSE_S: Final = 0.3
MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
_LAST_ACK_RECV: Final = slice(56, 60)  # tcpi_last_ack_recv, ms; the same on every architecture
_TCP_INFO_BYTES: Final = 104

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
        self._attempt.connection = self
        super().connection_made(transport)

    def start_keepalive(self) -> None:  # the first thing after a good handshake
        self._attempt.stage = Stage.UPGRADED
        super().start_keepalive()

    def path(self) -> PathSample:
        """Look at what is still to be acknowledged, in the kernel and before it."""
        sock = self.transport.get_extra_info("socket")
        if self.transport.is_closing() or sock is None or sock.fileno() < 0:
            return PathSample(0, 0.0)
        try:
            info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
            queued = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4))
        except OSError:  # it has just been closed
            return PathSample(0, 0.0)
        pending = int.from_bytes(queued, sys.byteorder) + self.transport.get_write_buffer_size()
        return PathSample(pending, int.from_bytes(info[_LAST_ACK_RECV], sys.byteorder) / 1000)

    def reset(self) -> None:
        """End it with a TCP reset: no goodbye, and nothing lingers."""
        sock = self.transport.get_extra_info("socket")
        if sock is not None and sock.fileno() >= 0:
            with suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    async def send_ping(self) -> None:
        """Send a ping frame; whoever answers it, and when, is nobody's business."""
        pong = asyncio.ensure_future(await self.ping())  # noqa: TID251 - it is a future already
        pong.add_done_callback(lambda done: done.cancelled() or done.exception())

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
