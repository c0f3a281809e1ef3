"""WAV files in and out: recorded phrases, spoken questions, what the speaker played."""

import wave
from pathlib import Path

import numpy as np
import soxr

from kiosk.core.audio import SAMPLE_BYTES
from kiosk.errors import StartError

_DATAERR = 65  # EX_DATAERR
_NOINPUT = 66  # EX_NOINPUT
_CANTCREAT = 73  # EX_CANTCREAT


def read_wav(path: Path, rate_hz: int) -> bytes:
    """Return the sound of a WAV file as mono PCM16 at ``rate_hz``.

    Takes 16-bit files of any rate and number of channels. Raises StartError when the file
    cannot be read, is no such WAV, or is empty.
    """
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, file_hz = file.getnchannels(), file.getsampwidth(), file.getframerate()
            data = file.readframes(file.getnframes())
    except OSError as err:
        raise StartError(f"{path} cannot be read: {err.strerror or err}.", _NOINPUT) from err
    except (wave.Error, EOFError) as err:
        raise StartError(
            f"{path} is not a WAV file the kiosk can read ({_reason(err)});"
            " it needs uncompressed 16-bit PCM.",
            _DATAERR,
        ) from err
    if width != SAMPLE_BYTES:
        raise StartError(
            f"{path} has {8 * width} bits a sample; it needs uncompressed 16-bit PCM.", _DATAERR
        )
    whole = len(data) - len(data) % (SAMPLE_BYTES * channels)
    samples = np.frombuffer(data[:whole], dtype="<i2").reshape(-1, channels)
    if not len(samples):
        raise StartError(f"{path} holds no sound.", _DATAERR)
    mono = samples.astype(np.float32).mean(axis=1)
    if file_hz != rate_hz:
        mono = soxr.resample(mono, file_hz, rate_hz)
    return bytes(np.clip(np.rint(mono), -32768, 32767).astype("<i2").tobytes())


def _reason(err: Exception) -> str:
    return str(err) or "it ends too early"


def write_wav(path: Path, pcm: bytes, rate_hz: int) -> None:
    """Write mono PCM16 to a WAV file. Raises StartError when that is impossible."""
    try:
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(SAMPLE_BYTES)
            file.setframerate(rate_hz)
            file.writeframes(pcm)
    except OSError as err:
        raise StartError(f"{path} cannot be written: {err.strerror or err}.", _CANTCREAT) from err
