"""A disk that keeps a log of its writes, and what it may hold if the power went at some moment.

QEMU's blklogwrites writes the log that Linux's dm-log-writes does: a sector that says what
follows (512 bytes each: where, how many, which kind), then the data. A flush is an entry, too:
what was written before it is safe. Until then the disk may hold all of it, none, or any sectors.
"""

import random
import struct
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SECTOR: Final = 512
_BLOCK: Final = 4096
_MENDED: Final = 3
"""The largest exit code of e2fsck that says that the file system is right now."""
_MAGIC: Final = 0x6A736677736872
_FLUSH, _FUA, _DISCARD = 1, 2, 4


@dataclass(frozen=True, slots=True)
class Written:
    """Some sectors of the disk."""

    at: int
    data: bytes


class Flushed:
    """All that was written before is safe."""


Entry = Written | Flushed


@dataclass
class LoggedDisk:
    """A small disk with a file system, and a block behind it for marks."""

    home: Path
    size: int
    """Of the file system, in bytes; the block for marks begins there."""

    @property
    def card(self) -> Path:
        return self.home / "books.img"

    @property
    def log(self) -> Path:
        return self.home / "books.log"

    def make(self) -> None:
        """Make it: an empty ext4."""
        with self.card.open("wb") as file:
            file.truncate(self.size + _BLOCK)
        command = ["mke2fs", "-q", "-t", "ext4", "-b", str(_BLOCK), "-m", "0", str(self.card)]
        subprocess.run([*command, str(self.size // _BLOCK)], check=True)
        self.log.touch()

    def plugs(self) -> list[str]:
        """Return what QEMU is told to have this disk plugged in; flushes go through to the log."""
        return [
            "-blockdev", f"driver=file,node-name=books-card,filename={self.card}",
            "-blockdev", f"driver=file,node-name=books-log,filename={self.log}",
            "-blockdev", "driver=blklogwrites,node-name=books,file=books-card,log=books-log",
            "-device", "virtio-blk-pci,drive=books",
        ]  # fmt: skip

    def entries(self) -> list[Entry]:
        """Return what was done to the disk until now."""
        return list(entries_of(self.log.read_bytes()))

    def taken(self) -> list[Entry]:
        """Take the log away; the next power on begins a new one."""
        entries = self.entries()
        self.log.write_bytes(b"")
        return entries

    def mark(self, entry: Entry) -> int:
        """Return the number that an entry marks; 0 for any other entry."""
        if isinstance(entry, Written) and entry.at == self.size:
            return int.from_bytes(entry.data[:8], "little")
        return 0


def entries_of(log: bytes) -> Iterator[Entry]:
    """Yield what a log says, as far as it is whole."""
    magic, version, _, sector = struct.unpack_from("<QQQI", log)
    assert (magic, version, sector) == (_MAGIC, 1, SECTOR), "not a log of dm-log-writes"
    at = SECTOR
    while at + SECTOR <= len(log):
        where, sectors, flags, _ = struct.unpack_from("<QQQQ", log, at)
        at += SECTOR
        length = sectors * SECTOR
        if at + length > len(log) or not (flags or sectors):
            return
        assert not flags & (_FUA | _DISCARD), "what a virtio disk is never asked for"
        if flags & _FLUSH:
            yield Flushed()
        if length:
            yield Written(where * SECTOR, log[at : at + length])
        at += length


@dataclass
class Replayed:
    """What a disk may hold, entry by entry."""

    safe: bytearray
    since: list[Written] = field(default_factory=list)

    def follow(self, entry: Entry) -> None:
        """Take note of the next entry."""
        if isinstance(entry, Written):
            self.since.append(entry)
            return
        for written in self.since:
            _put(self.safe, written)
        self.since = []

    def nothing_kept(self) -> bytearray:
        """All that was not flushed is lost."""
        return bytearray(self.safe)

    def all_kept(self) -> bytearray:
        """All that was written was kept."""
        return self._with(self.since)

    def some_kept(self, chance: random.Random, *, torn: bool) -> bytearray:
        """Some of the writes were kept, or some of their sectors."""
        parts = [part for each in self.since for part in (_sectors(each) if torn else [each])]
        return self._with([part for part in parts if chance.random() < 0.5])

    def _with(self, kept: list[Written]) -> bytearray:
        disk = bytearray(self.safe)
        for written in kept:
            _put(disk, written)
        return disk


def _put(disk: bytearray, written: Written) -> None:
    disk[written.at : written.at + len(written.data)] = written.data


def _sectors(written: Written) -> list[Written]:
    return [
        Written(written.at + start, written.data[start : start + SECTOR])
        for start in range(0, len(written.data), SECTOR)
    ]


def _e2fsck(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["e2fsck", *arguments], check=False, capture_output=True, text=True)


def files_of(disk: bytearray, names: Sequence[str], scratch: Path) -> Path:
    """Do what a start does after a power cut, and copy files out; return where they are.

    That is what mounting does, and if it refuses, a whole check: Raspberry Pi OS starts with
    ``fsck.repair=yes``. It refuses when the cut tore the superblock, which spans two sectors.
    """
    card = scratch / "disk.img"
    card.write_bytes(disk)
    if _e2fsck("-E", "journal_only", "-p", card).returncode > _MENDED:
        done = _e2fsck("-f", "-y", card)
        assert done.returncode <= _MENDED, f"{done.returncode}: {done.stdout}"
    for name in names:
        (scratch / name).unlink(missing_ok=True)
    copies = "\n".join(f"dump /{name} {scratch / name}" for name in names)
    subprocess.run(
        ["debugfs", "-f", "-", card], input=copies, text=True, check=True, capture_output=True
    )
    return scratch
