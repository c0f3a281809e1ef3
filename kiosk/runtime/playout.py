"""The playout task: from the jitter buffer to the speaker, at the speaker's own pace.

It writes only while there is something to say; the speaker plays silence by itself. The last
frame there is of a reply that goes on is written as late as possible: what the speaker has
queued bridges the time to the next piece just as well as what is kept here.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from kiosk.core.audio import SPEAKER_FRAME_MS
from kiosk.core.earcons import Earcon, sound_of
from kiosk.core.effects import Phrase
from kiosk.core.events import Event, PhraseEnded, PlayoutDrained, ReplyDried, ReplySounded
from kiosk.core.playout import Mark, Playout
from kiosk.ports import Speaker
from kiosk.runtime.control import Inbox
from kiosk.runtime.stream import Stream

log = logging.getLogger(__name__)

LAST_FRAMES = 2
"""Left in the speaker's queue when a reply's last frame is written: so late may the loop be."""


class Player:
    """Everything that sounds. Synchronous calls fill it; ``run`` empties it."""

    def __init__(self, phrases: Mapping[Phrase, bytes], inbox: Inbox, stream: Stream) -> None:
        self.phrases = phrases
        self._inbox = inbox
        self._stream = stream
        self.said: Counter[Phrase] = Counter()
        """How often each phrase was asked for."""
        self._playout = Playout()
        self._phrase: Phrase | None = None
        self._dry = False  # the conversation knows that the reply has run dry
        self._speaker: Speaker | None = None
        self._work = asyncio.Event()

    @property
    def missing(self) -> tuple[Phrase, ...]:
        """Phrases that are not on the device."""
        spoken = (phrase for phrase in Phrase if phrase is not Phrase.TICK)
        return tuple(phrase for phrase in spoken if phrase not in self.phrases)

    @property
    def underruns(self) -> int:
        """How often a reply had to wait for its next piece."""
        return self._playout.underruns

    @property
    def replying(self) -> bool:
        """Whether a reply sounds at this moment."""
        return self._playout.replying

    @property
    def played_ms(self) -> int:
        """How much of the reply has been played, or of the last one."""
        return self._playout.played_ms

    def begin_reply(self) -> None:
        """Open the jitter buffer for a new reply."""
        self._playout.begin_reply()

    def push_reply(self, pcm: bytes) -> None:
        """Add a piece of the reply, 24 kHz mono PCM16, any length."""
        self._playout.push_reply(pcm)
        self._work.set()

    def finish_reply(self) -> None:
        """Note that no more of the reply will come."""
        self._playout.finish_reply()
        self._work.set()

    def flush(self) -> None:
        """Silence the reply and any phrase now, also what the speaker already queued."""
        self._playout.flush()
        self._phrase = None
        self._dry = False
        if self._speaker is not None:
            self._speaker.flush()

    def earcon(self, earcon: Earcon) -> None:
        """Sound a tone over whatever plays."""
        self._playout.play_earcon(sound_of(earcon))
        self._work.set()

    def phrase(self, phrase: Phrase) -> None:
        """Say a recorded phrase; a reply waits for its end. One under way is not begun again."""
        self.said[phrase] += 1
        if phrase is Phrase.TICK:
            self.earcon(Earcon.TICK)
            return
        if phrase is self._phrase:
            return
        recording = self.phrases.get(phrase)
        if recording is None:
            log.warning("phrase not on the device", extra={"KIOSK_PHRASE": phrase.value})
            self.earcon(Earcon.SORRY)
            self._inbox.post(PhraseEnded(phrase))
            return
        self._phrase = phrase
        self._playout.play_phrase(recording)
        self._work.set()

    async def run(self, speaker: Speaker) -> None:
        """Feed the speaker until it is lost (DeviceLost) or the task is cancelled."""
        self._speaker = speaker
        while True:
            spare_frames = speaker.queued_frames - LAST_FRAMES
            if self._playout.running_dry and spare_frames > 0:
                await self._work_within(spare_frames * SPEAKER_FRAME_MS / 1000)
                continue
            pulled = self._playout.pull()
            if pulled.frame is None:
                await self._work_within(None)
                continue
            if Mark.REPLY_SOUNDED in pulled.marks or (self._dry and not self._playout.dry):
                self._dry = False
                self._inbox.post(ReplySounded())
            await speaker.write(pulled.frame)
            if Mark.PHRASE_ENDED in pulled.marks and self._phrase is not None:
                ended, self._phrase = self._phrase, None
                self._post_when_heard(PhraseEnded(ended), speaker)
            if Mark.REPLY_DRAINED in pulled.marks:
                self._post_when_heard(PlayoutDrained(pulled.heard_ms), speaker)
            if self._playout.dry and not self._dry:
                asyncio.get_running_loop().call_later(_unheard_s(speaker), self._dried)

    async def _work_within(self, wait_s: float | None) -> None:
        """Return when something came in, or after so long."""
        self._work.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._work.wait()

    def _dried(self) -> None:
        """Tell that the reply has run dry, unless it goes on by now."""
        if self._playout.dry and not self._dry:
            self._dry = True
            self._inbox.post(ReplyDried())

    def _post_when_heard(self, event: Event, speaker: Speaker) -> None:
        """Post once what the speaker has queued by now has been heard."""
        asyncio.get_running_loop().call_later(_unheard_s(speaker), self._inbox.post, event)


def _unheard_s(speaker: Speaker) -> float:
    return speaker.queued_frames * SPEAKER_FRAME_MS / 1000 + speaker.latency_s
