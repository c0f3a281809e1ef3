"""From the SDK's messages to the kiosk's own.

One frame of the wire may carry several things. They come out in the order in which they
concern the customer: what was heard and said (captions before sound), what is asked of us
(tool calls, withdrawals), then what ends (interrupted, generation complete, usage, turn
complete), then what is about the connection (handle, going away). So sound that shares a
frame with ``interrupted`` comes before it and still belongs to the reply that was cut off,
and a handle comes after the turn it includes.

A piece of sound that cannot be played becomes a ``BrokenPiece``: never noise, and never
nothing, so that somebody can count.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, Literal

from google.genai import types
from pydantic import ValidationError

from kiosk.core.audio import SAMPLE_BYTES, SPEAKER_HZ
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

_OVER: Final = ("", "INTERACTION_STATUS_UNSPECIFIED", "IDLE", "REQUIRES_ACTION")
"""Interaction states in which ``turnComplete`` means it: a thinking model sends several
with IN_PROGRESS before the last; REQUIRES_ACTION is the old spelling of IDLE."""

_PCM: Final = re.compile(r"audio/pcm(?:;\s*rate=(\d+))?", re.IGNORECASE)
_SOUND_DATA: Final = (("inlineData", "data"), ("inline_data", "data"))
_SECONDS: Final = re.compile(r"(\d+(?:\.\d+)?)s")


def translate(
    message: types.LiveServerMessage, new_local_id: Callable[[], str]
) -> tuple[LiveMessage, ...]:
    """Return what a message says, in order; ``()`` when it says nothing to us.

    A tool call without an id gets one from ``new_local_id``.
    """
    return tuple(_all_of(message, new_local_id))


def _all_of(
    message: types.LiveServerMessage, new_local_id: Callable[[], str]
) -> Iterator[LiveMessage]:
    content = message.server_content or types.LiveServerContent()
    yield from _caption("customer", content.input_transcription)
    yield from _caption("kiosk", content.output_transcription)
    turn = content.model_turn
    for part in (turn.parts or ()) if turn else ():
        yield from _part(part)
    calls = message.tool_call
    for call in (calls.function_calls or ()) if calls else ():
        yield ToolCall(call.id or new_local_id(), call.name or "", call.args or {})
    withdrawn = message.tool_call_cancellation
    if withdrawn and withdrawn.ids:
        yield ToolWithdrawn(tuple(withdrawn.ids))
    if content.interrupted:
        yield ReplyInterrupted()
    if content.generation_complete:
        yield GenerationComplete()
    usage = message.usage_metadata
    if usage:
        yield Usage(usage.prompt_token_count or 0, usage.response_token_count or 0)
    if content.turn_complete and _word(content.interaction_status) in _OVER:
        yield TurnComplete(_word(content.turn_complete_reason))
    update = message.session_resumption_update
    if update and update.resumable and update.new_handle:
        yield HandleIssued(SessionHandle(update.new_handle))
    if message.go_away:
        yield GoingAway(_seconds(message.go_away.time_left))


def _caption(
    who: Literal["customer", "kiosk"], heard: types.Transcription | None
) -> Iterator[LiveMessage]:
    if heard and (heard.text or heard.finished):
        yield Caption(who, heard.text or "", final=bool(heard.finished))


def _part(part: types.Part) -> Iterator[LiveMessage]:
    if part.thought:
        return
    if part.text:
        yield ReplyText(part.text)
    blob = part.inline_data
    if blob and blob.data and (blob.mime_type or "").lower().startswith("audio/"):
        pcm = _PCM.fullmatch(blob.mime_type or "")
        playable = pcm and int(pcm[1] or SPEAKER_HZ) == SPEAKER_HZ
        if playable and len(blob.data) % SAMPLE_BYTES == 0:  # half a sample makes noise of the rest
            yield ReplyAudio(blob.data)
        else:
            yield BrokenPiece()


def unreadable(err: Exception) -> tuple[LiveMessage, ...]:
    """Return what a frame said that the SDK could not read: broken sound, or nothing to us."""
    if isinstance(err, ValidationError):
        places = [place["loc"][-2:] for place in err.errors(include_input=False)]
        if any(place in _SOUND_DATA for place in places):
            return (BrokenPiece(),)
    return ()


def _word(value: types.InteractionStatus | types.TurnCompleteReason | None) -> str:
    return value.value if value else ""


def _seconds(duration: str | None) -> float:
    """Read a protobuf duration such as ``50s``; 0 (hang up at any moment) if it is none."""
    match = _SECONDS.fullmatch(duration or "")
    return float(match[1]) if match else 0.0
