"""An event loop on which waiting takes a small part of the time, with real sockets and threads.

While the loop waits, its clock runs ``RATE`` times faster than a real one; while a thread works
for it, as fast; and while it works itself, the clock counts the processor time of that. A wait
that ends without an event takes exactly as long as was asked for. So timers fire in their order
and when they should, and a busy machine makes a test slower and not different. What the kernel
measures by itself, such as the age of an acknowledgement, is not hurried.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, Final, TypeVar, TypeVarTuple

from kiosk.adapters.event_loop import KioskLoop

RATE: Final = 25.0

T = TypeVar("T")
Args = TypeVarTuple("Args")


class _Hurried(selectors.SelectSelector):  # one that waits for microseconds, not milliseconds
    def __init__(self, rate: float) -> None:
        super().__init__()
        self.threads = 0
        self._rate = rate
        self._waited_s = 0.0

    def now(self) -> float:
        return time.thread_time() + self._waited_s

    def select(self, timeout: float | None = None) -> Any:
        if timeout is not None and timeout <= 0:
            return super().select(timeout)
        rate = 1.0 if self.threads else self._rate
        began = time.perf_counter()
        found = super().select(None if timeout is None else timeout / rate)
        passed_s = (time.perf_counter() - began) * rate
        if timeout is not None:
            passed_s = min(timeout, passed_s) if found else timeout
        self._waited_s += passed_s
        return found


class HurriedLoop(KioskLoop):
    """``loop.time()`` runs faster while nothing is to be done."""

    def __init__(self, rate: float = RATE) -> None:
        self._hurried = _Hurried(rate)
        super().__init__(self._hurried)

    def time(self) -> float:
        return self._hurried.now()

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Args], T], *args: *Args
    ) -> asyncio.Future[T]:
        working = super().run_in_executor(executor, func, *args)
        self._hurried.threads += 1
        working.add_done_callback(self._thread_done)
        return working

    def _thread_done(self, _: object) -> None:
        self._hurried.threads -= 1


def run_hurried(scenario: Coroutine[Any, Any, T], rate: float = RATE) -> T:
    """Run a scenario in a hurry and fail when it leaves a task behind."""
    with asyncio.Runner(loop_factory=lambda: HurriedLoop(rate)) as runner:

        async def checked() -> T:
            result = await scenario
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert not left, f"tasks left behind: {left}"
            return result

        return runner.run(checked())
