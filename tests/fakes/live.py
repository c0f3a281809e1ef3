"""A Live service inside the test: scripted words, real physics.

A script is a list of turns; each finished question, spoken or typed, takes the next one.
Time passes on the loop's clock, so it runs on virtual time and on real time alike:

- captions and pieces of sound arrive one after another, faster than they are played;
  ``GenerationComplete`` comes with the last piece and ``TurnComplete`` when all of it would
  have been heard;
- a tool call holds the turn until its result is sent;
- the start of an activity stops a reply that is not over: pending calls are withdrawn, then
  ``ReplyInterrupted``, then ``TurnComplete``, and no ``GenerationComplete``;
- a handle comes after each turn, never during one, and brings the memory of that moment back
  on another connection; an unknown handle is refused;
- sound outside the two activity marks ends the connection, as the Live API does;
- ``path_up = False`` is a black hole: nothing arrives either way, connects run into their
  deadline, and what is sent stays pending; when it is true again, what was on its way arrives.

``tests/contract`` holds it to what the real services do.
"""

import asyncio
import itertools
import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from kiosk.core.audio import MIC_HZ, SAMPLE_BYTES, SPEAKER_HZ
from kiosk.core.live import (
    Caption,
    GenerationComplete,
    GoingAway,
    HandleIssued,
    LiveMessage,
    ReplyAudio,
    ReplyInterrupted,
    ReplyText,
    SessionHandle,
    SessionSetup,
    ToolCall,
    ToolResult,
    ToolWithdrawn,
    TurnComplete,
    Usage,
)
from kiosk.core.path import PathSample
from kiosk.errors import LinkError, LinkRefused, Refusal
from kiosk.ports import Spare

PIECE_S = 0.04
SECONDS_PER_WORD = 0.3
SETUP_WITHIN_S = 3.0
SYN_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Memory:
    """What a session knows: what it was asked and what its tools answered."""

    asked: tuple[str, ...] = ()
    results: tuple[ToolResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Say:
    """Speak: fixed words, or words made from what is known by then."""

    words: str | Callable[[Memory], str]
    seconds: float | None = None
    """How long the sound lasts; by default as long as the words would take."""


@dataclass(frozen=True, slots=True)
class Call:
    """Call a tool; what follows waits for the result."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pause:
    """Send nothing for a while; ``float('inf')`` is a stalled service."""

    seconds: float


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the connection with this error."""

    error: LinkError


@dataclass(frozen=True, slots=True)
class Send:
    """Send any message as it is."""

    message: LiveMessage


Step = Say | Call | Pause | HangUp | Send


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How one question is answered. A spoken question is understood as ``heard``."""

    heard: str = "hello"
    steps: tuple[Step, ...] = (Say("Hello."),)
    think_s: float = 0.3


@dataclass(slots=True)
class Sent:
    """What a session was sent, in order; ``audio`` in bytes."""

    starts: int = 0
    ends: int = 0
    audio: int = 0
    texts: list[str] = field(default_factory=list)
    results: list[ToolResult] = field(default_factory=list)
    log: list[tuple[float, str]] = field(default_factory=list)
    """Loop time and ``start``, ``audio``, ``end``, ``text`` or ``result``."""


class FakeSpare:
    """A bare connection that has only to be there."""

    closed = False

    def close(self) -> None:
        self.closed = True


class FakeLive:
    """A scripted LiveService. Knobs may be turned between two sessions."""

    def __init__(self, script: Sequence[Turn] = (), *, endpoint: str = "fake.example") -> None:
        self.endpoint = endpoint
        self.script: deque[Turn] = deque(script)
        self.connect_s = 0.1
        self.close_s = 0.0
        self.refusals: deque[LinkError] = deque()
        """Each attempt to connect takes the first away and fails with it."""
        self.speed = 4.0
        """How much faster than it is played the sound is made."""
        self.sessions: list[FakeSession] = []
        self.dials = 0
        self.probes = 0
        self.spares: list[FakeSpare] = []
        self.lose_old_ones = False
        """Connections that stood while the path was gone never move again."""
        self.open_sessions = 0
        self._memories: dict[SessionHandle, Memory] = {}
        self._path_up = True
        self._handles = itertools.count(1)
        self._calls = itertools.count(1)

    @property
    def path_up(self) -> bool:
        return self._path_up

    @path_up.setter
    def path_up(self, up: bool) -> None:
        self._path_up = up
        for session in self.sessions:
            if not (up and self.lose_old_ones):
                session.path_changed(up=up)

    async def dial(self, within_s: float) -> FakeSpare:
        self.dials += 1
        await self._reach(within_s)
        spare = FakeSpare()
        self.spares.append(spare)
        return spare

    async def probe(self, within_s: float) -> None:
        self.probes += 1
        await self._reach(within_s)

    async def _reach(self, within_s: float) -> None:
        """Get through, at once or with the repetition of the first packet a second later."""
        for pause_s in (min(SYN_AGAIN_S, within_s), within_s - SYN_AGAIN_S):
            if self.path_up:
                return
            await asyncio.sleep(max(0.0, pause_s))
        raise LinkError(f"{self.endpoint} cannot be reached.")

    @asynccontextmanager
    async def session(
        self,
        setup: SessionSetup,
        handle: SessionHandle | None = None,
        spare: Spare | None = None,
    ) -> AsyncIterator["FakeSession"]:
        del spare
        await asyncio.sleep(self.connect_s)
        await self._reach(SETUP_WITHIN_S)
        if self.refusals:
            raise self.refusals.popleft()
        if handle is not None and handle not in self._memories:
            raise LinkRefused(Refusal.HANDLE, 1008, f"{self.endpoint} does not know the handle.")
        memory = Memory() if handle is None else self._memories[handle]
        session = FakeSession(self, setup, memory, resumed=handle is not None)
        self.sessions.append(session)
        self.open_sessions += 1
        try:
            yield session
        finally:
            self.open_sessions -= 1
            session.end()
            if self.close_s:
                await asyncio.sleep(self.close_s)

    def next_turn(self) -> Turn:
        """Take the next turn of the script; a question too many is a fault of the test."""
        assert self.script, "a question was asked that the script has no turn for"
        return self.script.popleft()

    def issue(self, memory: Memory) -> SessionHandle:
        handle = SessionHandle(f"handle-{next(self._handles)}")
        self._memories[handle] = memory
        return handle

    def call_id(self) -> str:
        return f"call-{next(self._calls)}"

    def forget(self) -> None:
        """Let every handle issued so far expire."""
        self._memories.clear()


class FakeSession:
    """One connection. What it will say lies on a timeline and falls due."""

    def __init__(
        self, service: FakeLive, setup: SessionSetup, memory: Memory, *, resumed: bool
    ) -> None:
        self.resumed = resumed
        self.setup = setup
        self.sent = Sent()
        self.memory = memory
        self._service = service
        self._timeline: deque[tuple[float, LiveMessage | LinkError]] = deque()
        self._steps: deque[Step] = deque()
        self._pending: dict[str, Call] = {}
        self._wake = asyncio.Event()
        self._ended: LinkError | None = None
        self._hearing = False
        self._acked_at = asyncio.get_running_loop().time()
        self._on_its_way: list[Callable[[], None]] = []
        self._dead_since: float | None = None
        self.was_reset = False
        self.pings = 0
        self._over_at = 0.0
        self._played_until = 0.0
        self._made_until = 0.0

    # What the kiosk does.

    def path(self) -> PathSample:
        pending = 0 if self._ended else len(self._on_its_way)
        return PathSample(pending, asyncio.get_running_loop().time() - self._acked_at)

    def reset(self) -> None:
        self.was_reset = True
        self.end()

    async def ping(self) -> None:
        self.pings += 1
        self._arrive(lambda: None)

    def path_changed(self, *, up: bool) -> None:
        now = asyncio.get_running_loop().time()
        if not up:
            self._dead_since = now
            return
        if self._dead_since is not None:  # what was on its way arrives late, all of it
            late_s = now - self._dead_since
            self._timeline = deque((at + late_s, message) for at, message in self._timeline)
        self._dead_since = None
        self._acked_at = now
        arriving, self._on_its_way = self._on_its_way, []
        for take in arriving:
            with suppress(LinkError):  # it ends the connection, and the reader learns it
                take()
        self._wake.set()

    def end(self) -> None:
        """End it from the kiosk's side: that needs no path."""
        self._dead_since = None
        self._ended = self._ended or LinkError("The session was closed.")
        self._wake.set()

    async def send_activity_start(self) -> None:
        self._arrive(self._take_start)

    async def send_audio(self, pcm: bytes) -> None:
        self._arrive(lambda: self._take_audio(pcm))

    async def send_activity_end(self) -> None:
        self._arrive(self._take_end)

    async def send_text(self, text: str) -> None:
        self._arrive(lambda: self._take_text(text))

    async def send_tool_result(self, result: ToolResult) -> None:
        self._arrive(lambda: self._take_result(result))

    def messages(self) -> "FakeSession":
        return self

    def __aiter__(self) -> "FakeSession":
        return self

    async def __anext__(self) -> LiveMessage:
        now = asyncio.get_running_loop().time
        while True:
            self._check()
            if self._dead_since is not None:
                self._wake.clear()
                await self._wake.wait()
                continue
            due = self._timeline[0][0] if self._timeline else None
            if due is not None and due <= now():
                _, message = self._timeline.popleft()
                if not isinstance(message, LinkError):
                    return message
                self.hang_up(message)
                continue
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._wake.wait()

    # What a test does besides the script.

    def push(self, message: LiveMessage) -> None:
        """Send a message now."""
        self._timeline.appendleft((0.0, message))
        self._wake.set()

    def go_away(self, time_left_s: float) -> None:
        """Announce the end of the connection, and end it then."""
        self.push(GoingAway(time_left_s))
        loop = asyncio.get_running_loop()
        error = LinkError(f"{self._service.endpoint} ended the connection in good order.")
        loop.call_later(time_left_s, self.hang_up, error)

    def hang_up(self, error: LinkError) -> None:
        """End the connection: the reader and every later call raise ``error``."""
        if self._ended is None:
            self._ended = error
        self._wake.set()

    @property
    def heard_seconds(self) -> float:
        return self.sent.audio / (MIC_HZ * SAMPLE_BYTES)

    # What arrives.

    def _take_start(self) -> None:
        self._note("start")
        self.sent.starts += 1
        self._hearing = True
        if asyncio.get_running_loop().time() < self._over_at:
            self._interrupt()

    def _take_audio(self, pcm: bytes) -> None:
        self._note("audio")
        if not self._hearing:
            self.hang_up(LinkRefused(Refusal.CONTRACT, 1007, "Sound outside an activity."))
        self._check()
        self.sent.audio += len(pcm)

    def _take_end(self) -> None:
        self._note("end")
        self.sent.ends += 1
        self._hearing = False
        self._answer(None)

    def _take_text(self, text: str) -> None:
        self._note("text")
        self.sent.texts.append(text)
        if asyncio.get_running_loop().time() < self._over_at:
            self._interrupt()
        self._answer(text)

    def _take_result(self, result: ToolResult) -> None:
        self._note("result")
        self.sent.results.append(result)
        if self._pending.pop(result.call_id, None) is not None:
            self.memory = Memory(self.memory.asked, (*self.memory.results, result))
            if not self._pending:
                self._go_on()

    # The physics.

    def _arrive(self, take: Callable[[], None]) -> None:
        """Let something of the kiosk arrive, or be on its way while the path is gone."""
        self._check()
        if self._dead_since is not None:
            self._on_its_way.append(take)
            return
        self._acked_at = asyncio.get_running_loop().time()
        take()

    def _note(self, what: str) -> None:
        self.sent.log.append((asyncio.get_running_loop().time(), what))

    def _check(self) -> None:
        if self._ended is not None and self._dead_since is None:
            raise self._ended

    def _answer(self, text: str | None) -> None:
        turn = self._service.next_turn()
        now = asyncio.get_running_loop().time()
        asked = turn.heard if text is None else text
        self.memory = Memory((*self.memory.asked, asked), self.memory.results)
        self._over_at = math.inf
        self._steps = deque(turn.steps)
        self._made_until = self._played_until = now + turn.think_s
        if text is None:
            self._due(now + turn.think_s / 2, Caption("customer", asked, final=True))
        self._go_on()

    def _go_on(self) -> None:
        """Put steps on the timeline up to the next one that must wait."""
        now = asyncio.get_running_loop().time()
        self._made_until = max(self._made_until, now)
        self._played_until = max(self._played_until, now)
        while self._steps:
            match self._steps.popleft():
                case Say(words, seconds):
                    self._say(words if isinstance(words, str) else words(self.memory), seconds)
                case Pause(seconds):
                    self._made_until += seconds
                case Send(message):
                    self._due(self._made_until, message)
                case HangUp(error):
                    self._due(self._made_until, error)
                    return
                case Call(name, arguments) as call:
                    call_id = self._service.call_id()
                    self._pending[call_id] = call
                    self._due(self._made_until, ToolCall(call_id, name, arguments))
                    return
        self._due(self._made_until, GenerationComplete())
        self._over(max(self._made_until, self._played_until))

    def _say(self, text: str, seconds: float | None) -> None:
        if self.setup.text_replies:
            self._due(self._made_until, ReplyText(text))
            return
        words = text.split()
        lasts = len(words) * SECONDS_PER_WORD if seconds is None else seconds
        pieces = max(1, round(lasts / PIECE_S))
        self._played_until = max(self._played_until, self._made_until) + lasts
        spoken = 0
        for number in range(pieces):
            while spoken < len(words) and spoken * pieces <= number * len(words):
                gap = " " if spoken else ""
                self._due(self._made_until, Caption("kiosk", gap + words[spoken]))
                spoken += 1
            self._due(self._made_until, ReplyAudio(_tone(number)))
            self._made_until += PIECE_S / self._service.speed

    def _interrupt(self) -> None:
        now = asyncio.get_running_loop().time()
        self._timeline.clear()
        self._steps.clear()
        if self._pending:
            self._due(now, ToolWithdrawn(tuple(self._pending)))
            self._pending.clear()
        self._due(now, ReplyInterrupted())
        self._over(now)

    def _over(self, at: float) -> None:
        self._due(at, Usage(100, 50))
        self._due(at, TurnComplete())
        self._due(at, HandleIssued(self._service.issue(self.memory)))
        self._over_at = at

    def _due(self, at: float, message: LiveMessage | LinkError) -> None:
        self._timeline.append((at, message))
        self._wake.set()


def _tone(number: int) -> bytes:
    """Return one piece that is not silence and tells its number by its level."""
    level = 1000 + number % 1000
    samples = round(PIECE_S * SPEAKER_HZ)
    wave = (level if sample // 30 % 2 else -level for sample in range(samples))
    return b"".join(value.to_bytes(SAMPLE_BYTES, "little", signed=True) for value in wave)
