"""Links, addresses and routes, as the kernel announces them: rtnetlink, read by hand.

A library for it costs 26 MB of memory (measured with pyroute2), a sixth of what the kiosk may
have, for the four integers that are needed here. Source: rtnetlink(7), linux/rtnetlink.h.
"""

import asyncio
import logging
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Final

from kiosk.core.path import NetworkChange
from kiosk.ports import NetworkWatch

log = logging.getLogger(__name__)

_GROUPS: Final = 0x1 | 0x10 | 0x40 | 0x100 | 0x400  # link, IPv4 address and route, IPv6 the same
_HEADER: Final = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_LINK: Final = struct.Struct("=BxHiII")  # family, hardware type, index, flags, change mask
_ADDRESS: Final = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, index
_NEW_LINK, _DELETED_LINK = 16, 17
_NEW_ADDRESS, _DELETED_ADDRESS = 20, 21
_NEW_ROUTE, _DELETED_ROUTE = 24, 25
_LOOPBACK: Final = 0x8
_CARRIER: Final = 0x10000  # IFF_LOWER_UP
_RUNNING: Final = 0x40
_DATAGRAM_BYTES: Final = 65_536


class Announcements:
    """Turns datagrams into changes; remembers which links had a carrier and which addresses."""

    def __init__(self) -> None:
        self._links: dict[int, bool] = {}
        self._addresses: set[bytes] = set()

    def read(self, datagram: bytes) -> list[NetworkChange]:
        """Return what really changed."""
        changes = []
        while len(datagram) >= _HEADER.size:
            length, kind, *_ = _HEADER.unpack_from(datagram)
            if length < _HEADER.size or length > len(datagram):
                break
            change = self._change(kind, datagram[_HEADER.size : length])
            if change is not None:
                changes.append(change)
            datagram = datagram[(length + 3) & ~3 :]
        return changes

    def _change(self, kind: int, body: bytes) -> NetworkChange | None:
        match kind:
            case 16 | 17 if len(body) >= _LINK.size:
                return self._link(body, gone=kind == _DELETED_LINK)
            case 20 | 21 if len(body) >= _ADDRESS.size:
                return self._address(body, gone=kind == _DELETED_ADDRESS)
            case 24:
                return NetworkChange.UP
            case 25:
                return NetworkChange.DOWN
            case _:
                return None

    def _link(self, body: bytes, *, gone: bool) -> NetworkChange | None:
        _, _, index, flags, _ = _LINK.unpack_from(body)
        if flags & _LOOPBACK:
            return None
        carries = not gone and bool(flags & _CARRIER and flags & _RUNNING)
        before = self._links.get(index)
        self._links[index] = carries
        if before == carries:
            return None
        return NetworkChange.UP if carries else NetworkChange.DOWN

    def _address(self, body: bytes, *, gone: bool) -> NetworkChange | None:
        key = body[: _ADDRESS.size] + _first_attribute(body[_ADDRESS.size :])
        known = key in self._addresses
        if gone:
            self._addresses.discard(key)
            return NetworkChange.DOWN
        self._addresses.add(key)
        return None if known else NetworkChange.UP


def _first_attribute(attributes: bytes) -> bytes:
    length = int.from_bytes(attributes[:2], "little")
    return attributes[4:length]


class _Watch:
    def __init__(self, sock: socket.socket | None) -> None:
        self._sock = sock

    async def changes(self) -> AsyncIterator[NetworkChange]:
        loop = asyncio.get_running_loop()
        if self._sock is None:
            await loop.create_future()
            return
        announcements, coming = Announcements(), deque[NetworkChange]()
        while True:
            try:
                datagram = await loop.sock_recv(self._sock, _DATAGRAM_BYTES)
            except OSError:  # ENOBUFS: some were lost, so look again
                coming += (NetworkChange.DOWN, NetworkChange.UP)
            else:
                coming += announcements.read(datagram)
            while coming:
                yield coming.popleft()


@contextmanager
def watch_network() -> Iterator[NetworkWatch]:
    """Listen to the kernel for as long as the context lasts.

    Where that is denied nothing is ever announced: the journal says so once.
    """
    try:
        sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    except OSError as err:
        log.warning("no network announcements", extra={"KIOSK_CAUSE": err.strerror})
        yield _Watch(None)
        return
    with sock:
        sock.setblocking(False)
        sock.bind((0, _GROUPS))
        yield _Watch(sock)
