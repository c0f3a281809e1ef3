"""Tool calls: through the gateway, to the counter and back within the deadline.

Every call gets an answer, whatever happens to the store: an error, a bug or silence becomes
``unavailable``. Equal calls that arrive while the first is under way share its answer. A message
that may have been kept although its answer was late is still one message when it comes again.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from kiosk.core.events import Event, PolicyExpired, StaffCalled, TriesSpent
from kiosk.core.live import ToolCall, ToolDeclaration, ToolResult
from kiosk.errors import ToolError
from kiosk.runtime.tools.bookkeeping import Bookkeeper
from kiosk.runtime.tools.changes import Changes
from kiosk.runtime.tools.counter import Counter
from kiosk.runtime.tools.deadline import within
from kiosk.runtime.tools.line import ShopLine
from kiosk.runtime.tools.proving import SLOT_S, Prover, to_whole_slots
from kiosk.runtime.tools.visit import Visit
from kiosk.settings import Shop
from kiosk.shop.answers import Answer, AnswerStatus, fit, needs_proof, unavailable
from kiosk.shop.policy import Policy
from kiosk.shop.ports import Ledger, MessageBook, ShopBackend, TryBook
from kiosk.shop.requests import OfOrder, Request, Verify
from kiosk.shop.tools import BAD_NUMBER, declared

_SLACK_S: Final = 0.2
"""What the counter may need beyond the deadline to let go of what it waits for."""
MOST_REFUSED: Final = 200
"""Calls of a visit that are refused and written down: a model that runs wild must not push
what others did out of the ledger."""
_log = logging.getLogger(__name__)


class Toolbox:
    """Answers the model's tool calls, one visit at a time."""

    def __init__(
        self,
        limits: Shop,
        backend: ShopBackend,
        policy: Policy,
        messages: MessageBook,
        *,
        tries: TryBook,
        ledger: Ledger,
        wall_clock: Callable[[], datetime],
        on_fact: Callable[[Event], None] = lambda _: None,
    ) -> None:
        """Make a toolbox; ``wall_clock`` tells the shop's local time.

        ``on_fact`` hears what is news for the rest of the kiosk; it may be set later.
        """
        self.messages = messages
        self.on_fact = on_fact
        self._limits = limits
        self._policy = policy
        self._wall_clock = wall_clock
        self._books = Bookkeeper(ledger, wall_clock)
        self._line = ShopLine(backend, self._tell)
        self._counter = Counter(
            limits,
            policy,
            messages,
            self._line,
            Prover(self._line, tries, wall_clock),
            Changes(self._line, self._books, self._today, policy.return_days),
            self._today,
            self._tell,
        )
        self._visit = Visit(limits)
        self._declared = declared(allow_changes=limits.allow_changes)
        self._names = frozenset(tool.name for tool in self._declared)

    @property
    def declarations(self) -> tuple[ToolDeclaration, ...]:
        """What the model is told of the tools."""
        return tuple(
            ToolDeclaration(tool.name, tool.description, tool.parameters) for tool in self._declared
        )

    def name_to_tell(self, call: ToolCall) -> str:
        """Return the tool's name as events, journal and ledger may have it.

        A word of the model's own is none of the names, and may be personal data.
        """
        return call.name if call.name in self._names else "undeclared"

    # The visit, and what is said in it

    def begin_visit(self) -> None:
        """Forget the last customer: counts, answers, proof and calls under way."""
        self._visit = Visit(self._limits)

    def begin_turn(self, turn: int) -> None:
        """Begin a turn of this visit: nothing has been said in it yet."""
        self._visit.begin_turn(turn)

    def heard(self, piece: str, *, final: bool = False) -> None:
        """Take more of what the customer says in this turn; ``final``: that is all of it."""
        self._visit.words.heard(piece, final=final)

    def said(self, piece: str) -> None:
        """Take more of what the kiosk says in this turn."""
        self._visit.words.kiosk += piece

    def forget_proof(self) -> None:
        """Forget whose orders these are: nobody knows any more who stands there."""
        self._visit.forget_proof()

    # Calls

    async def answer(self, call: ToolCall, turn: int) -> ToolResult:
        """Answer a call of this visit's ``turn`` within the deadline. Never raises.

        Cancelling it gives the call up; an equal call that waits for it then makes its own.
        """
        visit = self._visit
        since = asyncio.get_running_loop().time()
        if turn > visit.turn:
            visit.begin_turn(turn)
        admitted = visit.gateway.admit(call.name, call.arguments, turn)
        if isinstance(admitted, Request):
            answer = await self._answer_once(visit, admitted, turn, since)
        else:
            answer = admitted
        answer = self._miss(visit, answer, turn)
        if isinstance(admitted, Request) or self._is_worth_a_line(visit):
            await self._write_down(visit, self.name_to_tell(call), answer)
        if isinstance(admitted, Verify):
            await to_whole_slots(since)
        if visit.tries.spent and not visit.tries_told and visit is self._visit:
            visit.tries_told = True
            self._tell(TriesSpent())
        return ToolResult(call.call_id, call.name, answer)

    async def watch(self) -> None:
        """Tell until cancelled whether ShopMax is there, and the policy out of date."""
        expired = False
        while True:
            if self._policy.expired(self._today()) is not expired:
                expired = not expired
                self._tell(PolicyExpired(expired))
            pause_s = await self._line.look(self._limits.deadline_s)
            await asyncio.sleep(pause_s)

    async def _answer_once(self, visit: Visit, request: Request, turn: int, since: float) -> Answer:
        trust = visit.trust
        while earlier := trust.under_way.get(request):
            await asyncio.wait([earlier])
            if not earlier.cancelled():
                return earlier.result()
        mine = asyncio.get_running_loop().create_future()
        trust.under_way[request] = mine
        try:
            given = await self._serve(visit, request, turn, since)
            if visit.trust is trust:
                answer = visit.gateway.settle(request, given)
            elif isinstance(request, OfOrder) and self._counter.needs_proof(request):
                answer = needs_proof(request.order_id)  # it was another customer who may know
            else:
                answer = fit(given)
            mine.set_result(answer)
        finally:
            del trust.under_way[request]
            if visit.trust is trust:
                visit.gateway.give_up(request)
            mine.cancel()  # does nothing once there is an answer
        return answer

    async def _serve(self, visit: Visit, request: Request, turn: int, since: float) -> Answer:
        deadline = since + self._limits.deadline_s
        if isinstance(request, Verify):
            deadline -= SLOT_S / 4  # its answer goes out on the slot
        serving = self._counter.serve(visit, request, turn, deadline)
        try:
            return await within(serving, deadline + _SLACK_S)
        except ToolError as err:
            return unavailable(reason=err.reason)

    def _miss(self, visit: Visit, answer: Answer, turn: int) -> Answer:
        """Help a customer whose order number will not do again and again."""
        if answer["status"] == AnswerStatus.OK and "order_status" in answer:
            visit.misses.found()
        unknown = answer["status"] == AnswerStatus.NOT_FOUND and "order_id" in answer
        if not unknown and answer.get("problem") != BAD_NUMBER:
            return answer
        if visit.misses.missed(turn):
            self._tell(StaffCalled())
        return visit.misses.reworded(answer)

    def _is_worth_a_line(self, visit: Visit) -> bool:
        """Tell whether one more call that was never made is written down, too."""
        visit.refused += 1
        if visit.refused == MOST_REFUSED + 1:
            _log.warning("more refused calls of this visit are not written down")
        return visit.refused <= MOST_REFUSED

    async def _write_down(self, visit: Visit, tool: str, answer: Answer) -> None:
        """Note a call in the journal and in the ledger."""
        status, clause = str(answer["status"]), str(answer.get("clause", ""))
        fields: Mapping[str, Any] = {"KIOSK_TOOL": tool, "KIOSK_STATUS": status}
        if clause:
            fields = {**fields, "KIOSK_CLAUSE": clause}
        _log.info("tool call answered", extra=fields)
        await self._books.note(visit.token, tool, status, clause, visit.keys.pop(tool, ""))

    def _today(self) -> date:
        return self._wall_clock().date()

    def _tell(self, event: Event) -> None:
        self.on_fact(event)
