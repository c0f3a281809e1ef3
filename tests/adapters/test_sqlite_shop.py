"""What of the shop is this database's own: the demo's calendar, its journal, its references."""

import asyncio
import logging
import secrets
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from kiosk.adapters.sqlite_store import Store, open_store
from kiosk.errors import ToolError
from kiosk.resources import packaged
from kiosk.shop.orders import Order, OrderStatus, ReturnStarted
from kiosk.shop.seed_file import load_seed

T = TypeVar("T")
DELIVERED = "ORD-88412"  # of the packaged orders: three things, delivered yesterday
PLACED = "ORD-19728"


class Calendar:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def with_store(
    tmp_path: Path, work: Callable[[Store], Awaitable[T]], calendar: Calendar | None = None
) -> T:
    async def scenario() -> T:
        async with open_store(tmp_path / "shopmax.db", calendar or Calendar()) as store:
            return await work(store)

    return asyncio.run(scenario())


def damage(tmp_path: Path, statement: str) -> None:
    with closing(sqlite3.connect(tmp_path / "shopmax.db")) as database, database:
        database.execute(statement)


def test_what_was_done_to_the_demo_moves_along_with_it(tmp_path: Path) -> None:
    calendar = Calendar()

    async def change_and_wait(store: Store) -> tuple[Order | None, Order | None]:
        await store.shop.start_return(DELIVERED, 1, "a key")
        await store.shop.cancel(PLACED, "another key")
        calendar.now += timedelta(days=3)
        return await store.shop.find(DELIVERED), await store.shop.find(PLACED)

    returned, cancelled = with_store(tmp_path, change_and_wait, calendar)

    assert returned is not None
    assert [each.started_on for each in returned.returns] == [date(2026, 11, 26)]
    assert returned.done_on == date(2026, 11, 25)
    assert cancelled is not None
    assert (cancelled.status, cancelled.done_on) == (OrderStatus.CANCELLED, date(2026, 11, 26))


def test_what_is_done_first_thing_in_the_morning_is_done_today(tmp_path: Path) -> None:
    calendar = Calendar()

    async def over_night(store: Store) -> tuple[Order | None, Order | None]:
        calendar.now += timedelta(days=1)
        await store.shop.cancel(PLACED, "a key")
        calendar.now += timedelta(days=1)
        await store.shop.start_return(DELIVERED, 1, "another key")
        return await store.shop.find(PLACED), await store.shop.find(DELIVERED)

    cancelled, returned = with_store(tmp_path, over_night, calendar)

    assert cancelled is not None
    assert cancelled.done_on == date(2026, 11, 25)
    assert returned is not None
    assert returned.returns[0].started_on == date(2026, 11, 25)


def test_a_reference_that_was_given_is_not_given_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter([7, 7, 123456])
    monkeypatch.setattr(secrets, "randbelow", lambda _: next(drawn))

    async def start(store: Store) -> list[ReturnStarted]:
        return [await store.shop.start_return(DELIVERED, line, f"key {line}") for line in (1, 2)]

    first, second = with_store(tmp_path, start)

    assert (first.reference, second.reference) == ("R-000007", "R-123456")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orders SET status = 'Canary' WHERE order_id = 'ORD-88412'",
        "UPDATE orders SET fulfilment = 'Canary' WHERE order_id = 'ORD-88412'",
        "UPDATE items SET category = 'Canary' WHERE order_id = 'ORD-88412'",
    ],
)
def test_words_that_nobody_knows_get_neither_out_nor_into_the_journal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, statement: str
) -> None:
    async def look(store: Store) -> None:
        with pytest.raises(ToolError) as caught:
            await store.shop.find(DELIVERED)
        assert (caught.value.reason, caught.value.retryable) == ("store_failed", True)
        assert "can't look up orders just now" in caught.value.say
        assert caught.value.__cause__ is None

    async def nothing(_: Store) -> None: ...

    with_store(tmp_path, nothing)
    damage(tmp_path, statement)
    with caplog.at_level(logging.DEBUG):
        with_store(tmp_path, look)

    assert "Canary" not in " ".join(str(record.__dict__) for record in caplog.records)


def test_a_change_that_a_full_disk_does_not_take_is_not_made_and_told_honestly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def fill(store: Store) -> tuple[ToolError, Order | None, ReturnStarted]:
        database = store.shop._database.connection
        database.execute("PRAGMA query_only = ON")
        with pytest.raises(ToolError) as caught:
            await store.shop.start_return(DELIVERED, 1, "a key")
        found = await store.shop.find(DELIVERED)
        database.execute("PRAGMA query_only = OFF")
        return caught.value, found, await store.shop.start_return(DELIVERED, 1, "a key")

    error, found, started = with_store(tmp_path, fill)

    assert (error.reason, error.retryable) == ("store_failed", True)
    assert "can't do that just now" in error.say
    assert found is not None
    assert found.returns == ()
    assert started.line == 1
    assert [record.message for record in caplog.records] == ["orders cannot be changed"]


def test_a_technician_is_told_how_many_orders_there_are(tmp_path: Path) -> None:
    words = with_store(tmp_path, lambda store: store.shop.check())

    orders = len(load_seed(packaged("orders_seed.toml"), Calendar().now.date()))
    assert words == f"the kiosk's own database, {orders} orders, {orders} of them to try it on"


def test_a_database_that_is_damaged_while_it_runs_is_seen_by_the_check(tmp_path: Path) -> None:
    async def look(store: Store) -> str:
        await store.ledger._database.run(
            lambda: store.shop._database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"),
            "",
            "",
        )
        file = tmp_path / "shopmax.db"
        size = file.stat().st_size
        with file.open("r+b") as raw:
            raw.seek(4096)
            raw.write(b"\xa5" * (size - 4096))
        store.shop._database.connection.execute("PRAGMA shrink_memory")
        with pytest.raises(ToolError) as caught:
            await store.shop.check()
        return caught.value.reason

    assert with_store(tmp_path, look) == "store_failed"
