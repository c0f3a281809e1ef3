"""The control socket: events to all, answers to who asks, and nobody slows the daemon."""

import asyncio
import json
import os
import socket
import stat
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from kiosk.adapters import control_socket
from kiosk.adapters.control_socket import Control, ask, events, open_control
from kiosk.errors import DeviceError, StartError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def fail(request: dict[str, Any]) -> dict[str, Any]:
    raise DeviceError(f"{request['command']}: no button")


async def volume(request: dict[str, Any]) -> dict[str, Any]:
    percent = request.get("percent")
    if not isinstance(percent, int) or not 0 <= percent <= 100:
        raise ValueError('"percent" must be a whole number from 0 to 100')
    return {"percent": percent}


COMMANDS = {"volume": volume, "fail": fail}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "control.sock"


def run(scenario: Coroutine[Any, Any, None]) -> None:
    async def whole() -> None:
        async with asyncio.timeout(20):
            await scenario

    asyncio.run(whole())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  # it sees from outside; the test has a deadline
        await asyncio.sleep(0.001)


async def connected(path: Path, control: Control) -> tuple[asyncio.StreamReader, Any]:
    before = len(control._clients)
    reader, writer = await asyncio.open_unix_connection(path)
    await until(lambda: len(control._clients) > before)
    return reader, writer


def test_only_the_owner_may_open_it(path: Path) -> None:
    async def scenario() -> None:
        async with open_control(path, COMMANDS):
            assert mode(path) == 0o600
            assert mode(path.parent) == 0o700

    run(scenario())
    assert not path.exists()


def test_a_request_is_answered_and_a_wrong_one_told_why(path: Path) -> None:
    async def scenario() -> None:
        async with open_control(path, COMMANDS):
            good = await ask(path, {"command": "volume", "percent": 50})
            bad = await ask(path, {"command": "volume", "percent": "loud"})
            failed = await ask(path, {"command": "fail"})
            unknown = await ask(path, {"command": "sing"})

        assert good == {"reply": "volume", "ok": True, "percent": 50}
        assert bad == {
            "reply": "volume",
            "ok": False,
            "error": '"percent" must be a whole number from 0 to 100',
        }
        assert failed == {"reply": "fail", "ok": False, "error": "fail: no button"}
        assert unknown["error"] == "there is no such command; there are captions, fail, volume"

    run(scenario())


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"hello\n", "this line is not JSON"),
        (b"\xff\xfe\n", "this line is not JSON"),
        (b"[1]\n", 'a request is an object with a "command"'),
        (b'{"command": 3}\n', 'a request is an object with a "command"'),
        (b'{"command": "captions", "on": 1}\n', '"on" must be true or false'),
        (b"x" * 5000 + b"\n", "a request is one short line of JSON"),
    ],
)
def test_nonsense_gets_a_sentence(path: Path, line: bytes, error: str) -> None:
    async def scenario() -> None:
        async with open_control(path, COMMANDS) as control:
            reader, writer = await connected(path, control)
            writer.write(line)
            answer = json.loads(await reader.readline())
            writer.close()
        assert answer["ok"] is False
        assert answer["error"] == error

    run(scenario())


def test_everybody_hears_events_and_captions_only_who_asked(path: Path) -> None:
    async def scenario() -> None:
        async with open_control(path, COMMANDS) as control:
            plain, plain_writer = await connected(path, control)
            curious, curious_writer = await connected(path, control)
            curious_writer.write(b'{"command": "captions", "on": true}\n')
            assert json.loads(await curious.readline())["ok"]

            control.publish({"t": 1.5, "event": "press"})
            control.publish({"t": 2.5, "event": "caption", "text": "where is it?"})
            control.publish({"t": 3.5, "event": "release"})

            async def names(reader: asyncio.StreamReader, count: int) -> list[str]:
                return [json.loads(await reader.readline())["event"] for _ in range(count)]

            assert await names(plain, 2) == ["press", "release"]
            assert await names(curious, 3) == ["press", "caption", "release"]
            plain_writer.close()
            curious_writer.close()

    run(scenario())


def test_the_stream_ends_when_the_daemon_stops_and_nothing_sent_before_is_lost(path: Path) -> None:
    async def scenario() -> None:
        heard: list[str] = []

        async def listen() -> None:
            heard.extend([event["event"] async for event in events(path, captions=True)])

        async with asyncio.TaskGroup() as tasks, open_control(path, COMMANDS) as control:
            tasks.create_task(listen())
            await until(lambda: any(control._clients.values()))
            control.publish({"event": "ready"})
            control.publish({"event": "caption"})
        assert heard == ["ready", "caption"]

    run(scenario())


def test_a_reader_that_does_not_keep_up_is_dropped_and_the_others_are_served(path: Path) -> None:
    async def scenario() -> None:
        async with open_control(path, COMMANDS) as control:
            _, sleeping = await connected(path, control)
            sleeping.transport.pause_reading()
            event = {"event": "light", "code": "x" * 1000}
            for _ in range(5000):
                control.publish(event)
            await until(lambda: not control._clients)
            assert (await ask(path, {"command": "volume", "percent": 1}))["ok"]
            sleeping.close()

    run(scenario())


def test_more_clients_than_a_shop_has_are_turned_away(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_socket, "MOST_CLIENTS", 1)

    async def scenario() -> None:
        async with open_control(path, COMMANDS) as control:
            _, first = await connected(path, control)
            reader, second = await asyncio.open_unix_connection(path)
            assert await reader.read() == b""
            first.close()
            second.close()

    run(scenario())


def test_a_request_that_takes_time_does_not_hold_up_events(path: Path) -> None:
    async def scenario() -> None:
        released = asyncio.Event()

        async def press(request: dict[str, Any]) -> dict[str, Any]:
            await released.wait()
            return {"for_s": request["for_s"]}

        commands: dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]]
        commands = {"press": press}
        async with open_control(path, commands) as control:
            reader, writer = await connected(path, control)
            writer.write(b'{"command": "press", "for_s": 1}\n')
            control.publish({"event": "press"})
            assert json.loads(await reader.readline()) == {"event": "press"}
            released.set()
            assert json.loads(await reader.readline()) == {"reply": "press", "ok": True, "for_s": 1}
            writer.close()

    run(scenario())


def test_a_stale_socket_is_replaced_and_a_live_one_is_not(path: Path) -> None:
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(path))

    async def scenario() -> None:
        async with open_control(path, COMMANDS):
            with pytest.raises(StartError, match="already running") as caught:
                async with open_control(path, COMMANDS):
                    pass
            assert caught.value.exit_code == 69
            assert (await ask(path, {"command": "volume", "percent": 9}))["ok"]

    run(scenario())


def test_a_place_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    in_the_way = tmp_path / "control.sock"
    in_the_way.write_text("precious")
    blocked = in_the_way / "control.sock"
    long = tmp_path / ("x" * 100) / "control.sock"
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)

    async def scenario() -> None:
        for place, why in (
            (in_the_way, "not a socket"),
            (blocked, "Not a directory|File exists"),
            (long, "too long"),
            (open_to_all / "control.sock", "everybody may write"),
        ):
            with pytest.raises(StartError, match=why) as caught:
                async with open_control(place, COMMANDS):
                    pass
            assert str(place) in str(caught.value)
            assert caught.value.exit_code == 73

    run(scenario())
    assert in_the_way.read_text() == "precious"


def test_without_a_daemon_the_client_says_how_to_start_one(path: Path) -> None:
    async def scenario() -> None:
        with pytest.raises(StartError, match=r"no kiosk is running.*`kiosk run`"):
            await ask(path, {"command": "status"})
        with pytest.raises(StartError, match="no kiosk is running"):
            await anext(events(path, captions=False))

    run(scenario())


def test_a_daemon_that_does_not_answer_is_not_waited_for_for_ever(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_socket, "ANSWER_WITHIN_S", 0.05)

    async def never(request: dict[str, Any]) -> dict[str, Any]:
        await asyncio.Event().wait()
        return request

    async def scenario() -> None:
        async with open_control(path, {"status": never}):
            with pytest.raises(StartError, match="does not answer"):
                await ask(path, {"command": "status"})

    run(scenario())


def test_another_users_socket_is_told_from_no_socket(path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may open every socket")
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        path.chmod(0)

        async def scenario() -> None:
            with pytest.raises(StartError, match="another user"):
                await ask(path, {"command": "status"})

        run(scenario())
