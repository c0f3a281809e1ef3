"""The audit ledger in the store: one row a call, the newest of them, no customer in any."""

from typing import Final

from kiosk.adapters.sqlite_parts import Database, Transaction
from kiosk.shop.ledger import MOST_KEPT, Entry

LEDGER_SCHEMA: Final = """
CREATE TABLE ledger (
    entry   INTEGER PRIMARY KEY,
    at      TEXT NOT NULL CHECK (datetime(at) IS NOT NULL),
    visit   TEXT NOT NULL,
    tool    TEXT NOT NULL,
    outcome TEXT NOT NULL,
    clause  TEXT NOT NULL,
    key     TEXT NOT NULL
) STRICT;
"""


class SqliteLedger:
    """A Ledger on an open database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, entry: Entry) -> None:
        """Return once the entry is on the disk. Raises ToolError."""
        say = "I can't do that just now. A colleague can help you."
        await self._database.run(lambda: self._note(entry), "ledger cannot be written", say)

    def _note(self, entry: Entry) -> None:
        connection = self._database.connection
        with Transaction(connection):
            number = connection.execute(
                "INSERT INTO ledger (at, visit, tool, outcome, clause, key)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    entry.at.isoformat(timespec="milliseconds"),
                    *(entry.visit, entry.tool, entry.outcome, entry.clause, entry.key),
                ),
            ).lastrowid
            assert number is not None, "a row was inserted"
            connection.execute("DELETE FROM ledger WHERE entry <= ?", (number - MOST_KEPT,))
