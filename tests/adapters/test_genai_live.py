"""Sessions through google-genai against a small server over real TLS."""

import asyncio
import base64
import json
import logging
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from kiosk.adapters import genai_connection
from kiosk.adapters.genai_live import GenaiLive
from kiosk.core.live import (
    GoingAway,
    HandleIssued,
    LiveMessage,
    ReplyText,
    SessionHandle,
    SessionSetup,
    ToolCall,
    ToolDeclaration,
    ToolResult,
    TurnComplete,
)
from kiosk.errors import ConfigError, LinkError, LinkRefused, Refusal
from kiosk.ports import LiveService, LiveSession
from tests.adapters.tls_peer import Authority, Handler, accept, live_peer, run, saying

TOOL = ToolDeclaration(
    "get_order_status",
    "Look an order up.",
    {
        "type": "object",
        "properties": {"order_id": {"type": "string", "description": "ORD-12345"}},
        "required": ["order_id"],
        "additionalProperties": False,
    },
)
SETUP = SessionSetup(
    model="gemini-3.8-live", voice="Aoede", instruction="You are a kiosk.", tools=(TOOL,)
)
WAIT_S = 10.0


def service(port: int, authority: Authority, *, connect_s: float = WAIT_S) -> GenaiLive:
    return GenaiLive(
        endpoint=f"https://localhost:{port}",
        api_key="secret-key",
        ca_file=authority.ca_file,
        connect_s=connect_s,
    )


@asynccontextmanager
async def session_with(handler: Handler, authority: Authority) -> AsyncIterator[LiveSession]:
    """Open a session with a server that does this."""
    async with (
        live_peer(handler, authority.server_context()) as port,
        service(port, authority).session(SETUP) as session,
    ):
        yield session


async def first(session: LiveSession, count: int) -> list[LiveMessage]:
    found: list[LiveMessage] = []
    async with asyncio.timeout(WAIT_S):
        async for message in session.messages():
            found.append(message)
            if len(found) == count:
                break
    return found


def words(text: str) -> bytes:
    return json.dumps({"serverContent": {"modelTurn": {"parts": [{"text": text}]}}}).encode()


class Recorder:
    """A server that takes the set-up and keeps whatever else it is sent."""

    def __init__(self) -> None:
        self.setup: dict[str, Any] = {}
        self.path = ""
        self.key = ""
        self.frames: list[dict[str, Any]] = []
        self.gone = asyncio.Event()
        self.close_code: int | None = None

    async def handler(self, ws: ServerConnection) -> None:
        assert ws.request is not None
        self.path, self.key = ws.request.path, ws.request.headers["x-goog-api-key"]
        self.setup = json.loads(await ws.recv())["setup"]
        await ws.send('{"setupComplete": {}}')
        try:
            async for frame in ws:
                self.frames.append(json.loads(frame))
        finally:
            self.close_code = ws.close_code
            self.gone.set()


def setup_on_the_wire(
    authority: Authority, setup: SessionSetup, handle: SessionHandle | None = None
) -> Recorder:
    async def scenario() -> Recorder:
        recorder = Recorder()
        async with live_peer(recorder.handler, authority.server_context()) as port:
            async with service(port, authority).session(setup, handle) as session:
                assert session.resumed is (handle is not None)
            await recorder.gone.wait()
        return recorder

    return run(scenario())


def test_it_is_a_live_service(authority: Authority) -> None:
    port: LiveService = service(8443, authority)

    assert port.endpoint == "localhost:8443"
    assert GenaiLive(endpoint="", api_key="k").endpoint == "generativelanguage.googleapis.com"


def test_the_set_up_of_the_default_model(authority: Authority) -> None:
    recorder = setup_on_the_wire(authority, SETUP)

    version = "google.ai.generativelanguage.v1beta.GenerativeService"
    assert recorder.path == f"/ws/{version}.BidiGenerateContent"
    assert recorder.key == "secret-key"
    assert recorder.close_code == 1000
    assert recorder.setup == {
        "model": "models/gemini-3.8-live",
        "generationConfig": {
            "responseModalities": ["AUDIO"],
            "speechConfig": {"voice_config": {"prebuilt_voice_config": {"voice_name": "Aoede"}}},
        },
        "systemInstruction": {"parts": [{"text": "You are a kiosk."}], "role": "user"},
        "tools": [
            {
                "functionDeclarations": [
                    {
                        "name": "get_order_status",
                        "description": "Look an order up.",
                        "parameters": {
                            "type": "OBJECT",
                            "properties": {
                                "order_id": {"type": "STRING", "description": "ORD-12345"}
                            },
                            "required": ["order_id"],
                        },
                        "behavior": "BLOCKING",
                    }
                ]
            }
        ],
        "sessionResumption": {},
        "inputAudioTranscription": {},
        "outputAudioTranscription": {},
        "realtimeInputConfig": {
            "automatic_activity_detection": {"disabled": True},
            "activity_handling": "START_OF_ACTIVITY_INTERRUPTS",
            "turn_coverage": "TURN_INCLUDES_ONLY_ACTIVITY",
        },
        "contextWindowCompression": {"sliding_window": {}},
    }


def test_the_set_up_of_the_thinking_model_names_a_level_and_no_behavior(
    authority: Authority,
) -> None:
    model = "gemini-3.8-live-extended-thinking"
    setup = SessionSetup(model=model, voice="Kore", instruction="", tools=(TOOL,))

    sent = setup_on_the_wire(authority, setup).setup

    assert sent["generationConfig"]["thinkingConfig"] == {"thinking_level": "LOW"}
    (declared,) = sent["tools"][0]["functionDeclarations"]
    assert "behavior" not in declared
    assert "systemInstruction" not in sent


@pytest.mark.parametrize(
    ("model", "modality"),
    [("gemini-live-2.5-flash-preview", "TEXT"), ("gemini-3.8-live", "AUDIO")],
)
def test_words_are_asked_for_only_where_the_model_has_them(
    authority: Authority, model: str, modality: str
) -> None:
    setup = SessionSetup(model=model, voice="Kore", instruction="", text_replies=True)

    sent = setup_on_the_wire(authority, setup).setup

    assert sent["generationConfig"]["responseModalities"] == [modality]
    assert ("speechConfig" in sent["generationConfig"]) is (modality == "AUDIO")
    assert ("outputAudioTranscription" in sent) is (modality == "AUDIO")


def test_a_handle_goes_into_the_set_up(authority: Authority) -> None:
    recorder = setup_on_the_wire(authority, SETUP, SessionHandle("h-1"))

    assert recorder.setup["sessionResumption"] == {"handle": "h-1"}


def test_what_the_kiosk_sends(authority: Authority) -> None:
    async def scenario() -> list[dict[str, Any]]:
        recorder = Recorder()
        async with session_with(recorder.handler, authority) as session:
            await session.send_activity_start()
            await session.send_audio(b"\xfb\xff\xbf\xfe\x01\x00")
            await session.send_activity_end()
            await session.send_text("Where is it?")
            await session.send_tool_result(ToolResult("f-1", "find", {"status": "ok"}))
        await recorder.gone.wait()
        return recorder.frames

    start, audio, end, text, result = run(scenario())

    assert start == {"realtime_input": {"activityStart": {}}}
    assert audio["realtime_input"]["audio"]["mime_type"] == "audio/pcm;rate=16000"
    sound = base64.urlsafe_b64decode(audio["realtime_input"]["audio"]["data"])
    assert sound == b"\xfb\xff\xbf\xfe\x01\x00"
    assert end == {"realtime_input": {"activityEnd": {}}}
    assert text == {
        "client_content": {
            "turns": [{"role": "user", "parts": [{"text": "Where is it?"}]}],
            "turnComplete": True,
        }
    }
    assert result == {
        "tool_response": {
            "functionResponses": [{"id": "f-1", "name": "find", "response": {"status": "ok"}}]
        }
    }


def test_an_id_the_service_never_gave_is_not_sent_back(authority: Authority) -> None:
    answers: list[dict[str, Any]] = []

    async def handler(ws: ServerConnection) -> None:
        await accept(ws)
        await ws.send('{"toolCall": {"functionCalls": [{"name": "a"}, {"name": "b"}]}}')
        answers.extend([json.loads(await ws.recv()), json.loads(await ws.recv())])
        await ws.send(words("thanks"))
        await ws.wait_closed()

    async def scenario() -> list[LiveMessage]:
        async with session_with(handler, authority) as session:
            calls = await first(session, 2)
            for call in calls:
                assert isinstance(call, ToolCall)
                await session.send_tool_result(ToolResult(call.call_id, call.name, {}))
            assert await first(session, 1) == [ReplyText("thanks")]
            return calls

    calls = run(scenario())

    assert len({call.call_id for call in calls if isinstance(call, ToolCall)}) == 2
    sent = [answer["tool_response"]["functionResponses"][0] for answer in answers]
    assert [(each["id"], each["name"]) for each in sent] == [("", "a"), ("", "b")]


def test_one_reader_hears_every_turn_and_the_handle_after_it(authority: Authority) -> None:
    frames = [
        words("one"),
        b'{"serverContent": {"turnComplete": true}}',
        b'{"sessionResumptionUpdate": {"newHandle": "h-1", "resumable": true}}',
        words("two"),
        b'{"serverContent": {"turnComplete": true, "interactionStatus": "IN_PROGRESS"}}',
        b'{"serverContent": {"turnComplete": true, "interactionStatus": "IDLE"}}',
        b'{"goAway": {"timeLeft": "50s"}}',
    ]

    async def scenario() -> list[LiveMessage]:
        async with session_with(saying(*frames), authority) as session:
            return await first(session, 6)

    assert run(scenario()) == [
        ReplyText("one"),
        TurnComplete(),
        HandleIssued(SessionHandle("h-1")),
        ReplyText("two"),
        TurnComplete(),
        GoingAway(50.0),
    ]


@pytest.mark.filterwarnings("ignore:.*is not a valid:UserWarning")  # the SDK's word for new values
def test_frames_nobody_understands_are_skipped_and_logged_once(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    nonsense: list[str | bytes] = [
        "not json",
        b"\xff\xfe\x00",
        "",
        "{}",
        "null",
        "7",
        '"text"',
        "[1]",
        '{"somethingNew": {"a": 1}}',
        '{"error": {"code": 429, "message": "secret-key"}}',
        '{"serverContent": 5}',
        '{"serverContent": {"modelTurn": {"parts": 7}}}',
        '{"serverContent": {"somethingNew": 1, "interactionStatus": "BRAND_NEW"}}',
        '{"toolCall": [1]}',
        "[" * 200_000,
    ]
    frames: list[str | bytes] = [*nonsense, words("still here")]

    async def scenario() -> list[LiveMessage]:
        async with session_with(saying(*frames), authority) as session:
            return await first(session, 1)

    with caplog.at_level(logging.DEBUG, logger="kiosk"):
        assert run(scenario()) == [ReplyText("still here")]

    kiosk = [record for record in caplog.records if record.name.startswith("kiosk")]
    assert [record.getMessage() for record in kiosk] == ["unknown message skipped"]
    assert "secret-key" not in caplog.text


def test_a_frame_of_several_megabytes_comes_through(authority: Authority) -> None:
    long = "x" * (4 * 1024 * 1024)

    async def scenario() -> list[LiveMessage]:
        async with session_with(saying(words(long)), authority) as session:
            return await first(session, 1)

    assert run(scenario()) == [ReplyText(long)]


def test_a_consumer_that_lags_loses_nothing(authority: Authority) -> None:
    count = 400
    frames = [words(f"{number} {'x' * 60_000}") for number in range(count)]
    sent = asyncio.Event()

    async def handler(ws: ServerConnection) -> None:
        await accept(ws)
        for frame in frames:
            await ws.send(frame)
        sent.set()
        await ws.wait_closed()

    async def scenario() -> int:
        async with session_with(handler, authority) as session:
            async with asyncio.timeout(WAIT_S):  # nobody reads, and the server gets rid of all
                await sent.wait()
            return len(await first(session, count))

    assert run(scenario()) == count


def test_the_socket_is_tuned_and_pings_are_off(authority: Authority) -> None:
    async def scenario() -> None:
        async with session_with(saying(), authority) as session:
            connection = session._sdk._ws  # type: ignore[attr-defined]  # no public way in
            assert type(connection) is genai_connection.Connection
            assert connection.ping_interval is None
            assert connection.keepalive_task is None
            assert connection.close_timeout == 0.3
            assert connection.max_queue_high is None
            assert connection.protocol.max_message_size == 16 * 1024 * 1024
            assert connection.protocol.extensions == []
            sock = connection.transport.get_extra_info("socket")
            tcp = socket.IPPROTO_TCP
            assert sock.getsockopt(tcp, socket.TCP_USER_TIMEOUT) == 45_000
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0
            assert sock.getsockopt(tcp, socket.TCP_NODELAY) == 1

    run(scenario())


def test_the_environment_cannot_send_the_kiosk_elsewhere(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "GOOGLE_GEMINI_BASE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("GOOGLE_API_KEY", "another-key")

    assert setup_on_the_wire(authority, SETUP).key == "secret-key"


def test_closing_while_somebody_reads_wakes_the_reader(authority: Authority) -> None:
    async def scenario() -> BaseException | None:
        async with asyncio.TaskGroup() as group:
            async with session_with(saying(words("hi")), authority) as session:
                await first(session, 1)
                reading = group.create_task(_until_the_end(session))
                await asyncio.sleep(0)  # it reads
            return await reading

    assert isinstance(run(scenario()), LinkError)


async def _until_the_end(session: LiveSession) -> BaseException | None:
    try:
        async for _ in session.messages():
            pass
    except LinkError as err:
        return err
    return None


def test_a_reader_that_was_cancelled_can_be_followed_by_another(authority: Authority) -> None:
    async def handler(ws: ServerConnection) -> None:
        await accept(ws)
        await ws.recv()
        await ws.send(words("now"))
        await ws.wait_closed()

    async def scenario() -> list[LiveMessage]:
        async with session_with(handler, authority) as session:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await anext(aiter(session.messages()))
            await session.send_activity_start()
            return await first(session, 1)

    assert run(scenario()) == [ReplyText("now")]


def test_every_call_after_the_end_says_so(authority: Authority) -> None:
    async def handler(ws: ServerConnection) -> None:
        await accept(ws)
        await ws.close(1000, "bye")

    async def scenario() -> None:
        async with session_with(handler, authority) as session:
            for _ in range(2):
                with pytest.raises(LinkError, match="bye"):
                    await first(session, 1)
            with pytest.raises(LinkError):
                await session.send_audio(bytes(640))
            with pytest.raises(LinkError):
                await session.send_activity_start()
            with pytest.raises(LinkError):
                await session.send_activity_end()
            with pytest.raises(LinkError):
                await session.send_text("hello?")
            with pytest.raises(LinkError):
                await session.send_tool_result(ToolResult("f-1", "find", {}))

    run(scenario())


@pytest.mark.parametrize("clogged", [False, True])
def test_closing_on_a_peer_that_no_longer_listens_is_quick(
    authority: Authority, clogged: bool
) -> None:
    async def handler(ws: ServerConnection) -> None:
        await accept(ws)
        ws.transport.pause_reading()
        try:
            await ws.wait_closed()
        finally:
            ws.transport.abort()

    async def scenario() -> float:
        clock = asyncio.get_running_loop().time
        async with live_peer(handler, authority.server_context()) as port:
            async with service(port, authority).session(SETUP) as session:
                if clogged:
                    await session.send_activity_start()
                    with pytest.raises(TimeoutError):
                        await _send_until_nothing_moves(session)
                closing = clock()
            return clock() - closing

    assert 0.25 < run(scenario()) < 0.6


async def _send_until_nothing_moves(session: LiveSession) -> None:
    while True:
        async with asyncio.timeout(0.2):
            await session.send_audio(bytes(64_000))


def test_cancelling_a_session_closes_it(authority: Authority) -> None:
    async def scenario() -> int | None:
        recorder = Recorder()
        async with live_peer(recorder.handler, authority.server_context()) as port:
            with suppress(TimeoutError):
                async with asyncio.timeout(None) as patience:
                    async with service(port, authority).session(SETUP) as session:
                        patience.reschedule(asyncio.get_running_loop().time() + 0.1)
                        await first(session, 1)
            await recorder.gone.wait()
        return recorder.close_code

    assert run(scenario()) == 1000


def test_a_new_authority_in_the_file_is_trusted_at_the_next_session(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old, new = Authority(tmp_path / "old"), Authority(tmp_path / "new")

    async def scenario() -> None:
        async with live_peer(saying(), new.server_context()) as port:
            live = service(port, old)
            with pytest.raises(LinkError, match="does not know"):
                async with live.session(SETUP):
                    pass
            old.ca_file.write_bytes(new.ca_file.read_bytes())
            async with live.session(SETUP):
                pass

    run(scenario())


@pytest.mark.parametrize("text", [None, "this is no certificate"])
def test_an_authority_file_that_is_no_good_is_named(tmp_path: Path, text: str | None) -> None:
    ca_file = tmp_path / "shop-ca.pem"
    if text is not None:
        ca_file.write_text(text)
    live = GenaiLive(endpoint="https://localhost:1", api_key="", ca_file=ca_file)

    async def scenario() -> None:
        await live.warm()
        async with live.session(SETUP):
            pass

    with pytest.raises(LinkError, match=r"shop-ca\.pem .* set live\.ca_file"):
        run(scenario())


def test_without_a_key_google_is_not_called() -> None:
    async def scenario() -> None:
        async with GenaiLive(endpoint="", api_key=" ").session(SETUP):
            pass

    with pytest.raises(LinkRefused, match=r"live\.api_key_file") as refused:
        run(scenario())
    assert refused.value.refusal is Refusal.ACCOUNT


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "“quoted”", "naïve"])
def test_a_key_that_cannot_be_one_is_told_without_showing_it(key: str) -> None:
    async def scenario() -> None:
        async with GenaiLive(endpoint="", api_key=key).session(SETUP):
            pass

    with pytest.raises(LinkRefused) as refused:
        run(scenario())
    assert refused.value.refusal is Refusal.ACCOUNT
    assert key not in str(refused.value)


@pytest.mark.parametrize(
    "endpoint", ["localhost:8443", "http://localhost", "https://", "https://a:b"]
)
def test_a_malformed_endpoint_is_a_mistake_in_the_configuration(endpoint: str) -> None:
    with pytest.raises(ConfigError, match=r"live\.endpoint"):
        GenaiLive(endpoint=endpoint, api_key="")


def test_the_sdk_is_not_loaded_before_it_is_needed() -> None:
    check = (
        "import sys, kiosk.adapters.genai_live;"
        "sys.exit(any(name.split('.')[0] in ('google', 'websockets') for name in sys.modules))"
    )

    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
