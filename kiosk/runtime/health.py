"""The look-out: one task that looks at the machine now and then, and tells what is ill.

It wakes every ten seconds; oftener only while something is ill, to tell soon when it is well again.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from kiosk.core.clock import SETTLES_S, lowest, trouble_with
from kiosk.core.events import ClockUnset, PartFailed, PartHealed
from kiosk.core.health import Ills, Look, grown, ills_of
from kiosk.core.parts import Part
from kiosk.errors import StartAnew
from kiosk.ports import Books, Machine
from kiosk.runtime.control import Inbox
from kiosk.runtime.link import Link

log = logging.getLogger(__name__)

LOOK_S: Final = 10.0
ILL_LOOK_S: Final = 5.0
MEND_S: Final = 5.0
TRY_S: Final = 3600.0
"""So seldom the disk is tried although nothing is known against it: a card wears."""
KEEP_TIME_S: Final = 6 * 3600.0
"""So seldom the time is written down: a card wears."""
ANEW_AFTER_S: Final = 600.0
"""What has grown too big in less would be too big again at once."""


class Health:
    """Watches over machine, books and clock. ``idle`` tells whether nobody is there."""

    def __init__(
        self, machine: Machine, books: Books, inbox: Inbox, link: Link, idle: Callable[[], bool]
    ) -> None:
        self._machine, self._books, self._inbox, self._link = machine, books, inbox, link
        self._idle = idle
        self._ills: Ills = {}
        self._power_seen_at = float("-inf")
        self._tried_at = float("-inf")
        self._clock = _Clock(machine)
        self._unset = False
        self._news = asyncio.Event()
        books.on_news(self._news.set)

    async def run(self) -> None:
        """Look until cancelled. Raises StartAnew when this process has grown too big."""
        now = asyncio.get_running_loop().time
        began = now()
        await self._clock.begin(began)
        while True:
            before = self._ills
            look = await self._look()
            await self._judge(look, now())
            if Part.PROCESS in before and self._idle() and now() - began >= ANEW_AFTER_S:
                raise StartAnew(f"The kiosk starts anew: it has too much {grown(look)}.")
            ill = bool(self._ills) or self._unset
            with suppress(TimeoutError):
                async with asyncio.timeout(ILL_LOOK_S if ill else LOOK_S):
                    await self._news.wait()
            self._news.clear()

    async def _look(self) -> Look:
        now = asyncio.get_running_loop().time()
        ill = Part.STORAGE in self._ills or not self._books.writable
        if ill or now - self._tried_at >= TRY_S:
            self._tried_at = now
            with suppress(TimeoutError):
                async with asyncio.timeout(MEND_S):
                    await self._books.mend()
        if self._books.trouble != "slow":
            with suppress(TimeoutError):
                async with asyncio.timeout(MEND_S):
                    await self._books.look()
        look = await self._machine.look()
        return replace(look, writable=self._books.writable, books=self._books.trouble)

    async def _judge(self, look: Look, now: float) -> None:
        if look.undervoltage:
            self._power_seen_at = now
        ago_s = now - self._power_seen_at
        ills = dict(ills_of(look, self._ills, power_seen_s_ago=ago_s))
        wrong = await self._clock.judge(look, now, early=self._link.certificate_early)
        if wrong and not self._clock.settling(now):
            ills[Part.CLOCK] = wrong
        self._tell_clock(wrong=bool(wrong), unset=bool(wrong) and Part.CLOCK not in ills)
        self._tell(ills)

    def _tell_clock(self, *, wrong: bool, unset: bool) -> None:
        if wrong != self._clock.told_wrong:
            self._clock.told_wrong = wrong
            self._link.clock_judged(wrong=wrong)
        if unset != self._unset:
            self._unset = unset
            self._inbox.post(ClockUnset(unset))

    def _tell(self, ills: Ills) -> None:
        for part, cause in ills.items():
            if self._ills.get(part) != cause:
                log.error("part failed", extra={"KIOSK_PART": part.value, "KIOSK_CAUSE": cause})
                self._inbox.post(PartFailed(part, cause))
        for part in self._ills.keys() - ills.keys():
            log.info("part works again", extra={"KIOSK_PART": part.value})
            self._inbox.post(PartHealed(part))
        self._ills = ills


class _Clock:
    """What is known of the time, which goes on by the monotonic clock."""

    def __init__(self, machine: Machine) -> None:
        self.told_wrong = False
        self._machine = machine
        self._known_s = lowest(None)
        self._known_at = 0.0
        self._kept_s: float | None = None
        self._wrong_since: float | None = None
        self._was_right = False

    async def begin(self, now: float) -> None:
        """Go on from what was known last."""
        self._kept_s = await self._machine.known_time()
        self._known_s, self._known_at = lowest(self._kept_s), now

    async def judge(self, look: Look, now: float, *, early: bool) -> str:
        """Return why the clock is wrong, or ""; ``early``: a certificate was not valid yet."""
        expected_s = self._known_s + now - self._known_at
        set_by_network = look.set_by_network
        wrong = trouble_with(look.unix_s, expected_s, set_by_network=set_by_network)
        if early and not set_by_network:
            wrong = wrong or "certificate"
        if wrong:
            self._wrong_since = now if self._wrong_since is None else self._wrong_since
            return wrong
        self._wrong_since, self._was_right = None, True
        self._known_s, self._known_at = look.unix_s, now
        if self._kept_s is None or abs(look.unix_s - self._kept_s) >= KEEP_TIME_S:
            self._kept_s = look.unix_s
            await self._machine.keep_time(look.unix_s)
        return ""

    def settling(self, now: float) -> bool:
        """Whether a wrong clock may be one that was not set yet since the start."""
        since = self._wrong_since
        return not self._was_right and since is not None and now - since < SETTLES_S
