"""Frames of the Live API, as the SDK parses them, in the kiosk's own words and order."""

import base64
from typing import Any

import pytest
from google.genai import types

from kiosk.adapters.genai_messages import translate, unreadable
from kiosk.core.live import (
    BrokenPiece,
    Caption,
    GenerationComplete,
    GoingAway,
    HandleIssued,
    LiveMessage,
    ReplyAudio,
    ReplyInterrupted,
    ReplyText,
    SessionHandle,
    ToolCall,
    ToolWithdrawn,
    TurnComplete,
    Usage,
)

SOUND = b"\x01\x00\xff\x7f"


def said(frame: dict[str, Any]) -> tuple[LiveMessage, ...]:
    return translate(types.LiveServerMessage.model_validate(frame), lambda: "made-up")


def sound(mime_type: str = "audio/pcm;rate=24000") -> dict[str, Any]:
    return {"inlineData": {"mimeType": mime_type, "data": base64.b64encode(SOUND).decode()}}


def content(**fields: Any) -> dict[str, Any]:
    return {"serverContent": fields}


def test_everything_in_one_frame_comes_out_in_the_order_the_kiosk_acts_on() -> None:
    frame = content(
        modelTurn={"parts": [sound(), {"text": "words"}]},
        inputTranscription={"text": " where is", "finished": True},
        outputTranscription={"text": "It is"},
        interrupted=True,
        generationComplete=True,
        turnComplete=True,
        turnCompleteReason="NEED_MORE_INPUT",
    )
    frame |= {
        "toolCall": {"functionCalls": [{"id": "f-1", "name": "find", "args": {"n": 1}}]},
        "toolCallCancellation": {"ids": ["f-0"]},
        "usageMetadata": {"promptTokenCount": 7, "responseTokenCount": 3},
        "sessionResumptionUpdate": {"newHandle": "h-1", "resumable": True},
        "goAway": {"timeLeft": "50s"},
    }

    assert said(frame) == (
        Caption("customer", " where is", final=True),
        Caption("kiosk", "It is"),
        ReplyAudio(SOUND),
        ReplyText("words"),
        ToolCall("f-1", "find", {"n": 1}),
        ToolWithdrawn(("f-0",)),
        ReplyInterrupted(),
        GenerationComplete(),
        Usage(7, 3),
        TurnComplete("NEED_MORE_INPUT"),
        HandleIssued(SessionHandle("h-1")),
        GoingAway(50.0),
    )


def test_thoughts_are_not_for_the_customer() -> None:
    thought = {"text": "**Considering the order**", "thought": True}

    assert said(content(modelTurn={"parts": [thought, sound()]})) == (ReplyAudio(SOUND),)


@pytest.mark.parametrize(
    "frame",
    [
        {},
        {"setupComplete": {}},
        content(),
        content(modelTurn={}),
        content(modelTurn={"parts": [{"executableCode": {"language": "PYTHON", "code": "1"}}]}),
        content(modelTurn={"parts": [sound("image/png")]}),
        content(inputTranscription={}),
        {"sessionResumptionUpdate": {}},
        {"sessionResumptionUpdate": {"newHandle": "h-1"}},
        {"sessionResumptionUpdate": {"newHandle": "", "resumable": True}},
        {"sessionResumptionUpdate": {"resumable": True}},
        {"toolCall": {}},
        {"toolCallCancellation": {}},
    ],
)
def test_frames_that_say_nothing_to_the_kiosk(frame: dict[str, Any]) -> None:
    assert said(frame) == ()


def test_sound_without_a_rate_is_the_usual_one() -> None:
    assert said(content(modelTurn={"parts": [sound("audio/pcm")]})) == (ReplyAudio(SOUND),)


@pytest.mark.parametrize(
    ("mime_type", "pcm"),
    [
        ("audio/pcm;rate=16000", SOUND),
        ("audio/pcm;rate=fast", SOUND),
        ("audio/opus", SOUND),
        ("audio/pcm;rate=24000", SOUND[:-1]),
    ],
)
def test_sound_that_would_be_noise_is_a_broken_piece(mime_type: str, pcm: bytes) -> None:
    blob = {"inlineData": {"mimeType": mime_type, "data": base64.b64encode(pcm).decode()}}

    assert said(content(modelTurn={"parts": [blob]})) == (BrokenPiece(),)


def test_sound_that_is_not_base64_is_a_broken_piece() -> None:
    blob = {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": "AAA!AAA~"}}

    with pytest.raises(ValueError, match="base64") as unread:
        said(content(modelTurn={"parts": [blob]}))

    assert unreadable(unread.value) == (BrokenPiece(),)


def test_any_other_frame_that_cannot_be_read_says_nothing() -> None:
    with pytest.raises(ValueError, match="modelTurn") as unread:
        said(content(modelTurn={"parts": 7}))

    assert unreadable(unread.value) == ()
    assert unreadable(ValueError("not JSON")) == ()


@pytest.mark.parametrize(
    ("status", "over"),
    [(None, True), ("IDLE", True), ("REQUIRES_ACTION", True), ("IN_PROGRESS", False)],
)
def test_a_turn_is_over_when_the_whole_interaction_rests(status: str | None, over: bool) -> None:
    fields: dict[str, Any] = {"turnComplete": True}
    if status:
        fields["interactionStatus"] = status

    assert said(content(**fields)) == ((TurnComplete(),) if over else ())


def test_a_call_without_an_id_gets_one_of_ours() -> None:
    frame = {"toolCall": {"functionCalls": [{"name": "find"}, {"id": "", "name": "find"}]}}

    assert said(frame) == (ToolCall("made-up", "find"), ToolCall("made-up", "find"))


def test_the_end_of_a_caption_without_words_is_told() -> None:
    assert said(content(outputTranscription={"finished": True})) == (
        Caption("kiosk", "", final=True),
    )


@pytest.mark.parametrize(
    ("time_left", "seconds"), [("50s", 50.0), ("1.5s", 1.5), ("soon", 0.0), (None, 0.0)]
)
def test_the_notice_of_a_go_away(time_left: str | None, seconds: float) -> None:
    assert said({"goAway": {"timeLeft": time_left} if time_left else {}}) == (GoingAway(seconds),)


def test_missing_counts_are_zero() -> None:
    assert said({"usageMetadata": {"totalTokenCount": 9}}) == (Usage(0, 0),)
