"""WAV files in and out: recorded phrases, spoken questions, what the speaker played."""

import io
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

    Takes uncompressed files of any rate, number of channels and width up to 32 bits.
    Raises StartError when the file cannot be read, is no such WAV, or is empty.
    """
    try:
        with wave.open(io.BytesIO(_plain(path.read_bytes())), "rb") as file:
            channels, width, file_hz = file.getnchannels(), file.getsampwidth(), file.getframerate()
            data = file.readframes(file.getnframes())
    except OSError as err:
        raise StartError(f"{path} cannot be read: {err.strerror or err}.", _NOINPUT) from err
    except (wave.Error, EOFError) as err:
        raise StartError(
            f"{path} is not a WAV file the kiosk can read ({_reason(err)});"
            " it needs uncompressed PCM.",
            _DATAERR,
        ) from err
    whole = len(data) - len(data) % (width * channels)
    if not whole:
        raise StartError(f"{path} holds no sound.", _DATAERR)
    mono = _at_16_bits(data[:whole], width).reshape(-1, channels).mean(axis=1)
    if file_hz != rate_hz:
        mono = soxr.resample(mono, file_hz, rate_hz)
    return bytes(np.clip(np.rint(mono), -32768, 32767).astype("<i2").tobytes())


def _at_16_bits(data: bytes, width: int) -> np.ndarray[tuple[int, ...], np.dtype[np.floating]]:
    """Return samples of 1 to 4 bytes on the scale of 16 bits; one byte is unsigned in a WAV."""
    if width == 1:
        return (np.frombuffer(data, np.uint8).astype(np.float32) - 128) * np.float32(256)
    raw = np.frombuffer(data, np.uint8).reshape(-1, width)
    wide = np.zeros((len(raw), 4), np.uint8)
    wide[:, 4 - width :] = raw
    return wide.view("<i4")[:, 0].astype(np.float32) / 65536


def _plain(data: bytes) -> bytes:
    """Return the file with an extensible header that says PCM made a plain one.

    Python 3.11's reader knows only the plain one (3.12 knows both); sox writes the other.
    """
    at = data.find(b"fmt ") + 8
    extensible = data[at : at + 2] == b"\xfe\xff" and data[at + 24 : at + 26] == b"\x01\x00"
    return data[:at] + b"\x01\x00" + data[at + 2 :] if extensible else data


def _reason(err: Exception) -> str:
    return str(err) or "it ends too early"


def check_writable(path: Path) -> None:
    """Make sure that a file can be written later. Raises StartError."""
    try:
        there = path.exists()
        path.open("ab").close()
        if not there:
            path.unlink()
    except OSError as err:
        raise _cannot_write(path, err) from err


def _cannot_write(path: Path, err: OSError) -> StartError:
    return StartError(
        f"{path} cannot be written ({err.strerror or err}): name another place.", _CANTCREAT
    )


def write_wav(path: Path, pcm: bytes, rate_hz: int) -> None:
    """Write mono PCM16 to a WAV file. Raises StartError when that is impossible."""
    try:
        with path.open("wb") as plain, wave.open(plain, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(SAMPLE_BYTES)
            file.setframerate(rate_hz)
            file.writeframes(pcm)
    except OSError as err:
        raise _cannot_write(path, err) from err
