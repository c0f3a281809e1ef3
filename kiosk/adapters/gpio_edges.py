"""A pin whose edges the kernel tells, through libgpiod.

For as long as it watches a line, lgpio asks the kernel for edges 2,000 times a second: half of
all that a waiting kiosk costs. Here a thread sleeps until there is one. Only a watched line is
libgpiod's; lgpio has all others, this one until it is watched, and again when it is only read.
Import this after ``gpio_chips.import_lgpio``.
"""

import errno
import os
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Lock, Thread, current_thread
from typing import Final

import gpiod
import lgpio
from gpiod.line import Bias, Clock, Direction, Edge, Value
from gpiozero import PinInvalidBounce
from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin
from gpiozero.pins.pi import PinInfo

_CONSUMER: Final = "kiosk"
_BIASES: Final = {"up": Bias.PULL_UP, "down": Bias.PULL_DOWN, "floating": Bias.DISABLED}
_EDGES: Final = {"both": Edge.BOTH, "rising": Edge.RISING, "falling": Edge.FALLING}


class _Watch:
    """A requested line, and the thread that waits for its edges: no longer than until ``close``."""

    def __init__(
        self,
        request: gpiod.LineRequest,
        line: int,
        tell: Callable[[float, int], None],
        lose: Callable[[Exception], None],
    ) -> None:
        self._request = request
        self._line = line
        self._tell = tell
        self._lose = lose
        self._lock = Lock()  # one call at a time is what a request allows
        self._closed = False
        self._wake = os.eventfd(0)
        self._thread = Thread(target=self._wait, name=f"edges of GPIO {line}", daemon=True)
        self._thread.start()

    def high(self) -> bool:
        """Return the line's level, without its bouncing."""
        with self._lock:
            return self._request.get_value(self._line) is Value.ACTIVE

    def close(self) -> None:
        """Give the line back; the thread is gone then, unless it is this one."""
        self._closed = True
        os.eventfd_write(self._wake, 1)
        if self._thread is not current_thread():
            self._thread.join()
        self._request.release()
        os.close(self._wake)

    def _wait(self) -> None:
        try:
            self._follow()
        except Exception as err:  # noqa: BLE001  # whatever ends this thread ends the button
            self._lose(err)

    def _follow(self) -> None:
        waiting = select.poll()
        for descriptor in (self._wake, self._request.fd):
            waiting.register(descriptor, select.POLLIN)
        while not self._closed:
            if self._wake in dict(waiting.poll()):
                return
            with self._lock:
                events = self._request.read_edge_events()
            for event in events:
                high = event.event_type is event.Type.RISING_EDGE
                self._tell(event.timestamp_ns / 1e9, int(high))


class EdgePin(LGPIOPin):  # type: ignore[misc]  # the library has no types
    """lgpio's pin in all but how edges are waited for.

    An edge is dated by the kernel, on the monotonic clock, when the line has settled: with a
    bounce time that long after it last moved, and a few ms more, as the kernel's timer ticks.
    """

    when_changed: Callable[[float, int], None] | None  # the library's own property
    when_lost: Callable[[Exception], None] | None = None
    """Called, on the watching thread, when no edge will be told any more."""

    def __init__(self, factory: LGPIOFactory, info: PinInfo) -> None:
        self._watch: _Watch | None = None
        self._lent = False  # given back by lgpio
        self._flags = 0  # lgpio's, of a line that was lent
        super().__init__(factory, info)

    @property
    def _handle(self) -> int:
        handle: int = self.factory._handle  # noqa: SLF001  # as the class that this one extends
        return handle

    def close(self) -> None:
        """Stop watching at once; the line is nobody's afterwards if it was watched."""
        self._stop()
        if not self._lent:
            with suppress(lgpio.error):  # of a line that is somebody else's by now
                super().close()

    def _set_function(self, value: str) -> None:
        self._stop()
        super()._set_function(value)
        self._lent = False

    def _get_state(self) -> float:
        return super()._get_state() if self._watch is None else self._watch.high()

    def _set_pull(self, value: str) -> None:
        with self._unwatched():
            super()._set_pull(value)

    def _set_bounce(self, value: float | None) -> None:
        if value is not None and value < 0:
            raise PinInvalidBounce("bounce must be 0 or greater")
        with self._unwatched():
            self._bounce = int((value or 0) * 1_000_000)

    def _enable_event_detect(self) -> None:
        settings = gpiod.LineSettings(
            direction=Direction.INPUT,
            bias=_BIASES[self.pull],
            edge_detection=_EDGES[self.edges],
            debounce_period=timedelta(seconds=self.bounce or 0),
            event_clock=Clock.MONOTONIC,
        )
        if not self._lent:
            mode: int = lgpio.gpio_get_mode(self._handle, self._number)
            self._flags = mode & self.GPIO_LINE_FLAGS_MASK
            lgpio.gpio_free(self._handle, self._number)
            self._lent = True
        try:
            request = gpiod.request_lines(
                f"/dev/gpiochip{self.factory.chip}",
                consumer=_CONSUMER,
                config={self._number: settings},
            )
        except ValueError as err:  # libgpiod's EINVAL
            raise OSError(errno.EINVAL, str(err)) from err
        self._watch = _Watch(request, self._number, self._changed, self._lose)

    def _disable_event_detect(self) -> None:
        self._stop()
        lgpio.gpio_claim_input(self._handle, self._number, self._flags)
        self._lent = False

    def _changed(self, ticks: float, state: int) -> None:  # on the watching thread
        """Tell whoever is still there to be told.

        The library's own way sets ``when_changed`` to None when nobody is, here on the watching
        thread: a deadlock with who closes, holds its lock and waits for this thread to end.
        """
        tell = self.when_changed
        if tell is not None:
            tell(ticks, state)

    def _lose(self, err: Exception) -> None:
        if self.when_lost is None:
            raise err
        self.when_lost(err)

    def _stop(self) -> None:
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.close()
        self._when_changed = None

    @contextmanager
    def _unwatched(self) -> Iterator[None]:
        """Change what the line is requested with, by requesting it anew."""
        tell = self.when_changed
        self.when_changed = None
        try:
            yield
        finally:
            self.when_changed = tell
