"""Clients that start later find the service, and never one that is not there."""

import asyncio
import json
import socket
from pathlib import Path

import pytest

from kiosk.local_live.announcing import keep_alive, only_while_serving, put_up
from kiosk.local_live.errors import CannotServe


@pytest.fixture
def ready(tmp_path: Path) -> dict[str, str]:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    (private / "ca.pem").write_text("a certificate")
    return {"url": "https://127.0.0.1:18443", "ca_file": str(private / "ca.pem")}


def test_what_is_put_up_can_be_read_by_every_user(tmp_path: Path, ready: dict[str, str]) -> None:
    file = tmp_path / "endpoint.json"

    put_up(ready, file)

    said = json.loads(file.read_text())
    assert said == {"url": ready["url"], "ca_file": str(tmp_path / "ca.pem")}
    assert Path(said["ca_file"]).read_text() == "a certificate"
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in (file, Path(said["ca_file"])))
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        "ca.pem",
        "endpoint.json",
    ]


def test_the_announcement_of_a_service_that_died_is_taken_down_by_the_next(
    tmp_path: Path, ready: dict[str, str]
) -> None:
    file = tmp_path / "endpoint.json"
    file.write_text("where the last one was")

    with only_while_serving(file):
        assert not file.exists()
        put_up(ready, file)
        assert file.exists()
    assert not file.exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, ready: dict[str, str]) -> None:
    with pytest.raises(CannotServe, match=r"missing/.*--announce"):
        put_up(ready, tmp_path / "missing" / "endpoint.json")


def test_systemd_hears_that_the_service_lives_as_long_as_its_loop_goes_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))

        async def scenario() -> list[bytes]:
            loop = asyncio.get_running_loop()
            keep_alive(loop, {"WATCHDOG_USEC": "20000"})
            async with asyncio.timeout(5):
                return [await loop.sock_recv(systemd, 100) for _ in range(3)]

        assert asyncio.run(scenario()) == [b"WATCHDOG=1"] * 3


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"},
    ],
    ids=["none", "off", "nonsense", "our parent's"],
)
def test_nobody_is_told_where_nobody_wants_to_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))

        async def scenario() -> None:
            keep_alive(asyncio.get_running_loop(), environ)

        asyncio.run(scenario())
        with pytest.raises(BlockingIOError):
            systemd.recv(100)
