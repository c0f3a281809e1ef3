"""Which addresses of an endpoint worked, so that a dead name service stops nobody.

An address is an IP address in text, IPv6 with its scope where it has one.
"""

import asyncio
import ipaddress
import json
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain, zip_longest
from pathlib import Path
from threading import Lock
from typing import Final

KEPT: Final = 4
"""Addresses kept of each family."""


class AddressBook:
    """Addresses that worked, the last one first, and beside them what was looked up last."""

    def __init__(self, endpoint: str, file: Path | None = None) -> None:
        """Read ``file``; nothing usable there, or another endpoint's, is an empty book."""
        self.heard: tuple[str, ...] = ()
        """What the name service said last; any thread may set it."""
        self._endpoint = endpoint
        self._file = file
        self._one_at_a_time = Lock()
        self._good = _saved(file, endpoint) if file else ()

    def candidates(self) -> list[str]:
        """Return whom to call, the likeliest first, both families early."""
        good = self._good
        others = [address for address in self.heard if address not in good]
        return [*_mixed(good), *_mixed(_some_of_each(others))]

    def worked(self, address: str) -> None:
        """Remember the address of a connection; the file follows when the set has changed.

        Call it on the loop. Saving is on a thread and may fail: then the next one tries.
        """
        before = self._good
        self._good = _some_of_each([address, *(one for one in before if one != address)])
        if self._file is not None and set(self._good) != set(before):
            asyncio.get_running_loop().run_in_executor(None, self._save, self._file)

    def _save(self, file: Path) -> None:
        with suppress(OSError), self._one_at_a_time:
            fresh = file.with_suffix(".new")
            fresh.write_text(json.dumps({self._endpoint: self._good}))
            fresh.replace(file)


def is_ipv6(address: str) -> bool:
    """Whether an address is of the newer family."""
    return ":" in address


def _some_of_each(addresses: Iterable[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for address in addresses:
        if sum(is_ipv6(one) is is_ipv6(address) for one in kept) < KEPT:
            kept.append(address)
    return tuple(kept)


def _mixed(addresses: Iterable[str]) -> list[str]:
    """Take turns between the families, the first one's first."""
    rows = list(addresses)
    first = [one for one in rows if is_ipv6(one) is is_ipv6(rows[0])]
    second = [one for one in rows if one not in first]
    return [one for one in chain(*zip_longest(first, second)) if one]


def _saved(file: Path, endpoint: str) -> tuple[str, ...]:
    try:
        addresses = json.loads(file.read_text())[endpoint]
        for address in addresses:
            ipaddress.ip_address(address)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ()
    return _some_of_each(addresses) if all(isinstance(one, str) for one in addresses) else ()
