"""The power is cut while the kiosk writes to its books: nothing that was acknowledged is lost.

The books are on a disk of their own that keeps a log of its writes. QEMU that is killed is one cut,
and this computer kept what QEMU wrote. The log tells of every other: what the disk may hold at
a moment is made of it here, brought up by the file system's journal and read by plain SQLite.
"""

import json
import random
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from time import CLOCK_REALTIME, clock_gettime
from typing import Final

import pytest

from kiosk.core.clock import BUILT_S
from tests.crash.requests import Damaged, rows_on
from tests.hil.board import Board, figure, tell
from tests.hil.machine import holds
from tests.hil.visits import QUESTION
from tests.hil.write_log import Entry, Flushed, LoggedDisk, Replayed, files_of

pytestmark = [pytest.mark.story, pytest.mark.timeout(2400)]
STATE: Final = "/var/lib/kiosk"
BOOKS: Final = "shopmax.db"
FILES: Final = (BOOKS, f"{BOOKS}-wal")
HERE: Final = Path(__file__).parent
DAY: Final = f"{datetime.fromtimestamp(BUILT_S, UTC):%Y-%m-%d}T10:00:00"
"""The first that the kiosk believes, near that of the requests: nothing is deleted for its age."""
LONG_S: Final = 900.0
"""Of ours; on a computer with nothing else to do it takes a tenth of it."""
ALL: Final = 312
CUT_AT: Final = 150
"""Acknowledgements, of all there are."""
FLUSHES: Final = 120
"""Before how many of the flushes the power goes."""
BETWEEN: Final = 120
"""How often it goes anywhere between them."""
ANSWERED: Final = ("entry", "")
"""What the kiosk's own customer leaves in the ledger: she only asked."""
BUSY: Final = (
    "systemd-run -q --unit=busy-books -p User=kiosk -p SupplementaryGroups=disk -p UMask=0077"
    " -p Nice=5 --setenv=PYTHONPATH=/hil --setenv=PYTHONDONTWRITEBYTECODE=1"
    f" /opt/kiosk/current/bin/python /hil/busy_books.py {STATE}/{BOOKS} /dev/vdb /hil/told"
)
READ_NOW: Final = (
    "/opt/kiosk/current/bin/python -c 'import sqlite3;"
    f' sqlite3.connect("{STATE}/{BOOKS}").backup(sqlite3.connect("/hil/books-after.db"))\''
)

TO_THE_DISK: Final = f"""set -e
    grep -q 'write back' /sys/block/vdb/queue/write_cache
    systemctl stop kiosk
    mount /dev/vdb /mnt; cp -a {STATE}/. /mnt; rm -f /mnt/{BOOKS}*
    chown kiosk:kiosk /mnt; chmod 700 /mnt; umount /mnt
    echo '/dev/vdb {STATE} ext4 noatime,nofail 0 0' >>/etc/fstab
    systemctl daemon-reload; mount {STATE}"""
FROM_THE_DISK: Final = f"""systemctl stop kiosk; umount {STATE}
    sed -i /vdb/d /etc/fstab; systemctl daemon-reload"""
STARTED_AT: Final = (
    f"rm -f {STATE}/clock* /var/lib/systemd/timesync/clock; date -s {{}}; sync;"
    " systemctl start --no-block kiosk"
)
"""With the clock set; what it remembers of a later day would make it a wrong one."""

Facts = frozenset[tuple[str, ...]]


@dataclass
class Cut:
    """What was on its way when the power went."""

    board: Board
    log: list[Entry]
    marks: list[int]
    """How many requests were acknowledged, after each entry of the log."""
    before: bytes
    """The disk, before the log began."""
    told: list[Facts]
    """What was acknowledged after each request; nothing before the first."""
    answered_at: int
    """How long the log was when a customer of the kiosk had her answer."""

    def wrong(self, kept: Facts, acknowledged: int, *, answered: bool) -> str:
        """Return what is wrong with the rows that were kept; empty when nothing is."""
        if answered and ANSWERED not in kept:
            return "the customer's call is not in the ledger"
        ours, told = kept - {ANSWERED}, self.told[acknowledged : acknowledged + 2]
        if ours in told or (len(told) < 2 and len(ours ^ told[0]) <= 1):  # one was on its way
            return ""
        return f"lost {sorted(told[0] - ours)}, and {sorted(ours - told[0])} is too much"


@pytest.fixture(scope="module")
def cut(shared: Board, books_disk: LoggedDisk) -> Iterator[Cut]:
    """Cut the power of a busy kiosk whose books are on the disk that keeps a log."""
    board, machine, disk = shared, shared.machine, books_disk
    before = disk.card.read_bytes()
    board.be_ready()
    machine.run(f"{TO_THE_DISK}; {STARTED_AT.format(DAY)}", 300)
    machine.rtc = DAY
    try:
        board.begin()
        board.be_ready()
        told = _keep_busy(board)
        holds(lambda: _count(told) > 0, "the first request is acknowledged", LONG_S)
        board.ask(QUESTION)
        board.story.until("turn_ended", within_s=LONG_S, outcome="answered")
        answered_at = len(disk.entries())
        holds(lambda: _count(told) >= CUT_AT, "enough is acknowledged", LONG_S, 0.05)
        machine.cut_power()
        states, log = _acknowledged(told), disk.taken()
        assert len(states) - 1 < ALL, "there was nothing left to be cut"
        marks = list(accumulate((disk.mark(entry) for entry in log), max))
        yield Cut(board, log, marks, before, states, answered_at)
    finally:
        machine.rtc = "utc"
        if not machine.is_on:
            machine.power_on()
        today = int(clock_gettime(CLOCK_REALTIME))
        machine.set_clock(today)
        machine.run(f"{FROM_THE_DISK}; {STARTED_AT.format(f'@{today}')}", 300)


def _keep_busy(board: Board) -> Path:
    share = board.machine.share
    shutil.copy(HERE / "busy_books.py", share)
    (share / "tests/crash").mkdir(parents=True)
    shutil.copy(HERE.parent / "crash/requests.py", share / "tests/crash")
    board.machine.run(f"install -o kiosk /dev/null /hil/told; {BUSY}", 120)
    return share / "told"


def _count(told: Path) -> int:
    return told.read_bytes().count(b"\n")


def _acknowledged(told: Path) -> list[Facts]:
    whole = told.read_text().rpartition("\n")[0].splitlines()
    return [frozenset(), *(frozenset(tuple(fact) for fact in json.loads(line)) for line in whole)]


@pytest.mark.core
def test_after_a_power_cut_in_a_commit_the_kiosk_is_ready_with_all_it_acknowledged(
    cut: Cut,
) -> None:
    board = cut.board
    board.begin()
    board.machine.power_on()
    ready = board.story.until("ready", within_s=600)["t"]
    board.be_ready()
    board.machine.run(READ_NOW, 120)
    kept = rows_on(board.machine.share / "books-after.db").facts

    figure("power on to ready", ready)
    tell(f"cut after {len(cut.told) - 1} acknowledged requests; {len(kept)} rows were kept")
    assert not (wrong := cut.wrong(kept, len(cut.told) - 1, answered=True)), wrong
    journal = board.machine.run("journalctl -b -u kiosk -o cat")
    assert "damaged" not in journal


def test_whenever_the_power_had_gone_nothing_acknowledged_would_be_lost(cut: Cut) -> None:
    assert cut.wrong(cut.told[50], 51, answered=False)  # the loss of one row is seen
    first = next(place for place, number in enumerate(cut.marks) if number)
    chance = random.Random(42)
    flushes = [n for n in range(first, len(cut.log)) if isinstance(cut.log[n], Flushed)]
    before_flush = set(chance.sample(flushes, min(FLUSHES, len(flushes))))
    between = set(chance.sample(range(first, len(cut.log)), BETWEEN))
    disk, wrongs, states = Replayed(bytearray(cut.before)), [], 0

    ram = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=ram if ram.is_dir() else None) as scratch:
        for place, entry in enumerate(cut.log):
            kinds: dict[str, bytearray] = {}
            if place in before_flush:
                kinds = {"nothing": disk.nothing_kept(), "all": disk.all_kept()}
            if place in between:
                kinds["some"] = disk.some_kept(chance, torn=False)
                kinds["torn"] = disk.some_kept(chance, torn=True)
            for kind, content in kinds.items():
                states += 1
                where = files_of(content, FILES, Path(scratch))
                try:
                    wrong = cut.wrong(
                        rows_on(where / BOOKS).facts, cut.marks[place - 1],
                        answered=place >= cut.answered_at,
                    )  # fmt: skip
                except Damaged:
                    wrong = "damaged"
                if wrong:
                    wrongs.append(f"entry {place}, {kind} of the unflushed kept: {wrong}")
            disk.follow(entry)

    tell(f"{len(cut.log)} writes and flushes ({len(flushes)}) while {cut.marks[-1]} requests were"
         f" acknowledged; {states} states of the disk tried; lost or damaged in {len(wrongs)}"
         " (promise 0)")  # fmt: skip
    assert states >= 50
    assert not wrongs, "\n".join(wrongs[:20])
