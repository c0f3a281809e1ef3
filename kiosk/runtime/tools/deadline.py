"""Waiting for the outside no longer than a customer can.

What is waited for runs in a task of its own, whose outcome of any kind is then looked at: an
error, a bug or silence becomes a ToolError, and nothing that cannot be stopped holds anybody up.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from kiosk.errors import ToolError

_LETTING_GO_S: Final = 0.05
_log = logging.getLogger(__name__)
T = TypeVar("T")


class LeftOpen(ToolError):
    """Nobody knows what became of it: it was too slow, broke, or gave itself up."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, "I can't do that just now.", retryable=True)


async def within(work: Coroutine[Any, Any, T], deadline: float) -> T:
    """Return what the work gives by the ``deadline`` (loop time). Raises ToolError, no other.

    Cancelling it cancels the work.
    """
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    task.add_done_callback(_look)
    try:
        await asyncio.wait([task], timeout=max(0.0, deadline - loop.time()))
        if not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=_LETTING_GO_S)
            raise LeftOpen("too_slow")
    finally:
        task.cancel()
    if task.cancelled():
        raise LeftOpen("given_up")
    match task.exception():
        case None:
            return task.result()
        case ToolError() as err:
            raise err
        case err:
            # The text of a foreign exception may hold a customer's data.
            _log.error("tool call failed", extra={"KIOSK_ERROR": type(err).__name__})
            raise LeftOpen("failed")


def _look(task: asyncio.Task[Any]) -> None:
    """Look at the outcome of what nobody waits for any more."""
    if not task.cancelled():
        task.exception()
