"""The store, an SQLite file: write-ahead log, synced at every commit, one thread.

It holds the shop (``sqlite_shop``), what customers leave for the staff (``sqlite_messages``),
wrong tries at proof (``sqlite_tries``) and the audit ledger (``sqlite_ledger``). A new file is
filled with orders to try the kiosk on. One that an older kiosk made is brought up to date in
place, all of it or nothing; one that a newer kiosk of our generation made is used as it is. A
damaged one is moved aside, not deleted; what it held is lost to the kiosk, and since the wrong
tries are, too, nobody is verified for a while. Where the disk fails, it is read into memory and
nothing is written (``sqlite_standin``) until the disk works.

``synchronous=FULL`` because a row that was acknowledged must survive a power cut; with NORMAL
the write-ahead log may lose it (SQLite: PRAGMA synchronous).
"""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from kiosk.adapters.sqlite_demo import add_orders, add_products, demo_day, move_demo
from kiosk.adapters.sqlite_files import keep_from_others, move_aside, parts, was_damaged
from kiosk.adapters.sqlite_ledger import LEDGER_SCHEMA, SqliteLedger
from kiosk.adapters.sqlite_messages import MESSAGES_SCHEMA, SqliteMessages
from kiosk.adapters.sqlite_parts import (
    DISK_ERRORS,
    Database,
    Transaction,
    check_integrity,
    is_error,
)
from kiosk.adapters.sqlite_shop import ORDERS_SCHEMA, SHOP_SCHEMA, SqliteShop
from kiosk.adapters.sqlite_standin import held_in_memory
from kiosk.adapters.sqlite_tries import TRIES_SCHEMA, SqliteTries, lost_tries, write_tries
from kiosk.config_file import is_of_the_disk
from kiosk.errors import StartError
from kiosk.resources import packaged
from kiosk.shop.seed_file import load_products, load_seed

_MARK: Final = 0x4B494F53  # "KIOS" in the file's header: it is ours
_BUSY_S: Final = 2.0
_EX_DATAERR, _EX_CANTCREAT, _EX_TEMPFAIL = 65, 73, 75
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_SYNCHRONOUS: Final = "FULL"
_STEPS: Final = (ORDERS_SCHEMA, MESSAGES_SCHEMA, SHOP_SCHEMA + TRIES_SCHEMA + LEDGER_SCHEMA)
"""What makes each version of the schema out of the one before. Only ever add one.

A step adds tables, and columns that have a default: so an older kiosk works with a newer file of
its generation, and an update that is left again loses nothing. Another step begins a generation.
"""
GENERATION: Final = 0
_STEPS_MOST: Final = 100
SCHEMA_VERSION: Final = GENERATION * _STEPS_MOST + len(_STEPS)

_log = logging.getLogger(__name__)


class SqliteBooks:
    """How the file is (``ports.Books``)."""

    def __init__(self, database: Database, place: "_Place", *, in_memory: bool) -> None:
        self._database, self._place, self._in_memory = database, place, in_memory
        self._damaged = False
        database.writable = not in_memory

    @property
    def writable(self) -> bool:
        """Whether the last thing that was tried with the disk went well."""
        return self._database.writable

    @property
    def trouble(self) -> str:
        """``slow``, ``damaged`` at the last look, or ""."""
        if self._database.slow:
            return "slow"
        return "damaged" if self._damaged else ""

    def on_news(self, tell: Callable[[], None]) -> None:
        """Call this when the disk fails or is slow, from now on."""
        self._database.on_news = tell

    async def look(self) -> None:
        """See whether a damaged file lies beside it, on the thread that may wait for a disk."""
        with suppress(OSError):
            self._damaged = await self._database.do(lambda: was_damaged(self._place.file))

    async def mend(self) -> None:
        """Try whether the disk works again."""
        try:
            await self._database.do(self._mend)
        except (sqlite3.Error, StartError, OSError):
            return
        self._database.writable = True

    def _mend(self) -> None:
        if not self._in_memory:
            with Transaction(self._database.connection):
                self._database.connection.execute("UPDATE demo_day SET day = day")
            return
        on_disk = _open(self._place)
        self._database.connection.close()
        self._database.connection = on_disk
        self._in_memory = False


@dataclass(frozen=True, slots=True)
class Store:
    """What one file holds, and how it is."""

    books: SqliteBooks
    shop: SqliteShop
    messages: SqliteMessages
    tries: SqliteTries
    ledger: SqliteLedger


@asynccontextmanager
async def open_store(
    file: Path,
    wall_clock: Callable[[], datetime],
    seed: Path | None = None,
    scratch: Path | None = None,
) -> AsyncIterator[Store]:
    """Open the store in ``file``; make and fill it when it is not there.

    ``wall_clock`` tells the shop's local time; ``seed`` replaces the packaged orders. With
    ``scratch``, a directory in memory, a disk that fails is no reason not to open. Raises
    StartError: 73 when the file or its directory cannot be written, 75 when another program
    holds it, 65 when it belongs to another program or a newer kiosk.
    """

    def today() -> date:
        return wall_clock().date()

    loop = asyncio.get_running_loop()
    place = _Place(file, wall_clock, seed or packaged("orders_seed.toml"))
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="store") as thread:
        opening = loop.run_in_executor(thread, _opened_anyhow, place, scratch)
        connection, in_memory = await opening
        database = Database(connection, thread)
        try:
            yield Store(
                SqliteBooks(database, place, in_memory=in_memory),
                SqliteShop(database, today),
                SqliteMessages(database, wall_clock),
                SqliteTries(database),
                SqliteLedger(database),
            )
        finally:
            # After what still runs; the thread's end waits for it.
            thread.submit(lambda: database.connection.close())


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a store is, and what a new one begins with."""

    file: Path
    wall_clock: Callable[[], datetime]
    seed: Path


def _opened_anyhow(place: _Place, scratch: Path | None) -> tuple[sqlite3.Connection, bool]:
    """Return the database, and whether it is only in memory, because the disk fails."""
    try:
        return _open(place), False
    except StartError as err:
        why = err.__cause__
        if scratch is None or not _is_of_the_disk(why):
            raise
        _log.error(
            "order database cannot be written; what it holds is read, and nothing is kept",
            extra={"KIOSK_FILE": str(place.file), "KIOSK_CAUSE": str(err)},
        )

    def complete(memory: sqlite3.Connection) -> None:
        now = place.wall_clock()
        if schema_version(memory, place.file) < SCHEMA_VERSION:
            _bring_up_to_date(memory, place.seed, now, lost=was_damaged(place.file))
        move_demo(memory, now.date())

    return held_in_memory(parts(place.file)[:2], scratch, complete), True


def _is_of_the_disk(err: BaseException | None) -> bool:
    if isinstance(err, sqlite3.Error):
        return is_error(err, *DISK_ERRORS)
    return is_of_the_disk(err)


def _open(place: _Place) -> sqlite3.Connection:
    file, wall_clock, seed = place.file, place.wall_clock, place.seed
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            return _opened(file, wall_clock(), seed)
        except sqlite3.DatabaseError as err:
            if not is_error(err, *_DAMAGED):
                raise
            aside = move_aside(file, wall_clock())
            _log.error(
                "order database was damaged; it was moved aside and made anew, without the messages"
                " and the ledger that were in it, and nobody is verified for a while",
                extra={"KIOSK_FILE": str(file), "KIOSK_MOVED_TO": str(aside)},
            )
            return _opened(file, wall_clock(), seed)
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


def _opened(file: Path, now: datetime, seed: Path) -> sqlite3.Connection:
    file.touch(mode=0o600)  # for us alone; what SQLite puts beside it has the same mode
    # isolation_level=None: transactions begin and end where it says so, and nowhere else.
    # check_same_thread=False: one executor thread uses it, and no other.
    database = sqlite3.connect(file, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        version = schema_version(database, file)
        keep_from_others(file)
        database.execute("PRAGMA journal_mode = WAL").fetchone()
        database.execute(f"PRAGMA synchronous = {_SYNCHRONOUS}")
        database.execute("PRAGMA secure_delete = ON").fetchone()
        check_integrity(database)
        if version < SCHEMA_VERSION:
            _bring_up_to_date(database, seed, now, lost=was_damaged(file))
        move_demo(database, now.date())
    except BaseException:
        database.close()
        raise
    return database


def schema_version(database: sqlite3.Connection, file: Path) -> int:
    """Return the schema's version, 0 for an empty file. Raises StartError when it is not ours."""
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    mark = database.execute("PRAGMA application_id").fetchone()[0]
    tables = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if mark != _MARK and (tables or mark or version):
        raise StartError(
            f"{file} is the database of another program; set shop.database to another file.",
            _EX_DATAERR,
        )
    if version // _STEPS_MOST > GENERATION:
        raise StartError(
            f"The order database {file} was made by a newer kiosk (version {version}, this one"
            f" knows {SCHEMA_VERSION}); install that again or set shop.database to another file.",
            _EX_DATAERR,
        )
    return version


def _bring_up_to_date(
    database: sqlite3.Connection, seed: Path, now: datetime, *, lost: bool
) -> None:
    with Transaction(database):
        # Again, now that nobody else can write: another kiosk may have been quicker.
        version = database.execute("PRAGMA user_version").fetchone()[0]
        for schema in _STEPS[version % _STEPS_MOST :]:
            for statement in schema.strip().split(";\n"):
                database.execute(statement)
        if version == 0:
            database.execute("INSERT INTO demo_day VALUES (?)", (now.date().isoformat(),))
        if version == 0 and lost:
            write_tries(database, lost_tries(now))
        if version == 0 or _has_demo(database):
            add_orders(database, load_seed(seed, demo_day(database)), demo=True)
            add_products(database, load_products(seed))
        database.execute(f"PRAGMA application_id = {_MARK}")
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _has_demo(database: sqlite3.Connection) -> bool:
    return database.execute("SELECT 1 FROM orders WHERE demo = 1").fetchone() is not None
