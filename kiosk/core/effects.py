"""What may be asked for. Commands; each is synchronous and quick to perform."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kiosk.core.earcons import Earcon
from kiosk.core.lights import Light


class Phrase(StrEnum):
    """Recorded sentences; P1 is a soft tick."""

    TICK = "P1"
    ONE_MOMENT = "P2"
    LOST_CONNECTION = "P3"
    SAY_AGAIN = "P4"
    NO_ORDERS = "P5"
    CANNOT_SHARE = "P6"
    NOT_AVAILABLE = "P7"
    STARTING = "P8"
    RELEASE_BUTTON = "P9"
    STANDING_IN = "P10"
    UNCHECKED = "P11"


class GateMode(StrEnum):
    """Who ends the turn: the gate, or the button."""

    TAP = "tap"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Begin a visit's session; audio is kept until it is up.

    ``goes_on`` with the handle there is: the visit began before the kiosk was restarted.
    """

    visit: int
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class CloseSession:
    """End the visit's session and wipe its handle and audio."""


@dataclass(frozen=True, slots=True)
class StartUtterance:
    """A new turn begins: what follows answers this one."""

    turn: int


@dataclass(frozen=True, slots=True)
class EndUtterance:
    """The customer has finished: send what is left and the end mark."""


@dataclass(frozen=True, slots=True)
class RepeatUtterance:
    """Put the same question again."""


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Call the service anew: it has the question and does not answer."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """Go to the service on this machine: the customer has waited long enough for the other."""


@dataclass(frozen=True, slots=True)
class ArmGate:
    """Listen from this frame on, or change who ends the turn."""

    mode: GateMode


@dataclass(frozen=True, slots=True)
class DisarmGate:
    """Stop listening; drop what was not sent."""


@dataclass(frozen=True, slots=True)
class Flush:
    """Silence the reply and any phrase, and mute what still comes of that reply."""


@dataclass(frozen=True, slots=True)
class PlayEarcon:
    """Sound a short tone over whatever plays."""

    earcon: Earcon


@dataclass(frozen=True, slots=True)
class PlayPhrase:
    """Say a recorded sentence."""

    phrase: Phrase


@dataclass(frozen=True, slots=True)
class ShowLight:
    """Change the status light."""

    light: Light


@dataclass(frozen=True, slots=True)
class ShowMicrophoneLamp:
    """Change the lamp towards the customer."""

    lit: bool


@dataclass(frozen=True, slots=True)
class KeepMuted:
    """Keep over a restart whether staff muted the kiosk."""

    muted: bool


@dataclass(frozen=True, slots=True)
class Report:
    """Tell the event stream. Never personal data."""

    event: str
    fields: Mapping[str, str | int | float | None] = field(default_factory=dict)


Effect = (
    OpenSession
    | CloseSession
    | StartUtterance
    | EndUtterance
    | RepeatUtterance
    | Reconnect
    | StandIn
    | ArmGate
    | DisarmGate
    | Flush
    | PlayEarcon
    | PlayPhrase
    | ShowLight
    | ShowMicrophoneLamp
    | KeepMuted
    | Report
)
