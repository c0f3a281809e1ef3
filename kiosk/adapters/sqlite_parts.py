"""What every table of the store needs: its thread, transactions, the names of SQLite's errors."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from kiosk.errors import ToolError

T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Database:
    """An open database and the one thread that uses it."""

    connection: sqlite3.Connection
    thread: ThreadPoolExecutor

    async def run(self, work: Callable[[], T], event: str, say: str) -> T:
        """Do ``work`` on the thread. When SQLite fails: ``event`` is logged, ``say`` is raised."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self.thread, work)
        except (sqlite3.Error, ValueError) as err:
            _log.error(event, extra={"KIOSK_ERROR": error_name(err)})
            # No cause: the text of a foreign exception may hold a customer's words.
            raise ToolError("store_failed", say, retryable=True) from None


class Transaction:
    """All of it or nothing; takes the write lock at the start, so that it cannot fail halfway."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._database.execute("COMMIT")
        finally:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")


def check_integrity(database: sqlite3.Connection) -> None:
    """Raise sqlite3.DatabaseError (SQLITE_CORRUPT) when the file is damaged."""
    if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        err = sqlite3.DatabaseError("the integrity check failed")
        err.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise err


def is_error(err: sqlite3.Error, *codes: int) -> bool:
    """Tell whether an error is one of these, whatever its extended code."""
    return getattr(err, "sqlite_errorcode", -1) & 0xFF in codes


def error_name(err: Exception) -> str:
    """Return a name without a value in it, for the journal: ``SQLITE_FULL``."""
    return getattr(err, "sqlite_errorname", type(err).__name__)
