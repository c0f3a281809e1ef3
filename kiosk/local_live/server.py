"""The local Live service: TLS, WebSocket, and one conversation a connection.

``serve`` runs until it is cancelled. Every path, version and key carrier that clients of the
Live API use is taken (Live API: connecting); on a machine's own service no key is checked.
"""

import asyncio
import logging
import os
import re
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from typing import Any, Final, cast
from urllib.parse import parse_qs

from websockets.asyncio.server import Server, ServerConnection
from websockets.asyncio.server import serve as listen
from websockets.http11 import Request, Response

from kiosk.local_live import tls
from kiosk.local_live.connection import converse
from kiosk.local_live.errors import EX_UNAVAILABLE, CannotServe, not_installed
from kiosk.local_live.house import House, Parts, ServeOptions, Timing
from kiosk.local_live.pongs import LatePongs
from kiosk.local_live.sessions import SessionStore

log = logging.getLogger(__name__)

_PATH: Final = re.compile(
    r"/ws/google\.ai\.generativelanguage\.(v1|v1alpha|v1beta)\.GenerativeService"
    r"\.BidiGenerateContent(?:Constrained)?/?"
)
_SLASHES: Final = re.compile(r"/{2,}")
_LARGEST_FRAME: Final = 1024 * 1024  # parsing a larger one would hold up the others
_MOST_CONNECTIONS: Final = 64
_CLOSE_S: Final = 1.0


async def serve(
    options: ServeOptions,
    announce: Callable[[dict[str, str]], None],
    parts: Parts | None = None,
    timing: Timing | None = None,
) -> None:
    """Serve until cancelled; ``announce`` gets ``url`` and ``ca_file`` once it is ready.

    ``parts`` are the real ones unless given. Raises ``CannotServe``.
    """
    loop = asyncio.get_running_loop()
    identity = await asyncio.to_thread(_identity, options)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    identity.load_into(context)
    house: House | None = None

    async def handle(socket: ServerConnection) -> None:
        assert house is not None
        await converse(socket, house, _version(socket.request))

    async with await _bound(options, context, handle) as server:
        if parts is None:  # after the port is known to be free: loading takes a second
            parts = await asyncio.to_thread(open_parts)
        house = House(parts, SessionStore(loop.time), options, timing or Timing(), loop.time)
        with _naming(options):
            await server.start_serving()
        announce({"url": _url(server, options.host), "ca_file": str(identity.ca_file)})
        await loop.create_future()


def open_parts() -> Parts:
    """Load recognition, voice and brain in the calling thread. Raises ``CannotServe``."""
    try:
        from kiosk.local_live.brain import ShopBrain
        from kiosk.local_live.ears import WhisperEars
        from kiosk.local_live.voice import NoVoice, open_voice
    except ImportError as err:
        raise not_installed(err) from err
    try:
        ears, voice = WhisperEars(), open_voice()
        ears.warm()
        voice.warm()
    except (NoVoice, OSError, RuntimeError) as err:
        raise CannotServe(
            f"The local Live service cannot load its models ({err}): "
            "install the kiosk with its extra 'local' again.",
            EX_UNAVAILABLE,
        ) from err
    return Parts(ears, voice, ShopBrain)


async def _bound(
    options: ServeOptions,
    context: ssl.SSLContext,
    handle: Callable[[ServerConnection], Awaitable[None]],
) -> Server:
    def admit(socket: ServerConnection, request: Request) -> Response | None:
        return _admit(socket, request, len(socket.server.connections))

    with _naming(options):
        return await listen(
            handle,
            options.host,
            options.port,
            ssl=context,
            process_request=admit,
            max_size=_LARGEST_FRAME,
            close_timeout=_CLOSE_S,
            server_header="kiosk-local-live",
            logger=_socket_log(),
            create_connection=_connections(options),
            start_serving=False,
        )


def _connections(options: ServeOptions) -> type[ServerConnection] | None:
    if not options.pong_delay_s:
        return None
    late: Any = partial(LatePongs, pong_delay_s=options.pong_delay_s)
    return cast(type[ServerConnection], late)  # anything that makes one is taken


@contextmanager
def _naming(options: ServeOptions) -> Iterator[None]:
    """Turn the system's refusal of an address into a sentence."""
    try:
        yield
    except OSError as err:
        raise CannotServe(
            f"Cannot listen on {options.host} port {options.port} ({_why(err)}): choose another "
            "with --port (0 takes any free one) or --host.",
            EX_UNAVAILABLE,
        ) from err


def _admit(socket: ServerConnection, request: Request, connections: int) -> Response | None:
    """Answer what is not a Live session with plain HTTP."""
    if not _version(request):
        return socket.respond(
            HTTPStatus.NOT_FOUND,
            "Here is a Live service; it has BidiGenerateContent of v1, v1alpha and v1beta.\n",
        )
    if connections > _MOST_CONNECTIONS:
        return socket.respond(HTTPStatus.SERVICE_UNAVAILABLE, "Too many sessions.\n")
    log.debug("connection asked for", extra={"KIOSK_CREDENTIAL": credential_kind(request)})
    return None


def credential_kind(request: Request) -> str:
    """Name the way in which a client brings its key; ``none`` when it brings no key."""
    query = parse_qs(request.path.partition("?")[2])
    authorization = " ".join(request.headers.get_all("Authorization"))
    if authorization.startswith(("Token ", "Bearer ")) or query.get("access_token"):
        return "token"
    if any(request.headers.get_all("x-goog-api-key")) or query.get("key"):
        return "key"
    return "none"


def _version(request: Request | None) -> str:
    """Find the API version in a session's path; ``""`` for any other path."""
    path, _, _ = (request.path if request else "").partition("?")
    found = _PATH.fullmatch(_SLASHES.sub("/", path))
    return found[1] if found else ""


def _identity(options: ServeOptions) -> tls.Identity:
    try:
        try:
            return tls.identity(options.state_dir, options.host)
        except CannotServe:  # the disk is full, or cannot be written
            if options.spare_dir is None:
                raise
            return tls.identity(options.spare_dir, options.host)
    except UnicodeError as err:
        raise CannotServe(
            f"{options.host!r} is not a host name: choose another with --host.", EX_UNAVAILABLE
        ) from err


def _url(server: Server, host: str) -> str:
    bound: Any = next(iter(server.sockets)).getsockname()
    name = {"0.0.0.0": "localhost", "::": "localhost", "": "localhost"}.get(host, host)  # noqa: S104 - read, not bound
    return f"https://[{name}]:{bound[1]}" if ":" in name else f"https://{name}:{bound[1]}"


def _why(error: OSError) -> str:
    """Say what failed in the system's words, without the library's wrapping of them."""
    if error.errno and error.errno > 0:  # name lookups have codes of their own, below zero
        return os.strerror(error.errno).lower()
    return str(error.strerror or error)


def _socket_log() -> logging.Logger:
    """Make a log for the sockets that keeps port scanners and half-open clients out of it."""
    logger = logging.getLogger("kiosk.local_live.socket")
    logger.addFilter(lambda record: record.msg != "opening handshake failed")
    return logger
