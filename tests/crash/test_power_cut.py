"""A power cut at any moment, on a disk that keeps of the unsynced writes what it likes.

The store runs for real while all that SQLite writes is logged. Then, for every prefix of the log,
the disk is put together as it may be found after a cut there, and opened again. What was
acknowledged before the cut must be in it, and nothing that was never asked for.
"""

import asyncio
import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from kiosk.adapters.sqlite_store import open_store
from tests.adapters.older_store import DEMO, REAL, make_older
from tests.conftest import Tell
from tests.crash.disk import Disk, Files
from tests.crash.logging_vfs import Acknowledged, Entry, Synced, logged
from tests.crash.requests import Damaged, Rows, fill, now, requests, rows_in, rows_on

pytestmark = pytest.mark.timeout(300)  # 25 s of a core that others use, too

SEED = 20261123
NAME = "shopmax.db"
CHECKPOINT_PAGES = 24
"""Pages in the log that SQLite moves into the database: few, so that it happens many times."""


class Run:
    """A busy store: the disk before it, the log of it, and the rows after each request."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / NAME
        self.rows = [Rows()]
        self.log: list[Entry] = []
        asyncio.run(self._fill())
        self.before = {path.name: path.read_bytes() for path in directory.iterdir()}
        with logged(self.file) as self.log:
            asyncio.run(self._work())

    async def _fill(self) -> None:
        async with open_store(self.file, now) as store:
            await fill(store)

    async def _work(self) -> None:
        async with open_store(self.file, now) as store:
            database = store.shop._database.connection
            database.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            async for rows in requests(store):
                self.rows.append(rows)
                self.log.append(Acknowledged(len(self.rows) - 1))


def cuts(before: Files, log: Sequence[Entry], every: int = 1) -> Iterator[tuple[int, Files]]:
    """Cut the power after every entry: four disks each, with what was acknowledged by then."""
    chance = random.Random(SEED)
    disk, acknowledged = Disk(before), 0
    for number, entry in enumerate(log, 1):
        disk.follow(entry)
        if isinstance(entry, Acknowledged):
            acknowledged = entry.requests
        if number % every:
            continue
        yield acknowledged, disk.nothing_kept()
        yield acknowledged, disk.all_kept()
        yield acknowledged, disk.some_kept(chance)
        yield acknowledged, disk.torn(chance)


class Verdict:
    """What became of the rows over all cuts, or every so many."""

    def __init__(self, run: Run, directory: Path, every: int = 1) -> None:
        self.states = self.losing = self.worst = self.damaged = self.invented = 0
        self._directory = directory
        self._known: dict[bytes, Rows | None] = {}
        # The same rows may come twice; of those the later ones count.
        after = {rows: number for number, rows in enumerate(run.rows)}
        for acknowledged, files in cuts(run.before, run.log, every):
            self.states += 1
            rows = self._read(files)
            if rows is None:
                self.damaged += 1
            elif after.get(rows, len(after)) > acknowledged + 1:  # one may be under way
                self.invented += 1
            elif lost := max(0, acknowledged - after[rows]):
                self.losing += 1
                self.worst = max(self.worst, lost)
        self.different = len(self._known)
        requests_made = len(run.rows) - 1
        syncs = sum(isinstance(entry, Synced) for entry in run.log) / requests_made
        self.report = (
            f"{requests_made} requests, {syncs:.2f} syncs each; {self.states} crash states"
            f" ({self.different} different): {self.losing} lose acknowledged rows (worst"
            f" {self.worst}), {self.damaged} damaged, {self.invented} with rows nobody asked for"
        )

    def _read(self, files: Files) -> Rows | None:
        seen = hashlib.blake2b(digest_size=16)
        for name in sorted(files):
            seen.update(name.encode() + len(files[name]).to_bytes(8) + files[name])
        if seen.digest() not in self._known:
            try:
                self._known[seen.digest()] = rows_on(put_together(files, self._directory))
            except Damaged:
                self._known[seen.digest()] = None
        return self._known[seen.digest()]


def put_together(files: Files, directory: Path) -> Path:
    """Write a disk's files into ``directory``, and nothing else; return the database."""
    directory.mkdir(exist_ok=True)
    for old in directory.iterdir():
        old.unlink()
    for name, data in files.items():
        (directory / name).write_bytes(data)
    return directory / NAME


def busy(directory: Path) -> Run:
    """Let a store be busy in a directory of its own."""
    (directory / "kiosk").mkdir()
    return Run(directory / "kiosk")


def test_no_power_cut_takes_what_a_customer_was_told(tmp_path: Path, tell: Tell) -> None:
    verdict = Verdict(busy(tmp_path), tmp_path / "cut")
    tell(f"synchronous=FULL: {verdict.report}")

    assert (verdict.losing, verdict.damaged, verdict.invented) == (0, 0, 0)
    assert verdict.different > 3000


def test_the_model_sees_rows_lost_when_the_store_does_not_sync(
    tmp_path: Path, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.adapters.sqlite_store._SYNCHRONOUS", "NORMAL")
    verdict = Verdict(busy(tmp_path), tmp_path / "cut")
    tell(f"synchronous=NORMAL: {verdict.report}")

    assert verdict.losing > 100
    assert verdict.worst > 1
    assert (verdict.damaged, verdict.invented) == (0, 0)


def test_the_model_sees_damage_when_nothing_is_synced(
    tmp_path: Path, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.adapters.sqlite_store._SYNCHRONOUS", "OFF")
    verdict = Verdict(busy(tmp_path), tmp_path / "cut", every=9)
    tell(f"synchronous=OFF: {verdict.report}")

    assert verdict.losing > 0
    assert verdict.damaged > 0


def test_the_kiosk_starts_after_a_power_cut_with_all_that_was_acknowledged(tmp_path: Path) -> None:
    run = busy(tmp_path)

    async def started(files: Files) -> Rows:
        async with open_store(put_together(files, tmp_path / "cut"), now) as store:
            return await rows_in(store)

    for acknowledged, files in random.Random(SEED).sample(list(cuts(run.before, run.log)), 60):
        rows = asyncio.run(started(files))
        assert [path.name for path in (tmp_path / "cut").iterdir()] == [NAME]  # none moved aside
        assert rows in [
            replace(each, entries=()) for each in run.rows[acknowledged : acknowledged + 2]
        ]


def test_a_power_cut_in_a_first_start_or_an_update_leaves_a_kiosk_that_starts(
    tmp_path: Path, tell: Tell
) -> None:
    async def start(file: Path) -> None:
        async with open_store(file, now):
            pass

    async def look(file: Path, *, older: bool) -> None:
        async with open_store(file, now) as store:
            assert await store.shop.find(DEMO[0]) is not None
            if older:
                order = await store.shop.find(REAL[0])
                assert order is not None
                assert order.due_on == date(2026, 11, 25)
            count, _ = await store.messages.waiting(1)
            assert count == older

    for older in (False, True):
        file = tmp_path / f"{older}" / NAME
        file.parent.mkdir()
        before: Files = {NAME: b""}
        if older:
            make_older(file, version=2)
            before = {NAME: file.read_bytes()}
        with logged(file) as log:
            asyncio.run(start(file))
        seen: set[tuple[tuple[str, bytes], ...]] = set()
        for _, files in cuts(before, log):
            if (state := tuple(sorted(files.items()))) not in seen:
                seen.add(state)
                cut = put_together(files, tmp_path / "cut")
                asyncio.run(look(cut, older=older))
                assert [path.name for path in cut.parent.iterdir()] == [NAME]  # none moved aside
        tell(f"{'update' if older else 'first start'}: {len(seen)} crash states, all start")
