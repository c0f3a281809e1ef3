"""Tool calls: through the gateway, to the shop and back within the deadline.

Every call gets an answer, whatever happens to the store: an error, a bug or silence becomes
``unavailable``. Equal calls that arrive while the first is under way share its answer. A message
that may have been kept although its answer was late is still one message when it comes again.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from kiosk.core.live import ToolCall, ToolDeclaration, ToolResult
from kiosk.errors import ToolError
from kiosk.settings import Shop
from kiosk.shop.answers import (
    Answer,
    message_answer,
    not_saved,
    order_answer,
    policy_answer,
    unavailable,
)
from kiosk.shop.policy import Policy
from kiosk.shop.ports import MessageBook, OrderBook
from kiosk.shop.tools import TOOLS, AskOrder, AskPolicy, Gateway, Request, TakeMessage

_LETTING_GO_S: Final = 0.05
_log = logging.getLogger(__name__)


class _Visit:
    """What one customer asked so far."""

    def __init__(self, limits: Shop) -> None:
        self.gateway = Gateway(
            calls_per_turn=limits.calls_per_turn, calls_per_visit=limits.calls_per_visit
        )
        self.under_way: dict[Request, asyncio.Future[Answer]] = {}
        self.token = secrets.token_hex(8)


class Toolbox:
    """Answers the model's tool calls, one visit at a time."""

    def __init__(
        self,
        limits: Shop,
        book: OrderBook,
        policy: Policy,
        messages: MessageBook,
        wall_clock: Callable[[], datetime],
    ) -> None:
        """Make a toolbox; ``wall_clock`` tells the shop's local time."""
        self.messages = messages
        self._book = book
        self._policy = policy
        self._limits = limits
        self._wall_clock = wall_clock
        self._visit = _Visit(limits)

    @property
    def declarations(self) -> tuple[ToolDeclaration, ...]:
        """What the model is told of the tools."""
        return tuple(
            ToolDeclaration(tool.name, tool.description, tool.parameters) for tool in TOOLS
        )

    def begin_visit(self) -> None:
        """Forget the last customer: counts, answers and calls under way."""
        self._visit = _Visit(self._limits)

    async def answer(self, call: ToolCall, turn: int) -> ToolResult:
        """Answer a call of this visit's ``turn`` within the deadline. Never raises.

        Cancelling it gives the call up; an equal call that waits for it then makes its own.
        """
        visit = self._visit
        admitted = visit.gateway.admit(call.name, call.arguments, turn)
        if isinstance(admitted, Request):
            answer = await self._answer_once(visit, admitted)
        else:
            answer = admitted
        _log.info("tool call answered", extra=_journal_fields(call.name, answer))
        return ToolResult(call.call_id, call.name, answer)

    async def _answer_once(self, visit: _Visit, request: Request) -> Answer:
        while earlier := visit.under_way.get(request):
            await asyncio.wait([earlier])
            if not earlier.cancelled():
                return earlier.result()
        mine = asyncio.get_running_loop().create_future()
        visit.under_way[request] = mine
        try:
            answer = visit.gateway.settle(request, await self._within_deadline(visit, request))
            mine.set_result(answer)
        finally:
            del visit.under_way[request]
            visit.gateway.give_up(request)
            mine.cancel()  # neither does anything once there is an answer
        return answer

    async def _within_deadline(self, visit: _Visit, request: Request) -> Answer:
        """Ask the shop in a task of its own, whose outcome of any kind is then looked at."""
        asking = asyncio.get_running_loop().create_task(self._ask(visit, request))
        try:
            await asyncio.wait([asking], timeout=self._limits.deadline_s)
            if not asking.done():
                asking.cancel()
                await asyncio.wait([asking], timeout=_LETTING_GO_S)
                return _left_open(request, "too_slow")
        finally:
            asking.cancel()
        match None if asking.cancelled() else asking.exception():
            case None if asking.cancelled():
                return _left_open(request, "given_up")
            case None:
                return asking.result()
            case ToolError() as err:
                return unavailable(err.say, reason=err.reason, retryable=err.retryable)
            case err:
                # The text of a foreign exception may hold a customer's data.
                _log.error("tool call failed", extra={"KIOSK_ERROR": type(err).__name__})
                return _left_open(request, "failed")

    async def _ask(self, visit: _Visit, request: Request) -> Answer:
        today = self._wall_clock().date()
        match request:
            case AskOrder(order_id):
                return order_answer(order_id, await self._book.find(order_id), today)
            case AskPolicy(question):
                return policy_answer(self._policy.search(question, today), self._policy.version)
            case TakeMessage(text):
                return message_answer(await self.messages.take(text, visit.token))


def _left_open(request: Request, reason: str) -> Answer:
    return not_saved(reason) if isinstance(request, TakeMessage) else unavailable(reason=reason)


def _journal_fields(name: str, answer: Answer) -> Mapping[str, Any]:
    declared = name in {tool.name for tool in TOOLS}
    fields = {
        "KIOSK_TOOL": name if declared else "undeclared",  # a model's word may be personal data
        "KIOSK_STATUS": answer["status"],
    }
    return fields | ({"KIOSK_CLAUSE": answer["clause"]} if "clause" in answer else {})
