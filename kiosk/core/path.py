"""The way to the service, as the kernel knows it.

A *stall* is something sent that nobody acknowledges: the send queue is not empty and the time
since the peer's last acknowledgement does not go down. It is seen 0.8 s after the path broke,
whatever the application at the other end does; pongs are no evidence of the path.
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class PathSample:
    """One look at a connection.

    ``pending_bytes`` were written and are not acknowledged yet, wherever they wait;
    ``ack_age_s`` is the time since the peer last acknowledged anything.
    """

    pending_bytes: int
    ack_age_s: float


class NetworkChange(StrEnum):
    """What happened to an interface, an address or a route of this machine."""

    DOWN = "down"  # carrier, address or route went away
    UP = "up"  # one came


@dataclass(frozen=True, slots=True)
class Flow:
    """How long nothing of what was sent has been acknowledged; grows by ``observed`` samples."""

    stalled_since: float | None = None
    ack_age_s: float = 0.0
    acked_at: float = float("-inf")
    """When the peer last acknowledged anything, as far as was seen."""

    def observed(self, sample: PathSample, now: float) -> "Flow":
        """Take in a sample. An acknowledgement, or nothing to acknowledge, ends a stall."""
        since = self.stalled_since
        if not sample.pending_bytes:
            since = None
        elif since is None or sample.ack_age_s < self.ack_age_s:
            since = now
        return Flow(since, sample.ack_age_s, now - sample.ack_age_s)

    def stalled_s(self, now: float) -> float:
        """Return how long the stall has lasted, 0 without one."""
        return 0.0 if self.stalled_since is None else now - self.stalled_since
