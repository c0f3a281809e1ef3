"""The server as a client sees it: real TLS, real WebSocket, scripted parts."""

import asyncio
import base64
import gc
import json
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from kiosk.local_live.errors import CannotServe
from kiosk.local_live.house import ServeOptions
from kiosk.local_live.server import serve
from tests.conftest import Tell
from tests.local_live.scripted import scripted_parts, setup_message, sound
from tests.local_live.service import DEADLINE_S, METHOD, QUICK, Service, service
from tests.local_live.vowels import noise, vowels

Scenario = Callable[[Service], Coroutine[Any, Any, None]]


def serving(state: Path, scenario: Scenario, **options: Any) -> None:
    """Play a scenario against a fresh server; no task may be left behind."""

    async def main() -> None:
        parts = options.pop("parts", scripted_parts(["hello", "hello", "hello"], takes_s=0.01))
        async with service(state, parts, **options) as running:
            await scenario(running)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks left behind: {left}"

    asyncio.run(main())


@pytest.mark.parametrize(
    "path",
    [
        f"/ws/{METHOD}?key=k",
        f"//ws/{METHOD}",
        f"//ws//{METHOD.replace('v1beta', 'v1')}?alt=x",
        f"/ws/{METHOD.replace('v1beta', 'v1alpha')}Constrained?access_token=auth_tokens/x",
    ],
)
def test_every_path_of_a_live_client_leads_in(tmp_path: Path, path: str) -> None:
    async def scenario(running: Service) -> None:
        headers = {"Authorization": "Token auth_tokens/x", "x-goog-api-key": "k"}
        async with running.dial(path, additional_headers=headers) as socket:
            await socket.send(json.dumps(setup_message()))
            assert await socket.recv() == b'{\n  "setupComplete": {}\n}\n'

    serving(tmp_path, scenario)


@pytest.mark.parametrize("path", ["/", "/ws/other", f"/ws/{METHOD}Too", "/%00", "/v1beta/models"])
def test_other_paths_are_not_found(tmp_path: Path, path: str) -> None:
    async def scenario(running: Service) -> None:
        with pytest.raises(InvalidStatus) as refused:
            async with running.dial(path):
                pass
        assert refused.value.response.status_code == 404

    serving(tmp_path, scenario)


def test_refusals_carry_googles_codes_and_short_reasons(tmp_path: Path) -> None:
    async def scenario(running: Service) -> None:
        setup = setup_message()
        cases: list[tuple[tuple[dict[str, Any] | str, ...], int, str]] = [
            (({"realtimeInput": {"text": "hi"}},), 1008, "first message must be setup"),
            (("nonsense",), 1007, "Invalid JSON"),
            ((setup_message("no-such-model"),), 1008, "models/no-such-model is not found"),
            ((setup_message(generationConfig={"thinkingConfig": {}}),), 1007, "Thinking level"),
            ((setup_message(sessionResumption={"handle": "x"}),), 1007, "invalid argument"),
            ((setup, sound(0.1)), 1007, "invalid argument"),
            ((setup, setup), 1007, "invalid argument"),
            ((setup, "{}"), 1007, "invalid argument"),
        ]
        for frames, code, reason in cases:
            told = await running.refused(*frames)
            assert told[0] == code, (frames, told)
            assert reason in told[1]
            assert len(told[1].encode()) <= 123

    serving(tmp_path, scenario)


def test_binary_frames_and_pings_are_answered(tmp_path: Path) -> None:
    async def scenario(running: Service) -> None:
        async with running.dial() as socket:
            await socket.send(json.dumps(setup_message()).encode())
            assert b"setupComplete" in await socket.recv()
            async with asyncio.timeout(DEADLINE_S):
                await (await socket.ping())

    serving(tmp_path, scenario)


def test_a_session_is_resumed_over_a_new_connection(tmp_path: Path) -> None:
    async def scenario(running: Service) -> None:
        async with running.session(sessionResumption={}) as client:
            await client.speak()
            before = await client.until("turnComplete")
            assert {"sessionResumptionUpdate": {}} in before
            update = (await client.receive())["sessionResumptionUpdate"]
            handle = update["newHandle"]
            resume = setup_message(sessionResumption={"handle": handle})
            assert (await running.refused(resume))[0] == 1011  # the old one is still open

        async with running.session(sessionResumption={"handle": handle}) as client:
            await client.speak()
            await client.until("turnComplete")
        other = setup_message("gemini-3.1-flash-live-preview", sessionResumption={"handle": handle})
        assert (await running.refused(other))[0] == 1007
        unknown = setup_message(sessionResumption={"handle": handle.replace(handle[0], "0")})
        assert (await running.refused(unknown))[0] in (1007, 1008)

    serving(tmp_path, scenario)


def test_a_connection_that_broke_can_be_resumed_at_once(tmp_path: Path) -> None:
    async def scenario(running: Service) -> None:
        async with running.session(sessionResumption={}) as client:
            await client.speak()
            await client.until("turnComplete")
            handle = (await client.receive())["sessionResumptionUpdate"]["newHandle"]
            client.socket.transport.abort()
        async with running.session(sessionResumption={"handle": handle}):
            pass

    serving(tmp_path, scenario)


def test_go_away_comes_before_the_end_at_the_ages_asked_for(tmp_path: Path) -> None:
    async def scenario(running: Service) -> None:
        loop = asyncio.get_running_loop()
        async with running.session() as client:
            began = loop.time()
            assert await client.receive() == {"goAway": {"timeLeft": "0.4s"}}
            assert loop.time() - began >= 0.15
            with pytest.raises(ConnectionClosed):
                await client.receive()
            assert loop.time() - began >= 0.55
            assert client.socket.close_code == 1011
            assert client.socket.close_reason == "Deadline expired before operation could complete."
        async with running.session(model="gemini-3.1-flash-live-preview") as client:
            await client.until("goAway")
            with pytest.raises(ConnectionClosed):
                await client.receive()
            assert client.socket.close_code == 1008
            assert "GoAway" in (client.socket.close_reason or "")

    serving(tmp_path, scenario, options=ServeOptions(go_away_after_s=0.2, close_after_s=0.6))


def test_clients_that_vanish_in_any_moment_leave_nothing_behind(tmp_path: Path) -> None:
    async def scenario(running: Service) -> None:
        for moment in ("setup", "activity", "recognition", "reply"):
            async with running.dial() as socket:
                await socket.send(json.dumps(setup_message()))
                if moment != "setup":
                    await socket.recv()
                    await socket.send('{"realtimeInput": {"activityStart": {}}}')
                    await socket.send(json.dumps(sound(0.2)))
                if moment in ("recognition", "reply"):
                    await socket.send('{"realtimeInput": {"activityEnd": {}}}')
                if moment == "reply":
                    await socket.recv()
                socket.transport.abort()
        async with running.session() as client:
            await client.speak()
            await client.until("turnComplete")

    serving(tmp_path, scenario, parts=scripted_parts(["story"] * 5, takes_s=0.05))


def test_automatic_detection_finds_the_question_in_the_stream(tmp_path: Path) -> None:
    pcm = noise(1) + vowels(1) + noise(1.5)

    async def scenario(running: Service) -> None:
        async with running.session(
            model="gemini-2.5-flash-native-audio-preview-12-2025", realtimeInputConfig={}
        ) as client:
            for start in range(0, len(pcm), 3200):
                data = base64.urlsafe_b64encode(pcm[start : start + 3200]).decode()
                blob = {"data": data, "mime_type": "audio/pcm;rate=16000"}
                await client.send({"realtime_input": {"mediaChunks": [blob]}})
            messages = await client.until("turnComplete")
            kinds = [
                m["voiceActivity"]["voiceActivityType"] for m in messages if "voiceActivity" in m
            ]
            assert kinds == ["ACTIVITY_START", "ACTIVITY_END"]
            assert any("modelTurn" in m.get("serverContent", {}) for m in messages)

    serving(tmp_path, scenario)


def test_many_clients_are_served_and_the_loop_stays_free(tmp_path: Path, tell: Tell) -> None:
    clients, asked = 8, 3
    worked_ms: list[float] = []

    async def tick() -> None:
        while True:
            worked = time.thread_time()
            await asyncio.sleep(0.002)
            worked_ms.append((time.thread_time() - worked) * 1000)

    async def one(running: Service, number: int) -> None:
        async with running.session() as client:
            for _ in range(asked):
                parts = [{"text": f"question {number}"}]
                text = {"turns": [{"parts": parts}], "turnComplete": True}
                await client.send({"clientContent": text})
                messages = await client.until("turnComplete")
                words = "".join(
                    m["serverContent"]["outputTranscription"]["text"]
                    for m in messages
                    if "outputTranscription" in m.get("serverContent", {})
                )
                assert words == f"You said question {number}."

    async def talk(running: Service) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(clients):
                group.create_task(one(running, number))

    async def scenario(running: Service) -> None:
        # the clients have a thread of their own: only the server's work is counted, and none
        # of the collector's among what other tests left in this process
        gc.collect()
        gc.freeze()
        async with asyncio.TaskGroup() as group:
            ticker = group.create_task(tick())
            await asyncio.to_thread(asyncio.run, talk(running))
            ticker.cancel()
        gc.unfreeze()

    serving(tmp_path, scenario, timing=replace(QUICK, burst_s=0.6))
    worked_ms.sort()
    tell(
        f"{clients} clients: the server's loop worked without a pause for "
        f"{worked_ms[len(worked_ms) // 2]:.1f} ms median, "
        f"{worked_ms[int(len(worked_ms) * 0.99)]:.1f} ms p99, {worked_ms[-1]:.1f} ms at most"
    )
    assert worked_ms[-1] < 100  # nothing hogs it; scripts/bench has the figure


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    async def scenario(running: Service) -> None:
        port = int(running.url.rsplit(":", 1)[1])
        with pytest.raises(CannotServe, match=rf"port {port} .*in use.*--port") as refused:
            await serve(
                ServeOptions(port=port, state_dir=tmp_path), lambda _: None, scripted_parts()
            )
        assert refused.value.exit_code == 69

    serving(tmp_path, scenario)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7", "a b", "x" * 300])
def test_a_host_that_is_not_this_machine_is_named(tmp_path: Path, host: str) -> None:
    with pytest.raises(CannotServe, match="--host") as refused:
        asyncio.run(
            serve(ServeOptions(host=host, state_dir=tmp_path), lambda _: None, scripted_parts())
        )

    assert refused.value.exit_code == 69


def test_pongs_may_come_late_and_not_at_all_after_the_end(tmp_path: Path) -> None:
    async def scenario(running: Service) -> None:
        now = asyncio.get_running_loop().time
        async with running.session() as client:
            pinged = now()
            await (await client.socket.ping())
            assert now() - pinged >= 0.3
            await client.socket.ping()

    serving(tmp_path, scenario, options=ServeOptions(pong_delay_s=0.3))
