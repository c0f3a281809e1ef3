"""The connection under the SDK: certificates, time-outs, and what the kernel knows of the path.

The SDK is tuned through ``async_client_args`` alone, whose entries it hands to
``websockets.connect``. Nobody documents that, so ``tuned`` looks whether they arrived.
Pings by themselves are off: a late pong is not a dead path. What the kernel knows of the peer's
acknowledgements is, and ``path`` tells it; a ping frame now and then gives it something to
acknowledge. The socket comes from ``dialling``, through the kiosk's own event loop.
"""

import asyncio
import fcntl
import logging
import socket
import ssl
import struct
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

CLOSE_S: Final = 0.3
MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024

_AGES_MS: Final = struct.Struct("=52xII")
"""``tcpi_last_data_recv`` and ``tcpi_last_ack_recv`` in ``struct tcp_info``: eight bytes, then
words of four, so the offsets are the same on every architecture (linux/tcp.h)."""
_RESET: Final = struct.pack("ii", 1, 0)
"""``SO_LINGER`` with no time: closing drops what is queued and sends a reset."""

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


@dataclass(slots=True)
class Wire:
    """Where the connection is found that the SDK has websockets make."""

    connection: "Connection | None" = None


def new_client(peer: Peer, trust: ssl.SSLContext, attempt: Attempt, wire: Wire) -> genai.Client:
    """One client for each connection costs 0.5 ms (measured) once the context is made."""

    def connection(protocol: ClientProtocol, **limits: Unpack[_Limits]) -> Connection:
        wire.connection = Connection(attempt, protocol, **limits)
        return wire.connection

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
                "open_timeout": None,  # the whole of it has one deadline
                "close_timeout": CLOSE_S,
                "max_queue": None,  # a consumer that lags must not stop the socket
                "max_size": MAX_MESSAGE_BYTES,
                "compression": None,
                "proxy": None,
                "create_connection": connection,
            },
        ),
    )


def tuned(wire: Wire, trust: ssl.SSLContext) -> "Connection":
    """Return the connection, having made sure that it is what ``new_client`` asked for."""
    made = wire.connection
    assert made is not None, "google-genai no longer passes create_connection on to websockets"
    found = {
        "ssl": made.transport.get_extra_info("sslcontext") is trust,
        "ping_interval": made.ping_interval is None,
        "close_timeout": made.close_timeout == CLOSE_S,
        "max_queue": made.max_queue_high is None,
        "max_size": made.protocol.max_message_size == MAX_MESSAGE_BYTES,
        "compression": not made.protocol.extensions,
    }
    dropped = [name for name, arrived in found.items() if not arrived]
    assert not dropped, f"google-genai no longer passes on to websockets: {', '.join(dropped)}"
    return made


class _Limits(TypedDict):
    """What ``websockets.connect`` hands to the connection it makes."""

    ping_interval: float | None
    ping_timeout: float | None
    close_timeout: float | None
    max_queue: int | tuple[int | None, int | None] | None
    write_limit: int | tuple[int, int | None]


class Connection(ClientConnection):
    """Notes how far the attempt came, knows the path, and never takes long to close."""

    def __init__(
        self, attempt: Attempt, protocol: ClientProtocol, **limits: Unpack[_Limits]
    ) -> None:
        super().__init__(protocol, **limits)
        self._attempt = attempt

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note that TCP and TLS stand."""
        self._attempt.stage = Stage.SECURED
        super().connection_made(transport)

    def start_keepalive(self) -> None:
        """Note a good handshake: this is called first after one, and pings are off."""
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

    def path(self) -> PathSample:
        """Return what the kernel knows of the path: two system calls.

        Bytes in asyncio's own buffer below TLS are not counted: there are some only while the
        kernel's queue, which is, is full.
        """
        if self.transport.is_closing():
            return PathSample(0, 0.0)
        sock: socket.socket = self.transport.get_extra_info("socket")
        try:
            queued = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4))
            info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _AGES_MS.size)
        except (OSError, ValueError):  # ValueError: it has just ended, and has no number any more
            return PathSample(0, 0.0)
        (in_kernel,) = struct.unpack("i", queued)
        data_age_ms, ack_age_ms = _AGES_MS.unpack(info)
        pending = in_kernel + self.transport.get_write_buffer_size()
        return PathSample(pending, ack_age_ms / 1000, data_age_ms / 1000)

    def reset(self) -> None:
        """End the connection with a TCP reset; what is queued is dropped."""
        sock: socket.socket = self.transport.get_extra_info("socket")
        with suppress(OSError):  # it has ended already
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()

    async def poke(self) -> None:
        """Send a ping frame and keep nothing for its pong, which may never come."""
        async with self.send_context():
            self.protocol.send_ping(b"")
