"""A disk that is full or read-only: the kiosk answers, and acknowledges nothing it cannot keep.

Real file systems, real refusals of the kernel.
"""

import asyncio
import logging
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.adapters.machine import KernelFiles
from kiosk.adapters.sqlite_store import Store, open_store
from kiosk.core.health import ENOUGH_BYTES, LEAST_BYTES
from kiosk.errors import StartError, ToolError
from kiosk.shop.identity import Tries
from kiosk.shop.ledger import Entry
from tests.adapters.disks import Disk, run_with_disk

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
TOMORROW = NOW + timedelta(days=1)
ORDER = "ORD-88421"
ENTRY = Entry(at=NOW, visit="v", tool="order_status", outcome="ok")


async def refuses_to_keep_anything(store: Store) -> None:
    with pytest.raises(ToolError, match="store_failed") as refused:
        await store.messages.take("the door is stuck", "a visit")
    assert "couldn't save your message" in refused.value.say
    with pytest.raises(ToolError, match="store_failed"):
        await store.tries.keep(Tries(today=1, last_at=NOW))
    with pytest.raises(ToolError, match="store_failed"):
        await store.ledger.note(ENTRY)
    with pytest.raises(ToolError, match="store_failed"):
        await store.shop.cancel("ORD-19728", "a key")


async def keeps_a_message(store: Store) -> None:
    await store.books.mend()
    assert store.books.writable
    assert await store.messages.take("the door is stuck", "a visit") > 0


def messages_in(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as database:
        return [text for (text,) in database.execute("SELECT text FROM messages")]


def scratch(disk: Disk) -> Path:
    return disk.place.parent / "memory"


async def used_before(file: Path, now: datetime = NOW) -> None:
    """Leave a database whose last row is in the write-ahead log alone, as a power cut does."""
    async with open_store(file, lambda: now) as store:
        await store.messages.take("from before", "a visit")
        for part in ("", "-wal"):
            kept = file.with_name(file.name + part)
            kept.with_name(f"cut{part}").write_bytes(kept.read_bytes())
    for part in ("", "-wal"):
        file.with_name(f"cut{part}").rename(file.with_name(file.name + part))


@pytest.mark.parametrize("was_used", [True, False], ids=["used before", "fresh"])
@pytest.mark.parametrize("now", [NOW, TOMORROW], ids=["same day", "next day"])
@pytest.mark.parametrize("trouble", ["full", "read-only"])
def test_a_kiosk_that_starts_on_such_a_disk_answers_and_keeps_what_comes_after(
    tmp_path: Path, trouble: str, was_used: bool, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(disk: Disk) -> None:
        file = disk.place / "shopmax.db"
        if was_used:
            await used_before(file)
        disk.fill() if trouble == "full" else disk.lock()

        async with open_store(file, lambda: now, scratch=scratch(disk)) as store:
            assert await store.shop.find(ORDER)
            await refuses_to_keep_anything(store)
            assert not store.books.writable
            waiting = 1 if was_used else 0
            assert (await store.messages.waiting(9))[0] == waiting
            assert list(scratch(disk).glob("*")) == []

            await store.books.mend()
            assert not store.books.writable

            disk.make_room() if trouble == "full" else disk.unlock()
            await keeps_a_message(store)
            assert await store.shop.find(ORDER)
        assert messages_in(file) == ["from before", "the door is stuck"][1 - waiting :]

    with caplog.at_level(logging.CRITICAL):
        run_with_disk(tmp_path / "card", scenario)


@pytest.mark.parametrize("now", [NOW, TOMORROW], ids=["same day", "next day"])
def test_a_disk_that_gets_full_under_a_running_kiosk_costs_no_answer(
    tmp_path: Path, now: datetime
) -> None:
    async def scenario(disk: Disk) -> None:
        file = disk.place / "shopmax.db"
        clock = [NOW]
        told: list[bool] = []
        async with open_store(file, lambda: clock[0], scratch=scratch(disk)) as store:
            store.books.on_news(lambda: told.append(store.books.writable))
            disk.fill()
            clock[0] = now

            await refuses_to_keep_anything(store)
            assert await store.shop.find(ORDER)
            assert not store.books.writable
            assert told == [False]

            disk.make_room()
            await keeps_a_message(store)
        assert messages_in(file) == ["the door is stuck"]

    run_with_disk(tmp_path / "card", scenario)


def test_a_disk_that_stalls_for_five_seconds_holds_up_nothing_but_its_own_thread(
    tmp_path: Path,
) -> None:
    if missing := [tool for tool in ("mkfs.ext4", "fsfreeze") if shutil.which(tool) is None]:
        pytest.skip(f"no disk that stalls without {', '.join(missing)}")

    async def scenario(disk: Disk) -> None:
        card = disk.frozen_card()
        now = asyncio.get_running_loop().time
        gaps: list[float] = []

        async def beat() -> None:
            while True:
                before = now()
                await asyncio.sleep(0.02)
                gaps.append(now() - before)

        async with open_store(card.place / "shopmax.db", lambda: NOW) as store:
            told: list[str] = []
            store.books.on_news(lambda: told.append(store.books.trouble))
            async with asyncio.TaskGroup() as group:
                beating = group.create_task(beat())
                card.freeze()
                writing = group.create_task(store.messages.take("the door is stuck", "a visit"))
                await asyncio.sleep(5.0)
                assert not writing.done()
                assert store.books.trouble == "slow"
                card.thaw()
                assert await writing == 1
                beating.cancel()
            await asyncio.sleep(0)
            assert told == ["slow", ""]
            assert store.books.writable
        assert max(gaps) < 1.0  # the machine may be busy; the stall was five seconds

    run_with_disk(tmp_path / "card", scenario)


def test_no_message_is_kept_on_a_disk_that_turned_read_only_and_does_not_tell_its_open_files(
    tmp_path: Path,
) -> None:
    async def scenario(disk: Disk) -> None:
        file = disk.place / "shopmax.db"
        async with open_store(file, lambda: NOW, scratch=scratch(disk)) as store:
            with disk.locked_under_open_files():
                await refuses_to_keep_anything(store)
                assert await store.shop.find(ORDER)
                assert (await store.messages.waiting(9))[0] == 0
                await store.books.mend()
                assert not store.books.writable
            await keeps_a_message(store)
        assert messages_in(file) == ["the door is stuck"]

    run_with_disk(tmp_path / "card", scenario)


def test_without_a_place_in_memory_such_a_disk_is_told_to_who_starts_the_kiosk(
    tmp_path: Path,
) -> None:
    async def scenario(disk: Disk) -> None:
        disk.lock()
        with pytest.raises(StartError, match=r"cannot be written"):
            async with open_store(disk.place / "shopmax.db", lambda: NOW):
                pass

    run_with_disk(tmp_path / "card", scenario)


def test_a_damaged_database_on_such_a_disk_is_no_reason_not_to_start(tmp_path: Path) -> None:
    async def scenario(disk: Disk) -> None:
        file = disk.place / "shopmax.db"
        await used_before(file)
        file.write_bytes(b"SQLite format 3\0" + b"rubbish" * 2000)
        file.with_name("shopmax.db-wal").unlink()
        disk.lock()

        async with open_store(file, lambda: NOW, scratch=scratch(disk)) as store:
            assert await store.shop.find(ORDER)
            assert not store.books.writable
            disk.unlock()
            await keeps_a_message(store)
            await store.books.look()
            assert store.books.trouble == "damaged"

    run_with_disk(tmp_path / "card", scenario)


def test_the_look_at_the_machine_sees_such_a_disk(tmp_path: Path) -> None:
    async def scenario(disk: Disk) -> None:
        machine = KernelFiles((disk.place,), disk.place / "clock")
        look = await machine.look()
        assert look.free_bytes is not None
        assert look.free_bytes > ENOUGH_BYTES
        assert not look.read_only

        disk.fill()
        look = await machine.look()
        assert look.free_bytes is not None
        assert look.free_bytes < LEAST_BYTES
        await machine.keep_time(1.8e9)
        assert await machine.known_time() is None

        disk.make_room()
        await machine.keep_time(1.8e9)
        disk.lock()
        assert (await machine.look()).read_only
        await machine.keep_time(1.9e9)
        assert await machine.known_time() == 1.8e9

    run_with_disk(tmp_path / "card", scenario)
