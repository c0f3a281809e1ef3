"""What staff ask over the control socket: it holds at once, and longer if it can be kept."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kiosk.adapters.control_socket import BACKLOG_BYTES
from kiosk.adapters.staff_state import StaffFile
from kiosk.core.lights import Light
from kiosk.errors import StartError, ToolError
from kiosk.ports import StaffState
from kiosk.runtime.desk import MOST_SHOWN, Desk
from tests.fakes.live import FakeLive
from tests.runtime.house import House, open_house
from tests.virtualtime import run_virtual

Commands = Mapping[str, Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]]
STATUS = {
    "phase": "idle",
    "light": "G",
    "visit": 0,
    "turn": 0,
    "muted": False,
    "volume": 70,
    "messages": 0,
}


@asynccontextmanager
async def desk_in(directory: Path) -> Any:
    """Open a house with a desk that keeps what is set in ``directory``."""
    async with open_house(FakeLive()) as house:
        desk = Desk(StaffFile(directory / "staff.json", StaffState(70)))
        desk.open(house.kiosk.front, house.microphone, house.speaker)
        desk.serve(house.kiosk)
        await asyncio.sleep(0)
        yield house, desk.commands()


async def shown(house: House[FakeLive], light: Light) -> None:
    async with asyncio.timeout(5.0):
        while house.lamps.shown[-1:] != [light]:  # noqa: ASYNC110 - lamps tell nobody
            await asyncio.sleep(0)


def test_the_desk_knows_what_the_kiosk_does(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_in(tmp_path) as (house, commands):
            await shown(house, Light.READY)
            status = await commands["status"]({})

            assert status == {**status, **STATUS, "endpoint": "fake.example", "connected": False}

    asyncio.run(scenario())


def test_before_there_is_a_kiosk_it_says_that_it_is_starting(tmp_path: Path) -> None:
    async def scenario() -> None:
        commands = Desk(StaffFile(tmp_path / "staff.json", StaffState(70))).commands()

        assert await commands["status"]({}) == {
            "phase": "starting",
            "doing": "Starting: opening the devices",
        }
        assert await commands["volume"]({"percent": 30}) == {"percent": 30}
        for name in ("press", "messages"):
            with pytest.raises(StartError, match="still starting"):
                await commands[name]({})

    asyncio.run(scenario())
    assert StaffFile(tmp_path / "staff.json", StaffState(70)).state == StaffState(30)


def test_staff_read_what_customers_left_and_delete_what_is_done(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_in(tmp_path) as (house, commands):
            for number in range(MOST_SHOWN + 2):
                await house.notebook.take(f"message {number}", "a visit")

            told = await commands["messages"]({})
            assert told["waiting"] == MOST_SHOWN + 2
            assert [each["reference"] for each in told["messages"]] == list(
                range(1, MOST_SHOWN + 1)
            )
            assert told["messages"][0] == {
                "reference": 1,
                "taken_at": "2026-11-23T10:00:00+00:00",
                "text": "message 0",
            }
            await commands["message_done"]({"reference": 1})
            assert (await commands["status"]({}))["messages"] == MOST_SHOWN + 1
            assert "message 0" not in house.notebook.texts
            for wrong in (1, 999, "2", True, None):
                with pytest.raises(StartError, match=r"\.$"):
                    await commands["message_done"]({"reference": wrong})
            assert "message 1" not in str([await commands["status"]({}), house.events])

    asyncio.run(scenario())


def test_the_largest_messages_fit_through_the_socket() -> None:
    message = {
        "reference": 2**53,
        "taken_at": "2026-11-23T10:00:00+00:00",
        "text": "\U0001f600" * 500,
    }

    assert len(json.dumps([message] * MOST_SHOWN)) < BACKLOG_BYTES / 2


def test_a_store_in_trouble_keeps_nobody_from_a_status(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_in(tmp_path) as (house, commands):
            house.notebook.takes_s = 100
            assert (await commands["status"]({}))["messages"] is None
            with pytest.raises(StartError, match="the disk does not answer"):
                await commands["messages"]({})
            house.notebook.takes_s = 0
            house.notebook.error = ToolError("store_failed", "Not just now.", retryable=True)
            assert (await commands["status"]({}))["messages"] is None
            with pytest.raises(StartError, match="Not just now"):
                await commands["messages"]({})

    run_virtual(scenario())


def test_what_staff_set_holds_after_a_restart(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk_in(tmp_path) as (house, commands):
            await commands["volume"]({"percent": 20})
            await commands["mute"]({})
            await shown(house, Light.MUTED)
        async with desk_in(tmp_path) as (house, commands):
            await shown(house, Light.MUTED)
            assert house.speaker.volume == 20
            await commands["unmute"]({})
            await shown(house, Light.READY)

    asyncio.run(scenario())
    assert StaffFile(tmp_path / "staff.json", StaffState(70)).state == StaffState(20, muted=False)


def test_a_full_disk_does_not_keep_staff_from_muting(tmp_path: Path) -> None:
    async def scenario() -> None:
        nowhere = tmp_path / "a file"
        nowhere.touch()
        async with desk_in(nowhere) as (house, commands):
            for name, request in (("mute", {}), ("volume", {"percent": 5})):
                with pytest.raises(StartError, match="until the next restart"):
                    await commands[name](request)
            await shown(house, Light.MUTED)
            assert house.speaker.volume == 5
            assert (await commands["status"]({}))["muted"] is True

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("command", "request_"),
    [
        ("volume", {"percent": 101}),
        ("volume", {"percent": True}),
        ("volume", {}),
        ("press", {"for_s": 61}),
        ("press", {"for_s": "long"}),
        ("press", {"for_s": True}),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(
    tmp_path: Path, command: str, request_: dict[str, Any]
) -> None:
    async def scenario() -> None:
        async with desk_in(tmp_path) as (_, commands):
            with pytest.raises(StartError, match=r"\.$"):
                await commands[command](request_)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "saved", ["", "[]", "{}", '{"volume": 900, "muted": false}', '{"volume": true, "muted": true}']
)
def test_a_spoilt_file_is_as_good_as_none(tmp_path: Path, saved: str) -> None:
    file = tmp_path / "staff.json"
    file.write_text(saved)

    assert StaffFile(file, StaffState(70)).state == StaffState(70)
