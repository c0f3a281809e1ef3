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
