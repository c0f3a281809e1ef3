"""What the misbehaving service is told to do: connection by connection, turn by turn.

A ``Welcome`` says how an attempt to connect is met, a ``Turn`` how one asking of one question
is. Both are made of steps, which are done one after another.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from kiosk.local_live.outgoing import SPEECH_MIME

FOREVER: Final = math.inf
EXPIRED: Final = "Deadline expired before operation could complete."
NOT_CLOSED: Final = (
    "Connection aborted because the client failed to close the connection after receiving a"
    " GoAway signal once the session duration expired"
)
STILL_OPEN: Final = "The session is still in use by another connection."
QUOTA: Final = "You exceeded your current quota, please check your plan and billing details."
NO_SESSION: Final = "BidiGenerateContent session not found"
INVALID: Final = "Request contains an invalid argument."
INTERNAL: Final = "Internal error encountered."
UNAVAILABLE: Final = "The service is currently unavailable."


@dataclass(frozen=True, slots=True)
class Hear:
    """Transcribe the question, ``times`` over."""

    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Make so many seconds of the reply, going on where the last ``Say`` of the turn ended."""

    seconds: float = 1.0
    pace: float = 4.0
    """How much faster than it is played it is sent; ``FOREVER`` is one burst."""
    wording: int = 0
    mime: str = SPEECH_MIME
    broken: bool = False
    """Send what is not base64."""
    one_frame: bool = False
    """Send all of it in one WebSocket message."""
    filler_bytes: int = 0
    """Something nobody knows beside the sound, to make the message larger."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Send nothing for so long; ``FOREVER`` is a stall."""

    seconds: float = FOREVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Call a tool."""

    name: str = "get_order_status"
    arguments: Mapping[str, Any] = field(default_factory=lambda: {"order_id": "ORD-88421"})
    with_id: bool = True
    wait: bool = True
    """Go on only when every call under way has been answered."""


@dataclass(frozen=True, slots=True)
class AwaitResults:
    """Go on when every call under way has been answered."""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Cancel every call under way."""


@dataclass(frozen=True, slots=True)
class Close:
    """End the connection with a close frame."""

    code: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Abort:
    """End the connection without a word: 1006. With a TCP reset, or with an end of file."""

    reset: bool = True


@dataclass(frozen=True, slots=True)
class GoAway:
    """Announce the end of the connection, and end it then."""

    notice_s: float
    code: int = 1008
    reason: str = NOT_CLOSED


@dataclass(frozen=True, slots=True)
class Send:
    """Send a JSON message, or a frame as it is."""

    what: Mapping[str, Any] | bytes | str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Claim that the customer took the floor."""


@dataclass(frozen=True, slots=True)
class Generated:
    """Say that all of the reply has been sent."""


@dataclass(frozen=True, slots=True)
class Done:
    """End the turn when all of it could have been heard; a handle follows."""

    reason: str = ""


Step = (
    Hear
    | Say
    | Pause
    | Call
    | AwaitResults
    | Withdraw
    | Close
    | Abort
    | GoAway
    | Send
    | Interrupted
    | Generated
    | Done
)
Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one asking of one question leads to."""

    steps: Steps = (Hear(), Say(), Generated(), Done())
    """After the end mark."""
    think_s: float = 0.1
    listening: Steps = ()
    """Beside it, once ``listening_from`` frames of the question have been heard."""
    listening_from: int = 25
    when_interrupted: Steps = ()
    """Once ``interrupted`` was sent because the customer took the floor."""


def answer(
    *before: Step, seconds: float = 1.0, wording: int = 0, pace: float = 4.0, think_s: float = 0.1
) -> Turn:
    """Answer as it should be, after some other steps."""
    say = Say(seconds=seconds, wording=wording, pace=pace)
    return Turn(steps=(*before, Hear(), say, Generated(), Done()), think_s=think_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """How one attempt to connect is met."""

    status: HTTPStatus | None = None
    """Refuse the upgrade."""
    body: str = ""
    setup_s: float = 0.0
    """Until the set-up is answered; ``FOREVER`` never."""
    refusal: tuple[int, str] | None = None
    """Close instead of confirming the set-up."""
    handles_only: bool = False
    """Only an attempt to resume is met like this; any other is welcome."""
    pong_delay_s: float = 0.0
    silent: Steps = ()
    """Right after the set-up."""
