"""One virtual Pi for all scenarios, one Live service, and evidence of what failed.

Scenarios are tests in ``scenarios_*.py``; ``scripts/hil`` runs them, and plain pytest does not
find them. The clock of the machine counts instructions: it is never ahead of ours, and behind
when the machine is busy, so every figure in its time is that of a board of 1000 MIPS, however
busy this computer is. Deadlines (``within_s``) are in our seconds: be generous.

    def test_a_customer_…(board: Board) -> None:
        pressed = board.ask(QUESTION)              # tap, wait for the lamp, speak on the cable
        ended = board.story.until("turn_ended")    # the kiosk's event stream
        figure("press to lamp", at - pressed, "≤ 0.15 s")

``board`` is the shared machine, ready, with marks set: ``board.story``, ``board.lamps`` and
``await board.words()`` are about this scenario alone. ``board.machine`` runs commands inside
(``run``, ``do``), reboots, loses its power and asks QEMU (``qmp``). Leave it ready again.
Mark the few that every change must pass with ``@pytest.mark.core``, and a file whose scenarios
go on from each other with ``pytestmark = pytest.mark.story``.
"""

import asyncio
import inspect
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Final

import pytest

from tests.hil.board import Board
from tests.hil.image import Image
from tests.hil.machine import Machine, MachineFailed
from tests.hil.service import LiveService, live_service
from tests.hil.write_log import LoggedDisk

BOOKS_DISK_BYTES: Final = 32 * 2**20
_EVIDENCE = Path(os.environ.get("KIOSK_HIL_EVIDENCE", ".cache/hil")).absolute()
_booted: list[Board] = []
_claimed: set[str] = set()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "core: one of the few scenarios that every change passes")
    config.addinivalue_line("markers", "story: scenarios of one file that go on from each other")


def pytest_report_header() -> str:
    return "figures are in the machine's time, which is that of a board of 1000 MIPS"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have the second machine begin with the last file, so that the two meet in the middle."""
    if os.environ.get("KIOSK_HIL_MACHINE") == "2":
        files = [[*of_file] for _, of_file in groupby(items, key=lambda item: item.path)]
        items[:] = [item for of_file in reversed(files) for item in of_file]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Leave alone what the other machine has taken; a story is taken whole."""
    taken = item.path.name if item.get_closest_marker("story") else item.nodeid
    claim = Path(os.environ["KIOSK_HIL_CLAIMS"]) / re.sub(r"\W", "-", taken)
    try:
        claim.touch(exist_ok=taken in _claimed)
    except FileExistsError:
        item.session._setupstate.teardown_exact(nextitem)  # as at the end of one of ours
        return True
    _claimed.add(taken)
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a scenario that is a coroutine function."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    arguments = {name: pyfuncitem.funcargs[name] for name in wanted}
    asyncio.run(pyfuncitem.obj(**arguments))
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    print(f"    {report.when}: {report.duration:.0f} s of ours", flush=True)  # noqa: T201
    if report.failed:
        _tell_evidence(item.name)
    return report


def _tell_evidence(name: str) -> None:
    with suppress(OSError):
        print(f"\nevidence: {_keep_evidence(name)}", file=sys.stderr)  # noqa: T201


def _keep_evidence(name: str) -> Path:
    now = datetime.now(UTC)  # noqa: TID251 - it names a directory
    place = _EVIDENCE / f"{now:%H%M%S}-{re.sub(r'[^a-z0-9]+', '-', name.lower())[:60]}"
    for number, board in enumerate(_booted, 1):
        to = place / f"machine-{number}"
        to.mkdir(parents=True, exist_ok=True)
        with suppress(MachineFailed, AssertionError, OSError):
            journal = board.machine.do("journalctl --no-pager -o short-monotonic", 60)
            (to / "journal").write_text(journal.out)
        for path in (*board.machine.home.glob("*.log"), board.machine.home / "console",
                     board.story.path, board.lamps.path):  # fmt: skip
            with suppress(OSError):
                shutil.copy(path, to)
        board.keep_heard(to / "speaker.wav")
    return place


@pytest.fixture(scope="session")
def image() -> Image:
    """The disk of every machine, which ``scripts/hil`` has built."""
    return Image(Path(os.environ["KIOSK_HIL_IMAGE"]))


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """Where the machines are; short, because there are sockets in it."""
    place = Path(tempfile.mkdtemp(prefix="kiosk-hil-"))
    yield place
    if os.environ.get("KIOSK_HIL_KEEP"):
        print(f"\nkept: {place}", file=sys.stderr)  # noqa: T201 - what was asked for
    else:
        shutil.rmtree(place)


@pytest.fixture(scope="session")
def live(home: Path) -> Iterator[LiveService]:
    """The Live service."""
    with live_service(home / "live.log") as service:
        yield service


@pytest.fixture(scope="session")
def books_disk(home: Path) -> LoggedDisk:
    """A second disk of the machine that all scenarios share, empty until one uses it."""
    disk = LoggedDisk(home, BOOKS_DISK_BYTES)
    disk.make()
    return disk


@pytest.fixture(scope="session")
def shared(image: Image, home: Path, live: LiveService, books_disk: LoggedDisk) -> Iterator[Board]:
    """The machine that all scenarios share, in whatever state the last one left it."""
    machine = Machine(image, home / "pi", books_disk.plugs())
    shutil.copy(live.ca_file, machine.share / "live-ca.pem")
    board = Board(machine)
    _booted.append(board)
    try:
        machine.power_on()
        yield board
    except BaseException:
        _tell_evidence("a machine that does not start")
        raise
    finally:
        machine.cut_power()


@pytest.fixture
def board(shared: Board) -> Board:
    """The machine that all scenarios share: ready, online, and nobody in front of it."""
    shared.be_ready()
    shared.begin()
    return shared
