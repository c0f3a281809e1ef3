"""The shop's orders in an SQLite file: write-ahead log, synced at every commit, one thread.

A new file is filled with orders to try the kiosk on. Those are marked ``demo`` and move along
with the calendar, so that what is due today is due today on any day; orders that a shop puts in
itself (``demo = 0``) are never touched. A damaged file is moved aside, not deleted.

``synchronous=FULL`` because a row that was acknowledged must survive a power cut; with NORMAL
the write-ahead log may lose it (SQLite: PRAGMA synchronous).
"""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

from kiosk.errors import StartError, ToolError
from kiosk.resources import packaged
from kiosk.shop.orders import Order, OrderStatus
from kiosk.shop.seed_file import load_seed

_VERSION: Final = 1
_MARK: Final = 0x4B494F53  # "KIOS" in the file's header: it is ours
_BUSY_S: Final = 2.0
_EX_DATAERR, _EX_CANTCREAT, _EX_TEMPFAIL = 65, 73, 75
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_DAYS: Final = ("placed_on", "due_on", "done_on")

_SCHEMA: Final = """
CREATE TABLE orders (
    order_id  TEXT PRIMARY KEY CHECK (order_id GLOB 'ORD-[0-9][0-9][0-9][0-9][0-9]'),
    status    TEXT NOT NULL,
    placed_on TEXT NOT NULL CHECK (placed_on IS date(placed_on)),
    due_on    TEXT CHECK (due_on IS date(due_on)),
    due_from  TEXT CHECK (due_from IS time(due_from)),
    due_by    TEXT CHECK (due_by IS time(due_by)),
    done_on   TEXT CHECK (done_on IS date(done_on)),
    demo      INTEGER NOT NULL DEFAULT 0 CHECK (demo IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE TABLE demo_day (day TEXT NOT NULL CHECK (day IS date(day))) STRICT;
"""

_log = logging.getLogger(__name__)


class SqliteOrders:
    """An OrderBook on an open database; everything runs on the store's own thread."""

    def __init__(
        self, database: sqlite3.Connection, thread: ThreadPoolExecutor, clock: Callable[[], date]
    ) -> None:
        self._database, self._thread, self._today = database, thread, clock

    async def find(self, order_id: str) -> Order | None:
        """Look an order up without blocking the loop. Raises ToolError."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._find, order_id)

    def _find(self, order_id: str) -> Order | None:
        try:
            _move_demo(self._database, self._today())
            row = self._database.execute(
                "SELECT order_id, status, placed_on, due_on, due_from, due_by, done_on"
                " FROM orders WHERE order_id = ?",
                (order_id,),
            ).fetchone()
            return None if row is None else _order(*row)
        except (sqlite3.Error, ValueError) as err:
            _log.error("orders cannot be read", extra={"KIOSK_ERROR": _name(err)})
            say = "I can't look up orders just now, but I can answer questions about the shop."
            raise ToolError("store_failed", say, retryable=True) from err


@asynccontextmanager
async def open_store(
    file: Path, wall_clock: Callable[[], datetime], seed: Path | None = None
) -> AsyncIterator[SqliteOrders]:
    """Open the orders in ``file``; make and fill it when it is not there.

    ``wall_clock`` tells the shop's local time; ``seed`` replaces the packaged orders. Raises
    StartError: 73 when the file or its directory cannot be written, 75 when another program
    holds it, 65 when it belongs to another program or a newer kiosk.
    """

    def today() -> date:
        return wall_clock().date()

    loop = asyncio.get_running_loop()
    orders = seed or packaged("orders_seed.toml")
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="orders") as thread:
        database = await loop.run_in_executor(thread, _open, file, wall_clock, orders)
        try:
            yield SqliteOrders(database, thread, today)
        finally:
            thread.submit(database.close)  # after what still runs; the thread's end waits for it


def _open(file: Path, wall_clock: Callable[[], datetime], seed: Path) -> sqlite3.Connection:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            return _opened(file, wall_clock().date(), seed)
        except sqlite3.DatabaseError as err:
            if not _is(err, *_DAMAGED):
                raise
            aside = _move_aside(file, wall_clock())
            _log.warning(
                "order database was damaged; it was moved aside and made anew",
                extra={"KIOSK_FILE": str(file), "KIOSK_MOVED_TO": str(aside)},
            )
            return _opened(file, wall_clock().date(), seed)
    except OSError as err:
        raise _cannot_write(file, err.strerror or str(err)) from err
    except sqlite3.Error as err:
        if _is(err, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StartError(
                f"The order database {file} is in use by another program; stop that one first.",
                _EX_TEMPFAIL,
            ) from err
        raise _cannot_write(file, str(err)) from err


def _cannot_write(file: Path, reason: str) -> StartError:
    return StartError(
        f"The order database {file} cannot be written: {reason}."
        " Make its directory writable or set shop.database to another place.",
        _EX_CANTCREAT,
    )


def _opened(file: Path, today: date, seed: Path) -> sqlite3.Connection:
    # isolation_level=None: transactions begin and end where it says so, and nowhere else.
    # check_same_thread=False: one executor thread uses it, and no other.
    database = sqlite3.connect(file, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        version = _version(database, file)
        database.execute("PRAGMA journal_mode = WAL").fetchone()
        database.execute("PRAGMA synchronous = FULL")
        _check_integrity(database)
        if version == 0:
            _make_tables(database, load_seed(seed, today), today)
        _move_demo(database, today)
    except BaseException:
        database.close()
        raise
    return database


def _version(database: sqlite3.Connection, file: Path) -> int:
    """Return the schema's version, 0 for an empty file; refuse one that is not ours."""
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    mark = database.execute("PRAGMA application_id").fetchone()[0]
    tables = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if mark != _MARK and (tables or mark or version):
        raise StartError(
            f"{file} is the database of another program; set shop.database to another file.",
            _EX_DATAERR,
        )
    if version > _VERSION:
        raise StartError(
            f"The order database {file} was made by a newer kiosk (version {version}, this one"
            f" knows {_VERSION}); install that again or set shop.database to another file.",
            _EX_DATAERR,
        )
    return version


def _check_integrity(database: sqlite3.Connection) -> None:
    if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        err = sqlite3.DatabaseError("the integrity check failed")
        err.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise err


def _make_tables(database: sqlite3.Connection, seed: Iterable[Order], today: date) -> None:
    with _Transaction(database):
        if database.execute("PRAGMA user_version").fetchone()[0]:
            return  # another kiosk was quicker
        for statement in _SCHEMA.strip().split(";\n"):
            database.execute(statement)
        _insert(database, seed)
        database.execute("INSERT INTO demo_day VALUES (?)", (today.isoformat(),))
        database.execute(f"PRAGMA application_id = {_MARK}")
        database.execute(f"PRAGMA user_version = {_VERSION}")


def _insert(database: sqlite3.Connection, orders: Iterable[Order]) -> None:
    def text(value: date | time | None) -> str | None:
        return None if value is None else value.isoformat()

    database.executemany(
        "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
        [
            (
                order.order_id,
                order.status.value,
                *map(text, (order.placed_on, order.due_on)),
                *map(text, (order.due_from, order.due_by, order.done_on)),
            )
            for order in orders
        ],
    )


def _move_demo(database: sqlite3.Connection, today: date) -> None:
    """Move the demo's orders by the days since they were last right. Real ones stay put."""
    then = database.execute("SELECT day FROM demo_day").fetchone()[0]
    if then == today.isoformat():
        return
    with _Transaction(database):
        # Again, now that nobody else can write: another kiosk may have moved them meanwhile.
        then = database.execute("SELECT day FROM demo_day").fetchone()[0]
        by = f"{(today - date.fromisoformat(then)).days:+d} days"
        moved = ", ".join(f"{column} = date({column}, :by)" for column in _DAYS)
        database.execute(f"UPDATE orders SET {moved} WHERE demo = 1", {"by": by})  # noqa: S608  # our own column names
        database.execute("UPDATE demo_day SET day = ?", (today.isoformat(),))


class _Transaction:
    """All of it or nothing; takes the write lock at the start, so that it cannot fail halfway."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._database.execute("COMMIT")
        elif self._database.in_transaction:
            self._database.execute("ROLLBACK")


def _move_aside(file: Path, now: datetime) -> Path:
    """Rename the file and what belongs to it; return the new name."""
    aside = file.with_name(f"{file.name}.damaged-{now:%Y%m%dT%H%M%S}")
    for ending in ("", "-wal", "-shm"):
        part = file.with_name(file.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    return aside


def _order(
    order_id: str,
    status: str,
    placed_on: str,
    due_on: str | None,
    due_from: str | None,
    due_by: str | None,
    done_on: str | None,
) -> Order:
    return Order(
        order_id=order_id,
        status=OrderStatus(status),
        placed_on=date.fromisoformat(placed_on),
        due_on=date.fromisoformat(due_on) if due_on else None,
        due_from=time.fromisoformat(due_from) if due_from else None,
        due_by=time.fromisoformat(due_by) if due_by else None,
        done_on=date.fromisoformat(done_on) if done_on else None,
    )


def _is(err: sqlite3.Error, *codes: int) -> bool:
    return getattr(err, "sqlite_errorcode", -1) & 0xFF in codes


def _name(err: Exception) -> str:
    return getattr(err, "sqlite_errorname", type(err).__name__)
