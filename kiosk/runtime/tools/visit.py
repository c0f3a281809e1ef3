"""What one customer has asked, shown and said so far. It dies with the visit."""

import asyncio
import secrets

from kiosk.runtime.tools.proving import TriesOfVisit
from kiosk.runtime.tools.transcript import Transcript
from kiosk.settings import Shop
from kiosk.shop.answers import Answer
from kiosk.shop.consent import Consent
from kiosk.shop.misses import Misses
from kiosk.shop.requests import Request, Verify
from kiosk.shop.tools import Gateway


class Trust:
    """What rests on who the customer has shown to be: it goes when that is no longer sure."""

    def __init__(self) -> None:
        self.proved: set[str] = set()
        """The orders that were shown to be theirs."""
        self.consent = Consent()
        self.under_way: dict[Request, asyncio.Future[Answer]] = {}


class Visit:
    """One customer."""

    def __init__(self, limits: Shop) -> None:
        self.gateway = Gateway(
            calls_per_turn=limits.calls_per_turn,
            calls_per_visit=limits.calls_per_visit,
            allow_changes=limits.allow_changes,
        )
        self.token = secrets.token_hex(8)
        self.turn = 0
        self.tries = TriesOfVisit()
        self.tries_told = False
        self.refused = 0
        """Calls that were never made."""
        self.misses = Misses()
        self.keys: dict[str, str] = {}
        """The key of a change that a call has just made, or begun, by its tool."""
        self.words = Transcript()
        self.trust = Trust()

    def begin_turn(self, turn: int) -> None:
        """Close the turn that ran."""
        self.trust.consent.turn_over(self.words.kiosk, self.words.customer)
        self.turn = turn
        self.words = Transcript()

    def forget_proof(self) -> None:
        """Drop what was shown, what waits for a yes, and every answer that rests on it.

        Where nothing was shown nothing rests on it: a question that is put again is then
        answered from what is known, and asked of ShopMax once.
        """
        proving = any(isinstance(request, Verify) for request in self.trust.under_way)
        if not self.trust.proved and not proving:
            return
        self.trust = Trust()
        self.gateway.forget()
