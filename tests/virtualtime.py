"""An event loop whose clock jumps to the next timer as soon as all tasks wait.

Never with threads or sockets: the clock would jump while they work.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Autojump(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout:  # nothing is ready: skip the wait, keep the instant
            self.now += timeout
            timeout = 0
        return super().select(timeout)


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """``loop.time()`` starts at 0 and only ever waits in name."""

    def __init__(self) -> None:
        self._autojump = _Autojump()
        super().__init__(self._autojump)

    def time(self) -> float:
        return self._autojump.now


def run_virtual(scenario: Coroutine[Any, Any, T]) -> T:
    """Run a scenario on virtual time and fail when it leaves a task behind."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:

        async def checked() -> T:
            result = await scenario
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert not left, f"tasks left behind: {left}"
            return result

        return runner.run(checked())
