"""Messages for the staff: on the disk once they are acknowledged, and nowhere once done."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from kiosk.adapters.sqlite_store import Store, open_store
from kiosk.errors import ToolError
from kiosk.shop.messages import MOST_WAITING, Message
from kiosk.shop.ports import MessageBook
from tests.fakes.shop import Notebook

T = TypeVar("T")
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
CANARY = "My name is Canary, the door is stuck."


def with_store(file: Path, work: Callable[[Store], Awaitable[T]]) -> T:
    async def scenario() -> T:
        async with open_store(file, lambda: NOW) as store:
            return await work(store)

    return asyncio.run(scenario())


def waiting(file: Path) -> list[Message]:
    async def read(store: Store) -> list[Message]:
        count, messages = await store.messages.waiting(MOST_WAITING)
        assert count == len(messages)
        return list(messages)

    return with_store(file, read)


async def _keeps_its_contract(book: MessageBook) -> None:
    first = await book.take("the door is stuck", "one")
    assert await book.take("the door is stuck", "one") == first
    second = await book.take("the door is stuck", "another")
    third = await book.take("it is open again", "one")
    count, oldest = await book.waiting(2)

    assert (first < second < third, count) == (True, 3)
    assert [message.text for message in oldest] == ["the door is stuck"] * 2
    assert [message.reference for message in oldest] == [first, second]
    assert oldest[0].taken_at == NOW
    assert await book.waiting(0) == (3, ())

    assert await book.done(third)
    assert not await book.done(third)
    assert not await book.done(10**6)
    assert await book.take("one more", "one") > third  # a number is never given twice
    assert (await book.waiting(9))[0] == 3


def test_messages_are_taken_once_told_in_order_and_deleted_when_done(tmp_path: Path) -> None:
    with_store(tmp_path / "shopmax.db", lambda store: _keeps_its_contract(store.messages))
    asyncio.run(_keeps_its_contract(Notebook()))


def test_a_message_is_there_after_a_restart_with_the_time_it_was_taken(tmp_path: Path) -> None:
    file = tmp_path / "shopmax.db"
    with_store(file, lambda store: store.messages.take("the door is stuck", "one"))

    assert waiting(file) == [Message(reference=1, taken_at=NOW, text="the door is stuck")]


def test_nothing_of_a_message_is_left_on_the_disk_when_it_is_done(tmp_path: Path) -> None:
    def on_disk() -> bool:
        return any(b"Canary" in path.read_bytes() for path in tmp_path.iterdir())

    async def take_and_do(store: Store) -> None:
        reference = await store.messages.take(CANARY, "one")
        assert on_disk()
        assert await store.messages.done(reference)
        assert not on_disk()

    with_store(tmp_path / "shopmax.db", take_and_do)

    assert not on_disk()


def test_what_customers_left_is_for_the_kiosks_own_user(tmp_path: Path) -> None:
    file = tmp_path / "shopmax.db"

    def modes() -> set[int]:
        return {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}

    async def modes_in_use(store: Store) -> set[int]:
        await store.messages.take(CANARY, "one")
        return modes()

    assert with_store(file, modes_in_use) == modes() == {0o600}
    file.chmod(0o664)
    assert with_store(file, modes_in_use) == modes() == {0o660}


def test_a_kiosk_whose_messages_nobody_reads_says_so(tmp_path: Path) -> None:
    async def fill(store: Store) -> None:
        for number in range(MOST_WAITING):
            await store.messages.take(str(number), "one")
        with pytest.raises(ToolError) as caught:
            await store.messages.take("one more", "one")
        assert (caught.value.reason, caught.value.retryable) == ("full", False)
        assert "can't take any more messages" in caught.value.say
        await store.messages.done(1)
        await store.messages.take("one more", "one")

    with_store(tmp_path / "shopmax.db", fill)


def test_a_full_disk_is_told_honestly_and_the_journal_has_no_customer_in_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def fill(store: Store) -> None:
        database = store.messages._database.connection
        pages = database.execute("PRAGMA page_count").fetchone()[0]
        database.execute(f"PRAGMA max_page_count = {pages}")

        async def take_many() -> None:
            for number in range(MOST_WAITING):
                await store.messages.take(f"{CANARY} {number} {'x' * 400}", "one")

        with pytest.raises(ToolError) as caught:
            await take_many()
        assert caught.value.reason == "store_failed"
        assert "couldn't save your message" in caught.value.say
        assert await store.shop.find("ORD-88421") is not None

    with caplog.at_level(logging.DEBUG):
        with_store(tmp_path / "shopmax.db", fill)

    (record,) = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert record.__dict__["KIOSK_ERROR"] == "SQLITE_FULL"
    assert "Canary" not in " ".join(str(each.__dict__) for each in caplog.records)


def test_a_message_whose_answer_was_not_waited_for_is_not_taken_twice(tmp_path: Path) -> None:
    async def impatient(store: Store) -> list[str]:
        stuck = threading.Event()
        store.messages._database.thread.submit(stuck.wait, 10)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await store.messages.take("the door is stuck", "one")
        stuck.set()
        await store.messages.take("the door is stuck", "one")
        return [message.text for message in (await store.messages.waiting(9))[1]]

    assert with_store(tmp_path / "shopmax.db", impatient) == ["the door is stuck"]
