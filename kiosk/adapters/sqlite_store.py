"""The store, an SQLite file: write-ahead log, synced at every commit, one thread.

It holds the shop's orders and what customers leave for the staff (``sqlite_messages``). A file
that an older kiosk made is brought up to date in place, all of it or nothing.

A new file is filled with orders to try the kiosk on. Those are marked ``demo`` and move along
with the calendar, so that what is due today is due today on any day; orders that a shop puts in
itself (``demo = 0``) are never touched. A damaged file is moved aside, not deleted.

``synchronous=FULL`` because a row that was acknowledged must survive a power cut; with NORMAL
the write-ahead log may lose it (SQLite: PRAGMA synchronous).
"""

import asyncio
import logging
import sqlite3
import stat
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

from kiosk.adapters.sqlite_messages import MESSAGES_SCHEMA, SqliteMessages
from kiosk.adapters.sqlite_parts import Transaction, error_name, is_error
from kiosk.errors import StartError, ToolError
from kiosk.resources import packaged
from kiosk.shop.orders import Order, OrderStatus
from kiosk.shop.seed_file import load_seed

_MARK: Final = 0x4B494F53  # "KIOS" in the file's header: it is ours
_BUSY_S: Final = 2.0
_EX_DATAERR, _EX_CANTCREAT, _EX_TEMPFAIL = 65, 73, 75
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_DAYS: Final = ("placed_on", "due_on", "done_on")

_ORDERS_SCHEMA: Final = """
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
_STEPS: Final = (_ORDERS_SCHEMA, MESSAGES_SCHEMA)
"""What makes each version of the schema out of the one before. Only ever add one."""
_VERSION: Final = len(_STEPS)

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
            _log.error("orders cannot be read", extra={"KIOSK_ERROR": error_name(err)})
            say = "I can't look up orders just now, but I can answer questions about the shop."
            raise ToolError("store_failed", say, retryable=True) from err


@dataclass(frozen=True, slots=True)
class Store:
    """What one file holds."""

    orders: SqliteOrders
    messages: SqliteMessages


@asynccontextmanager
async def open_store(
    file: Path, wall_clock: Callable[[], datetime], seed: Path | None = None
) -> AsyncIterator[Store]:
    """Open the store in ``file``; make and fill it when it is not there.

    ``wall_clock`` tells the shop's local time; ``seed`` replaces the packaged orders. Raises
    StartError: 73 when the file or its directory cannot be written, 75 when another program
    holds it, 65 when it belongs to another program or a newer kiosk.
    """

    def today() -> date:
        return wall_clock().date()

    loop = asyncio.get_running_loop()
    orders = seed or packaged("orders_seed.toml")
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="store") as thread:
        database = await loop.run_in_executor(thread, _open, file, wall_clock, orders)
        try:
            yield Store(
                SqliteOrders(database, thread, today),
                SqliteMessages(database, thread, wall_clock),
            )
        finally:
            thread.submit(database.close)  # after what still runs; the thread's end waits for it


def _open(file: Path, wall_clock: Callable[[], datetime], seed: Path) -> sqlite3.Connection:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            return _opened(file, wall_clock().date(), seed)
        except sqlite3.DatabaseError as err:
            if not is_error(err, *_DAMAGED):
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
        if is_error(err, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
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
    file.touch(mode=0o600)  # for us alone; what SQLite puts beside it has the same mode
    # isolation_level=None: transactions begin and end where it says so, and nowhere else.
    # check_same_thread=False: one executor thread uses it, and no other.
    database = sqlite3.connect(file, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        version = _version(database, file)
        _keep_from_others(file)
        database.execute("PRAGMA journal_mode = WAL").fetchone()
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA secure_delete = ON").fetchone()
        _check_integrity(database)
        if version < _VERSION:
            _bring_up_to_date(database, () if version else load_seed(seed, today), today)
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


def _keep_from_others(file: Path) -> None:
    """Shut everybody out of a file that an older kiosk made, but for the group a shop set."""
    for part in _parts(file):
        with suppress(PermissionError, FileNotFoundError):  # another user's, who decides; gone
            mode = stat.S_IMODE(part.stat().st_mode)
            if mode & 0o007:
                part.chmod(mode & ~0o007)


def _check_integrity(database: sqlite3.Connection) -> None:
    if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        err = sqlite3.DatabaseError("the integrity check failed")
        err.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise err


def _bring_up_to_date(database: sqlite3.Connection, seed: Iterable[Order], today: date) -> None:
    with Transaction(database):
        # Again, now that nobody else can write: another kiosk may have been quicker.
        version = database.execute("PRAGMA user_version").fetchone()[0]
        for schema in _STEPS[version:]:
            for statement in schema.strip().split(";\n"):
                database.execute(statement)
        if version == 0:
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
    with Transaction(database):
        # Again, now that nobody else can write: another kiosk may have moved them meanwhile.
        then = database.execute("SELECT day FROM demo_day").fetchone()[0]
        by = f"{(today - date.fromisoformat(then)).days:+d} days"
        moved = ", ".join(f"{column} = date({column}, :by)" for column in _DAYS)
        database.execute(f"UPDATE orders SET {moved} WHERE demo = 1", {"by": by})  # noqa: S608  # our own column names
        database.execute("UPDATE demo_day SET day = ?", (today.isoformat(),))


def _move_aside(file: Path, now: datetime) -> Path:
    """Rename the file and what belongs to it; return the new name."""
    aside = file.with_name(f"{file.name}.damaged-{now:%Y%m%dT%H%M%S}")
    for part, moved in zip(_parts(file), _parts(aside), strict=True):
        if part.exists():
            part.rename(moved)
    return aside


def _parts(file: Path) -> tuple[Path, ...]:
    """Return the file and what SQLite puts beside it."""
    return tuple(file.with_name(file.name + ending) for ending in ("", "-wal", "-shm"))


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
