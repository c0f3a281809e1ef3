"""Wrong tries and the audit ledger: kept over restarts, and not to be got rid of by damage."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TypeVar

import pytest

from kiosk.adapters.sqlite_store import Store, open_store
from kiosk.errors import ToolError
from kiosk.shop.identity import TRIES_A_VISIT, Tries, locked, wrong
from kiosk.shop.ledger import MOST_KEPT, Entry

T = TypeVar("T")
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
BERLIN = timezone(timedelta(hours=1))
SOME = Tries(
    today=4,
    last_at=datetime(2026, 11, 23, 10, 59, 1, 250_001, tzinfo=BERLIN),
    locked_until=datetime(2026, 11, 23, 11, 1, tzinfo=BERLIN),
    pause_s=120.0,
)
CALL = Entry(
    at=NOW, visit="f00d", tool="check_return", outcome="ok", clause="returns-window", key="c0de"
)


def with_store(file: Path, work: Callable[[Store], Awaitable[T]]) -> T:
    async def scenario() -> T:
        async with open_store(file, lambda: NOW) as store:
            return await work(store)

    return asyncio.run(scenario())


def tries_of(file: Path) -> Tries:
    return with_store(file, lambda store: store.tries.load())


def test_a_fresh_kiosk_has_no_wrong_tries(tmp_path: Path) -> None:
    assert tries_of(tmp_path / "shopmax.db") == Tries()


def test_wrong_tries_outlive_a_restart_to_the_microsecond(tmp_path: Path) -> None:
    file = tmp_path / "shopmax.db"

    async def keep(store: Store) -> None:
        await store.tries.keep(Tries(today=3, last_at=NOW))
        await store.tries.keep(SOME)

    with_store(file, keep)

    assert tries_of(file) == SOME


@pytest.mark.parametrize("kept", [True, False], ids=["with tries", "without"])
def test_a_damaged_database_locks_instead_of_forgetting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, *, kept: bool
) -> None:
    file = tmp_path / "shop[max].db"
    with_store(file, lambda store: store.tries.keep(SOME if kept else Tries()))
    file.write_bytes(b"this is no database" * 100)

    tries = tries_of(file)

    assert locked(tries, NOW + timedelta(minutes=14))
    assert not locked(tries, NOW + timedelta(minutes=16))
    next_ = wrong(tries, NOW + timedelta(minutes=16), in_visit=TRIES_A_VISIT)
    assert locked(next_, NOW + timedelta(minutes=30))  # no short pause comes after it
    assert "nobody is verified for a while" in caplog.text
    with_store(file, lambda store: store.tries.keep(SOME))
    assert tries_of(file) == SOME  # once it is kept, it is as any other


def test_a_power_cut_right_after_a_damaged_one_was_moved_aside_locks_as_well(
    tmp_path: Path,
) -> None:
    (tmp_path / "shopmax.db.damaged-20261123T095900").write_bytes(b"what was moved aside")

    assert tries_of(tmp_path / "shopmax.db").locked_until == NOW + timedelta(minutes=15)


def test_what_cannot_be_read_or_kept_is_an_error_and_not_a_clean_record(tmp_path: Path) -> None:
    async def spoil(store: Store) -> list[str]:
        database = store.tries._database.connection
        await store.tries.keep(SOME)
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.execute("UPDATE tries SET last_at = 'never'")
        with pytest.raises(ToolError) as unread:
            await store.tries.load()
        database.execute("PRAGMA query_only = ON")
        with pytest.raises(ToolError) as unkept:
            await store.tries.keep(SOME)
        with pytest.raises(ToolError) as unnoted:
            await store.ledger.note(CALL)
        database.execute("PRAGMA query_only = OFF")
        return [each.value.reason for each in (unread, unkept, unnoted)]

    assert with_store(tmp_path / "shopmax.db", spoil) == ["store_failed"] * 3


def entries_in(store: Store) -> list[tuple[str, ...]]:
    rows = store.ledger._database.connection.execute(
        "SELECT at, visit, tool, outcome, clause, key FROM ledger ORDER BY entry"
    )
    return rows.fetchall()


def test_the_ledger_says_what_the_model_had_the_shop_do(tmp_path: Path) -> None:
    async def note(store: Store) -> list[tuple[str, ...]]:
        await store.ledger.note(CALL)
        await store.ledger.note(Entry(at=NOW, visit="f00d", tool="call_staff", outcome="ok"))
        return entries_in(store)

    at = "2026-11-23T10:00:00.000+00:00"
    assert with_store(tmp_path / "shopmax.db", note) == [
        (at, "f00d", "check_return", "ok", "returns-window", "c0de"),
        (at, "f00d", "call_staff", "ok", "", ""),
    ]


def test_the_ledger_keeps_the_newest_entries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_KEPT == 10_000
    monkeypatch.setattr("kiosk.adapters.sqlite_ledger.MOST_KEPT", 5)

    async def note_many(store: Store) -> list[str]:
        for number in range(12):
            await store.ledger.note(
                Entry(at=NOW, visit="f00d", tool="t", outcome="ok", key=str(number))
            )
        return [entry[-1] for entry in entries_in(store)]

    assert with_store(tmp_path / "shopmax.db", note_many) == ["7", "8", "9", "10", "11"]


def test_the_journal_tells_of_a_failure_without_a_customer_in_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(store: Store) -> None:
        store.ledger._database.connection.execute("PRAGMA query_only = ON")
        with pytest.raises(ToolError):
            await store.ledger.note(CALL)

    with caplog.at_level(logging.DEBUG, logger="kiosk"):
        with_store(tmp_path / "shopmax.db", fail)

    (record,) = caplog.records
    assert (record.message, record.__dict__["KIOSK_ERROR"]) == (
        "ledger cannot be written",
        "SQLITE_READONLY",
    )
