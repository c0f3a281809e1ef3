"""What the service says on the Live socket: plain functions that make JSON messages.

Keys are camelCase, sound is padded standard base64, and a frame is pretty-printed with two
spaces and sent as binary (Live API: server messages).
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

ServerMessage = dict[str, Any]

SPEECH_MIME: Final = "audio/pcm;rate=24000"
_LONGEST_REASON_BYTES: Final = 123  # what a close frame has room for


def encode(message: ServerMessage) -> bytes:
    """Make one frame."""
    return (json.dumps(message, indent=2, ensure_ascii=False) + "\n").encode()


def close_reason(reason: str) -> str:
    """Cut a reason to what a close frame holds, between characters."""
    return reason.encode()[:_LONGEST_REASON_BYTES].decode(errors="ignore")


def setup_complete() -> ServerMessage:
    """First message of every session."""
    return {"setupComplete": {}}


def content(**fields: Any) -> ServerMessage:  # noqa: ANN401 - JSON values
    """Wrap fields of ``serverContent``; those that are ``None`` are left out."""
    return {"serverContent": {key: value for key, value in fields.items() if value is not None}}


def input_words(text: str, *, last: bool) -> ServerMessage:
    """Say what was recognised so far, as a delta."""
    return content(inputTranscription=_transcription(text, last=last))


def reply_sound(pcm: bytes, words: str | None = None) -> ServerMessage:
    """Send a piece of the reply, 24 kHz PCM16, with the words spoken in it when given."""
    data = base64.b64encode(pcm).decode("ascii")
    part = {"inlineData": {"mimeType": SPEECH_MIME, "data": data}}
    return content(
        modelTurn={"role": "model", "parts": [part]},
        outputTranscription=None if words is None else _transcription(words, last=False),
    )


def reply_words(text: str, *, last: bool = False) -> ServerMessage:
    """Say the words of a spoken reply, as a delta."""
    return content(outputTranscription=_transcription(text, last=last))


def reply_text(text: str, *, thought: bool = False) -> ServerMessage:
    """Send words of a reply in text, or a thought."""
    part: dict[str, Any] = {"text": text}
    if thought:
        part["thought"] = True
    return content(modelTurn={"role": "model", "parts": [part]})


def tool_call(calls: Sequence[tuple[str, str, Mapping[str, Any]]]) -> ServerMessage:
    """Ask for tools: ``(id, name, arguments)`` each."""
    return {
        "toolCall": {
            "functionCalls": [
                {"id": call_id, "name": name, "args": dict(arguments)}
                for call_id, name, arguments in calls
            ]
        }
    }


def tool_call_cancellation(ids: Sequence[str]) -> ServerMessage:
    """Withdraw calls."""
    return {"toolCallCancellation": {"ids": list(ids)}}


def voice_activity(*, started: bool, offset_s: float) -> ServerMessage:
    """Tell what automatic detection decided, in seconds since the audio began."""
    kind = "ACTIVITY_START" if started else "ACTIVITY_END"
    return {"voiceActivity": {"voiceActivityType": kind, "audioOffset": f"{offset_s:.3f}s"}}


def go_away(time_left_s: float) -> ServerMessage:
    """Warn that the connection will be closed."""
    return {"goAway": {"timeLeft": f"{max(0.0, time_left_s):g}s"}}


def resumption(handle: str | None) -> ServerMessage:
    """Give a handle, or say with ``None`` that there is nothing to resume from just now."""
    update = {} if handle is None else {"newHandle": handle, "resumable": True}
    return {"sessionResumptionUpdate": update}


@dataclass(slots=True)
class Usage:
    """Tokens of a session: four characters of text or 40 ms of audio are one.

    A nominal count for clients that show or bill it; no tokenizer stands behind it.
    """

    prompt: int = 0
    response: int = 0
    prompt_by: dict[str, int] | None = None
    response_by: dict[str, int] | None = None

    _CHARACTERS = 4
    _AUDIO_PER_S = 25

    def heard(self, *, text: str = "", audio_s: float = 0.0) -> None:
        """Count what the client sent."""
        tokens = self._tokens(text, audio_s)
        self.prompt_by = _added(self.prompt_by, tokens)
        self.prompt += sum(tokens.values())

    def said(self, *, text: str = "", audio_s: float = 0.0) -> None:
        """Count what the model sent."""
        tokens = self._tokens(text, audio_s)
        self.response_by = _added(self.response_by, tokens)
        self.response += sum(tokens.values())

    def metadata(self) -> ServerMessage:
        """Return the message fields."""
        return {
            "usageMetadata": {
                "promptTokenCount": self.prompt,
                "responseTokenCount": self.response,
                "totalTokenCount": self.prompt + self.response,
                "promptTokensDetails": _details(self.prompt_by),
                "responseTokensDetails": _details(self.response_by),
            }
        }

    def _tokens(self, text: str, audio_s: float) -> dict[str, int]:
        return {
            "TEXT": -(-len(text) // self._CHARACTERS),
            "AUDIO": round(audio_s * self._AUDIO_PER_S),
        }


def _transcription(text: str, *, last: bool) -> dict[str, Any]:
    return {"text": text, "finished": True} if last else {"text": text}


def _added(before: dict[str, int] | None, more: dict[str, int]) -> dict[str, int]:
    return {key: (before or {}).get(key, 0) + tokens for key, tokens in more.items()}


def _details(by_modality: dict[str, int] | None) -> list[dict[str, Any]]:
    return [
        {"modality": modality, "tokenCount": tokens}
        for modality, tokens in (by_modality or {}).items()
        if tokens
    ]
