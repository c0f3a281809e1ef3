"""Tool calls on their way: each runs beside the conversation and its answer goes up the link.

A call that was withdrawn, or that belongs to an earlier turn or connection, is not answered:
its result is ``withdrawn``.
"""

import asyncio
from collections.abc import Callable, Sequence

from kiosk.core.live import ToolCall, ToolResult
from kiosk.runtime.stream import Stream
from kiosk.runtime.toolbox import Toolbox


class Errands:
    """Runs tool calls; the one place besides the daemon that starts tasks."""

    def __init__(self, toolbox: Toolbox, stream: Stream) -> None:
        self.turn = 0
        self.on_result: Callable[[ToolResult], None] = lambda _: None
        self._toolbox = toolbox
        self._stream = stream
        self._group: asyncio.TaskGroup | None = None
        self._running: dict[asyncio.Task[None], str] = {}

    async def serve(self) -> None:
        """Own the calls until cancelled."""
        async with asyncio.TaskGroup() as self._group:
            await asyncio.Event().wait()

    def begin_visit(self) -> None:
        """Forget the last customer's calls."""
        self.turn = 0
        self._toolbox.begin_visit()

    def run(self, call: ToolCall) -> None:
        """Start a call."""
        assert self._group is not None, "calls come only while served"
        task = self._group.create_task(self._answer(call, self.turn))
        self._running[task] = call.call_id
        task.add_done_callback(self._running.pop)

    def withdraw(self, call_ids: Sequence[str]) -> None:
        """Give up the calls that the service cancelled."""
        for task, call_id in self._running.items():
            if call_id in call_ids:
                task.cancel()

    def drop(self) -> None:
        """Give up every call under way: nobody waits for the answers."""
        for task in self._running:
            task.cancel()

    async def _answer(self, call: ToolCall, turn: int) -> None:
        now = asyncio.get_running_loop().time
        started = now()
        known = call.name in {tool.name for tool in self._toolbox.declarations}
        name = call.name if known else "undeclared"  # a model's own word may be personal
        self._stream.report("tool_call", {"name": name})
        status = "withdrawn"
        try:
            result = await self._toolbox.answer(call, turn)
            status = result.response["status"]
            self.on_result(result)
        finally:
            fields = {"name": name, "status": status, "ms": round((now() - started) * 1000)}
            self._stream.report("tool_result", fields)
