"""Calling an endpoint: bare TCP connections, by addresses that worked before.

A look-up blocks for 10 s when the network swallows its question (measured), so it never
stands between the kiosk and an address it knows: it runs beside, on a thread of its own that
nobody waits for at the end, and what it finds joins the race. The first connection that
stands wins; the others are closed before anybody hears of them.

The kernel must not drop a socket on a dead path before the kiosk wants it to: a reset reaches
the peer only once there is a path again. So there are no keep-alive probes, and
``TCP_USER_TIMEOUT`` is a mere backstop.
"""

import asyncio
import os
import socket
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future
from threading import Thread
from typing import Final

from kiosk.adapters.address_book import AddressBook, is_ipv6

STAGGER_S: Final = 0.05
"""Head start of each address before the next one is tried."""
BACKSTOP_MS: Final = 45_000
"""How long sent bytes may stay unacknowledged before the kernel gives the path up."""


class BareConnection:
    """A connected socket (``ports.Spare``): whoever takes it owns it."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock: socket.socket | None = sock

    def take(self) -> socket.socket:
        """Return the socket, once."""
        assert self._sock is not None, "a spare is for one session, and none once it was closed"
        sock, self._sock = self._sock, None
        return sock

    def close(self) -> None:
        """Close the socket unless it was taken."""
        if self._sock is not None:
            self.take().close()


class Dialler:
    """Opens connections to one host and port."""

    def __init__(self, host: str, port: int, book: AddressBook) -> None:
        self._host = host
        self._port = port
        self._book = book
        self._literal = _literal(host)
        self._lookup: Future[tuple[str, ...]] | None = None

    async def dial(self) -> BareConnection:
        """Return the first connection that stands; the caller sets the deadline.

        Raises OSError when every address failed, or UnicodeError for a name that is none.
        """
        if self._literal is not None:
            sock, _ = await _Race(self._port, [self._literal]).won()
            return BareConnection(sock)
        lookup = asyncio.wrap_future(self._look_up())
        try:
            sock, address = await _Race(self._port, self._book.candidates(), lookup).won()
        finally:
            lookup.cancel()  # the thread goes on, for the next call
        self._book.worked(address)
        return BareConnection(sock)

    def _look_up(self) -> Future[tuple[str, ...]]:
        """Return the look-up under way, else begin one: never two at a time."""
        if self._lookup is None or self._lookup.done():
            self._lookup = Future()
            self._lookup.set_running_or_notify_cancel()  # nobody can cancel it from now on
            Thread(target=self._ask, args=(self._lookup,), name="look-up", daemon=True).start()
        return self._lookup

    def _ask(self, answer: Future[tuple[str, ...]]) -> None:
        try:
            found = _resolve(self._host)
        except (OSError, UnicodeError) as err:
            answer.set_exception(err)
        else:
            self._book.heard = found
            answer.set_result(found)


def _literal(host: str) -> str | None:
    try:
        return _resolve(host, socket.AI_NUMERICHOST)[0]
    except (OSError, UnicodeError):
        return None


def _resolve(host: str, flags: int = 0) -> tuple[str, ...]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=flags)
    numeric = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
    return tuple(socket.getnameinfo(sockaddr, numeric)[0] for *_, sockaddr in found)


class _Race:
    """Connects to several addresses, each a little later than the one before."""

    def __init__(
        self,
        port: int,
        known: Iterable[str],
        lookup: asyncio.Future[tuple[str, ...]] | None = None,
    ) -> None:
        self._port = port
        self._waiting = deque(known)
        self._seen = set(self._waiting)
        self._lookup = lookup
        self._looking = lookup is not None
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self._trying: dict[socket.socket, str] = {}
        self._winner: socket.socket | None = None
        self._failures: list[BaseException] = []
        self._timer: asyncio.TimerHandle | None = None

    async def won(self) -> tuple[socket.socket, str]:
        """Return the first connection that stands and its address; close all others."""
        try:
            if self._lookup is not None:
                self._lookup.add_done_callback(self._looked_up)
            self._next()
            await self._over.wait()
            if self._winner is None:
                raise self._why_not()
            return self._winner, self._trying.pop(self._winner)
        finally:
            self._stop()

    def _next(self) -> None:
        """Try the next address at once, and set a timer for the one after it."""
        if self._timer is not None:
            self._timer.cancel()
        while self._waiting and not self._try(self._waiting.popleft()):
            pass
        self._timer = None
        if self._waiting:
            self._timer = self._loop.call_later(STAGGER_S, self._next)
        elif not self._trying and not self._looking:
            self._over.set()

    def _try(self, address: str) -> bool:
        """Begin to connect; False when that failed at once."""
        try:
            sock = socket.socket(socket.AF_INET6 if is_ipv6(address) else socket.AF_INET)
        except OSError as err:  # a machine without IPv6
            self._failures.append(err)
            return False
        try:
            _tune(sock)
            sock.connect((address, self._port))
        except BlockingIOError:
            pass
        except OSError as err:
            sock.close()
            self._failures.append(err)
            return False
        self._trying[sock] = address
        self._loop.add_writer(sock, self._settled, sock)
        return True

    def _settled(self, sock: socket.socket) -> None:
        self._loop.remove_writer(sock)
        number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            del self._trying[sock]
            sock.close()
            self._failures.append(OSError(number, os.strerror(number)))
            self._next()
        elif self._winner is None:
            self._winner = sock
            self._over.set()

    def _looked_up(self, lookup: asyncio.Future[tuple[str, ...]]) -> None:
        if lookup.cancelled() or self._over.is_set():
            return
        self._looking = False
        failure = lookup.exception()
        if failure is not None:
            self._failures.append(failure)
        else:
            fresh = [one for one in lookup.result() if one not in self._seen]
            self._seen.update(fresh)
            self._waiting.extend(fresh)
        if self._timer is None:
            self._next()

    def _why_not(self) -> BaseException:
        """Return what tells most: somebody said no, else what came first."""
        said_no = (err for err in self._failures if isinstance(err, ConnectionRefusedError))
        return next(said_no, self._failures[0])

    def _stop(self) -> None:
        self._over.set()  # a look-up that ends now is too late
        if self._timer is not None:
            self._timer.cancel()
        if self._lookup is not None:
            self._lookup.remove_done_callback(self._looked_up)
        for sock in self._trying:
            self._loop.remove_writer(sock)
            sock.close()
        self._trying.clear()


def _tune(sock: socket.socket) -> None:
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, BACKSTOP_MS)
