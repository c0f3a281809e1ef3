"""What every table of the store needs: transactions, and the names of SQLite's errors."""

import sqlite3


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


def is_error(err: sqlite3.Error, *codes: int) -> bool:
    """Tell whether an error is one of these, whatever its extended code."""
    return getattr(err, "sqlite_errorcode", -1) & 0xFF in codes


def error_name(err: Exception) -> str:
    """Return a name without a value in it, for the journal: ``SQLITE_FULL``."""
    return getattr(err, "sqlite_errorname", type(err).__name__)
