import asyncio
import logging
import re
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from kiosk.adapters import sqlite_store
from kiosk.adapters.sqlite_store import Store, open_store
from kiosk.errors import ConfigError, StartError, ToolError
from kiosk.resources import packaged
from kiosk.shop.goods import Category, Item, Product
from kiosk.shop.orders import Order, OrderStatus, ProofFacts, status_sentence
from kiosk.shop.seed_file import load_seed
from tests.adapters.older_store import DEMO, MESSAGE, REAL, make_older

T = TypeVar("T")


class Calendar:
    def __init__(self, year: int = 2026, month: int = 11, day: int = 23) -> None:
        self.now = datetime(year, month, day, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    @property
    def today(self) -> date:
        return self.now.date()


def with_store(file: Path, calendar: Calendar, work: Callable[[Store], Awaitable[T]]) -> T:
    async def scenario() -> T:
        async with open_store(file, calendar) as store:
            return await work(store)

    return asyncio.run(scenario())


def find(file: Path, calendar: Calendar, order_id: str = "ORD-88421") -> Order | None:
    return with_store(file, calendar, lambda store: store.shop.find(order_id))


@contextmanager
def opened(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file)) as database, database:
        yield database


def test_a_fresh_kiosk_knows_the_order_that_is_due_today_by_seven(tmp_path: Path) -> None:
    assert find(tmp_path / "state" / "shopmax.db", Calendar()) == Order(
        order_id="ORD-88421",
        status=OrderStatus.OUT_FOR_DELIVERY,
        placed_on=date(2026, 11, 19),
        due_on=date(2026, 11, 23),
        due_by=time(19),
        items=(Item(line=1, category=Category.KETTLE),),
        proof=ProofFacts(postcode="10115", phone_end="4711"),
    )


def test_a_fresh_kiosk_knows_where_goods_stand(tmp_path: Path) -> None:
    kettles = with_store(
        tmp_path / "shopmax.db", Calendar(), lambda store: store.shop.find_products(Category.KETTLE)
    )

    assert kettles == (Product(category=Category.KETTLE, aisle="12", stock=8),)


def test_every_packaged_order_is_found_as_it_was_written(tmp_path: Path) -> None:
    calendar = Calendar()
    seed = load_seed(packaged("orders_seed.toml"), calendar.today)

    async def all_of_them(store: Store) -> list[Order | None]:
        return [await store.shop.find(order.order_id) for order in seed]

    assert with_store(tmp_path / "shopmax.db", calendar, all_of_them) == list(seed)


def test_a_number_nobody_has_is_not_found(tmp_path: Path) -> None:
    assert find(tmp_path / "shopmax.db", Calendar(), "ORD-00000") is None


@pytest.mark.parametrize("days", [1, 3, 400, -30])
def test_the_demo_says_today_on_any_day_the_kiosk_is_started(tmp_path: Path, days: int) -> None:
    file, calendar = tmp_path / "shopmax.db", Calendar()
    find(file, calendar)
    calendar.now += timedelta(days=days)

    order = find(file, calendar)

    assert order is not None
    assert status_sentence(order, calendar.today) == (
        "Your order is out for delivery and due today by 7 pm."
    )
    assert order.placed_on == calendar.today - timedelta(days=4)


def test_the_demo_says_today_after_midnight_without_a_restart(tmp_path: Path) -> None:
    calendar = Calendar()

    async def over_night(store: Store) -> Order | None:
        await store.shop.find("ORD-88421")
        calendar.now += timedelta(days=1)
        return await store.shop.find("ORD-88421")

    order = with_store(tmp_path / "shopmax.db", calendar, over_night)

    assert order is not None
    assert order.due_on == date(2026, 11, 24)


def test_two_kiosks_on_one_database_move_the_demo_once(tmp_path: Path) -> None:
    file, calendar = tmp_path / "shopmax.db", Calendar()

    async def both() -> tuple[Order | None, Order | None]:
        async with open_store(file, calendar) as one, open_store(file, calendar) as other:
            calendar.now += timedelta(days=1)
            first, second = await asyncio.gather(
                one.shop.find("ORD-88421"), other.shop.find("ORD-88421")
            )
            return first, second

    first, second = asyncio.run(both())

    assert first == second
    assert first is not None
    assert first.due_on == date(2026, 11, 24)


def test_an_order_the_shop_put_in_itself_stays_on_its_day(tmp_path: Path) -> None:
    file, calendar = tmp_path / "shopmax.db", Calendar()
    find(file, calendar)
    with opened(file) as database:
        database.execute(
            "INSERT INTO orders (order_id, status, placed_on, due_on)"
            " VALUES ('ORD-00001', 'shipped', '2026-11-20', '2026-11-25')"
        )
    calendar.now += timedelta(days=7)

    order = find(file, calendar, "ORD-00001")

    assert order is not None
    assert order.due_on == date(2026, 11, 25)


def test_what_was_changed_is_still_there_after_a_restart(tmp_path: Path) -> None:
    file, calendar = tmp_path / "shopmax.db", Calendar()
    find(file, calendar)
    with opened(file) as database:
        database.execute("UPDATE orders SET status = 'delivered' WHERE order_id = 'ORD-88421'")

    order = find(file, calendar)

    assert order is not None
    assert order.status is OrderStatus.DELIVERED


def test_rows_are_safe_from_a_power_cut(tmp_path: Path) -> None:
    async def pragmas(store: Store) -> list[object]:
        names = ("journal_mode", "synchronous", "user_version")
        return [
            store.shop._database.connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in names
        ]

    assert with_store(tmp_path / "shopmax.db", Calendar(), pragmas) == ["wal", 2, 3]


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"this is no database" * 100,
        lambda whole: whole[:100] + b"\xa5" * (len(whole) - 100),
        lambda whole: whole[: len(whole) // 2],
    ],
    ids=["not a database", "overwritten", "cut off"],
)
def test_a_damaged_database_is_kept_aside_and_the_kiosk_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[bytes], bytes]
) -> None:
    file, calendar = tmp_path / "shopmax.db", Calendar()
    find(file, calendar)
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)

    with caplog.at_level(logging.WARNING):
        order = find(file, calendar)

    aside = tmp_path / "shopmax.db.damaged-20261123T100000"
    assert order is not None
    assert aside.read_bytes() == damaged
    (record,) = caplog.records
    assert record.__dict__["KIOSK_MOVED_TO"] == str(aside)
    assert record.__dict__["KIOSK_FILE"] == str(file)
    assert "without the messages" in record.message


def test_an_empty_file_is_filled(tmp_path: Path) -> None:
    file = tmp_path / "shopmax.db"
    file.touch()

    assert find(file, Calendar()) is not None


def refused(file: Path) -> StartError:
    with pytest.raises(StartError) as caught:
        find(file, Calendar())
    assert str(file) in str(caught.value)
    return caught.value


def test_a_directory_that_cannot_be_made_ends_the_start_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a directory should be")

    for file in (tmp_path / "state" / "shopmax.db", Path("/proc/kiosk/shopmax.db")):
        error = refused(file)
        assert error.exit_code == 73
        assert "\n" not in str(error)
        assert "set shop.database" in str(error)


def test_a_directory_in_place_of_the_file_ends_the_start_likewise(tmp_path: Path) -> None:
    assert refused(tmp_path).exit_code == 73


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "photos.db"
    with opened(file) as database:
        database.execute("CREATE TABLE photos (name TEXT)")
    before = file.read_bytes()

    error = refused(file)

    assert error.exit_code == 65
    assert "another program" in str(error)
    assert file.read_bytes() == before


def test_a_newer_kiosks_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "shopmax.db"
    find(file, Calendar())
    with opened(file) as database:
        database.execute("PRAGMA user_version = 104")

    error = refused(file)

    assert error.exit_code == 65
    assert "newer kiosk (version 104, this one knows 3)" in str(error)


NEXT_STEP = """
CREATE TABLE lessons (lesson TEXT NOT NULL) STRICT;
ALTER TABLE messages ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN locker TEXT NOT NULL DEFAULT ''
"""


def test_what_was_left_with_a_newer_kiosk_on_trial_is_there_for_the_older_one_and_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, calendar = tmp_path / "shopmax.db", Calendar()

    def take(text: str) -> int:
        return with_store(file, calendar, lambda store: store.messages.take(text, text))

    def waiting() -> list[str]:
        _, messages = with_store(file, calendar, lambda store: store.messages.waiting(9))
        return [message.text for message in messages]

    take("before")
    with monkeypatch.context() as newer:
        newer.setattr(sqlite_store, "_STEPS", (*sqlite_store._STEPS, NEXT_STEP))
        newer.setattr(sqlite_store, "SCHEMA_VERSION", sqlite_store.SCHEMA_VERSION + 1)
        take("on trial")
    take("gone back")
    order = find(file, calendar)

    assert order is not None
    assert waiting() == ["before", "on trial", "gone back"]
    with monkeypatch.context() as newer:
        newer.setattr(sqlite_store, "_STEPS", (*sqlite_store._STEPS, NEXT_STEP))
        newer.setattr(sqlite_store, "SCHEMA_VERSION", sqlite_store.SCHEMA_VERSION + 1)
        assert waiting() == ["before", "on trial", "gone back"]
        assert find(file, calendar) == order
    with opened(file) as database:
        assert database.execute("SELECT sum(urgent) FROM messages").fetchone() == (0,)


def test_no_step_of_the_schema_shuts_an_older_kiosk_out() -> None:
    adds = re.compile(
        r"CREATE TABLE .*|CREATE INDEX .*"
        r"|ALTER TABLE \w+ ADD COLUMN \w+ \w+(?! NOT NULL$| NOT NULL (?!DEFAULT)).*",
        re.DOTALL,
    )
    statements = [part.strip() for step in sqlite_store._STEPS for part in step.split(";\n")]

    assert [one for one in statements if one and not adds.fullmatch(one)] == []


def test_a_database_somebody_else_holds_is_said_to_be_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.adapters.sqlite_store._BUSY_S", 0.05)
    file = tmp_path / "shopmax.db"
    find(file, Calendar())
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("BEGIN EXCLUSIVE")

        error = refused(file)

    assert error.exit_code == 75


def test_wrong_packaged_orders_leave_no_half_made_database(tmp_path: Path) -> None:
    seed = tmp_path / "seed.toml"
    seed.write_text('orders = [{id = "1"}]')
    file = tmp_path / "shopmax.db"

    async def start() -> None:
        async with open_store(file, Calendar(), seed):
            raise AssertionError("it started")

    with pytest.raises(ConfigError):
        asyncio.run(start())
    assert find(file, Calendar()) is not None


def test_a_row_nobody_can_read_is_answered_with_an_honest_sentence(tmp_path: Path) -> None:
    file, calendar = tmp_path / "shopmax.db", Calendar()
    find(file, calendar)
    with opened(file) as database:
        database.execute("UPDATE orders SET status = 'teleported' WHERE order_id = 'ORD-88421'")

    with pytest.raises(ToolError) as caught:
        find(file, calendar)

    assert caught.value.reason == "store_failed"
    assert caught.value.retryable
    assert "can't look up orders just now" in caught.value.say


def test_the_loop_goes_on_while_the_disk_does_not_answer(tmp_path: Path) -> None:
    async def scenario() -> bool:
        async with open_store(tmp_path / "shopmax.db", Calendar()) as store:
            stuck = threading.Event()
            store.shop._database.thread.submit(stuck.wait, 10)
            asked = asyncio.ensure_future(store.shop.find("ORD-88421"))  # noqa: TID251 - the test waits for it
            done, _ = await asyncio.wait([asked], timeout=0.05)
            stuck.set()
            assert not done
            return await asked is not None

    assert asyncio.run(scenario())


def test_closing_leaves_the_database_in_one_file(tmp_path: Path) -> None:
    find(tmp_path / "shopmax.db", Calendar())

    assert [path.name for path in tmp_path.iterdir()] == ["shopmax.db"]


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_kiosks_database_is_brought_up_to_date_and_keeps_what_it_had(
    tmp_path: Path, version: int
) -> None:
    file, calendar = tmp_path / "shopmax.db", Calendar()
    make_older(file, version)

    async def look(store: Store) -> tuple[Order | None, Order | None, list[str]]:
        return (
            await store.shop.find(REAL[0]),
            await store.shop.find(DEMO[0]),
            [message.text for message in (await store.messages.waiting(9))[1]],
        )

    for _ in range(2):  # a second start finds it as the first left it
        real, demo, messages = with_store(file, calendar, look)
        assert real == Order(
            order_id="ORD-00001",
            status=OrderStatus.PACKED,
            placed_on=date(2026, 11, 20),
            due_on=date(2026, 11, 25),
            due_from=time(9),
            due_by=time(18),
        )
        assert messages == [MESSAGE] * (version == 2)
        assert demo is not None  # as it was set, three days later, with what it lacked
        assert (demo.status, demo.done_on) == (OrderStatus.DELIVERED, calendar.today)
        assert demo.items == (Item(line=1, category=Category.KETTLE),)
        assert demo.proof == ProofFacts(postcode="10115", phone_end="4711")


def test_a_shop_without_the_demo_is_not_given_one_by_an_update(tmp_path: Path) -> None:
    file = tmp_path / "shopmax.db"
    make_older(file, version=2)
    with opened(file) as database:
        database.execute("DELETE FROM orders WHERE demo = 1")

    async def look(store: Store) -> tuple[str, tuple[Product, ...]]:
        return await store.shop.check(), await store.shop.find_products(Category.KETTLE)

    words, kettles = with_store(file, Calendar(), look)

    assert "1 orders, 0 of them" in words
    assert kettles == ()


def test_an_order_of_the_shops_own_is_not_taken_for_one_of_the_demo(tmp_path: Path) -> None:
    file = tmp_path / "shopmax.db"
    make_older(file, version=2)
    with opened(file) as database:
        database.execute(
            "INSERT INTO orders (order_id, status, placed_on)"
            " VALUES ('ORD-88412', 'placed', '2026-11-20')"
        )

    assert find(file, Calendar(), "ORD-88412") == Order(
        order_id="ORD-88412", status=OrderStatus.PLACED, placed_on=date(2026, 11, 20)
    )


def test_an_update_that_fails_leaves_the_older_database(tmp_path: Path) -> None:
    file, seed = tmp_path / "shopmax.db", tmp_path / "seed.toml"
    make_older(file, version=2)
    seed.write_text('orders = [{id = "1"}]')

    async def start() -> None:
        async with open_store(file, Calendar(), seed):
            raise AssertionError("it started")

    with pytest.raises(ConfigError):
        asyncio.run(start())

    with opened(file) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (2,)
        assert database.execute("SELECT count(*) FROM orders").fetchone() == (2,)
        names = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    assert {name for (name,) in names} == {"orders", "demo_day", "messages", "sqlite_sequence"}
