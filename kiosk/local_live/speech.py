"""The outgoing side of one turn: sentences become sound and captions, or text.

Sound goes out faster than it is heard, but not all at once: a burst, then a few times real
time, so that an interruption still finds something unsaid. The words of a spoken reply are
sent in step with their sound, by the share of a sentence's letters they have.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from kiosk.core.audio import SAMPLE_BYTES, SPEAKER_HZ
from kiosk.local_live import outgoing
from kiosk.local_live.house import Timing
from kiosk.local_live.outgoing import ServerMessage, Usage
from kiosk.local_live.parts import Voice
from kiosk.local_live.profiles import Captions

Send = Callable[[ServerMessage], Awaitable[None]]

_LETTERS_PER_S: Final = 14.0  # measured on the local voice: 13 to 16 with spaces


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStyle:
    """How replies of this session go out."""

    text: bool
    captions: Captions | None
    voice: str = ""


@dataclass(slots=True)
class Speech:
    """What one turn says, and what of it has been sent."""

    send: Send
    voice: Voice
    style: SpeechStyle
    usage: Usage
    timing: Timing
    now: Callable[[], float]
    spoken: str = ""
    """The words whose sound, or text, was sent."""
    sent_s: float = 0.0
    plays_until: float = 0.0
    _began: float = field(default=0.0, init=False)

    @property
    def started(self) -> bool:
        """Tell whether the client got anything of it."""
        return bool(self.spoken) or self.sent_s > 0

    @property
    def sounding(self) -> bool:
        """Tell whether a client that plays at once is still playing."""
        return self.plays_until > self.now()

    async def say(self, text: str) -> None:
        """Send a text, sentence by sentence; returns when all of it is sent."""
        for sentence in self.voice.sentences(text):
            if self.style.text:
                await self._write(sentence)
            else:
                await self._speak(sentence)

    async def finish(self) -> None:
        """Close the captions of the reply."""
        if self.started and self.style.captions is not None:
            await self.send(outgoing.reply_words("", last=True))

    async def played(self) -> None:
        """Return when a client that plays at once has played all."""
        await asyncio.sleep(max(0.0, self.plays_until - self.now()))

    async def _write(self, sentence: str) -> None:
        for word in sentence.split():
            delta = f" {word}" if self.spoken else word
            await self.send(outgoing.reply_text(delta))
            self.spoken += delta
            self.usage.said(text=delta)
            await asyncio.sleep(self.timing.word_s)

    async def _speak(self, sentence: str) -> None:
        words = _Words(sentence, first=not self.spoken)
        if self.style.captions is Captions.BEFORE_SOUND:
            await self.send(outgoing.reply_words(words.text))
        pieces = self.voice.speak(sentence, self.style.voice)
        spoken_s = 0.0
        try:
            async for pcm in pieces:
                await self._pace()
                await self._send_piece(pcm, words.until(spoken_s))
                spoken_s += _seconds(pcm)
        finally:
            if isinstance(pieces, AsyncGenerator):
                await pieces.aclose()  # stops the synthesis at once
        rest = words.rest()
        if rest:
            await self._caption(rest)

    async def _send_piece(self, pcm: bytes, delta: str) -> None:
        if delta and self.style.captions is Captions.WITH_SOUND:
            await self.send(outgoing.reply_sound(pcm, delta))
            self.spoken += delta
        else:
            if delta:
                await self._caption(delta)
            await self.send(outgoing.reply_sound(pcm))
        now = self.now()
        if not self.sent_s:
            self._began = self.plays_until = now
        self.sent_s += _seconds(pcm)
        self.plays_until = max(self.plays_until, now) + _seconds(pcm)
        self.usage.said(audio_s=_seconds(pcm))

    async def _caption(self, delta: str) -> None:
        if self.style.captions in (Captions.IN_STEP, Captions.WITH_SOUND):
            await self.send(outgoing.reply_words(delta))
        self.spoken += delta

    async def _pace(self) -> None:
        allowed_s = self.timing.burst_s + self.timing.speed * (self.now() - self._began)
        if self.sent_s > allowed_s:
            await asyncio.sleep((self.sent_s - allowed_s) / self.timing.speed)


class _Words:
    """The words of a sentence by the time they are spoken."""

    def __init__(self, sentence: str, *, first: bool) -> None:
        self._words = [f" {word}" for word in sentence.split()]
        if first and self._words:
            self._words[0] = self._words[0].lstrip()
        self._next = 0
        self._letters = 0
        self.text = "".join(self._words)

    def until(self, spoken_s: float) -> str:
        """Return the words that begin no later than ``spoken_s`` and were not returned yet."""
        taken = ""
        while self._next < len(self._words) and self._letters <= spoken_s * _LETTERS_PER_S:
            word = self._words[self._next]
            taken += word
            self._letters += len(word)
            self._next += 1
        return taken

    def rest(self) -> str:
        """Return all words that are left."""
        left, self._next = "".join(self._words[self._next :]), len(self._words)
        return left


def _seconds(pcm: bytes) -> float:
    return len(pcm) / SAMPLE_BYTES / SPEAKER_HZ
