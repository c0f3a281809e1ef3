"""A log of everything that Python's own SQLite does to the files of a database, in order.

SQLite reaches the disk through a table of functions, its VFS. While ``logged`` is entered, the
default one is a copy whose open, delete, write, truncate and sync note what they do and then do
it. That is the very library that ``sqlite3`` is linked to, so that nothing of the kiosk has to
know: ``sqlite3.connect`` goes through it.
"""

import _sqlite3
import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int64, c_void_p
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest


@dataclass(frozen=True, slots=True)
class Created:
    """A file that was not there is there. ``with_directory``: its first sync syncs that, too."""

    name: str
    with_directory: bool


@dataclass(frozen=True, slots=True)
class Written:
    name: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Synced:
    name: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """``for_good``: the directory was synced behind it."""

    name: str
    for_good: bool


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Whoever uses the database was told that this many requests were carried out."""

    requests: int


Entry = Created | Written | Truncated | Synced | Deleted | Acknowledged

_JOURNALS: Final = 0x00000800 | 0x00080000  # SQLITE_OPEN_MAIN_JOURNAL, SQLITE_OPEN_WAL

_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))
_Delete = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
_Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)


class _Methods(ctypes.Structure):
    """sqlite3_io_methods, version 3."""

    _fields_ = (
        ("iVersion", c_int),
        ("xClose", c_void_p),
        ("xRead", c_void_p),
        ("xWrite", _Write),
        ("xTruncate", _Truncate),
        ("xSync", _Sync),
        ("others", c_void_p * 13),
    )


class _Vfs(ctypes.Structure):
    """sqlite3_vfs, version 3."""

    _fields_ = (
        ("iVersion", c_int),
        ("szOsFile", c_int),
        ("mxPathname", c_int),
        ("pNext", c_void_p),
        ("zName", c_char_p),
        ("pAppData", c_void_p),
        ("xOpen", _Open),
        ("xDelete", _Delete),
        ("others", c_void_p * 14),
    )


@contextmanager
def logged(database: Path) -> Iterator[list[Entry]]:
    """Log what is done to ``database`` and the files that SQLite puts beside it.

    The list grows; markers may be added to it. Whatever is opened meanwhile must be closed in it.
    """
    library = _library()
    real = library.sqlite3_vfs_find(None)
    vfs = _LoggingVfs(real.contents, str(database))
    assert library.sqlite3_vfs_register(ctypes.byref(vfs.table), 1) == 0
    try:
        yield vfs.log
    finally:
        assert library.sqlite3_vfs_register(real, 1) == 0
        assert library.sqlite3_vfs_unregister(ctypes.byref(vfs.table)) == 0
    assert vfs.log, "SQLite does not go through the VFS that was registered as its default"


def _library() -> Any:
    # The functions of a library are found through whatever is linked to it.
    library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
    if not hasattr(library, "sqlite3_vfs_register"):
        pytest.skip("this Python's SQLite hides its functions: its writes cannot be logged")
    library.sqlite3_vfs_find.restype = POINTER(_Vfs)
    return library


class _LoggingVfs:
    def __init__(self, real: _Vfs, database: str) -> None:
        self.log: list[Entry] = []
        self._real, self._database = real, database
        self._names: dict[int, str] = {}
        self._methods: dict[int, tuple[_Methods, _Methods]] = {}
        self.table = _Vfs.from_buffer_copy(real)
        self.table.zName = b"logging"
        self.table.pNext = None
        self.table.xOpen = _Open(self._open)
        self.table.xDelete = _Delete(self._delete)

    def _ours(self, path: bytes | None) -> str:
        """Return the file's name when it belongs to the database, else "" ."""
        text = path.decode() if path else ""
        return Path(text).name if text.startswith(self._database) else ""

    def _open(self, _: int, path: int | None, file: int, flags: int, out: Any) -> int:
        where = ctypes.string_at(path) if path else b""
        name = self._ours(where)
        new = bool(name) and not Path(where.decode()).exists()
        result: int = self._real.xOpen(ctypes.addressof(self._real), path, file, flags, out)
        methods = c_void_p.from_address(file)  # the first field of an open file
        if result == 0 and name and methods.value:
            if new:
                self.log.append(Created(name, bool(flags & _JOURNALS)))
            self._names[file] = name
            methods.value = ctypes.addressof(self._logging(methods.value))
        return result

    def _logging(self, address: int) -> _Methods:
        """Return the table of functions at ``address`` with three of them replaced."""
        if address not in self._methods:
            real = _Methods.from_address(address)
            ours = _Methods.from_buffer_copy(real)

            def write(file: int, data: int, size: int, offset: int) -> int:
                self.log.append(Written(self._names[file], offset, ctypes.string_at(data, size)))
                result: int = real.xWrite(file, data, size, offset)
                return result

            def truncate(file: int, size: int) -> int:
                self.log.append(Truncated(self._names[file], size))
                result: int = real.xTruncate(file, size)
                return result

            def sync(file: int, flags: int) -> int:
                result: int = real.xSync(file, flags)
                if result == 0:
                    self.log.append(Synced(self._names[file]))
                return result

            ours.xWrite, ours.xTruncate, ours.xSync = (
                _Write(write),
                _Truncate(truncate),
                _Sync(sync),
            )
            self._methods[address] = real, ours
        return self._methods[address][1]

    def _delete(self, _: int, path: bytes, sync_directory: int) -> int:
        result: int = self._real.xDelete(ctypes.addressof(self._real), path, sync_directory)
        if result == 0 and self._ours(path):
            self.log.append(Deleted(self._ours(path), bool(sync_directory)))
        return result
