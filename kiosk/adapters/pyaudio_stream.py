"""What both directions share: a wake-up across threads, and evidence of life.

PortAudio raises nothing when a device goes: callbacks just stop. A sound server that went
leaves an inactive stream behind; a card that was pulled out an active one that never calls,
and no node of the card; a device that hangs just the active one. The last must not be closed
from any thread: that blocks until the device wakes, and has been seen to corrupt the heap then.
"""

import asyncio
import os
from collections.abc import Callable
from typing import Final

import pyaudio

from kiosk.adapters.pyaudio_devices import Part, PortAudio
from kiosk.errors import DeviceLost

_LOOK_S: Final = 0.2
_HUNG_S: Final = 1.5  # measured: a busy machine is silent for 0.8 s and then goes on
_FIRST_CALL_S: Final = 3.0  # an idle sound server may sleep for two seconds
_CLOSABLE_S: Final = 0.2
_QUIET_S: Final = 0.3
"""Silent for longer than any that works, when a card is gone."""
_NODES: Final = "/dev/snd"

Cards = frozenset[tuple[str, int]]


def cards() -> Cards:
    """Return what tells each sound card of this machine from one that is plugged in later."""
    try:
        nodes = list(os.scandir(_NODES))
    except OSError:
        return frozenset()
    return frozenset((node.name, node.inode()) for node in nodes if "control" in node.name)


class WakeUp:
    """Lets one coroutine wait for a condition that a callback thread makes true.

    At most one wake-up is under way, and none when nobody waits: the loop sleeps on.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._event = asyncio.Event()
        self._wanted = False

    async def wait(self, ready: Callable[[], bool]) -> None:
        """Return when ``ready()`` holds or at the next wake-up."""
        self._event.clear()
        self._wanted = True  # before looking, so that no change falls between the two
        try:
            if not ready():
                await self._event.wait()
        finally:
            self._wanted = False

    def from_thread(self) -> None:
        """Wake who waits; called on the callback's thread."""
        if self._wanted:
            self._wanted = False
            self._loop.call_soon_threadsafe(self._event.set)

    def now(self) -> None:
        """Wake who waits; called on the loop's thread."""
        self._event.set()


class Pulse:
    """Watches that a stream's callback goes on being called."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._loop = asyncio.get_running_loop()
        self.clock: Callable[[], float] = self._loop.time
        """Loop time; may be read on any thread."""
        self.cards: Callable[[], Cards] = cards
        self.wake: Final = WakeUp(self._loop)
        self.called_at: float | None = None
        """Set by the callback at every call."""
        self.bug: BaseException | None = None
        """Set by a callback that failed. PyAudio would throw it into any coroutine."""
        self.on_lost: Callable[[DeviceLost], None] = lambda _: None
        """Called once, on the loop's thread, whether or not anybody uses the device."""
        self._lost: DeviceLost | None = None
        self._suspected = False
        self._unplugged = False
        self._stream: pyaudio.PyAudio.Stream | None = None
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, stream: pyaudio.PyAudio.Stream) -> None:
        """Begin to look at a stream that has just been started."""
        self._stream = stream
        self._cards = self.cards()
        self._opened_at = self.clock()
        self._timer = self._loop.call_later(_LOOK_S, self._look)

    def check(self) -> None:
        """Raise DeviceLost when the device is gone or hung, or what the callback raised."""
        if self.bug is not None:
            raise self.bug
        if self._lost is not None:
            raise self._lost

    @property
    def closable(self) -> bool:
        """Whether closing the stream at this moment cannot hang."""
        stream = self._stream
        if stream is None or self._unplugged or not stream.is_active():
            return True
        return self._age_s() <= _CLOSABLE_S

    def close(self, owner: PortAudio) -> None:
        """Close the stream, or leave it when closing would hang; who uses it gets DeviceLost."""
        if self._timer is not None:
            self._timer.cancel()
        if self._stream is None:
            return
        if self.closable:
            self._stream.close()
        else:
            owner.abandon(self._stream)
        self._stream = None
        if self._lost is None:
            self._lost = DeviceLost(self._part, "the device was closed")
            self.wake.now()

    def _age_s(self) -> float:
        return self.clock() - (self._opened_at if self.called_at is None else self.called_at)

    def _look(self) -> None:
        patience_s = _FIRST_CALL_S if self.called_at is None else _HUNG_S
        if self._age_s() > _QUIET_S:
            self._unplugged = not self._cards <= self.cards()
        if self._stream is None or self._unplugged or not self._stream.is_active():
            self._lost = DeviceLost(self._part, "the device is gone")
        elif self._age_s() <= patience_s:
            self._suspected = False
        elif self._suspected:
            cause = f"the device hangs: nothing from it for {self._age_s():.1f} s"
            self._lost = DeviceLost(self._part, cause, frozen=True)
        else:
            # The whole machine may have been asleep: the callback gets its chance.
            self._suspected = True
        if self._lost is None and self.bug is None:
            self._timer = self._loop.call_later(_LOOK_S, self._look)
        else:
            self.wake.now()
        if self._lost is not None:
            self.on_lost(self._lost)
