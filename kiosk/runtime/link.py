"""The link: one session a visit, over as many connections as the network makes necessary.

One thing after another: connect, read until the connection ends, connect again with the newest
handle. The handle lives here, in memory, and dies with the visit.
"""

import asyncio
import logging
import random

from kiosk.core.events import Connected, LinkDown, Refused, RefusedFor
from kiosk.core.live import SessionHandle, SessionSetup
from kiosk.errors import LinkError, LinkRefused, Refusal
from kiosk.ports import LiveService
from kiosk.runtime.control import Inbox
from kiosk.runtime.downlink import Downlink
from kiosk.runtime.stream import Stream
from kiosk.runtime.uplink import Uplink

log = logging.getLogger(__name__)

BACKOFF_BASE_S = 0.25
BACKOFF_CAP_S = 4.0
STEADY_S = 1.0
"""A connection that stood for so long was a good one: the next failure is a first one."""


class Link:
    """Our standing wish to be connected while a visit lasts."""

    def __init__(
        self,
        uplink: Uplink,
        downlink: Downlink,
        inbox: Inbox,
        stream: Stream,
    ) -> None:
        self._connected_at: float | None = None
        self._failures = 0
        self._to: tuple[LiveService, SessionSetup] | None = None
        self._uplink = uplink
        self._downlink = downlink
        self._inbox = inbox
        self._stream = stream
        self._wanted = asyncio.Event()
        self._scope: asyncio.Timeout | None = None

    @property
    def endpoint(self) -> str | None:
        """Where sessions are opened, for people; None before it is known."""
        return self._to[0].endpoint if self._to else None

    @property
    def connected(self) -> bool:
        """Whether there is a session at this moment."""
        return self._connected_at is not None

    def use(self, service: LiveService, setup: SessionSetup) -> None:
        """Say where sessions are opened from now on, and with what; before the first visit."""
        self._to = (service, setup)

    def open(self) -> None:
        """Begin a visit's session."""
        self._wanted.set()

    def close(self) -> None:
        """End the visit's session; wipe its handle and its audio at once."""
        self._wanted.clear()
        self._uplink.detach()
        self._uplink.forget()
        self._downlink.forget()
        if self._scope is not None:
            self._scope.reschedule(asyncio.get_running_loop().time())
            self._scope = None  # it closes by itself, and may take a while

    async def run(self) -> None:
        """Keep a session while one is wanted, until cancelled."""
        while True:
            await self._wanted.wait()
            if not self._wanted.is_set():
                continue  # opened and closed at once
            try:
                async with asyncio.timeout(None) as self._scope:
                    await self._visit(self._scope)
            except TimeoutError:
                pass  # closed: the visit is over

    async def _visit(self, scope: asyncio.Timeout) -> None:
        self._failures = 0
        while self._scope is scope:
            try:
                await self._connection(self._downlink.handle)
                continue  # the service is going away: connect again at once
            except LinkRefused as err:
                self._stream.report("refused", {"code": err.code})
                log.warning("session refused", extra={"KIOSK_CAUSE": str(err)})
                if err.refusal is Refusal.HANDLE and self._downlink.handle is not None:
                    self._downlink.handle = None
                    self._stream.report("fresh_session")
                    continue
                if err.refusal in (Refusal.ACCOUNT, Refusal.CONTRACT, Refusal.QUOTA):
                    self._inbox.post(Refused(RefusedFor.ACCOUNT))
                    await asyncio.Event().wait()  # the conversation ends the visit
                self._inbox.post(Refused(RefusedFor.BUSY))
            except LinkError as err:
                level = logging.DEBUG if self._failures else logging.WARNING  # one line an outage
                log.log(level, "link lost", extra={"KIOSK_CAUSE": str(err)})
                self._inbox.post(LinkDown())
            self._failures += 1
            ceiling_s = min(BACKOFF_CAP_S, BACKOFF_BASE_S * 2**self._failures)
            await asyncio.sleep(random.uniform(0, ceiling_s))  # noqa: S311 - jitter, not a secret

    async def _connection(self, handle: SessionHandle | None) -> None:
        assert self._to is not None, "a visit begins only when the kiosk is ready"
        service, setup = self._to
        now = asyncio.get_running_loop().time
        self._stream.report("connecting", {"endpoint": service.endpoint})
        try:
            async with service.session(setup, handle) as session:
                self._connected_at = now()
                fields = {"endpoint": service.endpoint, "resumed": session.resumed}
                self._stream.report("connected", fields)
                if session.resumed:
                    self._stream.report("resumed")
                self._inbox.post(Connected())
                self._uplink.attach(session)
                await self._downlink.read(session)
        finally:
            if self._connected_at is not None and now() - self._connected_at >= STEADY_S:
                self._failures = 0
            self._connected_at = None
            self._uplink.detach()
            self._downlink.cut()
