"""What staff ask over the control socket: it holds at once, and longer if it can be kept."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kiosk.adapters.staff_state import StaffFile
from kiosk.core.lights import Light
from kiosk.errors import StartError
from kiosk.ports import StaffState
from kiosk.runtime.desk import Desk
from tests.fakes.live import FakeLive
from tests.runtime.house import House, open_house

Commands = Mapping[str, Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]]
STATUS = {"phase": "idle", "light": "G", "visit": 0, "turn": 0, "muted": False, "volume": 70}


@asynccontextmanager
async def desk_in(directory: Path) -> Any:
    """Open a house with a desk that keeps what is set in ``directory``."""
    async with open_house(FakeLive()) as house:
        desk = Desk(StaffFile(directory / "staff.json", StaffState(70)))
        desk.serve(house.kiosk, house.microphone, house.speaker)
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

        assert await commands["status"]({}) == {"phase": "starting"}
        assert await commands["volume"]({"percent": 30}) == {"percent": 30}
        with pytest.raises(StartError, match="still starting"):
            await commands["press"]({})

    asyncio.run(scenario())
    assert StaffFile(tmp_path / "staff.json", StaffState(70)).state == StaffState(30)


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
