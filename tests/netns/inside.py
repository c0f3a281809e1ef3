"""Sockets of another network namespace, made by this process: a socket stays where it was made."""

import ctypes
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.netns.namespaces import etc_of

_CLONE_NEWNET: Final = 0x40000000
_CLONE_NEWNS: Final = 0x00020000
_MS_BIND: Final = 0x1000
_MS_PRIVATE_REC: Final = 0x44000
_libc: Final = ctypes.CDLL(None, use_errno=True)


def enter(name: str) -> None:
    """Move the calling thread, and what it starts from now on, into a namespace for good."""
    _enter(Path("/run/netns") / name)


def live_in(name: str) -> None:
    """Move this process, while it has one thread, into a namespace and give it its resolver."""
    enter(name)
    _checked(_libc.unshare(_CLONE_NEWNS))
    _checked(_libc.mount(b"none", b"/", None, _MS_PRIVATE_REC, None))
    resolver = os.fsencode(etc_of(name) / "resolv.conf")
    _checked(_libc.mount(resolver, os.path.realpath(b"/etc/resolv.conf"), None, _MS_BIND, None))


@contextmanager
def inside(name: str) -> Iterator[None]:
    """Let the calling thread be in a namespace for the length of the context."""
    with Path("/proc/thread-self/ns/net").open() as here:
        enter(name)
        try:
            yield
        finally:
            _setns(here.fileno())


def tcp_listener(name: str, address: str, port: int = 0) -> socket.socket:
    """Listen in a namespace."""
    with inside(name):
        return socket.create_server((address, port))


def tcp_client(name: str, timeout_s: float = 2.0) -> socket.socket:
    """Return a socket that will connect from a namespace."""
    return _socket(name, socket.SOCK_STREAM, timeout_s)


def udp(name: str, timeout_s: float = 2.0) -> socket.socket:
    """Return a datagram socket of a namespace."""
    return _socket(name, socket.SOCK_DGRAM, timeout_s)


def _socket(name: str, kind: socket.SocketKind, timeout_s: float) -> socket.socket:
    with inside(name):
        made = socket.socket(socket.AF_INET, kind)
    made.settimeout(timeout_s)
    return made


def _enter(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _setns(descriptor)
    finally:
        os.close(descriptor)


def _setns(descriptor: int) -> None:
    _checked(_libc.setns(descriptor, _CLONE_NEWNET))


def _checked(result: int) -> None:
    if result:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
