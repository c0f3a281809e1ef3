"""What can happen to the link, and what the recovery may ask for.

Events are facts of the network and of the visit; actions are commands to ``runtime/link.py``.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from kiosk.core.events import Event as Fact
from kiosk.core.path import NetworkChange, PathSample
from kiosk.errors import Refusal


class Why(StrEnum):
    """Why there is no session, for the journal and the event stream."""

    VISIT = "visit"  # the first connection of a visit
    STALL = "stall"  # what was sent is not acknowledged
    NETWORK = "network"  # a link, an address or a route went away
    LOST = "lost"  # the connection ended
    REFUSED = "refused"  # the service ended or refused it
    GO_AWAY = "go_away"  # the service said that it would
    SILENCE = "silence"  # the path lives, and the service does not answer
    FAILOVER = "failover"  # the visit goes to the service on this machine


class Target(StrEnum):
    """Which service a visit is with."""

    PRIMARY = "primary"
    STANDBY = "standby"


class Rung(StrEnum):
    """How much of the conversation the next session is to know: a ladder, from the top down."""

    RESUME = "resume"  # all of it, by the newest handle
    RECAP = "recap"  # a fresh session that is told what kinds of things were asked
    FRESH = "fresh"  # nothing


# Events


@dataclass(frozen=True, slots=True)
class Wanted:
    """A visit began. ``resuming``: there is a handle to what was said before a restart."""

    resuming: bool = False


@dataclass(frozen=True, slots=True)
class Unwanted:
    """The visit is over."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """The connection was looked at."""

    sample: PathSample


@dataclass(frozen=True, slots=True)
class NetworkChanged:
    """The kernel told of a link, an address or a route."""

    change: NetworkChange


@dataclass(frozen=True, slots=True)
class SpareUp:
    """A bare connect succeeded, after ``took_s``: the path works."""

    took_s: float


@dataclass(frozen=True, slots=True)
class SessionUp:
    """The session is set up. ``resumed`` by a handle."""

    resumed: bool


@dataclass(frozen=True, slots=True)
class SessionLost:
    """The connection ended, or could not be made, and nobody said why."""


@dataclass(frozen=True, slots=True)
class SessionRefused:
    """A server that answers said no. ``roll`` is random, 0 to 1, for the jitter."""

    refusal: Refusal
    code: int
    roll: float


@dataclass(frozen=True, slots=True)
class GoAwayTold:
    """The service will hang up in ``time_left_s``."""

    time_left_s: float


@dataclass(frozen=True, slots=True)
class Resumable:
    """Between two turns, and the newest handle knows all of them."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The service began a reply: it works."""


@dataclass(frozen=True, slots=True)
class ServiceSilent:
    """The question was delivered long ago, and no answer comes."""


@dataclass(frozen=True, slots=True)
class StandbyWished:
    """The customer has waited too long for the path."""


@dataclass(frozen=True, slots=True)
class StandbyChanged:
    """The service on this machine is there to stand in, or is not."""

    ready: bool


@dataclass(frozen=True, slots=True)
class Probed:
    """A probe between visits ended."""

    reached: bool
    trusted: bool = True
    early: bool = False
    """Its certificate is not valid yet, by this machine's clock."""


@dataclass(frozen=True, slots=True)
class ClockJudged:
    """The clock of this machine is wrong, or is not any more."""

    wrong: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """The recovery's deadline has come."""


Event = (
    Wanted
    | Unwanted
    | Sampled
    | NetworkChanged
    | SpareUp
    | SessionUp
    | SessionLost
    | SessionRefused
    | GoAwayTold
    | Resumable
    | Answered
    | ServiceSilent
    | StandbyWished
    | StandbyChanged
    | Probed
    | ClockJudged
    | Tick
)


# Actions


@dataclass(frozen=True, slots=True)
class Dial:
    """Start one bare connect to the target, beside any that are under way."""


@dataclass(frozen=True, slots=True)
class StopDialling:
    """Give up every bare connect, and a spare that nobody needs."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Give the peer something to acknowledge."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Take nothing that was sent for delivered until it is acknowledged."""


@dataclass(frozen=True, slots=True)
class Open:
    """Set a session up on the spare."""

    rung: Rung


@dataclass(frozen=True, slots=True)
class Reset:
    """End the old connection with a reset: it is dead, and its peer must see that at once."""


@dataclass(frozen=True, slots=True)
class Leave:
    """End the connection in good order."""


@dataclass(frozen=True, slots=True)
class DropHandle:
    """Forget the handle: no session will be resumed from it."""


@dataclass(frozen=True, slots=True)
class Probe:
    """See whether the primary service can be reached."""


@dataclass(frozen=True, slots=True)
class Post:
    """Tell the conversation."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the event stream."""

    event: str
    fields: dict[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """One line in the journal: the link is back, after ``took_s`` without it."""

    why: Why
    took_s: float
    resumed: bool


Action = (
    Dial
    | StopDialling
    | Ping
    | Doubt
    | Open
    | Reset
    | Leave
    | DropHandle
    | Probe
    | Post
    | Tell
    | Note
)
