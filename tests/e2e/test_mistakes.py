"""Mistakes of people and machines: one clear sentence, the right exit code, no traceback."""

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.tls_peer import Authority, accept, live_peer
from tests.e2e.conftest import RunKiosk
from tests.e2e.rig import Done, LiveServer, Site, running
from tests.e2e.test_trouble import told_of_the_loss

QUESTION = "Where is my order ORD-88421?"


def is_one_sentence(done: Done, *about: str) -> bool:
    """Whether the command said one thing on stderr, and that it names these."""
    assert len(done.err.splitlines()) == 1, done.err
    assert done.err.startswith("kiosk: ")
    assert "Traceback" not in done.err
    for part in about:
        assert part in done.err
    return True


@pytest.mark.parametrize(
    ("tables", "code", "about"),
    [
        ({"audio": {"input": "Jabra"}}, 69, ("Jabra", "[audio] input", "kiosk_mic")),
        ({"audio": {"output": "Jabra"}}, 69, ("Jabra", "[audio] output", "kiosk_spk")),
        ({"audio": {"volume": 500}}, 78, ("audio.volume", "0 to 100")),
        ({"talk": {"hold": 0.5}}, 78, ("talk.hold", "talk.hold_s")),
        ({"live": {"endpoint": "http://localhost:1"}}, 78, ("live.endpoint", "https://")),
        ({"live": {"api_key_file": "/nowhere/key"}}, 78, ("live.api_key_file", "/nowhere/key")),
        ({"shop": {"policy": "/nowhere/policy.toml"}}, 78, ("/nowhere/policy.toml",)),
        ({"shop": {"database": "/proc/shop.db"}}, 73, ("/proc/shop.db",)),
        ({"control": {"socket": "/proc/kiosk.sock"}}, 73, ("/proc/kiosk.sock", "control.socket")),
        ({"button": {"kind": "gpio"}}, 69, ("Raspberry Pi", "[button]")),
    ],
)
async def test_a_kiosk_with_a_wrong_setting_says_which(
    place: Site,
    service: LiveServer,
    tables: Mapping[str, Mapping[str, Any]],
    code: int,
    about: tuple[str, ...],
) -> None:
    config = place.config(**{"live": service.settings, **tables})
    done = await place.command("run", "--config", str(config))

    assert is_one_sentence(done, *about)
    assert done.code == code
    assert not list(place.processes())


async def test_every_mistake_in_a_configuration_is_named_at_once(place: Site) -> None:
    config = place.config(talk={"hold": 1}, audio={"volume": -3}, lamps={"status": 18})
    done = await place.command("run", "--config", str(config))

    assert done.code == 78
    assert len(done.err.splitlines()) == 3
    for part in ("talk.hold_s", "audio.volume", "lamps"):
        assert part in done.err


async def test_a_configuration_that_is_not_there_is_named(place: Site) -> None:
    done = await place.command("run", "--config", str(place.home / "no.toml"))

    assert is_one_sentence(done, "no.toml")
    assert done.code == 78


async def test_a_state_directory_that_cannot_be_written_is_named(
    place: Site, service: LiveServer
) -> None:
    config = place.config(live=service.settings)
    for directory in ("/proc/kiosk", "/dev/null/kiosk"):
        done = await place.command("run", "--config", str(config), STATE_DIRECTORY=directory)

        assert is_one_sentence(done, directory, "STATE_DIRECTORY")
        assert done.code == 73


async def test_a_second_kiosk_leaves_the_first_alone(run_kiosk: RunKiosk) -> None:
    async with run_kiosk() as kiosk:
        config = kiosk.site.home / "kiosk.toml"
        second = await kiosk.site.command("run", "--config", str(config))

        assert is_one_sentence(second, "already running")
        assert second.code == 69
        assert (await kiosk.status())["pid"] == kiosk.process.pid


@pytest.mark.parametrize("command", ["status", "press", "events", "mute", "unmute"])
async def test_a_command_to_a_kiosk_that_does_not_run_says_so(place: Site, command: str) -> None:
    done = await place.command(command)

    assert is_one_sentence(done, "no kiosk is running", "kiosk run")
    assert done.code == 69


async def test_a_port_in_use_is_named(place: Site, service: LiveServer) -> None:
    done = await place.command(
        "live-server", "--port", str(service.port), "--state", str(place.home / "live")
    )

    assert done.code == 69
    assert str(service.port) in done.err
    assert len(done.err.splitlines()) == 1, done.err
    assert done.out == ""


async def test_a_live_service_that_cannot_keep_its_certificates_says_so(place: Site) -> None:
    done = await place.command("live-server", "--state", "/proc/live")

    assert done.code == 73
    assert "/proc/live" in done.err
    assert len(done.err.splitlines()) == 1, done.err


async def test_an_endpoint_that_nobody_listens_at_is_named(place: Site) -> None:
    port = unused_port()
    config = place.config(live={"endpoint": f"https://127.0.0.1:{port}"})
    for command in (("ask", QUESTION), ("chat",)):
        done = await place.command(*command, "--config", str(config), feed=QUESTION + "\n")

        assert is_one_sentence(done, f"127.0.0.1:{port}")
        assert done.code == 69


async def test_an_expired_certificate_is_named(place: Site, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    expired = authority.server_context("localhost", from_days=-3, to_days=-1)
    async with live_peer(accept, expired) as port:
        config = place.config(
            live={"endpoint": f"https://localhost:{port}", "ca_file": str(authority.ca_file)}
        )
        done = await place.command("ask", QUESTION, "--config", str(config))

    assert is_one_sentence(done, "certificate", "expired")
    assert done.code == 69


async def test_a_service_with_somebody_elses_certificate_is_refused(
    place: Site, service: LiveServer
) -> None:
    config = place.config(live={"endpoint": service.url})
    done = await place.command("ask", QUESTION, "--config", str(config))

    assert is_one_sentence(done, "certificate", "ca_file")
    assert done.code == 69


async def test_a_customer_at_a_kiosk_without_a_service_is_told(place: Site) -> None:
    """It runs, waits for its service, and is honest with whoever presses."""
    endpoint = {"endpoint": f"https://127.0.0.1:{unused_port()}"}
    async with running(place, live=endpoint) as kiosk:
        await kiosk.until("light", code="R")
        pressed = await kiosk.tap()

        assert "connection" in await told_of_the_loss(kiosk)
        told = kiosk.named("phrase")[0]
        assert (told["code"], told["t"] - pressed["t"] < 2.0) == ("P3", True)
        assert (await kiosk.status())["phase"] == "idle"


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
