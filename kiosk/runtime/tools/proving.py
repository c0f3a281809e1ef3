"""Proof that an order is the customer's own, tried so that no way of cutting it short helps.

Unknown orders, wrong facts and locks take the same steps: the tries are read, the order is
looked up, the tries are written down, and only then is anything compared. Tries are evaluated
one after the other, whoever makes them.
"""

import asyncio
import math
from collections.abc import Callable
from datetime import datetime
from typing import Final

from kiosk.runtime.tools.deadline import LeftOpen, within
from kiosk.runtime.tools.line import ShopLine
from kiosk.shop.identity import (
    TRIES_A_VISIT,
    Tries,
    as_of,
    holds,
    locked,
    reckon,
    right,
    wrong,
)
from kiosk.shop.ports import TryBook
from kiosk.shop.requests import Verify

SLOT_S: Final = 0.5
"""Every answer to a proof takes a whole number of these."""


class TriesOfVisit:
    """How often one customer has failed to prove that an order is theirs."""

    def __init__(self) -> None:
        self.count = 0

    @property
    def spent(self) -> bool:
        """Whether no more are looked at in this visit."""
        return self.count >= TRIES_A_VISIT


class Prover:
    """Tries proofs against orders, and keeps the tries."""

    def __init__(self, line: ShopLine, tries: TryBook, wall_clock: Callable[[], datetime]) -> None:
        self._line, self._tries, self._wall_clock = line, tries, wall_clock
        self._begun: tuple[datetime, Tries, float] | None = None
        self._turnstile = asyncio.Lock()

    async def holds(self, request: Verify, visit: TriesOfVisit, deadline: float) -> bool:
        """Tell whether the proof holds. Raises ToolError: then nobody learned anything."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._turnstile.acquire()
        except TimeoutError as err:
            raise LeftOpen("too_slow") from err
        try:
            return await self._evaluate(request, visit, deadline)
        finally:
            self._turnstile.release()

    async def _evaluate(self, request: Verify, visit: TriesOfVisit, deadline: float) -> bool:
        kept = await within(self._tries.load(), deadline)
        order = await self._line.order(request.order_id, deadline)
        now = self._now(kept)
        shut = visit.spent or locked(kept, now)
        counted = as_of(kept, now) if shut else wrong(kept, now, visit.count + 1)
        await within(self._tries.keep(counted), deadline)
        visit.count += 1
        facts = order.proof if order and not shut else None
        if not holds(request.proof, facts):
            return False
        visit.count -= 1
        await within(self._tries.keep(right(kept, now)), deadline)
        return True

    def _now(self, kept: Tries) -> datetime:
        running_s = asyncio.get_running_loop().time()
        if self._begun is None:
            self._begun = self._wall_clock(), kept, running_s
        first, found, since_s = self._begun
        return reckon(first, found, running_s - since_s)


async def to_whole_slots(since: float) -> None:
    """Wait until a whole number of slots has passed since then (loop time), at least one."""
    now = asyncio.get_running_loop().time
    slots = max(1, math.ceil((now() - since) / SLOT_S))
    await asyncio.sleep(since + slots * SLOT_S - now())
