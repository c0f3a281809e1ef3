"""The uplink: microphone, gate, session.

Capturing never waits for the network. What the gate lets through is kept until the turn is
answered, so that a new connection gets the utterance from its start, and both activity marks
are sent for every utterance that began.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from enum import Enum, auto

from kiosk.core.audio import Frame
from kiosk.core.effects import GateMode
from kiosk.core.events import (
    HoldWasSilent,
    SpeechEnded,
    SpeechStarted,
    UtteranceTorn,
    VoiceSuspected,
)
from kiosk.core.gate import Gate, GateEvent
from kiosk.core.live import ToolResult
from kiosk.errors import LinkError
from kiosk.ports import LiveSession, Microphone
from kiosk.runtime.control import Inbox

log = logging.getLogger(__name__)

PIECE_FRAMES = 2
"""40 ms a message: small enough to be early, large enough to cost little."""
BURST_FRAMES = 5
"""100 ms a message while catching up."""
MOST_LOST = 0.05
"""Of an utterance: with more of it missing, words are."""
REST_FRAMES = 25
"""While nobody is listened to, captured frames are looked at, and dropped, twice a second."""


class _Mark(Enum):
    START = auto()
    END = auto()


class Uplink:
    """Everything that goes to the service. The one writer of a session."""

    def __init__(self, gate: Gate, inbox: Inbox) -> None:
        self.on_end_mark: Callable[[], None] = lambda: None
        self.on_result_sent: Callable[[str], None] = lambda _: None
        self.frames_uploaded = 0
        self._gate = gate
        self._inbox = inbox
        self._microphone: Microphone | None = None
        self._armed: GateMode | None = None
        self._armed_at = 0.0
        self._utterance: list[Frame | _Mark] = []
        self._sent = 0
        self._answered = False
        self._end_owed = False
        self._delivery_due = False
        self._sent_at = 0.0
        self._overruns_before = 0
        self._results: deque[ToolResult] = deque()
        self._session: LiveSession | None = None
        self._work = asyncio.Event()

    # What the conversation asks for

    def arm(self, mode: GateMode) -> None:
        """Listen from the next frame on; in mid-turn, change who ends it.

        A gate that has just ended the turn by itself opens it again.
        """
        if self._armed is None:
            self._armed_at = asyncio.get_running_loop().time()
            self._gather(1)
        self._gate.arm(mode)
        self._armed = mode

    def disarm(self) -> None:
        """Stop listening. Whatever began is ended."""
        self._gate.disarm()
        self._armed = None
        self._gather(REST_FRAMES)
        self._end()

    def start_utterance(self) -> None:
        """Forget the utterance before, if it has ended; the next one begins.

        A follow-up question begins with its first frame, before the conversation knows of it.
        """
        self._answered = False
        if not self._ended:
            return
        self._end_owed = 0 < self._sent < len(self._utterance)
        self._utterance.clear()
        self._sent = 0
        self._delivery_due = False

    def repeat(self) -> None:
        """Send the utterance once more, from its start."""
        self._answered = False
        self._delivery_due = False
        self._sent = 0
        self._work.set()

    def end_utterance(self) -> None:
        """Queue what the gate still holds and the end mark."""
        rest = self._gate.release().send
        if rest:
            self._begin()
            self._utterance.extend(rest)
        if not self._utterance:
            self._inbox.post(HoldWasSilent())
        elif self._torn:
            self._inbox.post(UtteranceTorn())
        self._end()

    def forget(self) -> None:
        """Wipe everything of this visit."""
        self._utterance.clear()
        self._results.clear()
        self._sent = 0
        self._answered = False
        self._end_owed = False
        self._delivery_due = False

    # What others ask and tell

    @property
    def at_rest(self) -> bool:
        """Whether no utterance is under way or waits for its answer."""
        return not self._utterance or (self._ended and self._answered)

    def delivered(self) -> bool:
        """Note that all that was sent has arrived; tell, once, if a whole utterance was in it."""
        due, self._delivery_due = self._delivery_due, False
        return due

    def doubted(self) -> None:
        """Note that what was sent may not have arrived: that it has is to be told again."""
        all_sent = self._ended and self._sent == len(self._utterance)
        self._delivery_due = self._session is not None and all_sent and not self._answered

    def quiet_s(self, now: float) -> float:
        """Return for how long nothing has been sent."""
        return now - self._sent_at

    def pinged(self) -> None:
        """Note that somebody sent something that is no audio."""
        self._sent_at = asyncio.get_running_loop().time()

    def unanswered(self) -> None:
        """Note that the reply was lost: the next session gets the utterance again."""
        self._answered = False

    def answered(self) -> None:
        """Note that the reply to the utterance has begun: it will not be sent again."""
        self._answered = True

    def answer_tool(self, result: ToolResult) -> None:
        """Queue the answer to a tool call of the present connection."""
        if self._session is not None:
            self._results.append(result)
            self._work.set()

    def attach(self, session: LiveSession) -> None:
        """Send to this session from now on; an unanswered utterance from its start."""
        self._session = session
        self._end_owed = False
        self._delivery_due = False
        self._results.clear()
        self._sent = len(self._utterance) if self._answered else 0
        self._sent_at = asyncio.get_running_loop().time()
        self._work.set()

    def detach(self) -> None:
        """Keep what there is to send until there is a session again."""
        self._session = None

    # The two tasks

    async def capture(self, microphone: Microphone) -> None:
        """Feed the gate until the microphone is lost or the task is cancelled."""
        self._microphone = microphone
        self._gather(REST_FRAMES if self._armed is None else 1)
        async for frame, captured_at in microphone.frames():
            if self._armed is None or captured_at <= self._armed_at:
                continue  # what was said before the press is nobody's business
            heard = self._gate.push(frame)
            if heard.event is GateEvent.VOICE_SUSPECTED:
                self._inbox.post(VoiceSuspected())
            if heard.event is GateEvent.SPEECH_STARTED:
                self._begin()
                self._inbox.post(SpeechStarted())
            self._queue(heard.send)
            if heard.event is GateEvent.SPEECH_ENDED:
                self._inbox.post(SpeechEnded())

    async def send(self) -> None:
        """Send whatever there is to whatever session there is, until cancelled."""
        while True:
            await self._work.wait()
            self._work.clear()
            session = self._session
            try:
                while session is not None and session is self._session:
                    if not await self._send_next(session):
                        break
                    self._sent_at = asyncio.get_running_loop().time()
            except LinkError as err:  # the reader of this session learns it too, and reconnects
                log.debug("could not send", extra={"KIOSK_CAUSE": str(err)})
                if session is self._session:
                    self._session = None

    async def _send_next(self, session: LiveSession) -> bool:
        if self._end_owed:
            self._end_owed = False
            await session.send_activity_end()
            return True
        if self._results:
            result = self._results.popleft()
            await session.send_tool_result(result)
            self.on_result_sent(result.call_id)
            return True
        match self._utterance[self._sent : self._sent + 1]:
            case []:
                return False
            case [_Mark.START]:
                self._sent += 1
                await session.send_activity_start()
            case [_Mark.END]:
                self._sent += 1
                self.on_end_mark()  # first: a press while this waits is about what it asks for
                await session.send_activity_end()
                self._delivery_due = session is self._session and not self._answered
            case _:
                return await self._send_audio(session)
        return True

    async def _send_audio(self, session: LiveSession) -> bool:
        frames: list[Frame] = []
        for item in self._utterance[self._sent : self._sent + BURST_FRAMES]:
            if isinstance(item, _Mark):
                break
            frames.append(item)
        last = self._sent + len(frames) == len(self._utterance)
        if last and len(frames) < PIECE_FRAMES:
            return False  # the rest of the piece, or the end mark, is 20 ms away
        self._sent += len(frames)
        self.frames_uploaded += len(frames)
        await session.send_audio(b"".join(frames))
        return True

    def _gather(self, frames: int) -> None:
        if self._microphone is not None:
            self._microphone.gather_frames = frames

    def _begin(self) -> None:
        self.start_utterance()
        if not self._utterance:
            self._utterance.append(_Mark.START)
            self._overruns_before = self._microphone.overruns if self._microphone else 0

    @property
    def _ended(self) -> bool:
        """Whether there is an utterance and its end mark is queued."""
        return bool(self._utterance) and self._utterance[-1] is _Mark.END

    @property
    def _torn(self) -> bool:
        """Whether too much of the utterance was lost between the device and us."""
        if self._microphone is None:
            return False
        lost_frames = self._microphone.overruns - self._overruns_before
        return lost_frames > MOST_LOST * len(self._utterance)

    def _end(self) -> None:
        if self._utterance and not self._ended:
            self._utterance.append(_Mark.END)
        self._work.set()

    def _queue(self, frames: Iterable[Frame]) -> None:
        self._utterance.extend(frames)
        self._work.set()
