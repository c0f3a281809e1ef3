"""Whether this machine's clock can be right. The kiosk judges it, and never sets it.

What sets it is the system: it goes on from the last time it knew, and asks the network. A clock
is believed while it is not before what was known last, and not far beyond that; one that the
network has just set is believed whatever it says. How long the machine was off nobody knows.

Times are seconds since 1970.
"""

from typing import Final

BUILT_S: Final = 1_795_651_200.0
"""26 November 2026. No kiosk is older than its program: an earlier clock was never set."""
_DAY_S: Final = 86_400.0
SLACK_S: Final = _DAY_S
"""So far back it may be set: nothing of ours minds."""
LONGEST_OFF_S: Final = 365 * _DAY_S
"""A machine that knows nothing of so much time was not off: its clock is wrong."""
SETTLES_S: Final = 180.0
"""So long a wrong clock is not told as a fault: the network may be about to set it."""


def lowest(known_s: float | None) -> float:
    """Return the time that it certainly is after, from what was known last."""
    return max(BUILT_S, known_s or 0.0)


def trouble_with(now_s: float, known_s: float, *, set_by_network: bool) -> str:
    """Return why the clock cannot be right, or "". ``known_s``: the time it must be after."""
    if set_by_network:
        return ""
    if now_s < known_s - SLACK_S:
        return "behind"
    if now_s > known_s + LONGEST_OFF_S:
        return "ahead"
    return ""
