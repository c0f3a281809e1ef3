"""The phases of the link, and all that the recovery remembers.

``Suspect`` and ``Offline`` may still hold the old connection: it is kept until a spare has
proved the path. A service that sees the old one end only after the new setup refuses to resume
(Live API: close 1011), and a reset sent into a dead path is lost.
"""

from dataclasses import dataclass, field

from kiosk.core.events import RefusedFor
from kiosk.core.link_words import Rung, Target, Why
from kiosk.core.path import Flow


@dataclass(frozen=True, slots=True)
class Racing:
    """Bare connects are under way; the next one starts at ``next_at``."""

    next_at: float


@dataclass(frozen=True, slots=True)
class Proving:
    """A spare has connected. The old connection has until ``until`` to show that it lives too."""

    until: float


@dataclass(frozen=True, slots=True)
class Opening:
    """A session is being set up; the attempt has a deadline of its own. Begun at ``began``."""

    began: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """A live server refused: it is left alone until ``until``."""

    until: float


Stage = Racing | Proving | Opening | Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """No visit. ``probing`` while a probe is under way; the next one starts at ``probe_at``."""

    probe_at: float = 0.0
    probing: bool = False
    brisk_until: float = float("-inf")
    """Something changed in the network: probe more often until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """There is a session and the path works. ``leave_by`` once it was told to go."""

    since: float
    flow: Flow = field(default_factory=Flow)
    leave_by: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """The session may be dead: spares race, and the old connection is still used."""

    since: float
    why: Why
    stage: Racing | Proving
    live: Live


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovering:
    """There is no session and one is wanted. ``known_offline``: so it was before the press."""

    since: float
    why: Why
    stage: Stage
    known_offline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offline:
    """It has been so for long. ``live`` is the old connection if it was never given up."""

    since: float
    why: Why
    stage: Stage
    live: Live | None = None


Phase = Resting | Live | Suspect | Recovering | Offline


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """All there is to know of the link. Equality is meaning."""

    phase: Phase = field(default_factory=Resting)
    target: Target = Target.PRIMARY
    standby: bool = False
    reachable: bool = True
    """Whether the primary service could be reached when it was last tried."""
    unreached_since: float | None = None
    """Since when nothing answered there at all."""
    rung: Rung = Rung.FRESH
    refusals: int = 0
    held: int = 0
    """How often a resume was refused because the old connection was not gone yet."""
    silences: int = 0
    """How often the service did not answer, without an answer in between."""
    not_before: float = float("-inf")
    """The primary service is left alone until then."""
    shunned_for: RefusedFor = RefusedFor.BUSY
    clock_wrong: bool = False
    """No certificate can be judged."""
    early: bool = False
    """The primary service's certificate was not valid yet when it was last seen."""
    person_needed: bool = False
    """The network will not heal by itself."""
    path_told: bool = True
    """The event stream believes that the path is up."""

    @property
    def held_open(self) -> Live | None:
        """The session there is, even if it may be dead."""
        match self.phase:
            case Live() as live:
                return live
            case Suspect(live=live) | Offline(live=live):
                return live
            case _:
                return None
