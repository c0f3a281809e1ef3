"""What a disk may hold after a power cut, given what was written to it and synced before.

A sync makes a file's writes safe. Until then the disk may hold all of them, none, or any of
their sectors of 512 bytes. Names appear and vanish in order, since a file system journals them,
and are safe once their directory was synced.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from tests.crash.logging_vfs import (
    Acknowledged,
    Created,
    Deleted,
    Entry,
    Synced,
    Truncated,
    Written,
)

SECTOR: Final = 512

Files = Mapping[str, bytes]


@dataclass(slots=True)
class _File:
    """The content that is safe, and what was done to it since."""

    safe: bytearray = field(default_factory=bytearray)
    since: list[Written | Truncated] = field(default_factory=list)
    with_directory: bool = False


class Disk:
    """Follows a log, and says what the disk may hold if the power went now."""

    def __init__(self, files: Files) -> None:
        self._safe_names = {name: _File(bytearray(data)) for name, data in files.items()}
        self._names = dict(self._safe_names)
        self._renames: list[tuple[str, _File | None]] = []

    def follow(self, entry: Entry) -> None:
        """Take note of the next entry."""
        match entry:
            case Created(name, with_directory):
                self._name(name, _File(with_directory=with_directory))
            case Deleted(name, for_good):
                self._name(name, None)
                if for_good:
                    self._sync_directory()
            case Written(name) | Truncated(name):
                self._names[name].since.append(entry)
            case Synced(name):
                file = self._names[name]
                file.safe = _after(file.safe, file.since)
                file.since = []
                if file.with_directory:
                    self._sync_directory()
                    file.with_directory = False
            case Acknowledged():
                pass

    def nothing_kept(self) -> Files:
        """All that was not synced is lost."""
        return {name: bytes(file.safe) for name, file in self._safe_names.items()}

    def all_kept(self) -> Files:
        """All of it reached the disk in time."""
        return {name: bytes(_after(file.safe, file.since)) for name, file in self._names.items()}

    def some_kept(self, chance: random.Random) -> Files:
        """Some writes reached the disk, whole ones."""
        return self._some(chance, torn=False)

    def torn(self, chance: random.Random) -> Files:
        """Some sectors of the writes reached the disk."""
        return self._some(chance, torn=True)

    def _some(self, chance: random.Random, *, torn: bool) -> Files:
        names = dict(self._safe_names)
        for name, file in self._renames[: chance.randint(0, len(self._renames))]:
            _put(names, name, file)
        kept = {}
        for name, file in names.items():
            parts = [part for each in file.since for part in (_sectors(each) if torn else [each])]
            kept[name] = bytes(_after(file.safe, [each for each in parts if chance.random() < 0.5]))
        return kept

    def _name(self, name: str, file: _File | None) -> None:
        _put(self._names, name, file)
        self._renames.append((name, file))

    def _sync_directory(self) -> None:
        self._safe_names = dict(self._names)
        self._renames = []


def _put(names: dict[str, _File], name: str, file: _File | None) -> None:
    if file is None:
        names.pop(name, None)
    else:
        names[name] = file


def _after(content: bytearray, done: list[Written | Truncated]) -> bytearray:
    content = bytearray(content)
    for each in done:
        match each:
            case Written(_, offset, data):
                content.extend(bytes(max(0, offset - len(content))))
                content[offset : offset + len(data)] = data
            case Truncated(_, size):
                del content[size:]
                content.extend(bytes(size - len(content)))
    return content


def _sectors(each: Written | Truncated) -> list[Written | Truncated]:
    """Cut a write where the disk's sectors end."""
    if isinstance(each, Truncated):
        return [each]
    cuts = [0, *range(SECTOR - each.offset % SECTOR, len(each.data), SECTOR), len(each.data)]
    return [
        Written(each.name, each.offset + start, each.data[start:end])
        for start, end in pairwise(cuts)
    ]
