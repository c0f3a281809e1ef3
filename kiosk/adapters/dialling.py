"""Bare connects to a Live endpoint: by addresses that worked, with the name resolved beside.

In a black hole the system's resolver blocks for ten seconds; nothing ever waits for it while
there is an address that worked before. Families are tried together, 50 ms apart: a kiosk whose
IPv6 is broken must not notice it. The last winner is tried first.
"""

import asyncio
import json
import logging
import os
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from kiosk.errors import LinkError

log = logging.getLogger(__name__)

STAGGER_S: Final = 0.05
MOST_A_FAMILY: Final = 4
BACKSTOP_MS: Final = 45_000
"""The kernel may give a silent connection up only long after we did: until a spare has proved
the path it must not be destroyed."""

Address = tuple[str, int]


class TcpSpare:
    """A connected socket nobody speaks on yet."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock: socket.socket | None = sock

    def take(self) -> socket.socket:
        """Hand the socket over; closing the spare does nothing from then on."""
        assert self._sock is not None, "a spare is used once"
        sock, self._sock = self._sock, None
        return sock

    def close(self) -> None:
        if self._sock is not None:
            self._sock.close()
            self._sock = None


class AddressBook:
    """The addresses of one host that worked or were resolved last, the last winner first."""

    def __init__(self, host: str, file: Path | None = None) -> None:
        self.host = host
        self._file = file
        self._addresses: list[str] = self._numeric() or self._read()
        self._resolving: asyncio.Future[None] | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(self._addresses)

    def won(self, address: str) -> None:
        """Note that an address worked; it is tried first from now on."""
        if self._addresses[:1] == [address]:
            return
        self._addresses = self._kept([address, *self._addresses])
        self._write()

    def resolve(self) -> "asyncio.Future[None]":
        """Look the name up on a thread of its own; at most one look-up is under way."""
        if self._resolving is None or self._resolving.done():
            loop = asyncio.get_running_loop()
            self._resolving = loop.create_future()
            if self._numeric():
                self._resolving.set_result(None)
            else:
                work = threading.Thread(
                    target=self._look_up, args=(loop, self._resolving), daemon=True
                )
                work.start()
        return self._resolving

    def _look_up(self, loop: asyncio.AbstractEventLoop, done: "asyncio.Future[None]") -> None:
        found: list[str] = []
        with suppress(OSError, UnicodeError):
            answers = socket.getaddrinfo(self.host, None, type=socket.SOCK_STREAM)
            found = [str(answer[4][0]) for answer in answers]
        with suppress(RuntimeError):  # the loop is closed: nobody wants to know any more
            loop.call_soon_threadsafe(self._found, found, done)

    def _found(self, found: Sequence[str], done: "asyncio.Future[None]") -> None:
        if found:
            first = [address for address in self._addresses[:1] if address in found]
            self._addresses = self._kept([*first, *found, *self._addresses])
            self._write()
        if not done.done():
            done.set_result(None)

    def _numeric(self) -> list[str]:
        try:
            return [str(ip_address(self.host))]
        except ValueError:
            return []

    def _kept(self, addresses: Sequence[str]) -> list[str]:
        kept: list[str] = []
        for address in dict.fromkeys(addresses):
            family = ":" in address
            if sum((":" in other) == family for other in kept) < MOST_A_FAMILY:
                kept.append(address)
        return kept

    def _read(self) -> list[str]:
        if self._file is None:
            return []
        try:
            found = json.loads(self._file.read_text())
            named = found.get(self.host, [])
            return self._kept([str(ip_address(address)) for address in named])
        except (OSError, ValueError, AttributeError, TypeError):
            return []

    def _write(self) -> None:
        if self._file is None:
            return
        draft = self._file.with_suffix(".new")
        try:
            draft.write_text(json.dumps({self.host: self._addresses}))
            os.replace(draft, self._file)
        except OSError as err:
            log.debug("addresses not kept", extra={"KIOSK_CAUSE": err.strerror})


async def dial(book: AddressBook, port: int, within_s: float, name: str) -> TcpSpare:
    """Connect to the first of the book's addresses that answers. Raises LinkError."""
    try:
        async with asyncio.timeout(within_s):
            return TcpSpare(await _first(book, port))
    except TimeoutError:
        raise LinkError(
            f"{name} cannot be reached within {within_s:g} s: check the network and any firewall."
        ) from None
    except OSError as err:
        raise LinkError(f"There is no way to {name} ({err.strerror}): check the network.") from err


async def _first(book: AddressBook, port: int) -> socket.socket:
    """Race the addresses there are, and those that a look-up beside brings."""
    loop = asyncio.get_running_loop()
    resolving = book.resolve()
    tried: set[str] = set()
    connecting: dict[asyncio.Task[socket.socket], str] = {}
    trouble: OSError = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    try:
        while True:
            fresh = next((one for one in book.addresses if one not in tried), None)
            if fresh is not None:
                tried.add(fresh)
                connecting[loop.create_task(_connected(fresh, port))] = fresh
            elif not connecting and resolving.done():
                raise trouble
            waiting: set[asyncio.Future[Any]] = {*connecting}
            if not resolving.done():
                waiting.add(resolving)
            pause_s = STAGGER_S if fresh is not None else None
            done, _ = await asyncio.wait(
                waiting, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done & connecting.keys():
                address = connecting.pop(task)
                try:
                    sock = task.result()
                except OSError as err:
                    trouble = err
                    continue
                book.won(address)
                return sock
    finally:
        for task in connecting:
            task.add_done_callback(_close_late)
            task.cancel()


def _close_late(task: "asyncio.Task[socket.socket]") -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()


async def _connected(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, BACKSTOP_MS)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock
