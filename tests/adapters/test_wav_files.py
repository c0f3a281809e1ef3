"""Recordings as people bring them: any rate, stereo, made by other programs, or broken."""

import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from kiosk.adapters.wav_files import check_writable, read_wav, write_wav
from kiosk.errors import StartError

TONE = (8000 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)).astype("<i2")


def written(path: Path, samples: bytes, rate_hz: int, channels: int, width: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(samples)
    return path


def crossings(pcm: bytes) -> int:
    """Twice the frequency of a one-second tone."""
    signs = np.signbit(np.frombuffer(pcm, "<i2"))
    return int(np.count_nonzero(signs[1:] != signs[:-1]))


def test_a_studio_recording_in_stereo_is_as_good_as_ours(tmp_path: Path) -> None:
    stereo = np.repeat(TONE, 2).tobytes()
    pcm = read_wav(written(tmp_path / "q.wav", stereo, 48_000, 2), 16_000)

    assert abs(len(pcm) - 2 * 16_000) < 10
    assert abs(crossings(pcm) - 880) <= 4


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", TONE.tobytes(), 24_000)

    assert read_wav(tmp_path / "a.wav", 24_000) == TONE.tobytes()


def test_the_header_that_sox_writes_is_understood(tmp_path: Path) -> None:
    guid = b"\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"
    fmt = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 16_000, 32_000, 2, 16, 22, 16, 4) + guid
    sound = TONE.tobytes()
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt
    body += b"data" + struct.pack("<I", len(sound)) + sound
    (tmp_path / "sox.wav").write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)

    assert read_wav(tmp_path / "sox.wav", 16_000) == sound


@pytest.mark.parametrize(
    ("name", "data", "says", "code"),
    [
        ("gone.wav", None, "cannot be read: No such file", 66),
        ("text.wav", b"root:x:0:0", "is not a WAV file", 65),
        ("empty.wav", b"", "is not a WAV file", 65),
        ("cut.wav", b"RIFF\x24\x00\x00\x00WAVEfmt ", "is not a WAV file", 65),
    ],
)
def test_a_file_that_is_no_recording_is_named_with_the_way_out(
    tmp_path: Path, name: str, data: bytes | None, says: str, code: int
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)

    with pytest.raises(StartError, match=says) as caught:
        read_wav(tmp_path / name, 16_000)

    assert name in str(caught.value)
    assert caught.value.exit_code == code


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_every_width_sounds_the_same(tmp_path: Path, width: int) -> None:
    whole = (TONE.astype("<i4") << 16).view(np.uint8).reshape(-1, 4)
    samples = (whole[:, 3] ^ 0x80) if width == 1 else whole[:, 4 - width :]
    path = written(tmp_path / "w.wav", samples.tobytes(), 48_000, 1, width)

    heard = np.frombuffer(read_wav(path, 48_000), "<i2").astype(int)

    assert np.abs(heard - TONE).max() <= (256 if width == 1 else 1)


def test_a_recording_of_no_length_is_no_question(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="holds no sound"):
        read_wav(written(tmp_path / "0.wav", b"", 16_000, 1), 16_000)


def test_a_place_that_cannot_be_written_is_known_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="cannot be written") as caught:
        check_writable(tmp_path / "nowhere" / "out.wav")
    assert caught.value.exit_code == 73

    check_writable(tmp_path / "out.wav")
    assert not (tmp_path / "out.wav").exists()
