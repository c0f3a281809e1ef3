"""Tool calls on their way: each runs beside the conversation and its answer goes up the link.

A call that was withdrawn, or that belongs to an earlier turn, is given up: its result is
``withdrawn``. A call whose connection is lost goes on. When the handle that the session is
resumed from was issued after the call, the resumed session waits for that very answer, and gets
it; otherwise the question is put again, the model calls again, and the toolbox answers the
equal call from what it remembers: nothing is lost, and nothing is done twice.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kiosk.core.live import ToolCall, ToolResult
from kiosk.runtime.stream import Stream
from kiosk.runtime.tools.toolbox import Toolbox
from kiosk.shop.answers import Answer


@dataclass(slots=True, eq=False)
class _Errand:
    """A call, from its arrival until a handle knows its answer."""

    known: bool = False
    """The newest handle was issued after it: a resumed session waits for its answer."""
    here: bool = True
    """Its connection stands, or one that goes on from such a handle."""
    result: ToolResult | None = None
    sent: bool = False


class Errands:
    """Runs tool calls, each as a task of its own, and keeps what is still to be told."""

    def __init__(self, toolbox: Toolbox, stream: Stream) -> None:
        self.turn = 0
        self.done: list[tuple[str, str]] = []
        """Name and status of every call of this visit that was answered."""
        self.answers: list[tuple[str, Answer]] = []
        """The same calls with all that was answered, which is personal data."""
        self.on_result: Callable[[ToolResult], None] = lambda _: None
        self._toolbox = toolbox
        self._stream = stream
        self._group: asyncio.TaskGroup | None = None
        self._running: dict[asyncio.Task[None], str] = {}
        self._outbox: dict[str, _Errand] = {}

    async def serve(self) -> None:
        """Own the calls until cancelled."""
        async with asyncio.TaskGroup() as self._group:
            await asyncio.Event().wait()

    def forget(self) -> None:
        """Forget a customer, their calls and what was answered."""
        self.turn = 0
        self.done = []
        self.answers = []
        self.drop()
        self._toolbox.begin_visit()

    def begin_turn(self, turn: int, said: str) -> None:
        """Begin a turn; ``said`` is what the customer has heard of the reply before it."""
        self.turn = turn
        self._toolbox.said(said)
        self._toolbox.begin_turn(turn)

    def heard(self, piece: str, *, final: bool) -> None:
        """Take more of what the customer says in this turn."""
        self._toolbox.heard(piece, final=final)

    def run(self, call: ToolCall) -> None:
        """Start a call."""
        assert self._group is not None, "calls come only while served"
        errand = self._outbox[call.call_id] = _Errand()
        task = self._group.create_task(self._answer(call, errand, self.turn))
        self._running[task] = call.call_id
        task.add_done_callback(self._running.pop)

    def withdraw(self, call_ids: Sequence[str]) -> None:
        """Give up the calls that the service cancelled."""
        for call_id in call_ids:
            self._outbox.pop(call_id, None)
        for task, call_id in self._running.items():
            if call_id in call_ids:
                task.cancel()

    def drop(self) -> None:
        """Give up every call under way: nobody waits for the answers."""
        self._outbox.clear()
        for task in self._running:
            task.cancel()

    # What becomes of the answers when connections come and go

    def sent(self, call_id: str) -> None:
        """Note that an answer was handed to the connection."""
        if errand := self._outbox.get(call_id):
            errand.sent = True

    def handle_issued(self) -> None:
        """Note that a session resumed from now on knows every call so far and every answer sent."""
        self._outbox = {key: each for key, each in self._outbox.items() if not each.sent}
        for errand in self._outbox.values():
            errand.known = True

    def cut(self) -> None:
        """Note that the connection is gone."""
        self._outbox = {key: each for key, each in self._outbox.items() if each.known}
        for errand in self._outbox.values():
            errand.here = errand.sent = False
        self._toolbox.heard(" ")  # their words may come again

    def attached(self, *, resumed: bool) -> None:
        """Note that there is a connection again; bring it the answers that it waits for."""
        if not resumed:
            self._outbox.clear()
            self._toolbox.forget_proof()  # nobody knows who stands there by now
        for errand in self._outbox.values():
            errand.here = True
            if errand.result is not None:
                self.on_result(errand.result)

    async def _answer(self, call: ToolCall, errand: _Errand, turn: int) -> None:
        now = asyncio.get_running_loop().time
        started = now()
        name = self._toolbox.name_to_tell(call)
        self._stream.report("tool_call", {"name": name})
        status = "withdrawn"
        try:
            result = await self._toolbox.answer(call, turn)
            status = result.response["status"]
            self.done.append((name, status))
            self.answers.append((name, result.response))
            errand.result = result
            if errand.here and self._outbox.get(call.call_id) is errand:
                self.on_result(result)
        finally:
            fields = {"name": name, "status": status, "ms": round((now() - started) * 1000)}
            self._stream.report("tool_result", fields)
