"""The books in memory, where the disk is full, broken or may not be written.

A kiosk whose disk fails goes on answering: with what the file holds, read once, as it stands
with its write-ahead log. Nothing can be written into it, so nothing is acknowledged that a power
cut would take; who tries hears SQLITE_READONLY, as from the disk itself.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from pathlib import Path

from kiosk.adapters.sqlite_parts import check_integrity


def held_in_memory(
    parts: Iterable[Path], scratch: Path, complete: Callable[[sqlite3.Connection], None]
) -> sqlite3.Connection:
    """Return a database in memory with what these files hold, nothing if they cannot be read.

    ``parts`` are the database and its write-ahead log; ``scratch`` is a directory in memory, where
    SQLite puts the two together. ``complete`` makes of it what a kiosk needs.
    """
    # check_same_thread=False: one executor thread uses it, and no other.
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    try:
        scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (
            suppress(OSError, sqlite3.Error),
            tempfile.TemporaryDirectory(dir=scratch, prefix="books-") as place,
        ):
            copies = [shutil.copy(part, place) for part in parts if part.exists()]
            if copies:
                with closing(sqlite3.connect(copies[0])) as copy:
                    check_integrity(copy)
                    copy.backup(memory)
        complete(memory)
        memory.execute("PRAGMA query_only = ON")
    except BaseException:
        memory.close()
        raise
    return memory
