"""The local Live service with a stop-watch on its event loop.

Run as a process of its own: prints the service's one line when it is ready and, when it is
told to end by SIGTERM, one more with how long the loop was busy at a stretch: the longest
anybody else had to wait. ``select`` is where a loop is not busy.
"""

import asyncio
import json
import selectors
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from kiosk.local_live.house import ServeOptions
from kiosk.local_live.server import serve

KEPT = 50


class _StopWatch(selectors.DefaultSelector):
    """A selector that notes the longest stretches between two calls of it, in ms."""

    def __init__(self) -> None:
        super().__init__()
        self.stretches: list[tuple[float, float]] = []  # of wall time, and of our own work in it
        self.running = False
        self._returned = (0.0, 0.0)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.running:
            wall, work = _now()
            self.stretches.append((wall - self._returned[0], work - self._returned[1]))
            if len(self.stretches) >= 2 * KEPT:
                self.stretches = sorted(self.stretches, reverse=True)[:KEPT]
        ready = super().select(timeout)
        self._returned = _now()
        return ready


def _now() -> tuple[float, float]:
    return time.perf_counter() * 1e3, time.thread_time() * 1e3


async def _serve(state: Path, watch: _StopWatch) -> None:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)

    def announce(ready: dict[str, str]) -> None:
        _say(ready)
        watch.running = True

    with suppress(asyncio.CancelledError):
        await serve(ServeOptions(state_dir=state), announce)
    watch.running = False


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until told to end."""
    watch = _StopWatch()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(watch)) as runner:
        runner.run(_serve(Path(sys.argv[1]), watch))
    longest = sorted(watch.stretches, reverse=True)
    _say({"wall_ms": [wall for wall, _ in longest], "work_ms": [work for _, work in longest]})


if __name__ == "__main__":
    main()
