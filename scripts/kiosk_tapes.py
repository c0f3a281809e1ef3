"""Find on a recording when something began, ended, was loud. Times are the loop's."""

import asyncio

import numpy as np

from kiosk.adapters.monitor import Tape
from kiosk.core.audio import SAMPLE_BYTES, SPEAKER_HZ
from kiosk.errors import StartError

TONE_HZ = 5000
"""Pitch of the replies here: the kiosk's own tones stay below 2.7 kHz."""
_AUDIBLE = 2e-3  # -54 dBFS; a virtual card is silent to the last bit
_QUIET_S = 0.2
_WINDOW = SPEAKER_HZ // 500  # 2 ms
_LEVEL_WINDOW = SPEAKER_HZ // 100
_SPEECH_DB = -35.0  # against its loudest 10 ms: a voice dies away, this is where it has gone

Sound = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def sound_of(pcm: bytes) -> Sound:
    """Return PCM16 as numbers from -1 to 1."""
    sound: Sound = np.frombuffer(pcm, "<i2").astype(np.float64) / 32768
    return sound


async def recorded_until(tape: Tape, moment: float) -> None:
    """Return when everything that sounded up to ``moment`` is on the tape."""
    async with asyncio.timeout(10 + max(0.0, moment - asyncio.get_running_loop().time())):
        while (missing_s := moment - tape.moment(len(tape))) > 0:  # noqa: ASYNC110 - a tape tells nobody of its growth
            await asyncio.sleep(missing_s + 0.02)


async def hush(tape: Tape) -> None:
    """Return when nothing has sounded for a while."""
    now = asyncio.get_running_loop().time
    async with asyncio.timeout(10):
        while True:
            await recorded_until(tape, now() + _QUIET_S)
            sound, _ = between(tape, now() - _QUIET_S, now())
            if not (np.abs(sound) > _AUDIBLE).any():
                return


def between(tape: Tape, start: float, end: float) -> tuple[Sound, float]:
    """Return a stretch of the tape and the exact time at which it begins."""
    first, last = tape.at(start), tape.at(end)
    return sound_of(tape.pcm[first:last]), tape.moment(first)


async def onset(tape: Tape, after: float, within_s: float = 1.0) -> float:
    """Return when the first sound after ``after`` began. StartError when there is none."""
    await recorded_until(tape, after + within_s)
    sound, begins = between(tape, after, after + within_s)
    return begins + _first(np.abs(sound) > _AUDIBLE, "no sound") / SPEAKER_HZ


async def tone_onset(tape: Tape, after: float, within_s: float = 1.0) -> float:
    """Return when the reply's tone began. StartError when there is none."""
    await recorded_until(tape, after + within_s)
    sound, begins = between(tape, after, after + within_s)
    level = tone_level(sound)
    return begins + _first(level > 0.1 * _steady(level), "no reply") / SPEAKER_HZ


async def tone_end(tape: Tape, after: float, within_s: float = 0.6) -> float:
    """Return when the reply's tone was last heard, which sounds at ``after``."""
    await recorded_until(tape, after + within_s)
    sound, begins = between(tape, after - 0.2, after + within_s)
    level = tone_level(sound)
    loud = np.flatnonzero(level > 0.1 * _steady(level))
    if loud[-1] > level.size - SPEAKER_HZ // 50:
        raise StartError("the reply went on after the press")
    return begins + float(loud[-1]) / SPEAKER_HZ


async def tone_gaps(tape: Tape, start: float, end: float) -> int:
    """Return how often the reply's tone paused between two times."""
    await recorded_until(tape, end)
    level = tone_level(between(tape, start, end)[0])
    heard = level > 0.1 * _steady(level)
    return int((np.diff(heard.astype(np.int8)) == -1)[:-_LEVEL_WINDOW].sum())


def tone_level(sound: Sound) -> Sound:
    """Return the amplitude of the reply's tone alone, at every sample."""
    turn = np.exp(-2j * np.pi * TONE_HZ / SPEAKER_HZ * np.arange(sound.size))
    window = np.hanning(_WINDOW + 2)[1:-1]
    level: Sound = 2 * np.abs(np.convolve(sound * turn, window / window.sum(), "same"))
    return level


def tone(seconds: float) -> bytes:
    """Return the reply's tone as the service sends it."""
    time_s = np.arange(round(seconds * SPEAKER_HZ)) / SPEAKER_HZ
    wave = 0.4 * np.sin(2 * np.pi * TONE_HZ * time_s)
    return (wave * 32767).astype("<i2").tobytes()


def speech_span(sound: Sound, rate_hz: int = SPEAKER_HZ) -> tuple[float, float]:
    """Return when speech begins and ends in an otherwise silent recording, in seconds."""
    size = _LEVEL_WINDOW * rate_hz // SPEAKER_HZ
    power = np.convolve(sound**2, np.ones(size) / size, "same")
    loud = np.flatnonzero(power > power.max() * 10 ** (_SPEECH_DB / 10))
    if not power.size or power.max() < _AUDIBLE**2:
        raise StartError("nothing was heard at the microphone")
    return float(loud[0]) / rate_hz, float(loud[-1]) / rate_hz


async def speech_end(tape: Tape, start: float, end: float) -> float:
    """Return when the customer stopped speaking between two times."""
    await recorded_until(tape, end)
    sound, begins = between(tape, start, end)
    return begins + speech_span(sound)[1]


def _steady(level: Sound) -> float:
    loudest = float(np.percentile(level, 98))
    if loudest < _AUDIBLE:
        raise StartError("no reply was heard at the speaker")
    return loudest


def _first(found: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], otherwise: str) -> float:
    places = np.flatnonzero(found)
    if not places.size:
        raise StartError(f"{otherwise} was heard at the speaker")
    return float(places[0])


def byte_length(seconds: float, rate_hz: int) -> int:
    """Return how many bytes mono PCM16 of this length has."""
    return round(seconds * rate_hz) * SAMPLE_BYTES
