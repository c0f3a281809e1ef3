"""The link: one session a visit, over as many connections as the network makes necessary.

``core/recovery.py`` decides; this is the one task that drives it: it feeds in what happens,
looks at the session while there is one, and carries out what is asked for. The handle lives in
the downlink, in memory, and dies with the visit.
"""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any

from kiosk.core import link_words as lw
from kiosk.core.events import LinkDoubted, QuestionDelivered, Reachable
from kiosk.core.link_phases import Live, Recovery
from kiosk.core.link_words import Rung, Target, Why
from kiosk.core.live import SessionHandle, SessionSetup
from kiosk.core.path import NetworkChange
from kiosk.core.recap import recap
from kiosk.core.recovery import deadline, samples_wanted, step
from kiosk.ports import LiveService, NetworkWatch
from kiosk.runtime.control import Inbox
from kiosk.runtime.dials import PROBE_WITHIN_S, Dials
from kiosk.runtime.downlink import Downlink
from kiosk.runtime.errands import Errands
from kiosk.runtime.mailbox import Mailbox
from kiosk.runtime.sessions import Sessions
from kiosk.runtime.stream import Stream
from kiosk.runtime.uplink import Uplink

log = logging.getLogger(__name__)

SAMPLE_S = 0.05
QUIET_S = 0.5
"""Without anything to acknowledge, a dead path is not seen: a ping frame gives it something."""


class Link:
    """Our standing wish to be connected while a visit lasts."""

    def __init__(
        self, uplink: Uplink, downlink: Downlink, errands: Errands, inbox: Inbox, stream: Stream
    ) -> None:
        self.rounds = 0
        """How often the task came round: evidence that it lives."""
        self._uplink = uplink
        self._downlink = downlink
        self._errands = errands
        self._inbox = inbox
        self._stream = stream
        self._events: Mailbox[lw.Event] = Mailbox()
        self._recovery = Recovery()
        self._services: dict[Target, LiveService] = {}
        self._setup: SessionSetup | None = None
        self._asked = False
        self._judged = asyncio.Event()
        self._group: asyncio.TaskGroup | None = None
        self._dials = Dials(self._start, self._events.post)
        self._sessions = Sessions(uplink, downlink, errands, stream, self._start, self._events.post)

    @property
    def endpoint(self) -> str | None:
        """Where sessions are opened, for people; None before it is known."""
        service = self._services.get(self._recovery.target)
        return service.endpoint if service else None

    @property
    def connected(self) -> bool:
        """Whether there is a session at this moment."""
        return self._sessions.session is not None

    @property
    def standing_in(self) -> bool:
        """Whether the visit is with the service on this machine for want of the other."""
        return self._recovery.target is Target.STANDBY

    # What others ask for

    def use(self, service: LiveService, setup: SessionSetup) -> None:
        """Say where sessions are opened from now on, and with what; before the first visit."""
        self._services[Target.PRIMARY] = service
        self._setup = setup
        self._judged.clear()
        self._events.post(lw.NetworkChanged(NetworkChange.UP))  # there is something to reach

    async def judged(self) -> None:
        """Return when it has been told whether the service in use can be reached, or soon."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PROBE_WITHIN_S + SAMPLE_S):
                await self._judged.wait()

    @property
    def certificate_early(self) -> bool:
        """Whether the service's certificate was not valid yet when it was last seen."""
        return self._recovery.early

    def clock_judged(self, *, wrong: bool) -> None:
        """Say whether this machine's clock is wrong: then no certificate can be judged."""
        self._events.post(lw.ClockJudged(wrong))

    def stand_by(self, service: LiveService | None) -> None:
        """Say which service on this machine stands by, or that it does not any more."""
        if service is None:
            self._services.pop(Target.STANDBY, None)
        else:
            self._services[Target.STANDBY] = service
        self._events.post(lw.StandbyChanged(service is not None))

    def open(self, *, resuming: bool = False) -> None:
        """Begin a visit's session, or go on with one by the handle there is."""
        self._events.post(lw.Wanted(resuming))

    def close(self) -> None:
        """End the visit's session; wipe its handle and its audio at once."""
        self._uplink.detach()
        self._uplink.forget()
        self._downlink.forget()
        self._events.post(lw.Unwanted())

    def reconnect(self) -> None:
        """Call the service anew: it has the question and does not answer."""
        self._events.post(lw.ServiceSilent())

    def stand_in(self) -> None:
        """Go to the service on this machine if there is one."""
        self._events.post(lw.StandbyWished())

    def going_away(self, time_left_s: float) -> None:
        """Note that the service will hang up."""
        self._stream.report("go_away", {"time_left_s": time_left_s})
        self._events.post(lw.GoAwayTold(time_left_s))
        self.at_rest()

    def at_rest(self) -> None:
        """Note that a turn may be over, and the newest handle may know all that was said."""
        leaving = isinstance(self._recovery.phase, Live)
        if leaving and self._downlink.at_rest and self._uplink.at_rest:
            self._events.post(lw.Resumable())

    def answered(self) -> None:
        """Note that the service has begun a reply."""
        self._events.post(lw.Answered())

    def take_up(self, handle: SessionHandle) -> None:
        """Go on from this handle with the visit that is restored after our own end."""
        self._downlink.handle = handle

    @property
    def handle(self) -> SessionHandle | None:
        """The newest handle of this visit's session."""
        return self._downlink.handle

    def nudge(self) -> None:
        """Make the task come round once, though nothing happened."""
        self._events.post(lw.Tick())

    # The tasks

    async def follow(self, network: NetworkWatch) -> None:
        """Take in what the kernel tells, until cancelled."""
        async for change in network.changes():
            self._events.post(lw.NetworkChanged(change))

    async def run(self) -> None:
        """Keep a session while one is wanted, until cancelled."""
        now = asyncio.get_running_loop().time
        async with asyncio.TaskGroup() as self._group:
            while True:
                self.rounds += 1
                event = await self._events.next(self._deadline(now()))
                if event is None:
                    event = self._look(now()) or lw.Tick()
                self._recovery, actions = step(self._recovery, event, now())
                for action in actions:
                    self._perform(action)
                if self._asked and isinstance(event, lw.Probed):
                    self._judged.set()

    def _deadline(self, now: float) -> float | None:
        due = deadline(self._recovery)
        if not self._watching:
            return due
        return now + SAMPLE_S if due is None else min(due, now + SAMPLE_S)

    @property
    def _watching(self) -> bool:
        return samples_wanted(self._recovery) and self.connected

    def _look(self, now: float) -> lw.Sampled | None:
        """Look at the session, unless the recovery's own deadline has come."""
        due = deadline(self._recovery)
        session = self._sessions.session
        if (due is not None and now >= due) or session is None:
            return None
        sample = session.path()
        if not sample.pending_bytes:
            if self._uplink.delivered():
                self._inbox.post(QuestionDelivered())
            if self._uplink.quiet_s(now) >= QUIET_S and not self.standing_in:
                self._sessions.ping()
        return lw.Sampled(sample)

    def _perform(self, action: lw.Action) -> None:
        match action:
            case lw.Dial():
                self._dial()
            case lw.StopDialling():
                self._dials.stop()
            case lw.Ping():
                self._sessions.ping()
            case lw.Doubt():
                self._uplink.doubted()
                self._inbox.post(LinkDoubted())
            case lw.Open(rung):
                self._open(rung)
            case lw.Reset():
                self._sessions.part(reset=True)
            case lw.Leave():
                self._sessions.part(reset=False)
            case lw.DropHandle():
                self._downlink.handle = None
            case lw.Probe():
                service = self._services.get(Target.PRIMARY)
                self._asked = service is not None
                self._dials.probe(service)
            case lw.Post(fact):
                if isinstance(fact, Reachable):
                    self._note_reachable(fact)
                self._inbox.post(fact)
            case lw.Tell(event, fields):
                self._stream.report(event, fields)
            case lw.Note(why, took_s, resumed):
                self._note(why, took_s, resumed=resumed)

    def _note_reachable(self, fact: Reachable) -> None:
        fields = {"KIOSK_ENDPOINT": self._services[Target.PRIMARY].endpoint}
        if fact.reachable:
            log.info("service can be reached again", extra=fields)
        else:
            log.warning("service cannot be reached", extra=fields)

    def _note(self, why: Why, took_s: float, *, resumed: bool) -> None:
        fields = {
            "KIOSK_WHY": why.value,
            "KIOSK_TOOK_S": round(took_s, 2),
            "KIOSK_RESUMED": resumed,
            "KIOSK_ENDPOINT": self.endpoint,
        }
        log.info("link is back", extra=fields)

    def _dial(self) -> None:
        service = self._services.get(self._recovery.target)
        if service is not None:
            self._dials.dial(service)

    def _open(self, rung: Rung) -> None:
        service = self._services.get(self._recovery.target)
        if service is None:  # it went away at this moment; the recovery is about to hear of it
            self._events.post(lw.SessionLost())
            return
        handle = self._downlink.handle if rung is Rung.RESUME else None
        setup = self._setup
        assert setup is not None, "sessions are opened only once it is known where"
        turns = self._errands.turn - (not self._uplink.at_rest)
        if handle is None and rung is not Rung.FRESH and turns > 0:
            more = recap(turns, self._errands.done)
            setup = replace(setup, instruction=setup.instruction + more)
        self._sessions.open(service, setup, handle, self._dials.take(service))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        assert self._group is not None, "only a running link starts anything"
        return self._group.create_task(work)
