"""What the kernel says in rtnetlink messages about links, addresses and routes.

Numbers and layouts are those of linux/rtnetlink.h, if_link.h and if_addr.h.
"""

import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

GROUPS: Final = 0x1 | 0x10 | 0x40 | 0x100 | 0x400
"""News of links, and of addresses and routes, IPv4 and IPv6."""
LINK, ADDRESS, ROUTE = 16, 20, 24  # RTM_NEW…; one more is RTM_DEL…, two more is RTM_GET…

_ERROR, _DONE = 2, 3
_REQUEST_ALL: Final = 0x1 | 0x300  # NLM_F_REQUEST, NLM_F_DUMP
_REPLACES: Final = 0x100
_CARRIER: Final = 0x1 | 0x40 | 0x10000  # IFF_UP, IFF_RUNNING, IFF_LOWER_UP
_UNUSABLE: Final = 0x40 | 0x08  # IFA_F_TENTATIVE, IFA_F_DADFAILED
_LINK_SCOPE: Final = 253  # and narrower ones
_LINK_LOCAL: Final = b"\xfe\x80"
_UNICAST: Final = 1
_CLONED: Final = 0x200
_LOOPBACK: Final = 1  # the same in every network namespace
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_DST, _OIF, _GATEWAY, _PRIORITY = 1, 4, 5, 6
_MULTIPATH, _TABLE, _VIA, _NEXT_HOP = 9, 15, 18, 30

_HEADER: Final = struct.Struct("=IHHII")
_LINK_BODY: Final = struct.Struct("=BxHiII")
_ADDRESS_BODY: Final = struct.Struct("=BBBBI")
_ROUTE_BODY: Final = struct.Struct("=BBBBBBBBI")
_ATTRIBUTE: Final = struct.Struct("=HH")


@dataclass(frozen=True, slots=True)
class Thing:
    """A link, an address or a route. A route may be replaced by one of the same ``name``."""

    kind: int
    interface: int
    name: tuple[object, ...] = ()
    way: tuple[object, ...] = ()


class News(NamedTuple):
    """Whether a link has a carrier, an address is usable, a route is there."""

    thing: Thing
    stands: bool
    replaces: bool


def question(kind: int) -> bytes:
    """Return the request for all things of a kind."""
    return _HEADER.pack(_HEADER.size + 4, kind + 2, _REQUEST_ALL, kind, 0) + bytes(4)


def is_last(data: bytes) -> bool:
    """Whether an answer ends here."""
    return any(kind in (_ERROR, _DONE) for kind, *_ in _messages(data))


def read(data: bytes) -> list[News]:
    """Return what a datagram says, without the loopback and what stays on the link."""
    found: list[News] = []
    for kind, flags, body in _messages(data):
        thing, usable = None, True
        if kind in (LINK, LINK + 1):
            thing, usable = _link(body)
        elif kind in (ADDRESS, ADDRESS + 1):
            thing, usable = _address(body)
        elif kind in (ROUTE, ROUTE + 1):
            thing = _route(body)
        if thing is not None and thing.interface != _LOOPBACK:
            is_new = kind in (LINK, ADDRESS, ROUTE)
            found.append(News(thing, is_new and usable, bool(flags & _REPLACES)))
    return found


def _link(body: bytes) -> tuple[Thing | None, bool]:
    family, _, index, flags, _ = _LINK_BODY.unpack_from(body)
    if family != socket.AF_UNSPEC:  # a bridge tells about its ports
        return None, False
    return Thing(LINK, index), flags & _CARRIER == _CARRIER


def _address(body: bytes) -> tuple[Thing | None, bool]:
    family, prefix, flags, scope, index = _ADDRESS_BODY.unpack_from(body)
    if scope >= _LINK_SCOPE:
        return None, False
    of = _attributes(body[_ADDRESS_BODY.size :])
    address = of.get(_IFA_LOCAL) or of.get(_IFA_ADDRESS)
    return Thing(ADDRESS, index, (family, address, prefix)), not flags & _UNUSABLE


def _route(body: bytes) -> Thing | None:
    family, length, _, _, table, _, _, kind, flags = _ROUTE_BODY.unpack_from(body)
    of = _attributes(body[_ROUTE_BODY.size :])
    if kind != _UNICAST or flags & _CLONED or of.get(_DST, b"")[:2] == _LINK_LOCAL:
        return None
    interface = int.from_bytes(of.get(_OIF, b""), sys.byteorder)
    name = (family, of.get(_TABLE, table), length, of.get(_DST), of.get(_PRIORITY))
    way = (of.get(_GATEWAY), of.get(_VIA), of.get(_MULTIPATH), of.get(_NEXT_HOP))
    return Thing(ROUTE, interface, name, way)


def _messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield kind, flags and body of each message."""
    while len(data) >= _HEADER.size:
        length, kind, flags, _, _ = _HEADER.unpack_from(data)
        yield kind, flags, data[_HEADER.size : length]
        data = data[max(_aligned(length), _HEADER.size) :]


def _attributes(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while len(data) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(data)
        found[kind & 0x3FFF] = data[_ATTRIBUTE.size : length]
        data = data[max(_aligned(length), _ATTRIBUTE.size) :]
    return found


def _aligned(length: int) -> int:
    return (length + 3) & ~3
