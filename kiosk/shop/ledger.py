"""The audit ledger: what the model had the shop do, when, and what came of it.

No order number, no words and no name: an entry is about the kiosk, not about a customer.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

MOST_KEPT: Final = 10_000
"""Entries a kiosk keeps: a few weeks of a busy shop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One call: ``visit`` and ``key`` are random or hashed, ``clause`` the policy it rests on."""

    at: datetime
    visit: str
    tool: str
    outcome: str
    clause: str = ""
    key: str = ""
