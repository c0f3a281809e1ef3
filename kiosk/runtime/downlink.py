"""The downlink: what the service says, and which of it the customer may still hear.

Stale audio is known by the service's own boundaries, not by our clock. After a barge-in the
rest of the old reply is muted until the service says ``interrupted`` or ``turnComplete``, or
shows by transcribing the new question that it has moved on. A turn counts as finished only
after its end mark was sent, and the ``turnComplete`` that closes an interrupted turn (Live API:
interruption is answered by both, in that order) is not taken for the end of the next one.
"""

import logging
from collections.abc import Callable

from kiosk.core.events import ReplyCut, ReplyFinished, ReplyStarted
from kiosk.core.live import (
    BrokenPiece,
    Caption,
    GenerationComplete,
    GoingAway,
    HandleIssued,
    LiveMessage,
    ReplyAudio,
    ReplyInterrupted,
    ReplyText,
    SessionHandle,
    ToolCall,
    ToolWithdrawn,
    TurnComplete,
    Usage,
)
from kiosk.core.mending import Mending, Telling, Verdict
from kiosk.ports import LiveSession
from kiosk.runtime.claim_guard import ClaimGuard
from kiosk.runtime.control import Inbox
from kiosk.runtime.errands import Errands
from kiosk.runtime.playout import Player
from kiosk.runtime.stream import Stream

log = logging.getLogger(__name__)

_NOTHING_TO_ANSWER = ("NEED_MORE_INPUT",)
"""Reasons of a turn without sound that asking once more would not change."""
MOST_BROKEN = 3
"""So many pieces in a row that cannot be played end the turn."""


class Downlink:
    """Everything that comes from the service. The one reader of a session."""

    def __init__(
        self,
        inbox: Inbox,
        player: Player,
        errands: Errands,
        guard: ClaimGuard,
        stream: Stream,
    ) -> None:
        self.handle: SessionHandle | None = None
        self.on_answer: Callable[[], None] = lambda: None
        self.on_rest: Callable[[], None] = lambda: None
        self.on_going_away: Callable[[float], None] = lambda _: None
        self.on_reply_lost: Callable[[], None] = lambda: None
        self._inbox = inbox
        self._player = player
        self._errands = errands
        self._guard = guard
        self._stream = stream
        self._session: LiveSession | None = None
        self._telling = Telling()  # what has come of the reply
        self._new = False  # nobody has taken what was heard of it
        self._mending: Mending | None = None  # its end was lost, and it is being told again
        self._asked = False  # the end mark of the present turn is sent, its end not yet seen
        self._begun = False  # the reply to it has begun
        self._whole = False  # and all of it has come
        self._muted = False
        self._closing = False  # an interrupted turn still owes its turnComplete
        self._broken = 0  # pieces in a row that could not be played
        self._handle_due = False  # the handle we have knows nothing of the latest turn

    @property
    def at_rest(self) -> bool:
        """Whether no turn is under way and the newest handle knows all of them."""
        return not self._asked and not self._handle_due

    def asked(self) -> None:
        """Note that an end mark was sent: what comes now answers it."""
        self._asked = True
        self._begun = False
        self._whole = False
        self._broken = 0
        self._handle_due = True
        if self._mending is None:
            self._telling, self._new = Telling(), True
            self._guard.next_reply()
        else:  # what came before is of a telling that was cut in its turn
            self._mending = Mending(self._telling)

    def take_heard(self) -> str:
        """Return once what the customer has heard of the last reply."""
        words = self._telling.told(self._player.played_ms) if self._new else ""
        self._new = False
        return words

    def mute(self) -> None:
        """Let nothing more of the reply under way be heard; before the player is silenced."""
        if self._player.replying:
            self._guard.judge(self._telling.told(self._player.played_ms), anew=True)
        self._muted = self._muted or self._asked
        self._asked = False
        self._begun = False
        self._mending = None
        self._errands.drop()

    def forget(self) -> None:
        """Start a visit with nothing of the last one."""
        self.handle = None
        self._telling, self._new = Telling(), False
        self._mending = None
        self._errands.drop()
        self._fresh_connection()

    def cut(self) -> None:
        """Take note that the connection is gone. A reply that had begun is to be told again.

        What has come of it plays on meanwhile.
        """
        if self._begun and self._asked and not self._whole:
            self._mending = Mending(self._telling)
        if self._mending is not None:
            self.on_reply_lost()
        self._errands.cut()
        self._fresh_connection()

    async def read(self, session: LiveSession) -> None:
        """Read until the connection ends (LinkError) or nobody wants it any more (returns)."""
        self._session = session
        async for message in session.messages():
            if self._session is not session:
                return  # the visit is over, and the next may have begun: this is not for it
            self._take(message)

    def _fresh_connection(self) -> None:
        self._session = None
        self._asked = False
        self._begun = False
        self._whole = False
        self._muted = False
        self._closing = False
        self._broken = 0
        self._handle_due = False

    def _take(self, message: LiveMessage) -> None:
        match message:
            case ReplyAudio(pcm):
                self._audio(pcm)
            case Caption() as caption:
                self._caption(caption)
            case BrokenPiece():
                self._broken_piece()
            case ToolCall() as call:
                if not self._muted:
                    self._errands.run(call)
            case ToolWithdrawn(ids):
                self._errands.withdraw(ids)
            case ReplyInterrupted():
                self._interrupted()
            case GenerationComplete():
                self._mend(complete=True)
                if self._begun:
                    self._whole = True
                    self._guard.judge(self._telling.text)
                    self._player.finish_reply()
            case TurnComplete(reason):
                self._mend(complete=True)
                self._turn_complete(worth_repeating=reason not in _NOTHING_TO_ANSWER)
                self.on_rest()
            case HandleIssued(handle):
                self.handle = handle
                self._handle_due = self._asked
                self._errands.handle_issued()
                self.on_rest()
            case GoingAway(time_left_s):
                self.on_going_away(time_left_s)
            case Usage() as usage:
                log.debug("tokens used", extra={"KIOSK_TOKENS": usage.response_tokens})
            case ReplyText():
                pass  # the kiosk never asks for text replies

    def _audio(self, pcm: bytes) -> None:
        self._broken = 0
        if self._muted or not self._asked:
            return
        self._closing = False
        if self._mending is not None:
            self._mending.sound(pcm)
            self._mend(complete=False)
            return
        self._whole = False
        if not self._begun:
            self._begun = True
            self._player.begin_reply()
            self.on_answer()
            self._inbox.post(ReplyStarted())
        self._telling.add_sound(pcm)
        self._player.push_reply(pcm)

    def _caption(self, caption: Caption) -> None:
        text = caption.text
        if caption.who == "customer":
            if self._asked or not self._muted:  # else it may be of the question before
                self._errands.heard(text, final=caption.final)
            if self._asked:
                self._muted = False  # the service has moved on to the new question
        elif self._mending is not None:
            self._mending.words(text)
            self._mend(complete=False)
            return
        elif self._asked and not self._muted:
            self._telling.add_words(text)
            if self._whole:
                self._guard.judge(self._telling.text)
        self._report_caption(caption.who, text, final=caption.final)

    def _report_caption(self, who: str, text: str, *, final: bool) -> None:
        self._stream.report("caption", {"who": who, "text": text, "final": final})

    def _mend(self, *, complete: bool) -> None:
        """Let a reply that is told again go on where it was cut, or give it up."""
        mending = self._mending
        if mending is None or not self._asked:
            return
        match mending.verdict(complete=complete):
            case Verdict.OPEN:
                return
            case Verdict.SAME:
                self._begun, self._whole = True, False
                self._telling = mending.second
                self._report_caption("kiosk", mending.new_words(), final=False)
                self._player.push_reply(mending.take())
            case Verdict.OTHER:
                self._guard.judge(self._telling.text)
                self._player.finish_reply()
                self._inbox.post(ReplyCut())
                self._muted, self._asked = True, False
        self._mending = None
        self.on_answer()

    def _broken_piece(self) -> None:
        """Leave a piece out; when no more comes than such, end the turn."""
        self._broken += 1
        if self._broken < MOST_BROKEN or self._muted or not self._asked:
            return
        self._guard.judge(self._telling.text)
        self._player.finish_reply()
        self.mute()
        self._inbox.post(ReplyCut())

    def _interrupted(self) -> None:
        self._muted = False
        self._closing = True
        if self._begun:  # nobody pressed: let the customer hear what there is
            self._whole = True
            self._guard.judge(self._telling.text)
            self._player.finish_reply()

    def _turn_complete(self, *, worth_repeating: bool) -> None:
        self._muted = False
        if self._closing:
            self._closing = False
            if not self._begun:
                return
        if self._asked:
            self._asked = False
            if self._begun:
                self._guard.judge(self._telling.text)
                self._player.finish_reply()
            self._inbox.post(ReplyFinished(audible=self._begun, worth_repeating=worth_repeating))
