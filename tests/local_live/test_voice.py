"""Both synthesisers are the real ones; the sound is checked as sound."""

import asyncio
import shutil
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kiosk.local_live import spoken
from kiosk.local_live.voice import (
    PHRASES,
    PIECE_BYTES,
    NoVoice,
    WorkerVoice,
    main,
    open_espeak,
    open_voice,
)


@pytest.fixture(scope="module", params=["hibari", "espeak"])
def voice(request: pytest.FixtureRequest) -> Iterator[WorkerVoice]:
    voice = open_voice() if request.param == "hibari" else open_espeak()
    assert voice.name == request.param
    yield voice
    voice.close()


async def _spoken(voice: WorkerVoice, text: str) -> list[bytes]:
    return [piece async for piece in voice.speak(text)]


def test_speech_comes_in_pieces_of_forty_milliseconds(voice: WorkerVoice) -> None:
    pieces = asyncio.run(_spoken(voice, "Refunds take three to five business days."))

    assert PIECE_BYTES == 1920
    assert {len(piece) for piece in pieces[:-1]} == {PIECE_BYTES}
    assert 0 < len(pieces[-1]) <= PIECE_BYTES
    assert len(pieces[-1]) % 2 == 0
    assert 1.5 < len(b"".join(pieces)) / 48_000 < 4.0


def test_the_words_start_at_once_and_are_loud_enough(voice: WorkerVoice) -> None:
    samples = np.frombuffer(voice.render("What is your order number?"), "<i2") / 32768.0

    loud = np.flatnonzero(np.abs(samples) > 0.02)
    assert loud[0] < 0.1 * 24_000
    assert len(samples) - loud[-1] < 0.4 * 24_000
    assert 0.3 < np.max(np.abs(samples)) <= 0.95
    assert np.sqrt(np.mean(samples**2)) > 0.05


@pytest.mark.parametrize("text", ["", "   ", "...", "?!", "\n"])
def test_nothing_to_say_makes_no_sound(voice: WorkerVoice, text: str) -> None:
    assert asyncio.run(_spoken(voice, text)) == []


@pytest.mark.parametrize(
    "text", ["-v evil --help", "\x07 hello\x00", "日本語 hello", "<speak>hi</speak>", "x" * 2000]
)
def test_odd_text_is_survived(voice: WorkerVoice, text: str) -> None:
    pieces = asyncio.run(_spoken(voice, text))

    assert b"".join(pieces)


def test_a_listener_may_leave_early_and_another_be_served(voice: WorkerVoice) -> None:
    async def leave_then_listen() -> int:
        speech = voice.speak("This is a sentence nobody hears to its end.")
        await anext(speech)
        await speech.aclose()  # type: ignore[attr-defined]  # an asynchronous generator
        return len(await _spoken(voice, "Hello."))

    assert asyncio.run(leave_then_listen()) > 5


def test_names_speak_higher_or_lower_and_any_name_is_taken(voice: WorkerVoice) -> None:
    plain, low, high, unknown = (
        voice.render("Your order is on its way.", name)
        for name in ("Aoede", "Charon", "puck", "en-us-tavi")
    )

    assert plain == unknown
    assert _pitch_hz(low) == pytest.approx(0.92 * _pitch_hz(plain), rel=0.02)
    assert _pitch_hz(high) == pytest.approx(1.08 * _pitch_hz(plain), rel=0.02)
    assert len(high) < len(plain) < len(low)


def _pitch_hz(pcm: bytes) -> float:
    """Return the middle of the spectrum: it moves with the pitch."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float64)
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / 24_000)
    return float(np.exp(np.average(np.log(frequencies[1:]), weights=power[1:])))


def test_without_any_synthesiser_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "hibari", None)
    assert open_voice().name == "espeak"

    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(NoVoice, match="espeak-ng"):
        open_voice()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Order ORD-88421 is here.", "Order O R D, 8 8 4 2 1 is here."),
        ("Parcel 12345678.", "Parcel 1 2 3 4, 5 6 7 8."),
        ("Call 555-0142.", "Call 5 5 5, 0 1 4 2."),
        ("Code 1Z999AA1.", "Code 1, Z, 9 9 9, A A, 1."),
        ("Due today by 7 pm.", "Due today by 7 P M."),
        ("Open 10:00-18:00.", "Open 10 A M to 6 P M."),
        ("Open 9:30am-20:15.", "Open 9:30 A M to 8:15 P M."),
        ("At 12:00 and 00:30.", "At 12 P M and 12:30 A M."),
        ("It takes 3-5 business days.", "It takes 3 to 5 business days."),
        ("It cost $1,250.00 in 2024.", "It cost $1,250.00 in 2024."),
        ("It cost $12500 then.", "It cost $12500 then."),
        ("On 2026-11-23 we close.", "On 2026-11-23 we close."),
        ("A 55 inch TV, 100 of them.", "A 55 inch TV, 100 of them."),
        ("On the 23rd of May.", "On the 23rd of May."),
    ],
)
def test_written_text_is_made_speakable(written: str, said: str) -> None:
    assert spoken.speakable(written) == said


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two? Three!", ["One.", "Two?", "Three!"]),
        ("Dr. Smith at St. Paul said so. Yes.", ["Dr. Smith at St. Paul said so.", "Yes."]),
        ("It costs 3.50 in all. Fine.", ["It costs 3.50 in all.", "Fine."]),
        ("Open until 6 p.m. on Sunday.", ["Open until 6 p.m. on Sunday."]),
        ("One line\nand another", ["One line", "and another"]),
        ("No end", ["No end"]),
        ("", []),
    ],
)
def test_text_is_parted_into_sentences(text: str, parts: list[str]) -> None:
    assert spoken.sentences(text) == parts


def test_a_long_sentence_is_parted_at_its_commas_and_loses_no_word() -> None:
    long = ", ".join(["you can bring it to any store"] * 12) + "."

    parts = spoken.sentences(long)

    assert len(parts) > 1
    assert " ".join(parts) == long


def test_the_phrases_are_recorded_whole(tmp_path: Path) -> None:
    assert main(["--phrases", str(tmp_path / "en")]) == 0

    made = sorted(path.name for path in (tmp_path / "en").iterdir())
    assert made == sorted(f"{code}.wav" for code in PHRASES["en"])
    for path in (tmp_path / "en").iterdir():
        with wave.open(str(path)) as reader:
            assert (reader.getframerate(), reader.getnchannels(), reader.getsampwidth()) == (
                24_000,
                1,
                2,
            )
            assert 0.5 < reader.getnframes() / 24_000 < 8.0


def test_a_directory_that_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")

    assert main(["--phrases", str(tmp_path / "file")]) == 73

    assert str(tmp_path / "file") in capsys.readouterr().err


def test_every_phrase_of_the_product_is_there() -> None:
    assert set(PHRASES["en"]) == {f"P{number}" for number in range(2, 12)}


def test_the_module_runs_as_a_command(tmp_path: Path) -> None:
    python = shutil.which("python", path=str(Path(sys.executable).parent))
    assert python

    done = subprocess.run(
        [python, "-m", "kiosk.local_live.voice", "--phrases", str(tmp_path)],
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "P2.wav").exists()
