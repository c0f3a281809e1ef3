"""The counter: what is done about a request, once it was let in.

Nothing of an order but its status is looked up before the customer has shown that it is theirs,
and nothing is changed before they have said yes to it (``changes``).
"""

from collections.abc import Callable
from datetime import date

from kiosk.core.events import Event, StaffCalled
from kiosk.errors import ToolError
from kiosk.runtime.tools.changes import Changes
from kiosk.runtime.tools.deadline import LeftOpen, within
from kiosk.runtime.tools.line import ShopLine
from kiosk.runtime.tools.proving import Prover
from kiosk.runtime.tools.visit import Visit
from kiosk.settings import Shop
from kiosk.shop.answers import (
    Answer,
    message_answer,
    needs_proof,
    not_saved,
    not_verified,
    order_answer,
    policy_answer,
    staff_called,
    unavailable,
    verified,
)
from kiosk.shop.goods import category_of
from kiosk.shop.order_answers import items_answer, return_answer
from kiosk.shop.policy import Policy
from kiosk.shop.ports import MessageBook
from kiosk.shop.requests import (
    AskItems,
    AskOrder,
    AskPolicy,
    AskStore,
    CallStaff,
    CancelOrder,
    CheckReturn,
    FindProduct,
    OfOrder,
    Request,
    StartReturn,
    TakeMessage,
    Verify,
)
from kiosk.shop.store_answers import products_answer, store_answer


class Counter:
    """Serves requests: from ShopMax, from the policy, from the message book."""

    def __init__(
        self,
        limits: Shop,
        policy: Policy,
        messages: MessageBook,
        line: ShopLine,
        prover: Prover,
        changes: Changes,
        today: Callable[[], date],
        tell: Callable[[Event], None],
    ) -> None:
        """Open the counter; ``tell`` hears what is news for the rest of the kiosk."""
        self._limits, self._policy, self._messages = limits, policy, messages
        self._line, self._prover, self._changes = line, prover, changes
        self._today, self._tell = today, tell

    def needs_proof(self, request: Request) -> bool:
        """Tell whether a request is answered only to the customer whose order it is."""
        match request:
            case Verify():
                return False
            case AskOrder():
                return self._limits.status_needs_proof
            case _:
                return isinstance(request, OfOrder)

    async def serve(self, visit: Visit, request: Request, turn: int, deadline: float) -> Answer:
        """Answer a request. Raises ToolError for nothing but a bug of its own."""
        try:
            return await self._serve(visit, request, turn, deadline)
        except LeftOpen as err:
            if isinstance(request, TakeMessage):
                return not_saved(err.reason)
            return unavailable(reason=err.reason)
        except ToolError as err:
            return unavailable(err.say, reason=err.reason, retryable=err.retryable)

    async def _serve(self, visit: Visit, request: Request, turn: int, deadline: float) -> Answer:
        today = self._today()
        match request:
            case Verify() | AskOrder() | AskItems() | CheckReturn() | StartReturn() | CancelOrder():
                return await self._of_order(visit, request, turn, deadline)
            case AskPolicy(question):
                clause = self._policy.search(question, today, self._limits.store)
                return policy_answer(clause, self._policy.version)
            case AskStore(about, day):
                store = self._policy.store(self._limits.store)
                return store_answer(store, about, day, today)
            case FindProduct(product):
                kind = category_of(product)
                if kind is None:
                    return products_answer(None, ())
                found = await self._line.read(lambda shop: shop.find_products(kind), deadline)
                return products_answer(kind, found)
            case TakeMessage(text):
                reference = await within(self._messages.take(text, visit.token), deadline)
                return message_answer(reference)
            case CallStaff():
                self._tell(StaffCalled())
                return staff_called()

    async def _of_order(self, visit: Visit, request: OfOrder, turn: int, deadline: float) -> Answer:
        proved = visit.trust.proved
        if isinstance(request, Verify):
            return await self._verify(visit, request, deadline)
        if self.needs_proof(request) and request.order_id not in proved:
            return needs_proof(request.order_id)
        if isinstance(request, StartReturn | CancelOrder):
            return await self._changes.make(visit, request, turn, deadline)
        order = await self._line.order(request.order_id, deadline)
        if order is None or isinstance(request, AskOrder):
            return order_answer(request.order_id, order, self._today())
        if isinstance(request, AskItems):
            return items_answer(request.order_id, order)
        return return_answer(self._changes.verdict(request, order), order, self._today())

    async def _verify(self, visit: Visit, request: Verify, deadline: float) -> Answer:
        proved = visit.trust.proved  # of the customer who asked, whoever stands there afterwards
        if request.order_id not in proved:
            if not await self._prover.holds(request, visit.tries, deadline):
                return not_verified()
            proved.add(request.order_id)
        return verified(request.order_id)
