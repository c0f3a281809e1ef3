"""The wrong tries at proving who one is: on the disk before the next try is let in.

A damaged database is no way to get rid of a lock: the one that may have been in it counts as the
longest, and so does the next.
"""

import sqlite3
from datetime import datetime, timedelta
from typing import Final

from kiosk.adapters.sqlite_parts import Database, Transaction
from kiosk.shop.identity import LONGEST_PAUSE_S, Tries

TRIES_SCHEMA: Final = """
CREATE TABLE tries (
    one          INTEGER PRIMARY KEY CHECK (one = 1),
    today        INTEGER NOT NULL CHECK (today >= 0),
    last_at      TEXT CHECK (last_at IS NULL OR datetime(last_at) IS NOT NULL),
    locked_until TEXT CHECK (locked_until IS NULL OR datetime(locked_until) IS NOT NULL),
    pause_s      REAL NOT NULL CHECK (pause_s >= 0)
) STRICT;
"""


class SqliteTries:
    """A TryBook on an open database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> Tries:
        """Return what was kept last. Raises ToolError."""
        return await self._database.run(self._load, "tries cannot be read", _SAY)

    async def keep(self, tries: Tries) -> None:
        """Return once it is on the disk. Raises ToolError."""
        await self._database.run(lambda: self._keep(tries), "tries cannot be saved", _SAY)

    def _load(self) -> Tries:
        return read_tries(self._database.connection)

    def _keep(self, tries: Tries) -> None:
        with Transaction(self._database.connection):
            write_tries(self._database.connection, tries)


_SAY: Final = "I can't check that just now. A colleague can help you."


def read_tries(connection: sqlite3.Connection) -> Tries:
    """Return what was written down last, or none."""
    row = connection.execute("SELECT today, last_at, locked_until, pause_s FROM tries").fetchone()
    if row is None:
        return Tries()
    today, last_at, locked_until, pause_s = row
    return Tries(
        today=today,
        last_at=datetime.fromisoformat(last_at) if last_at else None,
        locked_until=datetime.fromisoformat(locked_until) if locked_until else None,
        pause_s=pause_s,
    )


def write_tries(connection: sqlite3.Connection, tries: Tries) -> None:
    """Write them down, within a transaction of the caller's."""
    connection.execute(
        "INSERT OR REPLACE INTO tries VALUES (1, ?, ?, ?, ?)",
        (
            tries.today,
            tries.last_at.isoformat() if tries.last_at else None,
            tries.locked_until.isoformat() if tries.locked_until else None,
            tries.pause_s,
        ),
    )


def lost_tries(now: datetime) -> Tries:
    """Return what counts when nobody knows how many wrong tries there were."""
    until = now + timedelta(seconds=LONGEST_PAUSE_S)
    return Tries(last_at=now, locked_until=until, pause_s=LONGEST_PAUSE_S)
