"""The kiosk finds the local Live service that stands on the machine, or brings one."""

import asyncio
import json
import os
import socket
import sys
from pathlib import Path

import pytest

from kiosk import assembly
from kiosk.adapters import local_service as module
from kiosk.adapters.event_loop import KioskLoop
from kiosk.adapters.genai_live import GenaiLive
from kiosk.adapters.local_service import LocalEndpoint, local_service
from kiosk.adapters.processes import running
from kiosk.assembly import Endpoint
from kiosk.errors import StartError
from tests.adapters.disks import Disk, run_with_disk

WHERE = {"url": "https://127.0.0.1:18443", "ca_file": "/run/kiosk-local-live/ca.pem"}


async def found(file: Path) -> LocalEndpoint:
    environ = {"KIOSK_LOCAL_LIVE": str(file)}
    async with local_service(file.parent / "not to be made", environ) as endpoint:
        return endpoint


def test_a_service_that_stands_is_used_and_none_is_started(tmp_path: Path) -> None:
    file = tmp_path / "endpoint.json"
    file.write_text(json.dumps(WHERE))

    endpoint = asyncio.run(found(file))

    assert (endpoint.url, endpoint.ca_file, endpoint.process) == (*WHERE.values(), None)
    assert not (tmp_path / "not to be made").exists()


@pytest.mark.parametrize("unfinished", [None, "", '{"url": "https://127', '{"url": 1}', "[]"])
def test_a_service_that_is_starting_is_waited_for(tmp_path: Path, unfinished: str | None) -> None:
    file = tmp_path / "endpoint.json"
    if unfinished is not None:
        file.write_text(unfinished)

    async def scenario() -> LocalEndpoint:
        loop = asyncio.get_running_loop()
        loop.call_later(module.LOOK_S * 1.5, file.write_text, json.dumps(WHERE))
        async with asyncio.timeout(10):
            return await found(file)

    assert asyncio.run(scenario()).url == WHERE["url"]


def test_a_service_that_never_gets_ready_is_owned_up_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "START_S", 0.2)

    with pytest.raises(StartError, match="systemctl status kiosk-local-live"):
        asyncio.run(found(tmp_path / "endpoint.json"))


def test_a_service_that_gives_up_while_it_is_waited_for_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """systemd takes the directory away; here the replacement is a process that cannot serve."""
    run = tmp_path / "run"
    run.mkdir()
    monkeypatch.setattr(sys, "executable", "false")

    async def scenario() -> None:
        asyncio.get_running_loop().call_later(module.LOOK_S * 1.5, run.rmdir)
        environ = {"KIOSK_LOCAL_LIVE": str(run / "endpoint.json")}
        async with asyncio.timeout(10), local_service(tmp_path / "state", environ):
            pass

    with pytest.raises(StartError, match="did not start"):
        asyncio.run(scenario())


def test_a_service_of_our_own_that_answers_nobody_any_more_is_as_good_as_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A port that takes connections and says nothing: what is left of a frozen process."""
    monkeypatch.setattr(assembly, "LOOK_S", 0.05)
    monkeypatch.setattr(assembly, "ANSWERS_WITHIN_S", 0.1)

    async def scenario() -> None:
        async with running(["sleep", "60"], os.environ) as process:
            url = f"https://127.0.0.1:{silent.getsockname()[1]}"
            live = GenaiLive(endpoint=url, api_key="")
            endpoint = Endpoint(live, "ours", LocalEndpoint(url, "", process))
            async with asyncio.timeout(10):
                assert await endpoint.ended() == "it answers nobody any more"

    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        asyncio.Runner(loop_factory=KioskLoop) as runner,
    ):
        runner.run(scenario())


def test_a_service_of_our_own_that_ends_says_how() -> None:
    async def scenario() -> None:
        async with running(["false"], os.environ) as process:
            live = GenaiLive(endpoint="https://127.0.0.1:1", api_key="")
            endpoint = Endpoint(live, "ours", LocalEndpoint("", "", process))
            async with asyncio.timeout(10):
                assert await endpoint.ended() == "exit code 1"

    asyncio.run(scenario())


@pytest.mark.parametrize("after", [None, json.dumps({**WHERE, "url": "https://127.0.0.1:1"})])
def test_a_service_that_its_unit_takes_down_is_not_relied_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str | None
) -> None:
    monkeypatch.setattr(module, "GONE_LOOK_S", 0.01)
    file = tmp_path / "endpoint.json"
    file.write_text(json.dumps(WHERE))

    async def scenario() -> str:
        standing = await found(file)
        loop = asyncio.get_running_loop()
        if after is None:
            loop.call_later(0.05, file.unlink)
        else:
            loop.call_later(0.05, file.write_text, after)
        async with asyncio.timeout(10):
            return await standing.taken_down()

    assert asyncio.run(scenario()) == "its unit took it down"


def test_a_disk_that_cannot_be_written_keeps_no_local_service_from_starting(
    tmp_path: Path,
) -> None:
    async def scenario(disk: Disk) -> None:
        disk.lock()
        environ = {
            "RUNTIME_DIRECTORY": str(tmp_path / "run"),
            "KIOSK_LOCAL_LIVE": str(tmp_path / "nowhere" / "endpoint.json"),
        }
        async with local_service(disk.place / "live", environ) as service:
            assert service.url.startswith("https://127.0.0.1:")
            assert Path(service.ca_file).is_relative_to(tmp_path / "run")

    run_with_disk(tmp_path / "card", scenario)
