"""A visit outlives the process in memory that systemd holds: real descriptors, a real socket.

The test is the service manager: it takes what is stored and hands it to the next process, which
is a process of its own because descriptors are handed over at fixed numbers.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.adapters.visit_memory import _Memfd, visit_memory
from kiosk.core.kept import FRESH_S, KeptVisit, to_bytes
from kiosk.core.live import SessionHandle

HANDLE = SessionHandle("handle-of-one-customer")
NEXT_PROCESS = """
import json, os, sys
given = [int(number) for number in sys.argv[1].split(",") if number]
spare = [os.dup(number) for number in given]
for at, number in enumerate(spare, 3):
    os.dup2(number, at)
os.environ["LISTEN_FDS"] = str(len(given))
os.environ["LISTEN_FDNAMES"] = sys.argv[2]
os.environ["LISTEN_PID"] = str(os.getpid())
from kiosk.adapters.visit_memory import visit_memory
memory = visit_memory(os.environ)
kept = memory.kept
print(json.dumps(None if kept is None else [kept.handle, kept.visit, kept.phase]))
if sys.argv[3] == "keep":
    memory.keep("a newer handle", 8, "Speaking")
"""


class Manager:
    """What systemd does for a service with a descriptor store."""

    def __init__(self, address: Path) -> None:
        self.address = address
        self.store: list[tuple[str, int]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(address))
        self._socket.settimeout(5)

    def take(self, notes: int = 2) -> list[str]:
        """Act on the next notes and return them."""
        told = []
        for _ in range(notes):
            text, descriptors, *_ = socket.recv_fds(self._socket, 4096, 8)
            note = dict(line.split("=") for line in text.decode().splitlines())
            told.append("+".join(name for name in note if name != "FDNAME"))
            if "FDSTOREREMOVE" in note:
                self.drop(note["FDNAME"])
            if "FDSTORE" in note:
                self.store += [(note["FDNAME"], descriptor) for descriptor in descriptors]
        return told

    def drop(self, name: str) -> None:
        for _, descriptor in (entry for entry in self.store if entry[0] == name):
            os.close(descriptor)
        self.store = [entry for entry in self.store if entry[0] != name]

    @property
    def held(self) -> bytes:
        """The bytes of the one descriptor that is held."""
        [(_, descriptor)] = self.store
        return os.pread(descriptor, 65536, 0)

    def start_next(self, then: str = "") -> Any:
        """Run the next process with what is held; return what it found."""
        numbers = [number for _, number in self.store]
        names = ":".join(name for name, _ in self.store)
        ended = subprocess.run(
            [sys.executable, "-c", NEXT_PROCESS, ",".join(map(str, numbers)), names, then],
            env={**os.environ, "NOTIFY_SOCKET": str(self.address)},
            pass_fds=numbers,
            check=True,
            capture_output=True,
            text=True,
        )
        return json.loads(ended.stdout)

    def close(self) -> None:
        for name in {name for name, _ in self.store}:
            self.drop(name)
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    manager = Manager(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(manager.address))
    yield manager
    manager.close()


def memfd(raw: bytes) -> int:
    descriptor = os.memfd_create("kept before")
    os.pwrite(descriptor, raw, 0)
    return descriptor


def saved(seconds_ago: float, visit: int = 7) -> bytes:
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    return to_bytes(
        KeptVisit(handle=HANDLE, visit=visit, phase="Thinking", saved_at=now - seconds_ago)
    )


def test_what_is_held_is_removed_before_it_is_stored_again(manager: Manager) -> None:
    visit_memory(os.environ)

    assert manager.take() == ["FDSTOREREMOVE", "FDSTORE"]
    assert [name for name, _ in manager.store] == ["visit"]


def test_the_next_process_knows_the_visit_of_the_one_that_died(manager: Manager) -> None:
    memory = visit_memory(os.environ)
    manager.take()
    memory.keep(SessionHandle("an older handle, and a longer one"), 7, "Listening")
    memory.keep(HANDLE, 7, "Thinking")

    assert manager.start_next() == [HANDLE, 7, "Thinking"]


def test_one_descriptor_is_rewritten_in_place_from_process_to_process(manager: Manager) -> None:
    manager.store.append(("visit", memfd(saved(1.0))))
    first = os.fstat(manager.store[0][1]).st_ino

    assert manager.start_next("keep") == [HANDLE, 7, "Thinking"]
    manager.take()
    assert os.fstat(manager.store[0][1]).st_ino == first
    assert manager.start_next() == ["a newer handle", 8, "Speaking"]
    manager.take()
    assert len(manager.store) == 1


def test_a_visit_that_is_over_leaves_not_a_byte(manager: Manager) -> None:
    memory = visit_memory(os.environ)
    manager.take()
    memory.keep(HANDLE, 7, "Thinking")
    memory.wipe()

    assert manager.held == b""
    assert manager.start_next() is None


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(lambda: saved(FRESH_S + 0.5), id="old"),
        pytest.param(lambda: saved(-100.0), id="of a time to come"),
        pytest.param(lambda: saved(1.0)[:-3], id="torn"),
        pytest.param(lambda: b"\0" * 5000, id="empty"),
        pytest.param(lambda: b"kiosk visit 1\n", id="of another kind"),
    ],
)
def test_what_is_old_or_torn_is_refused_and_wiped(
    manager: Manager, raw: Callable[[], bytes]
) -> None:
    manager.store.append(("visit", memfd(raw())))

    assert manager.start_next() is None
    assert manager.held == b""


def test_of_several_copies_the_newest_counts_and_the_others_are_wiped(manager: Manager) -> None:
    copies = [memfd(saved(3.0, visit=6)), memfd(saved(1.0, visit=7)), memfd(b"rubbish")]
    manager.store += [("visit", copy) for copy in copies]
    kept = [os.dup(copy) for copy in copies]

    assert manager.start_next() == [HANDLE, 7, "Thinking"]
    manager.take()
    assert len(manager.store) == 1
    assert [bool(os.pread(copy, 1, 0)) for copy in kept] == [False, True, False]
    for copy in kept:
        os.close(copy)


def test_something_else_under_our_name_does_no_harm(manager: Manager) -> None:
    reading, writing = os.pipe()
    manager.store += [("visit", reading), ("other", writing)]

    assert manager.start_next() is None


def test_a_customer_who_waited_too_long_for_the_kiosk_is_forgotten(
    manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = visit_memory(os.environ)
    manager.take()
    memory.keep(HANDLE, 7, "Thinking")
    again = _Memfd(os.dup(manager.store[0][1]))
    assert again.kept is not None

    later = time.clock_gettime(time.CLOCK_BOOTTIME) + FRESH_S
    monkeypatch.setattr(time, "clock_gettime", lambda _: later)
    assert again.kept is None
    assert manager.held == b""


def test_without_systemd_nothing_is_kept(manager: Manager) -> None:
    memory = visit_memory({})
    memory.keep(HANDLE, 7, "Thinking")
    assert memory.kept is None
    memory.wipe()
    assert manager.store == []
