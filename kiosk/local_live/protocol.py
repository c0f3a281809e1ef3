"""What a client may say on the Live socket: one frozen class for each message.

``parse`` turns one frame into one of them or raises ``Refused`` with the close code the
service answers with. The shapes follow the Live API: client messages; each frame holds
exactly one of setup, clientContent, realtimeInput, toolResponse, contextUpdate.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal

from kiosk.local_live import wire
from kiosk.local_live.declarations import function_declarations

_RATE: Final = re.compile(r"rate\s*=\s*(\d{4,6})")
_DEFAULT_HZ: Final = 16_000
_LOWEST_HZ: Final = 4_000
_HIGHEST_HZ: Final = 192_000


class Modality(StrEnum):
    """How the model replies."""

    AUDIO = "AUDIO"
    TEXT = "TEXT"


class Scheduling(StrEnum):
    """When the answer of a NON_BLOCKING call is spoken of."""

    SILENT = "SILENT"
    WHEN_IDLE = "WHEN_IDLE"
    INTERRUPT = "INTERRUPT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """Automatic activity detection, or ``disabled`` for a client that marks its own."""

    disabled: bool = False
    eager_start: bool = True
    eager_end: bool = True
    prefix_padding_ms: int | None = None
    silence_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The first message. ``handle`` is ``None`` without resumption, ``""`` for a new session."""

    model: str
    modalities: tuple[str, ...] = ()
    thinking: Mapping[str, Any] | None = None
    affective: bool | None = None
    proactive_audio: bool | None = None
    instruction: str = ""
    tools: tuple[dict[str, Any], ...] = ()
    handle: str | None = None
    voice: str = ""
    caption_input: bool = False
    caption_output: bool = False
    detection: Detection = Detection()
    interrupts: bool = True
    history_first: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the conversation so far."""

    role: Literal["user", "model"]
    text: str


@dataclass(frozen=True, slots=True)
class ClientContent:
    """Ordered turns of text; ``complete`` asks for an answer now."""

    lines: tuple[Line, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece of microphone audio: mono PCM16 at ``rate_hz``."""

    pcm: bytes
    rate_hz: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RealtimeInput:
    """What is happening at the client right now."""

    activity_start: bool = False
    sounds: tuple[Sound, ...] = ()
    text: str | None = None
    stream_end: bool = False
    activity_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionResponse:
    """A tool's answer. ``scheduling`` may have stood beside the response or inside it."""

    call_id: str
    name: str
    response: Mapping[str, Any]
    scheduling: Scheduling | None
    continues: bool


@dataclass(frozen=True, slots=True)
class ToolResponse:
    """Answers to one or more calls."""

    responses: tuple[FunctionResponse, ...]


@dataclass(frozen=True, slots=True)
class ContextUpdate:
    """New instruction or tools; ``None`` leaves them as they are, ``()`` takes all tools away."""

    instruction: str | None
    tools: tuple[dict[str, Any], ...] | None


Message = Setup | ClientContent | RealtimeInput | ToolResponse | ContextUpdate


def parse(frame: str | bytes) -> Message:
    """Read one frame; raises ``Refused`` when it is none of the messages."""
    envelope = wire.load(frame)
    present = {name: body for name in _READERS if (body := wire.obj(envelope, name)) is not None}
    if len(present) != 1:
        raise wire.invalid(
            "Expected exactly one of setup, clientContent, realtimeInput, toolResponse."
        )
    name, body = present.popitem()
    return _READERS[name](body)


def _setup(body: wire.JsonObject) -> Setup:
    generation = wire.obj(body, "generationConfig") or {}
    resumption = wire.obj(body, "sessionResumption")
    realtime = wire.obj(body, "realtimeInputConfig") or {}
    proactivity = wire.obj(body, "proactivity") or {}
    history = wire.obj(body, "historyConfig") or {}
    return Setup(
        model=wire.text(body, "model") or "",
        modalities=wire.words(generation, "responseModalities"),
        thinking=wire.obj(generation, "thinkingConfig"),
        affective=wire.flag(generation, "enableAffectiveDialog"),
        proactive_audio=wire.flag(proactivity, "proactiveAudio"),
        instruction=_instruction(body) or "",
        tools=function_declarations(wire.objects(body, "tools")),
        handle=None if resumption is None else wire.text(resumption, "handle") or "",
        voice=_voice(generation),
        caption_input=wire.obj(body, "inputAudioTranscription") is not None,
        caption_output=wire.obj(body, "outputAudioTranscription") is not None,
        detection=_detection(wire.obj(realtime, "automaticActivityDetection") or {}),
        interrupts=wire.text(realtime, "activityHandling") != "NO_INTERRUPTION",
        history_first=bool(wire.flag(history, "initialHistoryInClientContent")),
    )


def _voice(generation: wire.JsonObject) -> str:
    config = generation
    for name in ("speechConfig", "voiceConfig", "prebuiltVoiceConfig"):
        config = wire.obj(config, name) or {}
    return wire.text(config, "voiceName") or ""


def _detection(body: wire.JsonObject) -> Detection:
    return Detection(
        disabled=bool(wire.flag(body, "disabled")),
        eager_start=wire.text(body, "startOfSpeechSensitivity") != "START_SENSITIVITY_LOW",
        eager_end=wire.text(body, "endOfSpeechSensitivity") != "END_SENSITIVITY_LOW",
        prefix_padding_ms=wire.integer(body, "prefixPaddingMs"),
        silence_ms=wire.integer(body, "silenceDurationMs"),
    )


def _client_content(body: wire.JsonObject) -> ClientContent:
    lines = tuple(_line(turn) for turn in wire.objects(body, "turns"))
    return ClientContent(lines, complete=bool(wire.flag(body, "turnComplete")))


def _line(turn: wire.JsonObject) -> Line:
    return Line("model" if wire.text(turn, "role") == "model" else "user", _text_of(turn))


def _realtime_input(body: wire.JsonObject) -> RealtimeInput:
    blobs = wire.objects(body, "mediaChunks")
    audio = wire.obj(body, "audio")
    sounds = [_sound(blob) for blob in (*blobs, *([audio] if audio is not None else []))]
    return RealtimeInput(
        activity_start=wire.obj(body, "activityStart") is not None,
        sounds=tuple(sound for sound in sounds if sound is not None),
        text=wire.text(body, "text"),
        stream_end=bool(wire.flag(body, "audioStreamEnd")),
        activity_end=wire.obj(body, "activityEnd") is not None,
    )


def _sound(blob: wire.JsonObject) -> Sound | None:
    """Read a blob; pictures are none of our business and give ``None``."""
    mime = (wire.text(blob, "mimeType") or "audio/pcm").lower()
    if not mime.startswith("audio/"):
        return None
    if not mime.startswith(("audio/pcm", "audio/l16", "audio/raw")):
        raise wire.invalid("Audio must be raw PCM16, for example audio/pcm;rate=16000.")
    rate = _RATE.search(mime)
    rate_hz = int(rate[1]) if rate else _DEFAULT_HZ
    if not _LOWEST_HZ <= rate_hz <= _HIGHEST_HZ:
        raise wire.invalid("Unsupported sample rate.")
    return Sound(wire.octets(blob, "data"), rate_hz)


def _tool_response(body: wire.JsonObject) -> ToolResponse:
    responses = wire.objects(body, "functionResponses")
    return ToolResponse(tuple(_function_response(response) for response in responses))


def _function_response(body: wire.JsonObject) -> FunctionResponse:
    response = wire.obj(body, "response") or {}
    inside = _scheduling(response.get("scheduling"))
    if inside is not None:
        response = {key: value for key, value in response.items() if key != "scheduling"}
    return FunctionResponse(
        call_id=wire.text(body, "id") or "",
        name=wire.text(body, "name") or "",
        response=response,
        scheduling=_scheduling(wire.text(body, "scheduling")) or inside,
        continues=bool(wire.flag(body, "willContinue")),
    )


def _scheduling(value: Any) -> Scheduling | None:  # noqa: ANN401 - a JSON value
    known = isinstance(value, str) and value in Scheduling.__members__
    return Scheduling(value) if known else None


def _context_update(body: wire.JsonObject) -> ContextUpdate:
    tools = wire.field(body, "tools")
    if tools is None:
        return ContextUpdate(_instruction(body), None)
    wrapper = body if isinstance(tools, list) else wire.obj(body, "tools") or {}
    return ContextUpdate(_instruction(body), function_declarations(wire.objects(wrapper, "tools")))


def _instruction(body: wire.JsonObject) -> str | None:
    value = wire.field(body, "systemInstruction")
    if isinstance(value, str):
        return value
    content = wire.obj(body, "systemInstruction")
    return None if content is None else _text_of(content)


def _text_of(content: wire.JsonObject) -> str:
    return "".join(wire.text(part, "text") or "" for part in wire.objects(content, "parts"))


_READERS: Final[Mapping[str, Callable[[wire.JsonObject], Message]]] = {
    "setup": _setup,
    "clientContent": _client_content,
    "realtimeInput": _realtime_input,
    "toolResponse": _tool_response,
    "contextUpdate": _context_update,
}
