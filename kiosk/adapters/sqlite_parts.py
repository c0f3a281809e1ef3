"""What every table of the store needs: its thread, transactions, the names of SQLite's errors."""

import asyncio
import logging
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from kiosk.errors import ToolError

T = TypeVar("T")
_log = logging.getLogger(__name__)


DISK_ERRORS: Final = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
)
"""What SQLite says when the disk is full, broken or may not be written."""
SLOW_S: Final = 2.0


@dataclass(eq=False)
class _Began:
    """Work that somebody asked for: when, and what tells that it takes too long."""

    at: float
    late: asyncio.TimerHandle
    on_the_thread: bool = False


class Database:
    """An open database and the one thread that uses it."""

    def __init__(self, connection: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        self.connection = connection
        self.thread = thread
        self.writable = True
        """Whether the last thing that was tried with the disk went well."""
        self.on_news: Callable[[], None] = lambda: None
        self._began: list[_Began] = []
        self._now = asyncio.get_running_loop().time

    @property
    def slow(self) -> bool:
        """Whether somebody waits for longer than a disk should take."""
        return bool(self._began) and self._now() - self._began[0].at >= SLOW_S

    async def run(self, work: Callable[[], T], event: str, say: str) -> T:
        """Do ``work`` on the thread. When SQLite fails: ``event`` is logged, ``say`` is raised."""
        try:
            return await self.do(work)
        except (sqlite3.Error, ValueError) as err:
            _log.error(event, extra={"KIOSK_ERROR": error_name(err)})
            # No cause: the text of a foreign exception may hold a customer's words.
            raise ToolError("store_failed", say, retryable=True) from None

    async def do(self, work: Callable[[], T]) -> T:
        """Do ``work`` on the thread; note when the disk fails or is slow. Raises what it raises.

        Work that has begun goes on when nobody waits for it any more, and is slow as long as that.
        """
        loop = asyncio.get_running_loop()
        began = _Began(self._now(), loop.call_later(SLOW_S, self._tell))
        self._began.append(began)

        def doing() -> T:
            began.on_the_thread = True
            disk_failed = False
            try:
                return work()
            except sqlite3.Error as err:
                disk_failed = is_error(err, *DISK_ERRORS)
                raise
            finally:
                with suppress(RuntimeError):  # the loop has ended meanwhile
                    loop.call_soon_threadsafe(self._ended, began, disk_failed)

        waiting = loop.run_in_executor(self.thread, doing)
        try:
            return await waiting
        finally:
            if waiting.cancelled() and not began.on_the_thread:  # and so it never will be
                self._ended(began, False)

    def _ended(self, began: "_Began", disk_failed: bool) -> None:
        began.late.cancel()
        was = self.writable, self.slow
        if began in self._began:
            self._began.remove(began)
        if disk_failed:
            self.writable = False
        if was != (self.writable, self.slow):
            self._tell()

    def _tell(self) -> None:
        self.on_news()


class Transaction:
    """All of it or nothing; takes the write lock at the start, so that it cannot fail halfway."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        _refuse_read_only(self._database)
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._database.execute("COMMIT")
                _refuse_read_only(self._database)
        finally:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")


def _refuse_read_only(database: sqlite3.Connection) -> None:
    """Raise sqlite3.OperationalError (SQLITE_READONLY) when the file system takes no write.

    Through a file that was open before, ext4 says yes to every write and sync all the same when
    it has been made read-only, and drops them.
    """
    file = database.execute("PRAGMA database_list").fetchone()[2]
    if file and is_read_only(file):
        read_only = sqlite3.OperationalError("the file system is read-only")
        raise _coded(read_only, sqlite3.SQLITE_READONLY, "SQLITE_READONLY")


def is_read_only(file: str | Path) -> bool:
    """Tell whether the file system of a file may only be read."""
    try:
        return bool(os.statvfs(file).f_flag & os.ST_RDONLY)
    except OSError:  # it is gone, which SQLite finds out itself
        return False


def check_integrity(database: sqlite3.Connection) -> None:
    """Raise sqlite3.DatabaseError (SQLITE_CORRUPT) when the file is damaged."""
    if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        damaged = sqlite3.DatabaseError("the integrity check failed")
        raise _coded(damaged, sqlite3.SQLITE_CORRUPT, "SQLITE_CORRUPT")


def _coded(err: sqlite3.Error, code: int, name: str) -> sqlite3.Error:
    """Return an error of ours as if SQLite itself had found it."""
    err.sqlite_errorcode, err.sqlite_errorname = code, name
    return err


def is_error(err: sqlite3.Error, *codes: int) -> bool:
    """Tell whether an error is one of these, whatever its extended code."""
    return getattr(err, "sqlite_errorcode", -1) & 0xFF in codes


def error_name(err: Exception) -> str:
    """Return a name without a value in it, for the journal: ``SQLITE_FULL``."""
    return getattr(err, "sqlite_errorname", type(err).__name__)
