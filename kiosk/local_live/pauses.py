"""Where a clip of speech is parted: silence off both ends, long pauses, too long a stretch.

Levels are measured in frames of 20 ms; a pause is judged against the clip's own loudest and
quietest frames, so that it is found in a noisy shop too. Where the two are too close
together, no pause is believed.
"""

import itertools
from typing import Final

import numpy as np
import numpy.typing as npt

from kiosk.core.audio import MIC_FRAME_SAMPLES

Samples = npt.NDArray[np.float32]
"""Mono, 16 kHz, full scale 1.0."""

_FRAMES_PER_S: Final = 50
_SILENCE_DBFS: Final = -62.0
_CLEAR_DB: Final = 12.0
_QUIET_SHARE: Final = 0.35
_PAUSE_FRAMES: Final = 30
_MOST_PAUSES: Final = 4
_DIP_FRAMES: Final = 7
_MARGIN_FRAMES: Final = 15
_SHORTEST_FRAMES: Final = 5
_SHORTEST_PART_FRAMES: Final = 40
_EARLIEST_CUT_FRAMES: Final = 1000
_LONGEST_PART_FRAMES: Final = 1400


def parts(pcm: bytes) -> list[Samples]:
    """Cut the silence off both ends of a clip of 16 kHz PCM16, and the rest at its pauses.

    Whisper takes a falling tone before a pause for the end and drops what follows (measured),
    so a pause parts the clip; and nothing may be longer than its window of 30 s.
    """
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float32) / 32768.0
    levels = _levels(samples)
    loud = np.flatnonzero(levels > _SILENCE_DBFS)
    if not loud.size:
        return []
    first = max(0, int(loud[0]) - _MARGIN_FRAMES)
    last = min(len(levels), int(loud[-1]) + 1 + _MARGIN_FRAMES)
    cuts = [first, last]
    for middle in _pauses(levels[first:last], _PAUSE_FRAMES)[:_MOST_PAUSES]:
        if all(abs(first + middle - cut) >= _SHORTEST_PART_FRAMES for cut in cuts):
            cuts.append(first + middle)
    for start, end in itertools.pairwise(sorted(cuts)):
        at = start
        while end - at > _LONGEST_PART_FRAMES:
            low, high = at + _EARLIEST_CUT_FRAMES, at + _LONGEST_PART_FRAMES
            at = low + int(np.argmin(np.convolve(levels[low:high], np.ones(10), "same")))
            cuts.append(at)
    return [
        _slice(samples, start, end)
        for start, end in itertools.pairwise(sorted(cuts))
        if end - start >= _SHORTEST_FRAMES
    ]


def halves(samples: Samples) -> list[Samples]:
    """Part a clip at its clearest short dip; nothing when there is none."""
    levels = _levels(samples)
    for middle in _pauses(levels, _DIP_FRAMES):
        if _SHORTEST_PART_FRAMES <= middle <= len(levels) - _SHORTEST_PART_FRAMES:
            return [_slice(samples, 0, middle), _slice(samples, middle, len(levels))]
    return []


def voiced_s(samples: Samples) -> float:
    """Return for how many seconds of a clip somebody speaks."""
    levels = _levels(samples)
    quiet = _quiet(levels)
    return 0.0 if quiet is None else int(np.count_nonzero(~quiet)) / _FRAMES_PER_S


def _levels(samples: Samples) -> Samples:
    frames = len(samples) // MIC_FRAME_SAMPLES
    framed = samples[: frames * MIC_FRAME_SAMPLES].reshape(frames, MIC_FRAME_SAMPLES)
    exact = 20.0 * np.log10(np.sqrt(np.mean(np.square(framed), axis=1)) + 1e-9)
    levels: Samples = exact.astype(np.float32, copy=False)
    return levels


def _quiet(levels: Samples) -> npt.NDArray[np.bool_] | None:
    """Tell which frames are pauses; ``None`` when speech and room cannot be told apart."""
    if not levels.size:
        return None
    smooth = np.convolve(levels, np.ones(3) / 3, "same")
    floor, voice = np.percentile(smooth, 10), np.percentile(smooth, 95)
    if voice - floor < _CLEAR_DB:
        return None
    quiet: npt.NDArray[np.bool_] = smooth < floor + _QUIET_SHARE * (voice - floor)
    return quiet


def _pauses(levels: Samples, shortest: int) -> list[int]:
    """Return the middle frames of the pauses, the longest pause first."""
    quiet = _quiet(levels)
    if quiet is None:
        return []
    edges = np.flatnonzero(np.diff(np.concatenate(([0], quiet.astype(np.int8), [0]))))
    found = [(int(end - start), int(start + end) // 2) for start, end in edges.reshape(-1, 2)]
    return [middle for length, middle in sorted(found, reverse=True) if length >= shortest]


def _slice(samples: Samples, start: int, end: int) -> Samples:
    return samples[start * MIC_FRAME_SAMPLES : end * MIC_FRAME_SAMPLES]
