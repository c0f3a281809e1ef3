"""When to try again: two regimes that must never be mixed up.

*The path failed*: nobody hears us, so trying costs nobody anything. Bare connects race, four a
second, for as long as there is a visit: a route that comes back is found within 0.25 s.

*A live server refused*: racing it would make its trouble worse. Full jitter (the whole delay is
random, so that a hundred kiosks do not come back at once), from 0.5 s up to 30 s; a minute for
a quota; five minutes when a person has to act.
"""

from typing import Final

DIAL_S: Final = 1.2
"""How long one bare connect may take; the next one starts beside it."""
RACE_S: Final = 0.25
"""From one bare connect to the next."""
_JITTER_BASE_S: Final = 0.5
_JITTER_CAP_S: Final = 30.0
QUOTA_S: Final = 60.0
ACT_S: Final = 300.0
"""Key, model, certificate: before somebody acted, asking again is of no use."""
CLOCK_SET_S: Final = 15.0
"""A clock that nobody has set yet may be set at any moment."""
STILL_HELD_S: Final = (0.2, 0.4, 0.8, 1.6)
"""A service that still holds the old connection of a session refuses to resume it."""


def hang_up_pause_s(times: int) -> float:
    """Return how long to leave one alone who answered and hung up so many times in a row."""
    return 0.0 if times < 2 else RACE_S * float(1 << min(times, 5))


def jitter_s(refusals: int, roll: float) -> float:
    """Return how long to wait after so many refusals in a row; ``roll`` is random, 0 to 1."""
    doublings = max(0, min(refusals, 16) - 1)
    return roll * min(_JITTER_CAP_S, _JITTER_BASE_S * float(1 << doublings))
