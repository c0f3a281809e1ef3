"""The incoming sound of one connection, cut into activities by the client or by us.

A client that marks its activities itself must open one before its first sound; sound that
arrives after an end mark is dropped (Live API: manual activity). Otherwise ``Endpointer``
decides. Either way an activity is kept whole up to a cap, because an unmarked end or a
stuck button must not fill the memory.
"""

from collections.abc import Iterator

import numpy as np
import soxr

from kiosk.core.audio import MIC_HZ, SAMPLE_BYTES
from kiosk.local_live.endpointing import Ended, Endpointer, Started
from kiosk.local_live.protocol import Detection, Sound
from kiosk.local_live.wire import invalid

_SLICE_BYTES = MIC_HZ * SAMPLE_BYTES  # a second at a time, so that the caller can let others run


class Listening:
    """Turns sounds and marks into ``Started`` and ``Ended``."""

    def __init__(self, detection: Detection, longest_s: float) -> None:
        self._manual = detection.disabled
        self._endpointer = Endpointer(detection, longest_s)
        self._longest_bytes = int(longest_s * MIC_HZ) * SAMPLE_BYTES
        self._rate = _ToMicRate()
        self._marked: bytearray | None = None
        self._ever_marked = False
        self.heard_s = 0.0

    @property
    def manual(self) -> bool:
        """Tell whether the client marks its activities."""
        return self._manual

    @property
    def speaking(self) -> bool:
        """Tell whether an activity is open."""
        return self._marked is not None if self._manual else self._endpointer.speaking

    def start(self) -> Started | None:
        """Take the client's start mark; ``None`` when one is open already."""
        if not self._manual:
            raise invalid("Explicit activity control needs automatic detection disabled.")
        self._ever_marked = True
        if self._marked is not None:
            return None
        self._marked = bytearray()
        return Started(self.heard_s)

    def end(self) -> Ended | None:
        """Take the client's end mark; ``None`` when no activity is open."""
        if not self._manual:
            raise invalid("Explicit activity control needs automatic detection disabled.")
        if self._marked is None:
            return None
        self._keep(self._rate.flush())
        pcm, self._marked = bytes(self._marked), None
        return Ended(pcm, self.heard_s)

    def stream_end(self) -> Ended | None:
        """Take the client's word that its microphone went off."""
        return None if self._manual else self._endpointer.flush()

    def hear(self, sound: Sound) -> Iterator[Started | Ended | None]:
        """Take sound; yields at least once a second of it, ``None`` for nothing decided."""
        if self._manual and not self._ever_marked:
            raise invalid()
        pcm = self._rate.convert(sound)
        self.heard_s += len(pcm) / SAMPLE_BYTES / MIC_HZ
        if self._manual:
            self._keep(pcm)
            return
        for start in range(0, len(pcm), _SLICE_BYTES):
            yield from self._endpointer.feed(pcm[start : start + _SLICE_BYTES])
            yield None

    def _keep(self, pcm: bytes) -> None:
        if self._marked is not None:
            self._marked += pcm[: self._longest_bytes - len(self._marked)]


class _ToMicRate:
    """Brings sound of any rate to 16 kHz, across pieces of any length."""

    def __init__(self) -> None:
        self._rate_hz = MIC_HZ
        self._stream: soxr.ResampleStream | None = None
        self._odd = b""

    def convert(self, sound: Sound) -> bytes:
        if sound.rate_hz != self._rate_hz:
            self._rate_hz, self._stream, self._odd = sound.rate_hz, None, b""
        pcm = self._odd + sound.pcm
        whole = len(pcm) - len(pcm) % SAMPLE_BYTES
        pcm, self._odd = pcm[:whole], pcm[whole:]
        if self._rate_hz == MIC_HZ:
            return pcm
        if self._stream is None:
            self._stream = soxr.ResampleStream(self._rate_hz, MIC_HZ, 1, dtype="int16")
        resampled: bytes = self._stream.resample_chunk(np.frombuffer(pcm, "<i2")).tobytes()
        return resampled

    def flush(self) -> bytes:
        """Return what the filter still holds and begin afresh."""
        stream, self._stream, self._odd = self._stream, None, b""
        if stream is None:
            return b""
        tail: bytes = stream.resample_chunk(np.zeros(0, np.int16), last=True).tobytes()
        return tail
