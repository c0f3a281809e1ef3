"""An event loop that opens its next connection on a socket that is connected already.

google-genai hands only named parameters on to ``websockets.connect``, and a socket is none of
them. What websockets calls in the end is ``loop.create_connection``, a public method.
"""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_ready: ContextVar[socket.socket | None] = ContextVar("connected socket", default=None)


class KioskLoop(asyncio.SelectorEventLoop):
    """The loop every command of the kiosk runs on."""

    async def create_connection(
        self, protocol_factory: Any, host: Any = None, port: Any = None, **options: Any
    ) -> Any:
        sock = _ready.get()
        if sock is None:
            return await super().create_connection(protocol_factory, host, port, **options)
        _ready.set(None)
        return await super().create_connection(protocol_factory, sock=sock, **options)


@contextmanager
def on_socket(sock: socket.socket) -> Iterator[None]:
    token = _ready.set(sock)
    try:
        yield
    finally:
        _ready.reset(token)
