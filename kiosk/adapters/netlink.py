"""The network watch: what the kernel tells of links, addresses and routes.

By hand (``rtnetlink``), because the smallest import of the usual library costs 16 MB of memory
and half a second (measured). The watch keeps what stands: links with a carrier, usable
addresses, routes. Only what changes that is a change; news that repeats what is known, such as
a lifetime that was renewed, is none. The loopback interface and link-local addresses, over
which no service is reached, do not count.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Final

from kiosk.adapters import rtnetlink
from kiosk.adapters.rtnetlink import News, Thing
from kiosk.core.path import NetworkChange
from kiosk.ports import NetworkWatch

log = logging.getLogger(__name__)

_BUFFER_BYTES: Final = 65536
_ANSWER_S: Final = 1.0


@asynccontextmanager
async def watch_network() -> AsyncIterator[NetworkWatch]:
    """Watch from now until the end of the context.

    Where netlink is denied that is logged, once, and there are never any changes.
    """
    watch: NetworkWatch = _Blind()
    with ExitStack() as stack:
        try:
            sock = stack.enter_context(_netlink())
            sock.bind((0, rtnetlink.GROUPS))
            sock.setblocking(False)
            watch = _Watch(sock, _all_that_stands())
        except OSError as err:
            log.warning("network changes cannot be seen", extra={"KIOSK_CAUSE": err.strerror})
        yield watch


class _Blind:
    """Sees nothing, for ever."""

    async def changes(self) -> AsyncIterator[NetworkChange]:
        await asyncio.get_running_loop().create_future()
        yield NetworkChange.UP


class _Watch:
    """Sees what comes in on a socket that has been subscribed to the news."""

    def __init__(self, sock: socket.socket, standing: set[Thing]) -> None:
        self._sock = sock
        self._standing = standing

    async def changes(self) -> AsyncIterator[NetworkChange]:
        loop = asyncio.get_running_loop()
        while True:
            try:
                data = await loop.sock_recv(self._sock, _BUFFER_BYTES)
            except OSError as err:
                if err.errno != errno.ENOBUFS:
                    raise
                self._look_again()
                found = [NetworkChange.DOWN, NetworkChange.UP]
            else:
                found = [change for news in rtnetlink.read(data) if (change := self._learn(news))]
            for change in found:
                yield change

    def _look_again(self) -> None:
        """Start anew after news was lost: more is, silently, until the queue has been read."""
        reading = True
        while reading:
            try:
                self._sock.recv(_BUFFER_BYTES)
            except BlockingIOError:
                reading = False
            except OSError as err:
                if err.errno != errno.ENOBUFS:
                    raise
        self._standing = _all_that_stands()

    def _learn(self, news: News) -> NetworkChange | None:
        thing, known = news.thing, news.thing in self._standing
        if news.stands is known:
            return None
        if news.stands:
            if news.replaces:
                self._standing -= {
                    old
                    for old in self._standing
                    if (old.kind, old.name) == (thing.kind, thing.name)
                }
            self._standing.add(thing)
            return NetworkChange.UP
        self._standing.remove(thing)
        if thing.kind == rtnetlink.LINK:  # the kernel drops its routes without a word
            self._standing -= {
                old
                for old in self._standing
                if (old.kind, old.interface) == (rtnetlink.ROUTE, thing.interface)
            }
        return NetworkChange.DOWN


def _netlink() -> socket.socket:
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)


def _all_that_stands() -> set[Thing]:
    """Ask the kernel; it answers from memory, well within a millisecond on a kiosk."""
    standing: set[Thing] = set()
    with _netlink() as asking:
        asking.settimeout(_ANSWER_S)
        for kind in (rtnetlink.LINK, rtnetlink.ADDRESS, rtnetlink.ROUTE):
            asking.send(rtnetlink.question(kind))
            done = False
            while not done:
                data = asking.recv(_BUFFER_BYTES)
                standing |= {news.thing for news in rtnetlink.read(data) if news.stands}
                done = rtnetlink.is_last(data)
    return standing
