"""Disks of one's own, in memory: they get full and read-only, and nobody else sees them."""

import ctypes
import os
import subprocess
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.adapters.tls_peer import run

T = TypeVar("T")

CLONE_NEWNS = 0x00020000
MIB = 1024 * 1024


class Disk:
    """A file system of 32 MiB."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._filler = place / "filler"
        place.mkdir()
        _sh("mount", "-t", "tmpfs", "-o", "size=32m,mode=700", "kiosk-test", str(place))

    def fill(self) -> None:
        """Leave not a byte."""
        with self._filler.open("ab", buffering=0) as filler:
            for size in (MIB, 4096):
                try:
                    while filler.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue

    def make_room(self) -> None:
        self._filler.unlink()

    def lock(self) -> None:
        """Be read-only, as a card is that failed. Nothing on it may be open for writing."""
        _sh("mount", "-o", "remount,ro", str(self.place))

    @contextmanager
    def locked_under_open_files(self) -> Iterator[None]:
        """Be read-only, and yet take writes to what is open, as ext4 does that drops them."""
        _sh("mount", "--bind", str(self.place), str(self.place))
        _sh("mount", "-o", "remount,bind,ro", str(self.place))
        yield
        _sh("umount", "--lazy", str(self.place))

    def unlock(self) -> None:
        _sh("mount", "-o", "remount,rw", str(self.place))

    def frozen_card(self) -> "FrozenCard":
        """Return a card on this disk; it ends with it."""
        return FrozenCard(self.place / "image", self.place / "card")


class FrozenCard:
    """A card that stalls when it is told to: ext4, in a file."""

    def __init__(self, file: Path, place: Path) -> None:
        self.place = place
        with file.open("wb") as image:
            image.truncate(16 * MIB)
        _sh("mkfs.ext4", "-q", str(file))
        place.mkdir()
        _sh("mount", "-o", "loop", str(file), str(place))

    def freeze(self) -> None:
        _sh("fsfreeze", "-f", str(self.place))

    def thaw(self) -> None:
        _sh("fsfreeze", "-u", str(self.place))


def run_with_disk(place: Path, scenario: Callable[[Disk], Coroutine[Any, Any, T]]) -> T:
    """Run a scenario on a thread that sees a disk there. It ends with the thread.

    The test is skipped where that is not allowed.
    """

    def apart() -> T:
        libc = ctypes.CDLL(None, use_errno=True)
        if os.geteuid() or libc.unshare(CLONE_NEWNS):
            pytest.skip("no disk of one's own: only root may mount one")
        _sh("mount", "--make-rprivate", "/")
        return run(scenario(Disk(place)))

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(apart).result()


def _sh(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
