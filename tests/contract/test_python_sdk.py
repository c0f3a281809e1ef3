"""Google's Python SDK, unmodified, against the server: real TLS, scripted wit.

What the SDK sends is whatever its version sends; nothing here knows the wire.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from google import genai
from google.genai import errors, types
from google.genai.live import AsyncSession

from kiosk.local_live.house import ServeOptions
from tests.local_live.scripted import PIECE, scripted_parts
from tests.local_live.service import DEADLINE_S, QUICK, Service, service

MODEL = "gemini-3.8-live"
LOOK_UP = types.FunctionDeclaration(
    name="look_up",
    description="Looks an order up",
    behavior=types.Behavior.BLOCKING,
    parameters=types.Schema(
        type=types.Type.OBJECT, properties={"order_id": types.Schema(type=types.Type.STRING)}
    ),
)
MARKED = types.RealtimeInputConfig(
    automatic_activity_detection=types.AutomaticActivityDetection(disabled=True)
)
CONFIG = types.LiveConnectConfig(
    response_modalities=[types.Modality.AUDIO],
    speech_config=types.SpeechConfig(
        voice_config=types.VoiceConfig(
            prebuilt_voice_config=types.PrebuiltVoiceConfig(voice_name="Kore")
        )
    ),
    system_instruction="You are a kiosk.",
    tools=[types.Tool(function_declarations=[LOOK_UP])],
    session_resumption=types.SessionResumptionConfig(),
    input_audio_transcription=types.AudioTranscriptionConfig(),
    output_audio_transcription=types.AudioTranscriptionConfig(),
    realtime_input_config=MARKED,
    context_window_compression=types.ContextWindowCompressionConfig(
        trigger_tokens=25600, sliding_window=types.SlidingWindow(target_tokens=12800)
    ),
)

Scenario = Callable[["Sdk"], Coroutine[Any, Any, None]]


class Sdk:
    """The SDK's client, pointed at a server."""

    def __init__(self, running: Service) -> None:
        self.client = genai.Client(
            api_key="any",
            http_options=types.HttpOptions(
                base_url=running.url,
                api_version="v1beta",
                async_client_args={"ssl": running.context, "close_timeout": 1},
            ),
        )

    @asynccontextmanager
    async def session(
        self, model: str = MODEL, config: types.LiveConnectConfig = CONFIG
    ) -> AsyncIterator[AsyncSession]:
        async with asyncio.timeout(DEADLINE_S):
            async with self.client.aio.live.connect(model=model, config=config) as session:
                assert session.setup_complete is not None
                yield session


def talk(tmp_path: Path, scenario: Scenario, heard: Sequence[str] = (), **options: Any) -> None:
    async def main() -> None:
        parts = scripted_parts(heard, takes_s=0.01)
        async with service(tmp_path, parts, QUICK, ServeOptions(**options)) as running:
            await scenario(Sdk(running))

    asyncio.run(main())


async def ask_aloud(session: AsyncSession) -> None:
    await session.send_realtime_input(activity_start=types.ActivityStart())
    for _ in range(10):
        blob = types.Blob(data=b"\x01\xff" * 640, mime_type="audio/pcm;rate=16000")
        await session.send_realtime_input(audio=blob)
    await session.send_realtime_input(activity_end=types.ActivityEnd())


async def turn(
    session: AsyncSession, say: str = "It comes today."
) -> list[types.LiveServerMessage]:
    """Receive one turn as the SDK ends it; tools are answered."""
    messages = []
    async for message in session.receive():
        messages.append(message)
        for call in (message.tool_call.function_calls or []) if message.tool_call else []:
            await session.send_tool_response(
                function_responses=types.FunctionResponse(
                    id=call.id, name=call.name, response={"say": say}
                )
            )
    return messages


def words(messages: Sequence[types.LiveServerMessage]) -> str:
    return "".join(
        message.server_content.output_transcription.text or ""
        for message in messages
        if message.server_content and message.server_content.output_transcription
    )


def sound(messages: Sequence[types.LiveServerMessage]) -> bytes:
    return b"".join(message.data or b"" for message in messages)


def test_a_spoken_question_with_a_tool(tmp_path: Path) -> None:
    async def scenario(sdk: Sdk) -> None:
        async with sdk.session() as session:
            await ask_aloud(session)
            messages = await turn(session)

            heard = [
                message.server_content.input_transcription.text
                for message in messages
                if message.server_content and message.server_content.input_transcription
            ]
            calls = [m.tool_call.function_calls for m in messages if m.tool_call]
            assert "".join(text or "" for text in heard) == " order"
            assert calls[0] is not None
            assert (calls[0][0].name, calls[0][0].args) == ("look_up", {"order_id": "ORD-1"})
            assert words(messages) == "It comes today."
            assert sound(messages) == PIECE * 24
            assert (
                messages[-2].server_content is not None or messages[-1].server_content is not None
            )
            assert messages[-1].server_content is not None
            assert messages[-1].server_content.turn_complete
            assert messages[-1].usage_metadata is not None
            assert (messages[-1].usage_metadata.total_token_count or 0) > 10

    talk(tmp_path, scenario, ["order"])


def test_typed_turns_follow_one_another(tmp_path: Path) -> None:
    async def scenario(sdk: Sdk) -> None:
        async with sdk.session() as session:
            for number in range(3):
                await session.send_client_content(
                    turns=types.Content(role="user", parts=[types.Part(text=f"number {number}")])
                )
                assert words(await turn(session)) == f"You said number {number}."
            await session.send_realtime_input(text="realtime")
            assert words(await turn(session)) == "You said realtime."

    talk(tmp_path, scenario)


def test_speaking_over_the_reply_interrupts_it(tmp_path: Path) -> None:
    async def scenario(sdk: Sdk) -> None:
        async with sdk.session() as session:
            await ask_aloud(session)
            seen: list[types.LiveServerContent] = []
            async for message in session.receive():
                content = message.server_content or types.LiveServerContent()
                seen.append(content)
                if content.generation_complete:
                    await session.send_realtime_input(activity_start=types.ActivityStart())
            assert [content.interrupted for content in seen].count(True) == 1
            assert seen[-1].turn_complete

    talk(tmp_path, scenario, ["story"])


def test_a_session_goes_on_after_a_new_connection(tmp_path: Path) -> None:
    async def scenario(sdk: Sdk) -> None:
        async with sdk.session() as session:
            await ask_aloud(session)
            await turn(session)
            async for message in session.receive():  # the handle comes after the turn
                update = message.session_resumption_update
                assert update is not None
                assert update.resumable
                handle = update.new_handle
                break
        resumed = CONFIG.model_copy(
            update={"session_resumption": types.SessionResumptionConfig(handle=handle)}
        )
        async with sdk.session(config=resumed) as session:
            await ask_aloud(session)
            assert words(await turn(session)) == "You said hello."

    talk(tmp_path, scenario, ["hello", "hello"])


def test_text_replies_of_a_model_that_has_them(tmp_path: Path) -> None:
    async def scenario(sdk: Sdk) -> None:
        config = types.LiveConnectConfig(response_modalities=[types.Modality.TEXT])
        async with sdk.session("gemini-live-2.5-flash-preview", config) as session:
            await session.send_client_content(
                turns=types.Content(role="user", parts=[types.Part(text="hi")])
            )
            texts = [message.text async for message in session.receive() if message.text]
            assert texts == ["You", " said", " hi."]

    talk(tmp_path, scenario)


def test_history_and_updates_of_the_context(tmp_path: Path) -> None:
    async def scenario(sdk: Sdk) -> None:
        config = CONFIG.model_copy(
            update={"history_config": types.HistoryConfig(initial_history_in_client_content=True)}
        )
        async with sdk.session(config=config) as session:
            await session.send_client_content(
                turns=[
                    types.Content(role="user", parts=[types.Part(text="I am Ann")]),
                    types.Content(role="model", parts=[types.Part(text="Hello Ann.")]),
                ],
            )
            await session.send_context_update(system_instruction="Brief.", tools=[])
            await session.send_client_content(
                turns=types.Content(role="user", parts=[types.Part(text="order")])
            )
            messages = await turn(session)
            assert [message for message in messages if message.tool_call] == []

    talk(tmp_path, scenario)


def test_go_away_and_the_end_are_understood(tmp_path: Path) -> None:
    async def scenario(sdk: Sdk) -> None:
        async with sdk.session() as session:
            messages = session.receive()
            warning = await anext(messages)
            assert warning.go_away is not None
            assert warning.go_away.time_left == "0.3s"
            with pytest.raises(errors.APIError) as ended:
                await anext(messages)
            assert ended.value.code == 1011

    talk(tmp_path, scenario, go_away_after_s=0.1, close_after_s=0.4)


@pytest.mark.parametrize(
    ("model", "config", "code"),
    [
        ("no-such-model", CONFIG, 1008),
        (
            MODEL,
            types.LiveConnectConfig(response_modalities=[types.Modality.TEXT]),
            1007,
        ),
        (
            MODEL,
            types.LiveConnectConfig(thinking_config=types.ThinkingConfig(thinking_budget=0)),
            1007,
        ),
        (
            MODEL,
            types.LiveConnectConfig(session_resumption=types.SessionResumptionConfig(handle="x")),
            1007,
        ),
    ],
)
def test_refusals_reach_the_caller_with_their_code(
    tmp_path: Path, model: str, config: types.LiveConnectConfig, code: int
) -> None:
    async def scenario(sdk: Sdk) -> None:
        with pytest.raises(errors.APIError) as refused:
            async with sdk.session(model, config):
                pass
        assert refused.value.code == code

    talk(tmp_path, scenario)


@pytest.mark.parametrize("version", ["v1", "v1alpha", "v1beta"])
def test_every_version_and_the_environment_lead_here(
    tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with service(tmp_path, scripted_parts(), QUICK) as running:
            monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", f"{running.url}/")
            monkeypatch.setenv("SSL_CERT_FILE", running.ca_file)
            client = genai.Client(
                api_key="any", http_options=types.HttpOptions(api_version=version)
            )
            async with client.aio.live.connect(model=MODEL) as session:
                assert session.setup_complete is not None

    asyncio.run(main())
