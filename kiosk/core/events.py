"""What can happen. Past-tense facts; the only input of ``conversation.step``."""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.core.effects import Phrase
from kiosk.core.parts import Part as Part


class RefusedFor(StrEnum):
    """Why a live server said no, as far as the customer is concerned."""

    ACCOUNT = "account"  # a person must act: key, quota, model name
    BUSY = "busy"  # trying again may help


@dataclass(frozen=True, slots=True)
class KioskReady:
    """Everything that a visit needs is open."""


@dataclass(frozen=True, slots=True)
class VisitRestored:
    """The kiosk was restarted so fast that the customer of this visit is still there."""

    visit: int


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """The button went down."""


@dataclass(frozen=True, slots=True)
class ButtonReleased:
    """The button came up."""


@dataclass(frozen=True, slots=True)
class VoiceSuspected:
    """Somebody may be speaking: too quietly, until now, to open the gate."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The gate opened."""


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The gate decided that the customer has finished."""


@dataclass(frozen=True, slots=True)
class HoldWasSilent:
    """The button was held and released and nobody spoke: nothing was sent."""


@dataclass(frozen=True, slots=True)
class UtteranceTorn:
    """So much of what was said got lost on this machine that words are missing."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The visit's session is open. ``standby``: at the service on this machine, standing in."""

    standby: bool = False


@dataclass(frozen=True, slots=True)
class LinkDown:
    """There is no session any more; the link keeps trying while the visit lasts."""


@dataclass(frozen=True, slots=True)
class LinkDoubted:
    """The path may be dead: what was sent may not have arrived. It may also be nothing."""


@dataclass(frozen=True, slots=True)
class LinkGone:
    """There was no way for too long: what the visit had at the service is wiped."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A server that answers refused the session for good, or for long.

    ``served``: the service on this machine answers the customer all the same.
    """

    reason: RefusedFor
    served: bool = False


@dataclass(frozen=True, slots=True)
class FailedOver:
    """The visit is with the service on this machine from now on."""


@dataclass(frozen=True, slots=True)
class StandbyReady:
    """The service on this machine is there to stand in, or is not."""

    ready: bool


@dataclass(frozen=True, slots=True)
class Reachable:
    """The service could be reached when it was last tried, or could not."""

    reachable: bool


@dataclass(frozen=True, slots=True)
class QuestionDelivered:
    """All of the question, and its end mark, has reached the service."""


@dataclass(frozen=True, slots=True)
class ReplyStarted:
    """The first piece of the reply arrived."""


@dataclass(frozen=True, slots=True)
class ReplySounded:
    """The first frame of the reply went to the speaker, or the first after it ran dry."""


@dataclass(frozen=True, slots=True)
class ReplyDried:
    """All that came of the reply has been heard, and it is not over."""


@dataclass(frozen=True, slots=True)
class ReplyFinished:
    """The service regards the turn as over. ``audible`` is whether it sent any sound.

    Without any, asking once more may help, unless it said that it heard nothing to answer.
    """

    audible: bool
    worth_repeating: bool = True


@dataclass(frozen=True, slots=True)
class ReplyCut:
    """The connection ended in the middle of a reply, and the rest of it will not come."""


@dataclass(frozen=True, slots=True)
class PlayoutDrained:
    """The reply has been played to its end; the customer heard ``heard_ms`` of it."""

    heard_ms: int


@dataclass(frozen=True, slots=True)
class PhraseEnded:
    """A recorded phrase has been played to its end."""

    phrase: Phrase


@dataclass(frozen=True, slots=True)
class PartFailed:
    """A part stopped working."""

    part: Part
    cause: str = "lost"


@dataclass(frozen=True, slots=True)
class PartHealed:
    """A part works again."""

    part: Part


@dataclass(frozen=True, slots=True)
class ClockUnset:
    """The clock is wrong and may be set at any moment, or need not be waited for any more."""

    unset: bool


@dataclass(frozen=True, slots=True)
class MuteSwitched:
    """Staff muted or unmuted the kiosk."""

    muted: bool


@dataclass(frozen=True, slots=True)
class TriesSpent:
    """Somebody failed too often to show that an order is theirs."""


@dataclass(frozen=True, slots=True)
class StaffCalled:
    """The customer wants somebody of the staff."""


@dataclass(frozen=True, slots=True)
class ShopAnswers:
    """The shop's order system answered when it was last asked, or did not."""

    up: bool


@dataclass(frozen=True, slots=True)
class PolicyExpired:
    """The shop's policy is out of date, or in force again."""

    expired: bool


@dataclass(frozen=True, slots=True)
class ClaimUnfounded:
    """The reply claimed something about an order that no tool had said. ``kind`` says what."""

    kind: str


@dataclass(frozen=True, slots=True)
class Tick:
    """The conversation's deadline has come."""


Event = (
    KioskReady
    | VisitRestored
    | ButtonPressed
    | ButtonReleased
    | VoiceSuspected
    | SpeechStarted
    | SpeechEnded
    | HoldWasSilent
    | UtteranceTorn
    | Connected
    | LinkDown
    | LinkDoubted
    | LinkGone
    | Refused
    | FailedOver
    | StandbyReady
    | Reachable
    | QuestionDelivered
    | ReplyStarted
    | ReplySounded
    | ReplyDried
    | ReplyFinished
    | ReplyCut
    | PlayoutDrained
    | PhraseEnded
    | PartFailed
    | PartHealed
    | ClockUnset
    | MuteSwitched
    | TriesSpent
    | StaffCalled
    | ShopAnswers
    | PolicyExpired
    | ClaimUnfounded
    | Tick
)
