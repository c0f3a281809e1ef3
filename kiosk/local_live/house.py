"""What all connections of one server share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.local_live.parts import Ears, MakeBrain, Voice
from kiosk.local_live.sessions import SessionStore


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Where and how to serve. Ages count from the start of a connection; ``None``: the model's."""

    host: str = "127.0.0.1"
    port: int = 0
    """0 takes any free one."""
    state_dir: Path = field(default_factory=Path)
    """Where the certificates are kept."""
    spare_dir: Path | None = None
    """Where they are until the end of the machine if they cannot be kept."""
    go_away_after_s: float | None = None
    close_after_s: float | None = None
    pong_delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Parts:
    """Ears, voice and brains."""

    ears: Ears
    voice: Voice
    make_brain: MakeBrain


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How the service paces itself."""

    burst_s: float = 0.6
    """Sound sent at once; what follows is paced."""
    speed: float = 6.0
    """Seconds of sound sent a second."""
    word_s: float = 0.02
    """Between two words of a reply in text."""
    tool_wait_s: float = 60.0
    """A BLOCKING call that takes longer is withdrawn."""
    hold_s: float = 10.0
    """How long a turn stays open for a NON_BLOCKING call."""
    join_within_s: float = 1.5
    """A customer who goes on this soon after the end of a question had not finished it."""
    longest_activity_s: float = 120.0
    setup_wait_s: float = 10.0
    go_away_before_s: float = 50.0


@dataclass(frozen=True, slots=True)
class House:
    """One server's parts, sessions and settings. ``now`` is the loop's clock."""

    parts: Parts
    store: SessionStore
    options: ServeOptions
    timing: Timing
    now: Callable[[], float]
