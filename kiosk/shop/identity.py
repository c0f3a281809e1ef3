"""Proof that an order is a customer's own: facts compared in code, tries, locks."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """The wrong tries at this kiosk, over visits and restarts.

    ``today`` counts those of the day of ``last_at``; until ``locked_until`` nobody is verified;
    ``pause_s`` is the length of the lock that was set last, 0 when none counts any more.
    """

    today: int = 0
    last_at: datetime | None = None
    locked_until: datetime | None = None
    pause_s: float = 0.0
