"""Sessions: opened, read to their end, parted from. One at a time is used.

One that was parted from closes by itself, which takes a moment on a dead path. A session is
resumed only after that: a service that still holds the old connection refuses.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from kiosk.core import link_words as lw
from kiosk.core.live import SessionHandle, SessionSetup
from kiosk.errors import LinkError, LinkRefused
from kiosk.ports import LiveService, LiveSession, Spare
from kiosk.runtime.dials import Start
from kiosk.runtime.downlink import Downlink
from kiosk.runtime.errands import Errands
from kiosk.runtime.stream import Stream
from kiosk.runtime.uplink import Uplink

log = logging.getLogger(__name__)

GOODBYE_S: Final = 0.5
"""So long is waited for an old session to close before it is resumed all the same."""


@dataclass(slots=True, eq=False)
class _Attempt:
    """An attempt at a session, and what becomes of it."""

    session: LiveSession | None = None
    task: asyncio.Task[None] | None = None


class Sessions:
    """The session there is, and those that still close."""

    def __init__(
        self,
        uplink: Uplink,
        downlink: Downlink,
        errands: Errands,
        stream: Stream,
        start: Start,
        post: Callable[[lw.Event], None],
    ) -> None:
        """Take what a session feeds, a way to start tasks, and where to post what happens."""
        self._uplink = uplink
        self._downlink = downlink
        self._errands = errands
        self._stream = stream
        self._start = start
        self._post = post
        self._attempt: _Attempt | None = None
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def session(self) -> LiveSession | None:
        """The session there is at this moment."""
        return self._attempt.session if self._attempt else None

    def open(
        self,
        service: LiveService,
        setup: SessionSetup,
        handle: SessionHandle | None,
        spare: Spare | None,
    ) -> None:
        """Open one: ``SessionUp``, and at its end, or in its place, ``Lost`` or ``Refused``."""
        attempt = self._attempt = _Attempt()
        task = attempt.task = self._start(self._converse(attempt, service, setup, handle, spare))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        if spare is not None:  # it may never have come to be used
            task.add_done_callback(lambda _: spare.close())

    def part(self, *, reset: bool) -> None:
        """Be without the session there is, or the attempt at one: nothing more is heard of it."""
        attempt, self._attempt = self._attempt, None
        self._uplink.detach()
        if attempt is None:
            return
        if reset and attempt.session is not None:
            attempt.session.reset()
        self._downlink.cut()
        if attempt.task is not None:
            attempt.task.cancel()

    def ping(self) -> None:
        """Give the peer something to acknowledge."""
        session = self.session
        if session is not None:
            self._uplink.pinged()
            self._start(_pinged(session))

    async def _converse(
        self,
        attempt: _Attempt,
        service: LiveService,
        setup: SessionSetup,
        handle: SessionHandle | None,
        spare: Spare | None,
    ) -> None:
        try:
            if handle is not None:
                await self._others_closed(attempt)
            self._stream.report("connecting", {"endpoint": service.endpoint})
            async with service.session(setup, handle, spare) as session:
                if attempt is not self._attempt:
                    return
                attempt.session = session
                fields = {"endpoint": service.endpoint, "resumed": session.resumed}
                self._stream.report("connected", fields)
                self._uplink.attach(session)
                self._errands.attached(resumed=session.resumed)
                self._post(lw.SessionUp(session.resumed))
                await self._downlink.read(session)
        except LinkRefused as err:
            log.warning("session refused", extra={"KIOSK_CAUSE": str(err)})
            roll = random.random()  # noqa: S311 - jitter, not a secret
            self._ended(attempt, lw.SessionRefused(err.refusal, err.code, roll))
        except LinkError as err:
            log.debug("link lost", extra={"KIOSK_CAUSE": str(err)})
            self._ended(attempt, lw.SessionLost())

    def _ended(self, attempt: _Attempt, event: lw.Event) -> None:
        if attempt is not self._attempt:
            return  # it was given up before
        self._attempt = None
        self._uplink.detach()
        self._downlink.cut()
        self._post(event)

    async def _others_closed(self, attempt: _Attempt) -> None:
        others = [task for task in self._closing if task is not attempt.task]
        if others:
            await asyncio.wait(others, timeout=GOODBYE_S)


async def _pinged(session: LiveSession) -> None:
    with suppress(LinkError):  # its reader learns it too
        await session.ping()
