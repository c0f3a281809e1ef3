"""The mouth of the local Live service: one sentence in, 24 kHz PCM16 out, 40 ms at a time.

Hibari speaks when it is installed (neural, native 24 kHz, no download: the voice in its
package is the only one ever asked for); espeak-ng otherwise. Synthesis runs on one worker
thread, so sentences of several customers take turns and the event loop stays free. Silence
that a synthesiser puts around a sentence is cut: hibari's 0.3 s in front (measured) would
otherwise be added to every answer.

``python -m kiosk.local_live.voice --phrases DIR`` records the kiosk's own phrases.
"""

import argparse
import asyncio
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr

from kiosk.core.audio import SAMPLE_BYTES, SPEAKER_HZ
from kiosk.local_live import spoken, tones

Samples = npt.NDArray[np.float32]
Synthesise = Callable[[str], Samples]
"""One sentence to samples at 24 kHz, full scale 1.0. Runs on the worker thread."""

PIECE_MS: Final = 40
PIECE_BYTES: Final = SPEAKER_HZ * PIECE_MS // 1000 * SAMPLE_BYTES

PHRASES: Final = {
    "en": {
        "P2": "One moment, please.",
        "P3": "Sorry, I've lost my connection. Please ask a colleague, or try again in a minute.",
        "P4": "Sorry, could you say that again?",
        "P5": "I can't look up orders just now, but I can answer questions about the shop.",
        "P6": "I can't share that here. A colleague can help.",
        "P7": "I'm not available right now. Please ask a colleague.",
        "P8": "I'm just starting, one moment.",
        "P9": "Please release the button.",
        "P10": "My connection is down, so I'll answer on my own.",
        "P11": (
            "Please don't rely on what I just said: I haven't checked it. A colleague can help."
        ),
    }
}

_LEAD_S: Final = 0.02
_TRAIL_S: Final = 0.22
_QUIET: Final = 10 ** (-50 / 20)
_WANTED_RMS: Final = 10 ** (-20 / 20)
_MOST_GAIN: Final = 4.0
_PEAK: Final = 0.9
_ESPEAK: Final = "espeak-ng"
_LETTER_A: Final = re.compile(r"\bA(?= [A-Z]\b| \d\b|,)|(?<=\b[A-Z] )A\b")
_ESPEAK_DEADLINE_S: Final = 10.0


class NoVoice(Exception):
    """Neither hibari nor espeak-ng is installed. The message says what to install."""


class WorkerVoice:
    """Speaks with any synthesiser, on a worker thread. Implements ``parts.Voice``."""

    def __init__(self, name: str, synthesise: Synthesise) -> None:
        self.name = name
        self._synthesise = synthesise
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="voice")

    async def speak(self, text: str, voice: str = "") -> AsyncIterator[bytes]:
        """Speak one sentence: 24 kHz mono PCM16 in pieces of 40 ms; nothing for no words.

        ``voice`` is a name of the Live API; see ``tones``.
        """
        loop = asyncio.get_running_loop()
        for breath in spoken.sentences(text):
            pcm = await loop.run_in_executor(self._worker, self.render, breath, voice)
            for start in range(0, len(pcm), PIECE_BYTES):
                yield pcm[start : start + PIECE_BYTES]

    def sentences(self, text: str) -> list[str]:
        """Part a text into what is spoken in one breath."""
        return spoken.sentences(text)

    def render(self, sentence: str, voice: str = "") -> bytes:
        """Synthesise one sentence in the calling thread: 24 kHz mono PCM16."""
        plain = _trimmed(self._synthesise(spoken.speakable(sentence)))
        samples = _levelled(tones.toned(plain, voice))
        return (samples * 32767.0).astype("<i2").tobytes()

    def warm(self) -> None:
        """Load everything, so that the first customer does not wait for it (0.4 s, measured)."""
        self.render("Hello. Order A B C, 1 2 3.")

    def close(self) -> None:
        """Let the worker go. A sentence being made is finished and dropped."""
        self._worker.shutdown(wait=False, cancel_futures=True)


def open_voice() -> WorkerVoice:
    """Open hibari, or espeak-ng when hibari is missing. Raises ``NoVoice``."""
    try:
        synthesise, engine = _hibari(), "hibari"
    except ImportError:
        synthesise, engine = _espeak(), "espeak"
    return WorkerVoice(engine, synthesise)


def open_espeak() -> WorkerVoice:
    """Open espeak-ng even when hibari is there. Raises ``NoVoice``."""
    return WorkerVoice("espeak", _espeak())


def write_phrases(directory: Path, language: str = "en") -> list[Path]:
    """Record the phrases of ``language`` as 24 kHz mono 16-bit WAVs ``P2.wav`` and so on.

    Each file appears whole or not at all. Raises ``KeyError`` for a language without phrases,
    ``OSError`` for a directory that cannot be written, ``NoVoice``.
    """
    phrases = PHRASES[language]
    directory.mkdir(parents=True, exist_ok=True)
    voice = open_voice()
    try:
        return [
            _write_wav(
                directory / f"{code}.wav",
                b"".join(voice.render(breath) for breath in spoken.sentences(text)),
            )
            for code, text in phrases.items()
        ]
    finally:
        voice.close()


def _hibari() -> Synthesise:
    from hibari import Hibari

    engine = Hibari(threads=1)

    def synthesise(text: str) -> Samples:
        # The article is spelt like the letter; its sound is given outright.
        said: Samples = engine(_LETTER_A.sub("[A](/\u02c8A/)", text), seed=0)
        return said

    return synthesise


def _espeak() -> Synthesise:
    program = shutil.which(_ESPEAK)
    if program is None:
        raise NoVoice(
            "No voice: install hibari-tts (the extra 'local') or the system package espeak-ng."
        )
    command = [program, "-v", "en-us", "-s", "160", "--stdin", "--stdout"]

    def synthesise(text: str) -> Samples:
        wav = subprocess.run(  # noqa: S603 - a fixed command, the text goes by stdin
            command,
            input=text.replace("\0", " ").encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_ESPEAK_DEADLINE_S,
            check=True,
        ).stdout
        with wave.open(io.BytesIO(wav)) as reader:
            rate = reader.getframerate()
            # A streamed WAV does not know its own length; all that follows the header is sound.
            raw = wav[wav.index(b"data") + 8 :]
        samples = np.frombuffer(raw[: len(raw) // 2 * 2], "<i2").astype(np.float32) / 32768.0
        resampled: Samples = soxr.resample(samples, rate, SPEAKER_HZ)
        return resampled

    return synthesise


def _trimmed(samples: Samples) -> Samples:
    """Cut the silence around the words down to a breath."""
    loud = np.flatnonzero(np.abs(samples) > _QUIET)
    if not loud.size:
        return samples[:0]
    start = max(0, int(loud[0]) - round(_LEAD_S * SPEAKER_HZ))
    end = int(loud[-1]) + round(_TRAIL_S * SPEAKER_HZ)
    cut = samples[start:end].copy()
    fade = np.linspace(0.0, 1.0, min(len(cut), round(_LEAD_S * SPEAKER_HZ)), dtype=np.float32)
    cut[: len(fade)] *= fade
    cut[len(cut) - len(fade) :] *= fade[::-1]
    return cut


def _levelled(samples: Samples) -> Samples:
    """Bring a sentence to about -20 dBFS without clipping: the volume knob is elsewhere."""
    if not samples.size:
        return samples
    rms = float(np.sqrt(np.mean(np.square(samples)))) or 1.0
    peak = float(np.max(np.abs(samples))) or 1.0
    levelled: Samples = samples * np.float32(min(_WANTED_RMS / rms, _MOST_GAIN, _PEAK / peak))
    return levelled


def _write_wav(path: Path, pcm: bytes) -> Path:
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file, wave.open(file, "wb") as writer:
            writer.setnchannels(1)
            writer.setsampwidth(SAMPLE_BYTES)
            writer.setframerate(SPEAKER_HZ)
            writer.writeframes(pcm)
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Record the phrases from the command line; returns the exit code (``sysexits``)."""
    parser = argparse.ArgumentParser(
        prog="python -m kiosk.local_live.voice", description="Record the kiosk's own phrases."
    )
    parser.add_argument("--phrases", metavar="DIR", type=Path, required=True)
    parser.add_argument("--language", choices=sorted(PHRASES), default="en")
    chosen = parser.parse_args(arguments)
    try:
        write_phrases(chosen.phrases, chosen.language)
    except NoVoice as err:
        sys.stderr.write(f"{err}\n")
        return 69
    except OSError as err:
        sys.stderr.write(f"Phrases cannot be written to {chosen.phrases}: {err.strerror}.\n")
        return 73
    return 0


if __name__ == "__main__":
    sys.exit(main())
