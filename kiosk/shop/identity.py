"""Proof that an order is a customer's own: facts compared in code, tries, pauses, locks.

Pure. A try is written down as wrong before anybody looks at what came of it (``wrong``), and is
taken back when it was right (``right``): a kiosk that is switched off in between has counted it.

``now`` is not what the wall clock shows but what ``reckon`` makes of it: it never runs backward,
stands never still, and a clock that is set while the kiosk runs is not believed. A kiosk that
comes up in 1970 goes on from its last try, so that pulling the plug opens nothing; and a pause,
or a locked day, is over after that time of running at the latest, whatever the clock says. A
clock set forward while the kiosk is off cannot be told from days that passed.
"""

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from kiosk.shop.orders import ProofFacts
from kiosk.shop.said_codes import hear_digits

TRIES_A_VISIT: Final = 3
TRIES_A_DAY: Final = 30
SHORTEST_PAUSE_S: Final = 60.0
LONGEST_PAUSE_S: Final = 900.0
_PHONE_END: Final = 4
_WHOLE_PHONE: Final = 7
_SHORTEST_POSTCODE: Final = 3


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


def reckon(first: datetime, kept: Tries, up_s: float) -> datetime:
    """Return what time it is for tries and locks.

    ``first`` is what the wall clock showed when the kiosk was first asked for proof, ``kept``
    the tries that it found then, ``up_s`` the seconds it has run since.
    """
    begun = max(first, kept.last_at.astimezone(first.tzinfo)) if kept.last_at else first
    return begun + timedelta(seconds=up_s)


def as_of(tries: Tries, now: datetime) -> Tries:
    """Return the tries that count now: on another day none do, and the pauses are short again."""
    if tries.last_at is None:
        return Tries(last_at=now)
    now = max(now, tries.last_at)
    until = tries.locked_until
    if until is not None:  # no pause is longer than the longest, whatever was kept
        until = min(until, tries.last_at + timedelta(seconds=LONGEST_PAUSE_S))
    if now.date() > tries.last_at.astimezone(now.tzinfo).date():
        return Tries(last_at=now, locked_until=until)
    return replace(tries, last_at=now, locked_until=until)


def locked(tries: Tries, now: datetime) -> bool:
    """Tell whether nobody is verified now, whatever they say."""
    tries = as_of(tries, now)
    assert tries.last_at, "it is now"
    paused = tries.locked_until is not None and tries.last_at < tries.locked_until
    return paused or tries.today >= TRIES_A_DAY


def wrong(tries: Tries, now: datetime, in_visit: int) -> Tries:
    """Return the tries with one more that was wrong, the ``in_visit``-th of its visit."""
    tries = as_of(tries, now)
    tries = replace(tries, today=tries.today + 1)
    if in_visit < TRIES_A_VISIT:
        return tries
    assert tries.last_at, "it is now"
    pause_s = min(max(SHORTEST_PAUSE_S, 2 * tries.pause_s), LONGEST_PAUSE_S)
    until = tries.last_at + timedelta(seconds=pause_s)
    return replace(tries, locked_until=until, pause_s=pause_s)


def right(before: Tries, now: datetime) -> Tries:
    """Return the tries as they are when the one after ``before`` was right."""
    return replace(as_of(before, now), locked_until=None, pause_s=0.0)


@dataclass(frozen=True, slots=True)
class Proof:
    """What a customer said, read as a postcode, and as the end of a phone number or ""."""

    postcode: str = field(repr=False)
    phone_end: str = field(repr=False)


def read_proof(said: str) -> Proof | None:
    """Read what a customer said; None when there is no code in it, and so no proof either.

    However much was said, it is one guess at each fact. Four digits may be the end of a phone
    number, and so may the last four of a whole one; five are a postcode's.
    """
    code = hear_digits(said)
    if not code:
        return None
    is_phone = code.isdigit() and (len(code) == _PHONE_END or len(code) >= _WHOLE_PHONE)
    return Proof(_folded(code), code[-_PHONE_END:] if is_phone else "")


def holds(proof: Proof, facts: ProofFacts | None) -> bool:
    """Tell whether the proof is one of the facts, in the same time for any facts and for none."""
    known = facts or _NOBODYS
    postcode = _folded(known.postcode)
    phone_end = "".join(filter(str.isdigit, _folded(known.phone_end)))[-_PHONE_END:]
    of_postcode = _same(proof.postcode, postcode, at_least=_SHORTEST_POSTCODE)
    of_phone = _same(proof.phone_end, phone_end, at_least=_PHONE_END)
    return (of_postcode | of_phone) & (facts is not None)


_NOBODYS: Final = ProofFacts(postcode="00000", phone_end="0000")


def _folded(code: str) -> str:
    """Return a code without case, spaces and signs; O and 0 are heard alike, and count alike."""
    plain = unicodedata.normalize("NFKC", code).upper().replace("O", "0")
    return "".join(char for char in plain if char.isalnum())


def _same(said: str, fact: str, *, at_least: int) -> bool:
    """Compare in constant time, by digests of one length; a fact too short to be one is none."""
    known = len(fact) >= at_least
    said_digest = hashlib.sha256(f"said {said}".encode()).digest()
    fact_digest = hashlib.sha256(f"said {fact}".encode() if known else b"unknown").digest()
    return hmac.compare_digest(said_digest, fact_digest)
