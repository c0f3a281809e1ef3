"""The files of a store: the database, what SQLite puts beside it, and damaged ones.

A damaged store is moved aside, not deleted: somebody may want what was in it.
"""

import stat
from contextlib import suppress
from datetime import datetime
from glob import escape
from pathlib import Path


def parts(file: Path) -> tuple[Path, ...]:
    """Return the file and what SQLite puts beside it."""
    return tuple(file.with_name(file.name + ending) for ending in ("", "-wal", "-shm"))


def keep_from_others(file: Path) -> None:
    """Shut everybody out of a file that an older kiosk made, but for the group a shop set."""
    for part in parts(file):
        with suppress(PermissionError, FileNotFoundError):  # another user's, who decides; gone
            mode = stat.S_IMODE(part.stat().st_mode)
            if mode & 0o007:
                part.chmod(mode & ~0o007)


def move_aside(file: Path, now: datetime) -> Path:
    """Rename the file and what belongs to it; return the new name."""
    aside = file.with_name(f"{file.name}.damaged-{now:%Y%m%dT%H%M%S}")
    for part, moved in zip(parts(file), parts(aside), strict=True):
        if part.exists():
            part.rename(moved)
    return aside


def was_damaged(file: Path) -> bool:
    """Tell whether a damaged file lies beside it: looked at, since a power cut forgets."""
    return bool(damaged_beside(file))


def damaged_beside(file: Path) -> list[Path]:
    """Return the damaged files that were moved aside, the oldest first."""
    moved = file.parent.glob(f"{escape(file.name)}.damaged-*")
    return sorted(path for path in moved if not path.name.endswith(("-wal", "-shm")))
