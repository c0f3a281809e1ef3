"""A tiny model of the link's runtime and of a network, to drive the recovery with."""

from collections import deque
from dataclasses import dataclass, field

from kiosk.core import events as ev
from kiosk.core import link_words as lw
from kiosk.core.link_phases import Live, Opening, Recovery, Waiting
from kiosk.core.link_words import Action, Target
from kiosk.core.path import PathSample
from kiosk.core.recovery import deadline, samples_wanted, step
from kiosk.errors import Refusal

LOOK_S = 0.1
DIAL_TOOK_S = 0.03
SETUP_TOOK_S = 0.1
SETUP_WITHIN_S = 3.0
PROBE_TOOK_S = 0.05


@dataclass(eq=False)
class Connection:
    """The one connection there may be. ``dead`` once its path went and took it along."""

    target: Target
    up: bool = False
    dead: bool = False
    acked_at: float = 0.0


@dataclass(eq=False)
class Network:
    """Carries out what the recovery asks for, and checks what must hold whatever happens."""

    path_up: bool = True
    kills: bool = True
    """A path that goes takes the connection along: it does not move when the path is back."""
    mood: Refusal | None = None
    now: float = 0.0
    link: Recovery = field(default_factory=Recovery)
    wanted: bool = False
    connection: Connection | None = None
    spare: bool = False
    posted: list[ev.Event] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    mailbox: deque[lw.Event] = field(default_factory=deque)
    dials: list[float] = field(default_factory=list)
    attempt_ends: float | None = None
    probe_ends: float | None = None

    # What a script may do; nothing is taken in before time goes on

    def post(self, event: lw.Event) -> None:
        if isinstance(event, lw.Wanted):
            if self.wanted:
                return
            self.wanted = True
        if isinstance(event, lw.Unwanted):
            self.wanted = False
        self.mailbox.append(event)

    def break_path(self) -> None:
        self.path_up = False
        if self.connection and self.connection.target is Target.PRIMARY and self.kills:
            self.connection.dead = True

    def hang_up(self, refusal: Refusal | None) -> None:
        """The server ends the session; without a path nobody hears of it."""
        if self.connection and self.connection.up and self.works(self.connection.target):
            self.connection = None
            self._end_of(refusal)

    def finish_attempt(self) -> None:
        """What is under way at this moment ends at this moment."""
        if self.attempt_ends is not None:
            self._attempt_ended()

    def works(self, target: Target) -> bool:
        return self.path_up if target is Target.PRIMARY else self.link.standby

    # Time

    def run(self, seconds: float) -> None:
        until = self.now + seconds
        self.drain()
        while True:
            times = [until, *self.dials]
            times += [at for at in (self.attempt_ends, self.probe_ends) if at is not None]
            due = deadline(self.link)
            if due is not None:
                times.append(max(due, self.now))
            if samples_wanted(self.link) and self.connection and self.connection.up:
                times.append(self.now + LOOK_S)
            at = min(times)
            if at >= until:
                self.now = until
                return
            self.now = at
            self._timers()
            self.drain()
            self._look()

    def _timers(self) -> None:
        for ends in [ends for ends in self.dials if ends <= self.now]:
            self.dials.remove(ends)
            if self.works(self.link.target):
                self.spare = True
                self.mailbox.append(lw.SpareUp(DIAL_TOOK_S))
        if self.attempt_ends is not None and self.attempt_ends <= self.now:
            self._attempt_ended()
        if self.probe_ends is not None and self.probe_ends <= self.now:
            self.probe_ends = None
            self.mailbox.append(lw.Probed(self.path_up))

    def _attempt_ended(self) -> None:
        self.attempt_ends = None
        connection = self.connection
        assert connection is not None
        if not self.works(connection.target):
            self.connection = None
            self._end_of(None)
        elif self.mood is not None and connection.target is Target.PRIMARY:
            self.connection = None
            self._end_of(self.mood)
        else:
            connection.up = True
            connection.acked_at = self.now
            self.mailbox.append(lw.SessionUp(resumed=False))

    def _end_of(self, refusal: Refusal | None) -> None:
        no = None if refusal is None else lw.SessionRefused(refusal, 1011, 0.5)
        self.mailbox.append(no or lw.SessionLost())

    def _look(self) -> None:
        due = deadline(self.link)
        if due is not None and due <= self.now:
            for _ in range(3):
                self.take(lw.Tick())
                due = deadline(self.link)
                if due is None or due > self.now:
                    break
            else:
                raise AssertionError(f"busy for ever: {self.link}")
        elif samples_wanted(self.link) and self.connection and self.connection.up:
            moves = self.works(self.connection.target) and not self.connection.dead
            if moves:
                self.connection.acked_at = self.now
            self.take(lw.Sampled(PathSample(640, self.now - self.connection.acked_at)))

    def drain(self) -> None:
        while self.mailbox:
            self.take(self.mailbox.popleft())
        self.check()

    def take(self, event: lw.Event) -> None:
        before = self.link
        self.link, actions = step(self.link, event, self.now)
        for action in actions:
            self._perform(action, before)
        if isinstance(self.link.phase, Live) and not isinstance(before.phase, Live):
            assert not self.dials
            assert not self.spare

    def _perform(self, action: Action, before: Recovery) -> None:
        self.actions.append(action)
        match action:
            case lw.Dial():
                assert not self._left_alone(before), "a server that answers is never raced"
                self.dials.append(self.now + DIAL_TOOK_S)
                assert len(self.dials) <= 40
            case lw.StopDialling():
                self.dials.clear()
                self.spare = False
                self.probe_ends = None
            case lw.Open():
                assert self.connection is None, "never two sessions"
                self.dials.clear()
                self.spare = False
                self.connection = Connection(self.link.target)
                took_s = SETUP_TOOK_S if self.works(self.link.target) else SETUP_WITHIN_S
                self.attempt_ends = self.now + took_s
            case lw.Reset() | lw.Leave():
                self.connection = None
                self.attempt_ends = None
            case lw.Probe():
                self.probe_ends = self.now + PROBE_TOOK_S
            case lw.Post(fact):
                self.posted.append(fact)
                if isinstance(fact, ev.LinkGone) or fact in _ENDS:
                    self.post(lw.Unwanted())
            case _:
                pass

    def _left_alone(self, link: Recovery) -> bool:
        stage = getattr(link.phase, "stage", None)
        same = link.target is self.link.target
        return same and isinstance(stage, Waiting) and stage.until > self.now

    # What must hold whenever all that happened was taken in

    def check(self) -> None:
        opening = isinstance(getattr(self.link.phase, "stage", None), Opening)
        up = self.connection is not None and self.connection.up
        assert up == (self.link.held_open is not None), "alive but deaf, or deaf but alive"
        assert opening == (self.connection is not None and not up)
        if self.connection is not None:
            assert self.connection.target is self.link.target
        if isinstance(getattr(self.link.phase, "stage", None), Waiting):
            assert not self.dials
            assert not self.spare
        if not self.wanted:
            assert self.connection is None
            assert not self.dials
            assert not self.spare


_ENDS = [ev.Refused(reason, served=False) for reason in ev.RefusedFor]
