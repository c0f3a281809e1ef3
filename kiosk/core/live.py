"""What a Live session says, in the kiosk's own words.

Adapters translate the wire into these; nothing above an adapter sees the SDK's types.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NewType

SessionHandle = NewType("SessionHandle", str)
"""Token that resumes one visit's session. Held in memory, dies with the visit."""


@dataclass(frozen=True, slots=True)
class ToolDeclaration:
    """A tool offered to the model; ``parameters`` is a JSON schema of type object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSetup:
    """Everything that opens a session. ``model`` selects the profile."""

    model: str
    voice: str
    instruction: str
    tools: tuple[ToolDeclaration, ...] = ()
    text_replies: bool = False
    """Ask for words and no sound; only for profiles that have text replies."""


@dataclass(frozen=True, slots=True)
class ReplyAudio:
    """A piece of the reply, 24 kHz mono PCM16, any length."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class BrokenPiece:
    """A piece of the reply that cannot be played: wrong rate, or no sound at all. Dropped."""


@dataclass(frozen=True, slots=True)
class ReplyText:
    """Words of the reply, from a profile that replies in text."""

    text: str


@dataclass(frozen=True, slots=True)
class Caption:
    """A transcript as it grows. Personal data: never logged."""

    who: Literal["customer", "kiosk"]
    text: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for a tool. The adapter makes a ``call_id`` up when the service sent none."""

    call_id: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolWithdrawn:
    """The service cancelled these calls."""

    call_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReplyInterrupted:
    """The service stopped generating because the customer took the floor."""


@dataclass(frozen=True, slots=True)
class GenerationComplete:
    """All of the reply has been sent; playing it takes longer."""


@dataclass(frozen=True, slots=True)
class TurnComplete:
    """The service regards the turn as over. ``reason`` is its word for it, or empty."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class HandleIssued:
    """A handle that resumes the session from here."""

    handle: SessionHandle


@dataclass(frozen=True, slots=True)
class GoingAway:
    """The service will hang up in ``time_left_s``."""

    time_left_s: float


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens the service counted for the turn so far."""

    prompt_tokens: int
    response_tokens: int


LiveMessage = (
    ReplyAudio
    | BrokenPiece
    | ReplyText
    | Caption
    | ToolCall
    | ToolWithdrawn
    | ReplyInterrupted
    | GenerationComplete
    | TurnComplete
    | HandleIssued
    | GoingAway
    | Usage
)


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The answer to one tool call; ``response`` always has status, retryable and say."""

    call_id: str
    name: str
    response: Mapping[str, Any]
