"""Automatic activity detection: where speech begins and where it has ended.

A frame counts as voice when the WebRTC detector says so and its speech band stands clear of
the noise floor; the second condition is what keeps a steady noise from holding an activity
open (measured: WebRTC's vote alone takes up to 23 s to end speech at 5 dB, with the
condition 1.3 s). Enough voiced frames in a short window open an activity, a silence of the
asked length ends it. Time is counted in samples; nothing here reads a clock.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import webrtcvad

from kiosk.core.audio import MIC_FRAME_BYTES, MIC_FRAME_MS, MIC_FRAME_SAMPLES, MIC_HZ
from kiosk.local_live.protocol import Detection

PRE_ROLL_MS: Final = 500
"""Sound kept from before an activity was detected: first consonants are quiet."""

_WINDOW_FRAMES: Final = 10
_EAGER_VOTES: Final = 7
_SURE_VOTES: Final = 9
_EAGER_SILENCE_MS: Final = 700
_PATIENT_SILENCE_MS: Final = 1200
_LONGEST_SILENCE_MS: Final = 10_000
_VAD_MODE: Final = 3
_CLEAR_DB: Final = 6.0
_BAND_HZ: Final = (300.0, 3400.0)
_FLOOR_LOWEST_DB: Final = 20.0  # of a band power in squared PCM16 steps: digital silence
_FLOOR_RISE_DB: Final = 0.02  # a frame: 1 dB a second, so that speech hardly lifts it
_FLOOR_START_DB: Final = 32.0


@dataclass(frozen=True, slots=True)
class Started:
    """Somebody began to speak. ``offset_s`` counts from the first sample."""

    offset_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    """They have finished; ``pcm`` is all of it with its pre-roll, 16 kHz PCM16."""

    pcm: bytes
    offset_s: float


class Endpointer:
    """Cuts a stream of 16 kHz PCM16 into activities."""

    def __init__(self, detection: Detection, longest_s: float) -> None:
        self._votes_to_open = _votes(detection)
        self._silence_frames = _frames(
            _silence_ms(detection.silence_ms, eager=detection.eager_end), at_least=1
        )
        self._longest_bytes = int(longest_s * MIC_HZ) * 2
        self._vad = webrtcvad.Vad(_VAD_MODE)
        self._noise = _NoiseFloor()
        self._partial = bytearray()
        self._frames_seen = 0
        self._votes: deque[bool] = deque(maxlen=_WINDOW_FRAMES)
        self._pre_roll: deque[bytes] = deque(maxlen=_frames(PRE_ROLL_MS, at_least=1))
        self._speech: bytearray | None = None
        self._silent_frames = 0

    @property
    def speaking(self) -> bool:
        """Tell whether an activity is open."""
        return self._speech is not None

    def feed(self, pcm: bytes) -> Iterator[Started | Ended]:
        """Take sound of any length and yield what it decides; must be run to its end."""
        self._partial += pcm
        whole = len(self._partial) - len(self._partial) % MIC_FRAME_BYTES
        frames = bytes(self._partial[:whole])
        del self._partial[:whole]
        for start in range(0, whole, MIC_FRAME_BYTES):
            decided = self._take(frames[start : start + MIC_FRAME_BYTES])
            if decided is not None:
                yield decided

    def flush(self) -> Ended | None:
        """End an open activity now: the client's microphone went off."""
        return self._end() if self._speech is not None else None

    def _take(self, frame: bytes) -> Started | Ended | None:
        self._frames_seen += 1
        clear = self._noise.clear(frame)
        voiced = self._vad.is_speech(frame, MIC_HZ) and clear
        self._votes.append(voiced)
        if self._speech is None:
            self._pre_roll.append(frame)
            if sum(self._votes) < self._votes_to_open:
                return None
            self._speech = bytearray(b"".join(self._pre_roll))
            self._silent_frames = 0
            return Started(self._offset_s())
        self._speech += frame
        self._silent_frames = 0 if voiced else self._silent_frames + 1
        over = self._silent_frames >= self._silence_frames
        return self._end() if over or len(self._speech) >= self._longest_bytes else None

    def _end(self) -> Ended:
        speech, self._speech = bytes(self._speech or b""), None
        self._votes.clear()
        self._pre_roll.clear()
        return Ended(speech, self._offset_s())

    def _offset_s(self) -> float:
        return self._frames_seen * MIC_FRAME_MS / 1000


class _NoiseFloor:
    """Follows the quietest level of the speech band: down at once, up slowly."""

    def __init__(self) -> None:
        frequencies = np.fft.rfftfreq(MIC_FRAME_SAMPLES, 1 / MIC_HZ)
        self._band = (frequencies >= _BAND_HZ[0]) & (frequencies <= _BAND_HZ[1])
        self._floor_db = _FLOOR_START_DB

    def clear(self, frame: bytes) -> bool:
        """Tell whether this frame stands out of the noise, and learn from it."""
        samples = np.frombuffer(frame, dtype="<i2").astype(np.float32)
        power = np.abs(np.fft.rfft(samples)[self._band]) ** 2
        level_db = float(10 * np.log10(power.sum() / MIC_FRAME_SAMPLES**2 * 2 + 1.0))
        lifted = min(self._floor_db + _FLOOR_RISE_DB, max(level_db, self._floor_db))
        self._floor_db = max(_FLOOR_LOWEST_DB, min(level_db, lifted))
        return level_db - self._floor_db >= _CLEAR_DB


def _votes(detection: Detection) -> int:
    """Voiced frames that open; the prefix padding is how much speech must have been heard."""
    if detection.prefix_padding_ms is None:
        return _EAGER_VOTES if detection.eager_start else _SURE_VOTES
    return max(3, min(_WINDOW_FRAMES, _frames(detection.prefix_padding_ms, at_least=0)))


def _silence_ms(asked: int | None, *, eager: bool) -> int:
    if asked is None or asked <= 0:
        return _EAGER_SILENCE_MS if eager else _PATIENT_SILENCE_MS
    return min(asked, _LONGEST_SILENCE_MS)


def _frames(milliseconds: int, *, at_least: int) -> int:
    return max(at_least, round(milliseconds / MIC_FRAME_MS))
