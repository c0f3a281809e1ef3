"""One small Protocol for each thing outside. Docstrings are the contract."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from kiosk.core.audio import Frame, SpeakerFrame
from kiosk.core.health import Look
from kiosk.core.kept import KeptVisit
from kiosk.core.lights import Light
from kiosk.core.live import LiveMessage, SessionHandle, SessionSetup, ToolResult
from kiosk.core.path import NetworkChange, PathSample
from kiosk.errors import DeviceLost, StartError


class Microphone(Protocol):
    """A capture device that is already open, 16 kHz mono in frames of 20 ms."""

    gather_frames: int
    """How many frames may gather before the reader is woken; may be changed at any time.

    Each wake-up costs about as much as capturing a frame. Nothing is lost while more gather,
    it only comes later."""

    @property
    def overruns(self) -> int:
        """Frames dropped because they were too old when they could be read."""
        ...

    @property
    def frames_captured(self) -> int:
        """Frames the device delivered since it was opened: evidence that it lives."""
        ...

    def frames(self) -> AsyncIterator[tuple[Frame, float]]:
        """Yield each frame with the loop time at which its last sample was captured.

        One reader only. Raises DeviceLost when the device went away or stopped delivering.
        """
        ...


class Speaker(Protocol):
    """A playback device that is already open, 24 kHz mono in frames of 10 ms.

    It plays silence by itself whenever nothing has been written.
    """

    @property
    def latency_s(self) -> float:
        """From a frame leaving the queue to its sound, as the device reports it."""
        ...

    @property
    def frames_played(self) -> int:
        """Frames the device asked for since it was opened, silence included: its clock."""
        ...

    async def write(self, frame: SpeakerFrame) -> None:
        """Queue a frame; return when there is room for the next. Raises DeviceLost."""
        ...

    def flush(self) -> int:
        """Drop what is queued and not yet handed to the device; return how many frames."""
        ...

    @property
    def queued_frames(self) -> int:
        """Frames written and not yet handed to the device."""
        ...

    def set_volume(self, percent: int) -> None:
        """Set the loudness, 0 to 100; reached within a few frames, without a click."""
        ...


@dataclass(frozen=True, slots=True)
class OpenSound:
    """What of the sound could be opened.

    A microphone only together with a speaker: a kiosk that cannot answer must not listen.
    """

    microphone: Microphone | None
    speaker: Speaker | None
    missing: Mapping[str, StartError]
    """Why not, by ``microphone`` and ``speaker``; nothing for a microphone left shut."""
    closable: Callable[[], bool] = lambda: True
    """Whether closing at this moment cannot hang."""


class SoundCard(Protocol):
    """The configured sound devices, found anew by their names at every opening."""

    def open(self, on_lost: Callable[[DeviceLost], None]) -> AbstractContextManager[OpenSound]:
        """Open what is there; the context closes it and sets a reader or writer free.

        ``on_lost`` is called on the loop's thread for each device that goes or hangs, in use
        or not. Only one opening at a time.
        """
        ...

    async def trouble(self, parts: Collection[str]) -> str | None:
        """Look whether these parts, which are not open, could be; return why not, if so.

        Leaves alone what is open and never blocks the loop.
        """
        ...


class SpeechDetector(Protocol):
    """Votes on frames, in order. Stateful: ``reset`` before a frame that does not follow."""

    def probability(self, frame: Frame) -> float:
        """Return how likely the frame holds speech, 0 to 1."""
        ...

    def reset(self) -> None:
        """Forget what was heard."""
        ...


@dataclass(frozen=True, slots=True)
class ButtonEdge:
    """The button went down or up at loop time ``at``."""

    pressed: bool
    at: float


class Button(Protocol):
    """A debounced push button."""

    def edges(self) -> AsyncIterator[ButtonEdge]:
        """Yield every edge in order, none lost while nobody was waiting. One reader only."""
        ...


class Lamps(Protocol):
    """The status light and the microphone lamp."""

    def show(self, light: Light) -> None:
        """Show a pattern until another is shown; returns at once."""
        ...

    def microphone(self, *, lit: bool) -> None:
        """Light or darken the lamp towards the customer; returns at once."""
        ...


class Spare(Protocol):
    """A bare TCP connection to a Live endpoint: proof of a path, and the start of a session."""

    def close(self) -> None:
        """Give it up; does nothing once a session has been opened on it."""
        ...


class LiveSession(Protocol):
    """One connection to a Live service. Every coroutine may raise LinkError or LinkRefused.

    One reader of ``messages`` and one writer of everything else; ``ping`` may come in between.
    """

    resumed: bool
    """Whether it goes on where its handle was issued."""

    def path(self) -> PathSample:
        """Return what the kernel knows of the way out at this moment. Cheap; raises nothing.

        After the end of the connection it is a sample with nothing pending.
        """
        ...

    def reset(self) -> None:
        """End the connection at once, with a TCP reset and no goodbye; raises nothing.

        The peer sees the end before anything that is sent on another connection afterwards.
        The reader gets LinkError.
        """
        ...

    async def ping(self) -> None:
        """Send a ping frame, so that the peer's kernel has something to acknowledge.

        Nobody waits for the pong.
        """
        ...

    async def send_activity_start(self) -> None:
        """Say that the customer takes the floor."""
        ...

    async def send_audio(self, pcm: bytes) -> None:
        """Send captured sound, 16 kHz mono PCM16, between the two activity marks."""
        ...

    async def send_activity_end(self) -> None:
        """Say that the customer has finished."""
        ...

    async def send_text(self, text: str) -> None:
        """Ask by text, as a complete turn."""
        ...

    async def send_tool_result(self, result: ToolResult) -> None:
        """Answer a tool call of this connection."""
        ...

    def messages(self) -> AsyncIterator[LiveMessage]:
        """Yield what the service says, turn after turn, until the connection ends.

        Ends by raising LinkError or LinkRefused; never by itself.
        """
        ...


class LiveService(Protocol):
    """A Live endpoint."""

    endpoint: str
    """For people and events: host and port, no secret."""

    async def dial(self, within_s: float) -> Spare:
        """Open one bare TCP connection, by addresses that worked before when there are any.

        Names are resolved beside it, never before it. Raises LinkError within ``within_s``.
        """
        ...

    async def probe(self, within_s: float) -> None:
        """Make sure that the endpoint answers: TCP and TLS, and not a byte more.

        Raises LinkError within ``within_s``, or LinkRefused for a certificate that does not hold.
        """
        ...

    def session(
        self,
        setup: SessionSetup,
        handle: SessionHandle | None = None,
        spare: Spare | None = None,
    ) -> AbstractAsyncContextManager[LiveSession]:
        """Connect, on ``spare`` when one is given, and set a session up; the context closes it.

        The whole of it has one deadline. Raises LinkError or LinkRefused.
        """
        ...


class NetworkWatch(Protocol):
    """What the kernel tells of links, addresses and routes."""

    def changes(self) -> AsyncIterator[NetworkChange]:
        """Yield every change from now on, in order. One reader only."""
        ...


@dataclass(frozen=True, slots=True)
class StaffState:
    """Loudness in percent, and whether the microphone is shut by staff."""

    volume: int
    muted: bool = False


class StaffMemory(Protocol):
    """What staff set, kept over a restart."""

    state: StaffState
    """As it was set last."""

    async def keep(self, state: StaffState) -> None:
        """Set and save. Raises StartError when it cannot be saved: it is set all the same."""
        ...


class ServiceManager(Protocol):
    """systemd, or nobody."""

    def ready(self) -> None: ...

    def more_time(self, seconds: float) -> None:
        """Say that the start goes on: the next word comes within so long, or it hangs."""
        ...

    def alive(self) -> None:
        """Pet the watchdog: every part that should move has moved."""
        ...

    def status(self, text: str) -> None:
        """Say in one line, without personal data, what the kiosk is doing."""
        ...

    def stopping(self) -> None: ...


class Books(Protocol):
    """The kiosk's own database, as it is kept."""

    @property
    def writable(self) -> bool:
        """Whether the disk took what was written last."""
        ...

    @property
    def trouble(self) -> str:
        """What customers need not notice: ``slow``, ``damaged`` at the last look, or ""."""
        ...

    def on_news(self, tell: Callable[[], None]) -> None:
        """Call this on the loop when the disk fails, or begins or ceases to be slow."""
        ...

    async def look(self) -> None:
        """See whether a damaged one lies beside it; takes as long as the disk. Raises nothing."""
        ...

    async def mend(self) -> None:
        """Write a little, to see whether the disk takes it (again). Raises nothing."""
        ...


class Machine(Protocol):
    """The computer itself, as its kernel tells of it."""

    async def look(self) -> Look:
        """Look at it once: some small reads. Raises nothing."""
        ...

    async def known_time(self) -> float | None:
        """Return the time that was kept last, in seconds since 1970, or None."""
        ...

    async def keep_time(self, unix_s: float) -> None:
        """Keep a time that was believed, for the next start. Raises nothing."""
        ...


class VisitMemory(Protocol):
    """The visit under way, kept in memory over our own end; never on disk.

    Calls are cheap, a few microseconds of memory, and raise nothing.
    """

    @property
    def kept(self) -> KeptVisit | None:
        """What the process before us left, while it is fresh and until ``keep`` or ``wipe``.

        A customer who is there again is met with it; without it the visit is a new one.
        """
        ...

    def keep(self, handle: SessionHandle, visit: int, phase: str) -> None:
        """Put this in place of what was kept, and begin its freshness anew.

        To be called with every new handle and every new phase of a visit, and again before
        it goes stale (``kept.FRESH_S``) while a phase lasts.
        """
        ...

    def wipe(self) -> None:
        """Keep nothing: the visit is over, or may not be gone on with."""
        ...
