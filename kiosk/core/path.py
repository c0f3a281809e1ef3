"""The way to the service, as the kernel knows it.

A *stall* is something sent that nobody acknowledges: the send queue is not empty and the time
since the peer's last acknowledgement does not go down. It is seen 0.8 s after the path broke,
whatever the application at the other end does; pongs are no evidence of the path.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

CLOCK_S: Final = 0.02
"""The kernel counts the age of an acknowledgement in ticks: two so near are the same one."""


@dataclass(frozen=True, slots=True)
class PathSample:
    """One look at a connection.

    ``pending_bytes`` were written and are not acknowledged yet, wherever they wait;
    ``ack_age_s`` is the time since the peer last acknowledged anything, ``data_age_s`` since
    anything of its came in.
    """

    pending_bytes: int
    ack_age_s: float
    data_age_s: float = float("inf")


class NetworkChange(StrEnum):
    """What happened to an interface, an address or a route of this machine."""

    DOWN = "down"  # carrier, address or route went away
    UP = "up"  # one came


@dataclass(frozen=True, slots=True)
class Flow:
    """How long nothing of what was sent has been acknowledged; grows by ``observed`` samples."""

    stalled_since: float | None = None
    acked_at: float = float("-inf")
    """When the peer last acknowledged anything, as far as was seen."""

    def observed(self, sample: PathSample, now: float) -> "Flow":
        """Take in a sample. An acknowledgement, or nothing to acknowledge, ends a stall.

        The age alone does not tell: of two acknowledgements as far apart as two samples, the
        later one looks as old as the one before.
        """
        since, acked_at = self.stalled_since, self.acked_at
        acked = now - sample.ack_age_s > acked_at + CLOCK_S
        if acked:
            acked_at = now - sample.ack_age_s
        if not sample.pending_bytes:
            since = None
        elif since is None or acked:
            since = now
        return Flow(since, acked_at)

    def stalled_s(self, now: float) -> float:
        """Return how long the stall has lasted, 0 without one."""
        return 0.0 if self.stalled_since is None else now - self.stalled_since
