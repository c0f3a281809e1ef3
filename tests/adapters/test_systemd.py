"""systemd is told what it asked for, over the real notification socket."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.adapters.systemd import service_manager, watchdog_period_s


@pytest.fixture
def notified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listening


def test_systemd_hears_every_note_in_order(notified: socket.socket) -> None:
    manager = service_manager(os.environ)

    manager.more_time(90)
    manager.ready()
    manager.status("ready\nand willing")
    manager.alive()
    manager.stopping()

    assert [notified.recv(200) for _ in range(5)] == [
        b"EXTEND_TIMEOUT_USEC=90000000",
        b"READY=1",
        b"STATUS=ready and willing",
        b"WATCHDOG=1",
        b"STOPPING=1",
    ]


def test_without_systemd_nobody_is_told(notified: socket.socket) -> None:
    manager = service_manager({})

    manager.more_time(90)
    manager.ready()
    manager.status("ready")
    manager.alive()
    manager.stopping()

    notified.setblocking(False)
    with pytest.raises(BlockingIOError):
        notified.recv(200)


def test_the_watchdog_is_petted_twice_in_its_period() -> None:
    ours = str(os.getpid())

    assert watchdog_period_s({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": ours}) == 1.5
    assert watchdog_period_s({"WATCHDOG_USEC": "3000000"}) == 1.5
    assert watchdog_period_s({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}) is None
    assert watchdog_period_s({"WATCHDOG_USEC": "0"}) is None
    assert watchdog_period_s({}) is None
