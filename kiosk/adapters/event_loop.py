"""The event loop of the kiosk's commands: asyncio's, and it takes a connected socket over.

The kiosk dials by itself (``dialling``), but the SDK lets websockets call
``loop.create_connection`` with a host and a port, and no argument of theirs carries a socket.
So the loop's own public method looks whether one was handed over in this context.
"""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeVar

P = TypeVar("P", bound=asyncio.BaseProtocol)

_offers: Final = ContextVar[list[socket.socket] | None]("handed over", default=None)


@contextmanager
def handed_over(sock: socket.socket) -> Iterator[None]:
    """Have the one connection that is opened within this context use ``sock``.

    Only on a ``KioskLoop``: any other loop would quietly dial anew, so there it is an
    AssertionError. Whoever opens the connection owns the socket; unused, it is closed at the
    end. A second connection in the same context, as after a redirect, is a ConnectionError.
    """
    offer = [sock]
    token = _offers.set(offer)
    try:
        assert isinstance(asyncio.get_running_loop(), KioskLoop), (
            "sessions need the kiosk's event loop: asyncio.Runner(loop_factory=KioskLoop)"
        )
        yield
    finally:
        _offers.reset(token)
        for unused in offer:
            unused.close()


class KioskLoop(asyncio.SelectorEventLoop):
    """Opens a connection on the socket that was handed over, else as usual."""

    async def create_connection(
        self,
        protocol_factory: Callable[[], P],
        *address: Any,  # noqa: ANN401 - asyncio's own arguments, more with every version
        **options: Any,  # noqa: ANN401
    ) -> tuple[asyncio.Transport, P]:
        """As asyncio's. ``server_hostname`` stays the name for SNI and verification."""
        offer = _offers.get()
        if offer is None:
            return await super().create_connection(protocol_factory, *address, **options)
        if not offer:
            raise ConnectionError("it sends us on to another address")
        options |= {"host": None, "port": None, "sock": offer.pop()}
        return await super().create_connection(protocol_factory, **options)
