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


class Link:
    """Our standing wish to be connected while a visit lasts."""

    def __init__(
        self,
        uplink: Uplink,
        downlink: Downlink,
        inbox: Inbox,
        stream: Stream,
    ) -> None:
        self.connected = False
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

    def use(self, service: LiveService, setup: SessionSetup) -> None:
        """Say where sessions are opened and with what; before the first visit."""
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

    async def run(self) -> None:
        """Keep a session while one is wanted, until cancelled."""
        while True:
            await self._wanted.wait()
            try:
                async with asyncio.timeout(None) as self._scope:
                    await self._visit()
            except TimeoutError:
                pass  # closed: the visit is over
            finally:
                self._scope = None

    async def _visit(self) -> None:
        failures = 0
        while self._wanted.is_set():
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
                    self._wanted.clear()
                    return
                self._inbox.post(Refused(RefusedFor.BUSY))
            except LinkError as err:
                level = logging.DEBUG if failures else logging.WARNING  # one line an outage
                log.log(level, "link lost", extra={"KIOSK_CAUSE": str(err)})
                self._inbox.post(LinkDown())
            failures += 1
            ceiling_s = min(BACKOFF_CAP_S, BACKOFF_BASE_S * 2**failures)
            await asyncio.sleep(random.uniform(0, ceiling_s))  # noqa: S311 - jitter, not a secret

    async def _connection(self, handle: SessionHandle | None) -> None:
        assert self._to is not None, "a visit begins only when the kiosk is ready"
        service, setup = self._to
        self._stream.report("connecting", {"endpoint": service.endpoint})
        try:
            async with service.session(setup, handle) as session:
                self.connected = True
                fields = {"endpoint": service.endpoint, "resumed": handle is not None}
                self._stream.report("connected", fields)
                if handle is not None:
                    self._stream.report("resumed")
                self._inbox.post(Connected())
                self._uplink.attach(session)
                await self._downlink.read(session)
        finally:
            self.connected = False
            self._uplink.detach()
            self._downlink.cut()
