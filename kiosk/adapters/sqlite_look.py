"""A look at the store from outside: it changes nothing, and the kiosk may run meanwhile."""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from kiosk.adapters.sqlite_parts import check_integrity, error_name, is_error, is_read_only
from kiosk.adapters.sqlite_store import SCHEMA_VERSION, schema_version
from kiosk.adapters.sqlite_tries import read_tries
from kiosk.errors import StartError
from kiosk.shop.identity import Tries

_BUSY_S: Final = 2.0
_EX_DATAERR, _EX_NOINPUT, _EX_IOERR, _EX_TEMPFAIL, _EX_NOPERM = 65, 66, 74, 75, 77


@dataclass(frozen=True, slots=True)
class StoreLook:
    """What a store holds. ``demo`` orders came with the kiosk, to try it on.

    ``whole`` is False for a store of an older kiosk, whose next start brings it up to date.
    """

    whole: bool
    orders: int
    demo: int
    messages: int
    tries: Tries


def look_at_store(file: Path) -> StoreLook | None:
    """Read a store through; None when there is none yet.

    Blocks for as long as the disk takes. Raises StartError that says what to do: for a file that
    cannot be read or written, that is damaged, or that is another program's.
    """
    try:
        if not file.exists():
            return None
    except PermissionError:
        raise _no_permission(file, "looked at") from None
    if not os.access(file, os.R_OK, effective_ids=True):
        raise _no_permission(file, "read")
    if is_read_only(file):
        raise StartError(f"{file} is on a disk that may only be read: look at the disk.", _EX_IOERR)
    for part in (file, file.parent):
        if not os.access(part, os.W_OK, effective_ids=True):
            raise _no_permission(part, "written")
    try:
        address = f"file:{quote(str(file.absolute()))}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=_BUSY_S)) as database:
            version = schema_version(database, file)
            check_integrity(database)
            return _look(database, version)
    except sqlite3.Error as err:
        if is_error(err, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StartError(
                f"{file} is held by another program; try again.", _EX_TEMPFAIL
            ) from None
        if is_error(err, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise StartError(
                f"{file} is damaged: start the kiosk anew, which moves it aside and makes another;"
                " what it held is then in the file with .damaged in its name.",
                _EX_DATAERR,
            ) from None
        raise StartError(
            f"{file} cannot be read ({error_name(err)}): look at the disk.", _EX_NOINPUT
        ) from None


def _look(database: sqlite3.Connection, version: int) -> StoreLook:
    if version < SCHEMA_VERSION:
        return StoreLook(whole=False, orders=0, demo=0, messages=0, tries=Tries())
    orders, demo = database.execute("SELECT count(*), total(demo) FROM orders").fetchone()
    (messages,) = database.execute("SELECT count(*) FROM messages").fetchone()
    tries = read_tries(database)
    return StoreLook(whole=True, orders=orders, demo=int(demo), messages=messages, tries=tries)


def _no_permission(path: Path, what: str) -> StartError:
    return StartError(
        f"{path} cannot be {what} by this user: look as root or as the kiosk's own user;"
        " when it is that one, give it the file.",
        _EX_NOPERM,
    )
