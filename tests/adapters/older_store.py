"""Databases as older kiosks left them."""

import sqlite3
from contextlib import closing
from pathlib import Path

from kiosk.adapters.sqlite_messages import MESSAGES_SCHEMA
from kiosk.adapters.sqlite_shop import ORDERS_SCHEMA

REAL = ("ORD-00001", "packed", "2026-11-20", "2026-11-25", "09:00:00", "18:00:00", None, 0)
DEMO = ("ORD-88421", "delivered", "2026-11-16", "2026-11-20", None, "19:00:00", "2026-11-20", 1)
MESSAGE = "the door is stuck"


def make_older(file: Path, version: int) -> None:
    """Make a file of version 1 (orders) or 2 (messages, too), last used on 20 November 2026.

    Its demo has one order left, which somebody set to delivered; the other order is the shop's.
    """
    with closing(sqlite3.connect(file)) as database, database:
        database.executescript(ORDERS_SCHEMA)
        database.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [REAL, DEMO])
        database.execute("INSERT INTO demo_day VALUES ('2026-11-20')")
        if version == 2:
            database.executescript(MESSAGES_SCHEMA)
            database.execute(
                "INSERT INTO messages (taken_at, visit, text) VALUES (?, 'a visit', ?)",
                ("2026-11-20T10:00:00+00:00", MESSAGE),
            )
        database.execute("PRAGMA application_id = 0x4B494F53")
        database.execute(f"PRAGMA user_version = {version}")
