"""The phases of a visit, and all the conversation remembers.

Each phase carries only what is valid in it. What the gate, the lamps and the deadline must be
follows from the phase and is never stored beside it.
"""

from dataclasses import dataclass, field, replace
from enum import Enum, auto

from kiosk.core.effects import GateMode, Phrase
from kiosk.core.lights import Light, Truths, light_of
from kiosk.core.parts import Part


@dataclass(frozen=True, slots=True)
class Starting:
    """Devices or services are still being opened."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Nobody is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """The customer has the floor. ``held`` once the button, not the gate, ends the turn."""

    due: float
    heard: bool = False
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """The end mark is sent. ``stage`` counts the signs of patience given so far.

    ``repeated`` once the question was put again to a service that answered with nothing.
    """

    since: float
    due: float
    stage: int = 0
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaking:
    """The reply sounds. ``cut`` when its end was lost on the way.

    ``dry_since`` it was to go on and has not; ``stage`` counts the signs of patience since.
    """

    since: float
    due: float
    first_audio_ms: int
    cut: bool = False
    dry_since: float | None = None
    stage: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """A recorded phrase sounds. After it the visit goes on, unless it has ``ended``."""

    phrase: Phrase
    due: float
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """The reply is over. Not ``armed`` until the echo of it has died."""

    due: float
    armed: bool = False


class HoldStage(Enum):
    """What a button that is down may still come to."""

    OPEN = auto()
    """A hold to talk, or the staff's gesture."""
    OFFERED = auto()
    """The staff's gesture: to let go now mutes, or unmutes."""
    SPOKEN = auto()
    """A hold to talk: speech was heard, and the release or the cap ends the turn."""
    CLOSED = auto()
    """No gesture, or not any more."""
    STUCK = auto()


@dataclass(frozen=True, slots=True)
class Hold:
    """The button is down. At ``due`` the next stage comes; None when only an event brings it."""

    stage: HoldStage
    due: float | None


Phase = Starting | Idle | Listening | Thinking | Speaking | Saying | FollowUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """All there is to know. Equality is meaning."""

    phase: Phase = field(default_factory=Starting)
    visit: int = 0
    turn: int = 0
    visit_due: float = 0.0
    pressed_at: float | None = None
    hold: Hold | None = None
    """What has become of the press so far, while the button is down."""
    last_press_at: float | None = None
    mashing: bool = False
    """The last press came so soon after the one before that both are one to a person."""
    truths: Truths = field(default_factory=Truths)
    delivered: bool = False
    """The service has the whole question of this turn."""
    standing_in: bool = False
    """The visit is with the service on this machine because the other could not be reached."""
    notice_owed: bool = False
    """The customer has not been told so yet."""
    notice_given: bool = False
    """The customer of this visit has been told so: once is enough."""
    called_at: float | None = None
    """A customer has wanted somebody since then. It outlasts the visit."""
    tries_spent: bool = False
    """The customer failed too often to show whose order it is: nothing more is answered."""
    unfounded: str = ""
    """What a reply claimed that no tool had said, until it is put right."""

    @property
    def deadline(self) -> float | None:
        """Time at which the caller owes a ``Tick``."""
        dues = (self._phase_due, self.hold.due if self.hold else None)
        return min((due for due in dues if due is not None), default=None)

    @property
    def _phase_due(self) -> float | None:
        match self.phase:
            case Starting() | Idle():  # only these may last for ever
                return None
            case Listening() | Thinking() | Speaking() | Saying() | FollowUp():
                return self.phase.due

    @property
    def offered(self) -> bool:
        """Whether to let the button go now mutes the kiosk, or unmutes it."""
        return self.hold is not None and self.hold.stage is HoldStage.OFFERED

    @property
    def stuck(self) -> bool:
        """Whether the button has been down for so long that nobody can be holding it."""
        return self.hold is not None and self.hold.stage is HoldStage.STUCK

    @property
    def failed(self) -> frozenset[Part]:
        """Return the parts that a person must hear of or see."""
        return self.truths.failed | ({Part.BUTTON} if self.stuck else frozenset())

    @property
    def over(self) -> bool:
        """Whether no visit is under way, even if its last phrase still sounds."""
        match self.phase:
            case Starting() | Idle() | Saying(ended=True):
                return True
            case _:
                return False

    @property
    def gate(self) -> GateMode | None:
        """Who ends the turn, or None when the microphone is shut."""
        match self.phase:
            case Listening(held=True):
                return GateMode.HOLD
            case Listening() | FollowUp(armed=True):
                return GateMode.TAP
            case _:
                return None

    @property
    def light(self) -> Light:
        """What the status light must show; while the staff's gesture is offered, what it brings."""
        in_visit = not isinstance(self.phase, Starting | Idle)
        return light_of(
            replace(
                self.truths,
                starting=isinstance(self.phase, Starting),
                in_visit=in_visit,
                speaking=isinstance(self.phase, Speaking | Saying),
                called=self.called_at is not None,
                muted=self.truths.muted != self.offered,
                failed=self.failed,
            )
        )
