"""Messages for the staff in the store: on the disk before the customer is told, gone when done.

A message belongs to a visit, so that a call that is made again, because its answer was late or
lost on the way, finds the message it stored before. What is done is overwritten, not only
unlinked: it may be somebody's name and number.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

from kiosk.adapters.sqlite_parts import Database, Transaction
from kiosk.errors import ToolError
from kiosk.shop.messages import MOST_WAITING, Message

MESSAGES_SCHEMA: Final = """
CREATE TABLE messages (
    reference INTEGER PRIMARY KEY AUTOINCREMENT,
    taken_at  TEXT NOT NULL CHECK (datetime(taken_at) IS NOT NULL),
    visit     TEXT NOT NULL,
    text      TEXT NOT NULL CHECK (text <> ''),
    UNIQUE (visit, text)
) STRICT;
"""

T = TypeVar("T")


class SqliteMessages:
    """A MessageBook on an open database."""

    def __init__(self, database: Database, wall_clock: Callable[[], datetime]) -> None:
        self._database, self._now = database, wall_clock

    async def take(self, text: str, visit: str) -> int:
        """Store a message and return its reference once it is on the disk. Raises ToolError."""
        say = "I'm sorry, I couldn't save your message. Please tell a colleague."
        return await self._database.run(
            lambda: self._take(text, visit), "message cannot be saved", say
        )

    async def waiting(self, most: int) -> tuple[int, tuple[Message, ...]]:
        """Return how many messages wait, and the oldest of them. Raises ToolError."""
        return await self._read(lambda: self._waiting(most))

    async def done(self, reference: int) -> bool:
        """Delete a message for good; tell whether it was there. Raises ToolError."""
        return await self._read(lambda: self._done(reference))

    async def _read(self, work: Callable[[], T]) -> T:
        return await self._database.run(
            work, "messages cannot be read", "The messages cannot be read just now."
        )

    def _take(self, text: str, visit: str) -> int:
        with Transaction(self._database.connection):
            known = self._reference(text, visit)
            if known is not None:
                return known
            if self._count() >= MOST_WAITING:
                say = "I'm sorry, I can't take any more messages. Please tell a colleague."
                raise ToolError("full", say, retryable=False)
            stored = self._database.connection.execute(
                "INSERT INTO messages (taken_at, visit, text) VALUES (?, ?, ?)",
                (self._now().isoformat(timespec="seconds"), visit, text),
            )
            assert stored.lastrowid is not None, "a row was inserted"
            return stored.lastrowid

    def _reference(self, text: str, visit: str) -> int | None:
        row = self._database.connection.execute(
            "SELECT reference FROM messages WHERE visit = ? AND text = ?", (visit, text)
        ).fetchone()
        return None if row is None else int(row[0])

    def _count(self) -> int:
        return int(self._database.connection.execute("SELECT count(*) FROM messages").fetchone()[0])

    def _waiting(self, most: int) -> tuple[int, tuple[Message, ...]]:
        rows = self._database.connection.execute(
            "SELECT reference, taken_at, text FROM messages ORDER BY reference LIMIT ?", (most,)
        ).fetchall()
        messages = tuple(
            Message(reference=reference, taken_at=datetime.fromisoformat(taken_at), text=text)
            for reference, taken_at, text in rows
        )
        return self._count(), messages

    def _done(self, reference: int) -> bool:
        with Transaction(self._database.connection):
            deleted = self._database.connection.execute(
                "DELETE FROM messages WHERE reference = ?", (reference,)
            ).rowcount
        # The write-ahead log holds the words, too, until it is emptied.
        self._database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return deleted > 0
