"""What the server asks of its ears, its voice and its brain.

The server owns the sockets, the turns and the clock; the parts own recognition,
synthesis and wit. A part never sees a socket, and the server never sees a model.
Sounds are mono PCM16, little endian: 16 kHz in, 24 kHz out.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Say:
    """Words for the customer: one sentence or a few."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool that the client declared."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


Action = Say | Call


class Ears(Protocol):
    """Speech to words. Shared by all sessions of a server."""

    async def transcribe(self, pcm: bytes) -> str:
        """Recognise one activity, 16 kHz mono PCM16; ``""`` when nothing was said.

        Works away from the event loop; several at once are queued fairly. May be cancelled.
        """
        ...


class Voice(Protocol):
    """Words to speech. Shared by all sessions of a server."""

    def speak(self, text: str, voice: str = "") -> AsyncIterator[bytes]:
        """Speak one sentence: 24 kHz mono PCM16 in pieces of 40 ms, as they are made.

        ``voice`` is the name that the client asked for; any name is taken. The last piece may be
        shorter. Closing the iterator early stops the synthesis.
        """
        ...

    def sentences(self, text: str) -> list[str]:
        """Part a text into what is spoken in one breath."""
        ...


class Brain(Protocol):
    """What one session knows and decides. Pure and synchronous; one for each session."""

    def hear(self, text: str) -> tuple[Action, ...]:
        """Answer a customer's finished utterance; ``()`` when there is nothing to say.

        An empty text asks for an answer to the conversation as it stands: a greeting or
        a continuation.
        """
        ...

    def result(
        self, name: str, arguments: Mapping[str, Any], response: Mapping[str, Any]
    ) -> tuple[Action, ...]:
        """Answer what a tool returned."""
        ...

    def interrupted(self, spoken: str) -> None:
        """Take note that only ``spoken`` of the last reply was sent."""
        ...

    def remember(self, role: str, text: str) -> None:
        """Take a line of history as said: ``role`` is ``user`` or ``model``."""
        ...

    def snapshot(self) -> dict[str, Any]:
        """Return the conversation as JSON values."""
        ...

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Continue the conversation that ``snapshot`` returned."""
        ...


MakeBrain = Callable[[Sequence[Mapping[str, Any]], str], Brain]
"""Makes a brain from function declarations and the system instruction, which it may ignore.

A declaration has ``name``, ``description``, ``parameters`` (a JSON schema whose types are lower
case, keys in camelCase) and ``behavior``: ``BLOCKING`` or ``NON_BLOCKING``, as its calls will be.
"""
