"""The change gate: proof before, a read-back, the customer's own yes, and then once.

A change is written into the ledger before it is made, and is never made again by itself: when
nobody knows what became of it, its key makes the next one the same.
"""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Final

from kiosk.errors import ToolError
from kiosk.runtime.tools.bookkeeping import Bookkeeper
from kiosk.runtime.tools.line import RESTING, TURNED_AWAY, ShopLine
from kiosk.runtime.tools.visit import Visit
from kiosk.shop.answers import Answer, order_answer, refused, unavailable
from kiosk.shop.consent import Deed, Wanted
from kiosk.shop.order_answers import (
    cannot_cancel,
    confirm_cancel,
    confirm_return,
    order_cancelled,
    return_answer,
    return_started,
)
from kiosk.shop.orders import Order, may_cancel
from kiosk.shop.requests import CancelOrder, Change, StartReturn
from kiosk.shop.returns import Verdict, check_return

YES_WITHIN_S: Final = 1.0
"""The model may call before the customer's own words have arrived: so long they are waited for."""
_UNCHANGED: Final = "All right, I haven't changed anything."
_UNHEARD: Final = "I didn't hear a clear yes, so I haven't changed anything."
_NOT_NOW: Final = "I can't do that just now. A colleague can help you."
_UNSURE: Final = "I'm sorry, I can't be sure whether that was done. Please ask a colleague."


class Changes:
    """Makes changes that the customer agreed to."""

    def __init__(
        self, line: ShopLine, books: Bookkeeper, today: Callable[[], date], return_days: int
    ) -> None:
        """Make a gate; ``return_days`` are the policy's."""
        self._line, self._books, self._today = line, books, today
        self._return_days = return_days

    async def make(self, visit: Visit, request: Change, turn: int, deadline: float) -> Answer:
        """Read the change back, or make it. Raises ToolError: then nothing was done."""
        order = await self._line.order(request.order_id, deadline)
        if order is None:
            return order_answer(request.order_id, None, self._today())
        verdict = self._verdict(request, order)
        if denial := self._denial(verdict, order):
            return denial
        wanted = _wanted(request, verdict)
        consent = visit.trust.consent
        if not consent.waits_for(wanted, turn):
            consent.offer(wanted, turn)
            return confirm_return(verdict, order) if verdict else confirm_cancel(order)
        by = min(deadline, asyncio.get_running_loop().time() + YES_WITHIN_S)
        said = await visit.words.whole(by)
        if visit.turn != turn or visit.trust.consent is not consent:
            said = ""  # the customer has moved on, or is no longer known
        if not consent.agree(wanted, said):
            return refused(_UNCHANGED if said else _UNHEARD, "no yes from the customer")
        return await self._do(visit, wanted, verdict, order, deadline)

    def _verdict(self, request: Change, order: Order) -> Verdict | None:
        """Return what the rule says of a return; None for what is none."""
        match request:
            case StartReturn(_, item, unused, original_packaging):
                return check_return(
                    order,
                    item=item,
                    unused=unused,
                    original_packaging=original_packaging,
                    today=self._today(),
                    days=self._return_days,
                )
            case CancelOrder():
                return None

    def _denial(self, verdict: Verdict | None, order: Order) -> Answer | None:
        if verdict is None:
            return None if may_cancel(order) else cannot_cancel(order, self._today())
        if verdict.allowed:
            return None
        return return_answer(verdict, order, self._today(), start=True)

    async def _do(
        self, visit: Visit, wanted: Wanted, verdict: Verdict | None, order: Order, deadline: float
    ) -> Answer:
        key = visit.keys[wanted.deed] = wanted.key(visit.token)
        clause = verdict.clause if verdict else ""
        await self._books.begin(visit.token, wanted.deed, clause, key)
        try:
            if verdict is None:
                await self._line.change(lambda shop: shop.cancel(order.order_id, key), deadline)
                done = order_cancelled(order)
            else:
                line = wanted.line
                started = await self._line.change(
                    lambda shop: shop.start_return(order.order_id, line, key), deadline
                )
                done = return_started(verdict, order, started)
        except ToolError as err:
            visit.gateway.forget(order.order_id)  # the order is not what it was taken for
            match err.reason:
                case "too_late" | "already":
                    return refused(err.say, err.reason)
                case "not_found":
                    return order_answer(order.order_id, None, self._today())
                case reason if reason == RESTING:
                    raise
                case reason if reason in TURNED_AWAY:
                    return unavailable(_NOT_NOW, reason=reason, retryable=err.retryable)
                case reason:
                    return unavailable(_UNSURE, reason=reason)
        visit.trust.consent.withdraw()
        return done


def _wanted(request: Change, verdict: Verdict | None) -> Wanted:
    match request:
        case StartReturn(order_id, _, unused, original_packaging):
            line = verdict.line if verdict else 0
            return Wanted(Deed.START_RETURN, order_id, line, unused, original_packaging)
        case CancelOrder(order_id):
            return Wanted(Deed.CANCEL_ORDER, order_id)
