"""Reading what clients say: every spelling of the same thing means the same."""

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.local_live import outgoing, wire
from kiosk.local_live.protocol import (
    ClientContent,
    ContextUpdate,
    Detection,
    Line,
    RealtimeInput,
    Scheduling,
    Setup,
    Sound,
    ToolResponse,
    parse,
)
from kiosk.local_live.wire import Refused

# As the Python SDK 3.4.0 writes it: snake_case inside, camelCase outside.
PYTHON_SETUP: dict[str, Any] = {
    "setup": {
        "model": "models/gemini-3.8-live",
        "generationConfig": {
            "responseModalities": ["AUDIO"],
            "speechConfig": {"voice_config": {"prebuilt_voice_config": {"voice_name": "Kore"}}},
        },
        "systemInstruction": {
            "parts": [{"text": "You are "}, {"text": "a kiosk."}],
            "role": "user",
        },
        "tools": [
            {"googleSearch": {}},
            {
                "functionDeclarations": [
                    {
                        "name": "get_order_status",
                        "description": "Order status",
                        "parameters": {
                            "type": "OBJECT",
                            "properties": {
                                "order_id": {"type": "STRING", "min_length": "3"},
                                "any_of": {"any_of": [{"type": "INTEGER"}]},
                            },
                            "required": ["order_id"],
                        },
                        "behavior": "BLOCKING",
                    },
                    {
                        "name": "raw",
                        "parameters_json_schema": {"type": ["object", "null"], "properties": {}},
                    },
                    {"name": "bare"},
                ]
            },
        ],
        "sessionResumption": {},
        "inputAudioTranscription": {},
        "outputAudioTranscription": {},
        "realtimeInputConfig": {
            "automatic_activity_detection": {
                "disabled": False,
                "start_of_speech_sensitivity": "START_SENSITIVITY_LOW",
                "end_of_speech_sensitivity": "END_SENSITIVITY_LOW",
                "prefix_padding_ms": 20,
                "silence_duration_ms": "500",
            },
            "activity_handling": "NO_INTERRUPTION",
        },
        "contextWindowCompression": {"trigger_tokens": 25600},
        "historyConfig": {"initial_history_in_client_content": True},
    }
}


def test_a_setup_is_read_in_the_mixed_spelling_of_the_python_sdk() -> None:
    assert parse(json.dumps(PYTHON_SETUP)) == Setup(
        voice="Kore",
        model="models/gemini-3.8-live",
        modalities=("AUDIO",),
        instruction="You are a kiosk.",
        tools=(
            {
                "name": "get_order_status",
                "description": "Order status",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "order_id": {"type": "string", "minLength": "3"},
                        "any_of": {"anyOf": [{"type": "integer"}]},
                    },
                    "required": ["order_id"],
                },
                "behavior": "BLOCKING",
            },
            {
                "name": "raw",
                "description": "",
                "parameters": {"type": ["object", "null"], "properties": {}},
            },
            {
                "name": "bare",
                "description": "",
                "parameters": {"type": "object", "properties": {}},
            },
        ),
        handle="",
        caption_input=True,
        caption_output=True,
        detection=Detection(
            eager_start=False, eager_end=False, prefix_padding_ms=20, silence_ms=500
        ),
        interrupts=False,
        history_first=True,
    )


def test_the_smallest_setup_has_defaults() -> None:
    assert parse('{"setup": {"model": "models/default"}}') == Setup(model="models/default")


@pytest.mark.parametrize("style", ["camel", "snake"])
def test_every_key_may_be_written_either_way(style: str) -> None:
    def spelt(value: Any) -> Any:
        if isinstance(value, dict):
            return {_spell(key, style): spelt(inner) for key, inner in value.items()}
        return [spelt(inner) for inner in value] if isinstance(value, list) else value

    plain = dict(PYTHON_SETUP["setup"])
    del plain["tools"]  # names of parameters are data, not keys

    assert parse(json.dumps(spelt({"setup": plain}))) == parse(json.dumps({"setup": plain}))


def _spell(key: str, style: str) -> str:
    words = wire.snake(key).split("_")
    joined = words[0] + "".join(word.capitalize() for word in words[1:])
    return wire.snake(key) if style == "snake" else joined


@given(st.binary(max_size=64), st.booleans(), st.booleans())
def test_base64_is_read_in_both_alphabets_padded_or_not(
    raw: bytes,
    url_safe: bool,
    padded: bool,
) -> None:
    text = (base64.urlsafe_b64encode if url_safe else base64.b64encode)(raw).decode()

    assert wire.octets({"data": text if padded else text.rstrip("=")}, "data") == raw


@pytest.mark.parametrize("text", ["a", "ab cd", "äöü", "a=b=", "!"])
def test_what_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        wire.octets({"data": text}, "data")


@pytest.mark.parametrize(
    ("value", "expected"), [(500, 500), ("500", 500), (500.0, 500), ("-1", -1), (None, None)]
)
def test_integers_come_as_numbers_or_strings(value: object, expected: int | None) -> None:
    assert wire.integer({"prefix_padding_ms": value}, "prefixPaddingMs") == expected


@pytest.mark.parametrize("value", [True, "5.5", "", "x", 1.5, [], "9" * 40])
def test_what_is_no_integer_is_refused(value: object) -> None:
    with pytest.raises(Refused):
        wire.integer({"n": value}, "n")


@pytest.mark.parametrize(
    "message",
    [
        {"realtime_input": {"audio": {"data": "-_-__gE=", "mime_type": "audio/pcm;rate=16000"}}},
        {"realtimeInput": {"audio": {"data": "+/+//gE=", "mimeType": "audio/pcm"}}},
        {
            "realtimeInput": {
                "mediaChunks": [{"data": "-_-__gE", "mimeType": "audio/pcm;rate=16000"}]
            }
        },
        {
            "realtime_input": {
                "media_chunks": {"data": "-_-__gE", "mime_type": "audio/PCM; rate=16000"}
            }
        },
    ],
)
def test_sound_arrives_from_every_client_alike(message: dict[str, Any]) -> None:
    sound = Sound(bytes.fromhex("fbffbffe01"), 16_000)

    assert parse(json.dumps(message)) == RealtimeInput(sounds=(sound,))
    assert parse(json.dumps(message).encode()) == RealtimeInput(sounds=(sound,))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"activityStart": {}}, RealtimeInput(activity_start=True)),
        ({"activity_end": {}}, RealtimeInput(activity_end=True)),
        ({"audioStreamEnd": True}, RealtimeInput(stream_end=True)),
        ({"text": " "}, RealtimeInput(text=" ")),
        ({"video": {"data": "", "mimeType": "image/jpeg"}}, RealtimeInput()),
        ({"mediaChunks": [{"data": "", "mimeType": "image/jpeg"}]}, RealtimeInput()),
        ({"activityStart": None, "text": None}, RealtimeInput()),
    ],
)
def test_marks_and_texts(body: dict[str, Any], expected: RealtimeInput) -> None:
    assert parse(json.dumps({"realtimeInput": body})) == expected


def test_turns_of_text() -> None:
    turns = [{"parts": [{"text": "hi"}], "role": "user"}, {"role": "model", "parts": []}]

    assert parse(json.dumps({"client_content": {"turns": turns, "turnComplete": True}})) == (
        ClientContent((Line("user", "hi"), Line("model", "")), complete=True)
    )
    assert parse('{"clientContent": {"turns": [], "turn_complete": true}}') == (
        ClientContent((), complete=True)
    )
    assert parse('{"clientContent": {}}') == ClientContent((), complete=False)


def test_scheduling_is_honoured_beside_and_inside_the_response() -> None:
    beside = {"id": "1", "name": "f", "response": {"result": 1}, "scheduling": "INTERRUPT"}
    inside = {"id": "1", "name": "f", "response": {"result": 1, "scheduling": "INTERRUPT"}}

    for response in (beside, inside):
        message = parse(json.dumps({"tool_response": {"functionResponses": [response]}}))
        assert isinstance(message, ToolResponse)
        assert message.responses[0].scheduling is Scheduling.INTERRUPT
        assert message.responses[0].response == {"result": 1}


def test_a_tools_own_word_scheduling_stays_in_its_answer() -> None:
    body = {"functionResponses": [{"id": "1", "response": {"scheduling": "next Tuesday"}}]}

    message = parse(json.dumps({"toolResponse": body}))

    assert isinstance(message, ToolResponse)
    assert message.responses[0].response == {"scheduling": "next Tuesday"}
    assert message.responses[0].scheduling is None


def test_an_update_may_clear_the_tools_or_leave_them() -> None:
    assert parse('{"contextUpdate": {"tools": {"tools": []}}}') == ContextUpdate(None, ())
    assert parse('{"context_update": {"tools": []}}') == ContextUpdate(None, ())
    assert parse('{"contextUpdate": {"systemInstruction": "Brief."}}') == (
        ContextUpdate("Brief.", None)
    )


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "not json",
        "[]",
        "null",
        '{"setup": {}, "realtimeInput": {}}',
        "{}",
        '{"unknown": {}}',
        '{"setup": 5}',
        '{"setup": {"model": 5}}',
        '{"setup": {"tools": [5]}}',
        '{"setup": {"tools": [{"functionDeclarations": [{"name": "a b"}]}]}}',
        '{"setup": {"tools": [{"functionDeclarations": [{"name": "a"}, {"name": "a"}]}]}}',
        '{"realtimeInput": {"audio": {"data": "?", "mimeType": "audio/pcm"}}}',
        '{"realtimeInput": {"audio": {"data": "", "mimeType": "audio/ogg"}}}',
        '{"realtimeInput": {"audio": {"data": "", "mimeType": "audio/pcm;rate=1000"}}}',
        '{"realtimeInput": {"activityStart": true}}',
        '{"clientContent": {"turnComplete": "yes"}}',
        '{"toolResponse": {"functionResponses": [{"response": "text"}]}}',
        '{"setup": {"x": NaN}}',
        b"\xff\xfe",
        "[" * 100_000,
        '{"setup":' * 50_000,
    ],
)
def test_what_is_no_message_is_refused_with_1007(frame: str | bytes) -> None:
    with pytest.raises(Refused) as refused:
        parse(frame)

    assert refused.value.code == 1007
    assert "invalid" in refused.value.reason.lower()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.data())
def test_no_message_however_strange_breaks_the_reader(data: st.DataObject) -> None:
    def damaged(value: Any) -> Any:
        if data.draw(st.integers(0, 12)) == 0:
            return data.draw(JSON)
        if isinstance(value, dict):
            return {key: damaged(inner) for key, inner in value.items()}
        return [damaged(inner) for inner in value] if isinstance(value, list) else value

    whole = data.draw(st.sampled_from([PYTHON_SETUP, *VALID]))
    with suppress(Refused):
        parse(json.dumps(damaged(whole)))


VALID: list[dict[str, Any]] = [
    {
        "clientContent": {
            "turns": [{"role": "user", "parts": [{"text": "a"}]}],
            "turnComplete": True,
        }
    },
    {"realtimeInput": {"audio": {"data": "AAAA", "mimeType": "audio/pcm;rate=16000"}, "text": "a"}},
    {"toolResponse": {"functionResponses": [{"id": "1", "name": "f", "response": {"a": 1}}]}},
    {"contextUpdate": {"tools": {"tools": []}, "systemInstruction": {"parts": [{"text": "a"}]}}},
]


def test_a_bottomless_schema_is_refused() -> None:
    schema: dict[str, Any] = {"type": "OBJECT"}
    for _ in range(100):
        schema = {"items": schema}
    tools = [{"functionDeclarations": [{"name": "deep", "parameters": schema}]}]

    with pytest.raises(Refused, match="nested"):
        parse(json.dumps({"setup": {"tools": tools}}))


def test_frames_are_pretty_printed_bytes() -> None:
    assert outgoing.encode(outgoing.setup_complete()) == b'{\n  "setupComplete": {}\n}\n'


def test_sound_goes_out_as_padded_standard_base64() -> None:
    message = outgoing.reply_sound(bytes.fromhex("fbffbffe01"), " hi")

    content = message["serverContent"]
    assert content["modelTurn"]["parts"][0]["inlineData"] == {
        "mimeType": "audio/pcm;rate=24000",
        "data": "+/+//gE=",
    }
    assert content["outputTranscription"] == {"text": " hi"}


@given(st.text(max_size=300))
def test_close_reasons_fit_their_frame(reason: str) -> None:
    cut = outgoing.close_reason(reason)

    assert len(cut.encode()) <= 123
    assert reason.startswith(cut)


def test_durations_and_updates() -> None:
    assert outgoing.go_away(50.0) == {"goAway": {"timeLeft": "50s"}}
    assert outgoing.resumption(None) == {"sessionResumptionUpdate": {}}
    assert outgoing.resumption("h") == {
        "sessionResumptionUpdate": {"newHandle": "h", "resumable": True}
    }


@pytest.mark.parametrize(
    "frame",
    [
        {"clientContent": {"turns": [{"parts": [{"text": "a"}]}] * 2049}},
        {"setup": {"tools": [{"functionDeclarations": [
            {"name": "f", "parameters": {"properties": {f"p{n}": {} for n in range(65)}}}
        ]}]}},
        {"setup": {"tools": [{"functionDeclarations": [
            {"name": f"f{n}"} for n in range(513)
        ]}]}},
    ],
)  # fmt: skip
def test_more_than_anybody_sends_is_refused(frame: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="oo many") as refused:
        parse(json.dumps(frame))

    assert refused.value.code == 1007
