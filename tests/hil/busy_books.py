"""Inside the machine: keeps the shop's books busy, and marks on their disk what is acknowledged.

``busy_books.py BOOKS DISK TOLD``: the requests of ``tests/crash`` go through the kiosk's own
store, while the kiosk runs. After each, TOLD gets a line with all that is acknowledged by then, and
the last block of DISK the number of that line. That block lies behind the file system and is
written past every cache, so a log of the disk's writes holds each acknowledgement in its place.
"""

import asyncio
import json
import mmap
import os
import sys
from pathlib import Path
from typing import Final

from kiosk.adapters.sqlite_store import open_store
from tests.crash.requests import fill, now, requests

_REST_S: Final = 0.15
"""Between requests: the kiosk has a customer of its own meanwhile."""


async def main(books: Path, disk: str, told: Path) -> None:
    """Make all the requests there are."""
    device = os.open(disk, os.O_RDWR | os.O_DIRECT)
    block = mmap.mmap(-1, mmap.PAGESIZE)
    at = os.lseek(device, 0, os.SEEK_END) - len(block)
    with told.open("w", buffering=1) as out:
        async with open_store(books, now) as store:
            await fill(store)
            number = 0
            async for rows in requests(store):
                out.write(f"{json.dumps(sorted(rows.facts))}\n")
                number += 1
                block[:8] = number.to_bytes(8, "little")
                os.pwritev(device, [block], at)
                await asyncio.sleep(_REST_S)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
