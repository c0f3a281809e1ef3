"""Recordings of a virtual sound card: everything its speaker played or microphone heard."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

from kiosk.adapters.processes import child_command
from kiosk.adapters.wav_files import write_wav
from kiosk.core.audio import SAMPLE_BYTES, SPEAKER_HZ
from kiosk.errors import StartError

_BYTES_A_SECOND: Final = SPEAKER_HZ * SAMPLE_BYTES
_LATENCY_MS: Final = 20
_START_S: Final = 5.0


class Source(StrEnum):
    """Which end of the card to record."""

    SPEAKER = "kspk.monitor"
    MICROPHONE = "kmic"


class Tape:
    """What has been recorded so far, mono PCM16 at 24 kHz."""

    def __init__(self) -> None:
        self._pcm = bytearray()
        self.started_at = float("inf")
        """Loop time of the first sample. Taken from the piece that came with the least
        delay, so good to about the recorder's latency of 20 ms, and better relative to
        another recording of the same card."""

    @property
    def pcm(self) -> bytes:
        """All of it."""
        return bytes(self._pcm)

    def __len__(self) -> int:
        return len(self._pcm)

    def append(self, data: bytes, now: float) -> None:
        """Add what came in at loop time ``now``."""
        self._pcm += data
        self.started_at = min(self.started_at, now - len(self._pcm) / _BYTES_A_SECOND)

    def at(self, moment: float) -> int:
        """Return the offset in ``pcm`` of what sounded at a loop time."""
        samples = round((moment - self.started_at) * SPEAKER_HZ)
        return min(len(self._pcm), max(0, samples * SAMPLE_BYTES))

    def moment(self, offset: int) -> float:
        """Return the loop time at which the byte at ``offset`` sounded."""
        return self.started_at + offset / _BYTES_A_SECOND

    def save(self, path: Path) -> None:
        """Write a WAV file. Raises StartError when that is impossible."""
        write_wav(path, self.pcm, SPEAKER_HZ)


class _Recorder(asyncio.SubprocessProtocol):
    """Puts what ``parec`` writes on the tape."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        loop = asyncio.get_running_loop()
        self._now = loop.time
        self.begun: asyncio.Future[bool] = loop.create_future()
        self.ended = asyncio.Event()

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        assert isinstance(data, bytes)
        if fd != 1:
            return
        self._tape.append(data, self._now())
        if not self.begun.done():
            self.begun.set_result(True)

    def process_exited(self) -> None:
        if not self.begun.done():
            self.begun.set_result(False)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio gives it
        self.ended.set()


@asynccontextmanager
async def recorded(
    source: Source, env: Mapping[str, str], path: Path | None = None
) -> AsyncIterator[Tape]:
    """Record a source of the server that ``env`` points at, from the first sample on.

    Writes a WAV file to ``path`` at the end. Raises StartError when nothing comes.
    """
    tape = Tape()
    command = [
        *("parec", f"--latency-msec={_LATENCY_MS}", f"--device={source}"),
        *(f"--rate={SPEAKER_HZ}", "--channels=1", "--format=s16le"),
    ]
    transport, recorder = await asyncio.get_running_loop().subprocess_exec(
        lambda: _Recorder(tape),
        *child_command(command),
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env=env,
        start_new_session=True,
    )
    try:
        try:
            async with asyncio.timeout(_START_S):
                heard = await recorder.begun
        except TimeoutError:
            heard = False
        if not heard:
            raise StartError(f"the virtual sound card gives nothing to record from {source}")
        yield tape
    finally:
        if transport.get_returncode() is None:
            transport.kill()
        await recorder.ended.wait()
        transport.close()
        if path is not None:
            tape.save(path)
