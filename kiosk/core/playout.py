"""The jitter buffer: from pieces as they arrive to frames as the speaker takes them.

Three things can sound. A *reply* comes in pieces of any length, faster or slower than it
plays: it starts when 80 ms are there, or all of it, and when it runs dry it waits for
60 ms rather than stutter. A *phrase* is whole from the start and goes before any reply,
which waits. An *earcon* is mixed over both and never waits.

Every sound begins and ends with a fade of 5 ms, so also at an underrun; for that the last
5 ms of an unfinished reply are held back until more of it is there.

``pull`` gives no frame when there is nothing to say: the speaker is silent by itself.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kiosk.core.audio import (
    SAMPLE_BYTES,
    SILENCE,
    SPEAKER_FRAME_BYTES,
    SPEAKER_HZ,
    SpeakerFrame,
)
from kiosk.core.pcm import faded_in, faded_out, mixed

PREFILL_MS: Final = 80
REFILL_MS: Final = 60
FADE_MS: Final = 5
CAP_S: Final = 120
"""Longest reply kept; the service sends faster than it plays."""

_MS_BYTES: Final = SPEAKER_HZ * SAMPLE_BYTES // 1000
_FADE_BYTES: Final = FADE_MS * _MS_BYTES
_FADE_SAMPLES: Final = _FADE_BYTES // SAMPLE_BYTES
_CAP_BYTES: Final = CAP_S * 1000 * _MS_BYTES


class Mark(StrEnum):
    """What a frame means to the conversation."""

    REPLY_SOUNDED = "reply_sounded"  # the first frame of a reply
    REPLY_DRAINED = "reply_drained"  # the last
    PHRASE_ENDED = "phrase_ended"  # the last frame of a phrase


@dataclass(frozen=True, slots=True)
class Pulled:
    """One frame for the speaker, or none. Marks come only with a frame."""

    frame: SpeakerFrame | None = None
    marks: tuple[Mark, ...] = ()
    heard_ms: int = 0
    """How much of the reply has been pulled, this frame included."""


_Sounded = tuple[SpeakerFrame | None, tuple[Mark, ...]]


class Playout:
    """Holds one reply, the phrases before it and the earcons over it."""

    def __init__(self) -> None:
        self.underruns = 0
        """How often a reply ran dry before its end."""
        self.dropped_bytes = 0
        """Sound of a reply that was beyond the cap."""
        self._reply = bytearray()
        self._open = False  # more of the reply is to come
        self._muted = True  # what still comes of it is not to be heard
        self._audible = False  # it has begun to sound
        self._running = False  # its next frame follows its last without a gap
        self._dry = False  # it stopped for want of sound
        self._played_bytes = 0
        self._phrases: deque[bytes] = deque()
        self._phrase = b""
        self._earcons: list[bytes] = []

    @property
    def sounding(self) -> bool:
        """Whether a reply or a phrase has begun and not ended; gaps are part of it."""
        return self._audible or bool(self._phrase) or bool(self._phrases)

    @property
    def replying(self) -> bool:
        """Whether a reply has begun to sound and not ended."""
        return self._audible

    @property
    def played_ms(self) -> int:
        """How much of the reply has been pulled."""
        return self._played_bytes // _MS_BYTES

    @property
    def dry(self) -> bool:
        """Whether a reply that is still to go on has stopped for want of sound."""
        return self._dry and self._open

    @property
    def running_dry(self) -> bool:
        """Whether the next frame is the last there is of a reply that is still to go on.

        Pulled now, it ends in a fade; pulled after the next piece has come, it does not.
        """
        goes_on = self._running and self._open and not self._phrases
        return goes_on and len(self._reply) < SPEAKER_FRAME_BYTES + _FADE_BYTES

    def begin_reply(self) -> None:
        """Open for a reply. One that is still playing goes on, and this one follows on it."""
        if not self._audible:
            self._reply.clear()
            self._played_bytes = 0
        self._open = True
        self._muted = False

    def push_reply(self, pcm: bytes) -> None:
        """Add a piece of the reply, mono PCM16 at 24 kHz, of any length.

        One that comes after the end was noted opens the reply again.
        """
        if self._muted:
            return
        self._open = True
        room = max(0, _CAP_BYTES - len(self._reply))
        self._reply += pcm[:room]
        self.dropped_bytes += max(0, len(pcm) - room)

    def finish_reply(self) -> None:
        """Note that the reply is complete."""
        self._open = False

    def flush(self) -> None:
        """Drop the reply and every phrase, and mute what is still to come of the reply."""
        self._reply.clear()
        self._phrases.clear()
        self._phrase = b""
        self._open = self._audible = self._running = self._dry = False
        self._muted = True

    def play_phrase(self, pcm: bytes) -> None:
        """Play a whole recording, after phrases asked for earlier and before any reply."""
        if pcm:
            self._phrases.append(faded_out(faded_in(pcm, _FADE_SAMPLES), _FADE_SAMPLES))

    def play_earcon(self, pcm: bytes) -> None:
        """Mix a tone over whatever plays, from the next frame on."""
        if pcm:
            self._earcons.append(pcm)

    def pull(self) -> Pulled:
        """Return the next frame and what it means."""
        frame, marks = self._voice()
        if self._earcons:
            frame = self._with_earcons(frame or SILENCE)
        return Pulled(frame, marks, self.played_ms)

    def _voice(self) -> _Sounded:
        """Return the next frame of the phrase or the reply."""
        if self._phrase or self._phrases:
            return self._phrase_frame() if not self._running else self._reply_frame(last=True)
        if self._running or self._may_start():
            return self._reply_frame()
        if self._audible and not self._open:  # the end was noted after the sound had run out
            self._audible = self._dry = False
            return SILENCE, (Mark.REPLY_DRAINED,)
        return None, ()

    def _may_start(self) -> bool:
        wanted_ms = REFILL_MS if self._audible else PREFILL_MS
        wanted_bytes = wanted_ms * _MS_BYTES if self._open else SAMPLE_BYTES
        return len(self._reply) >= wanted_bytes

    def _reply_frame(self, *, last: bool = False) -> _Sounded:
        """Take a frame off the reply; ``last`` if a gap is to follow in any case."""
        marks = () if self._audible else (Mark.REPLY_SOUNDED,)
        body = self._taken()
        left = len(self._reply)
        if not self._running:
            body = faded_in(body, _FADE_SAMPLES)
            self.underruns += self._dry
            self._dry = False
        self._audible = True
        self._running = not last
        if self._open and left < _FADE_BYTES:
            self._running, self._dry = False, True
        if not self._running:
            body = faded_out(body, _FADE_SAMPLES)
        elif not self._open and left < _FADE_BYTES:
            body = faded_out(body, _FADE_SAMPLES, after_samples=left // SAMPLE_BYTES)
        if not self._open and left < SAMPLE_BYTES:
            self._reply.clear()
            self._audible = self._running = False
            marks = (*marks, Mark.REPLY_DRAINED)
        return _padded(body), marks

    def _taken(self) -> bytes:
        """Return up to a frame of whole samples off the front of the reply."""
        size = min(SPEAKER_FRAME_BYTES, len(self._reply) - len(self._reply) % SAMPLE_BYTES)
        body = bytes(self._reply[:size])
        del self._reply[:size]
        self._played_bytes += size
        return body

    def _phrase_frame(self) -> _Sounded:
        phrase = self._phrase or self._phrases.popleft()
        self._phrase = phrase[SPEAKER_FRAME_BYTES:]
        marks = () if self._phrase else (Mark.PHRASE_ENDED,)
        return _padded(phrase[:SPEAKER_FRAME_BYTES]), marks

    def _with_earcons(self, frame: SpeakerFrame) -> SpeakerFrame:
        for tone in self._earcons:
            frame = _padded(mixed(frame, tone[:SPEAKER_FRAME_BYTES]))
        rests = (tone[SPEAKER_FRAME_BYTES:] for tone in self._earcons)
        self._earcons = [rest for rest in rests if rest]
        return frame


def _padded(body: bytes) -> SpeakerFrame:
    return SpeakerFrame(body.ljust(SPEAKER_FRAME_BYTES, b"\0"))
