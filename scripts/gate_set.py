"""The labelled noisy set of the gate benchmark: made here, the same every time, kept on disk.

Talkers are synthesised (hibari, espeak-ng); noise is made of mathematics and of other
synthesised voices. Every sound is mono float32 at 16 kHz. Labels come from the energy of
the clean speech, before any noise is added.
"""

import hashlib
import io
import os
import subprocess
import wave
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import soxr

HZ = 16_000
FRAME = 320
BLOCK_S = 60
TALKER_DBFS = -26.0
NOISES = ("pink", "hvac", "babble", "clatter", "shop")
_CACHE = Path(os.environ.get("KIOSK_CACHE", Path(__file__).parents[1] / ".cache")) / "bench-gate-1"

Sound = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

QUESTIONS = (
    "Where is my order?",
    "Where is my order, O R D eight eight four two one?",
    "How long do I have to return something?",
    "I bought a washing machine last week and would like to send it back.",
    "What time do you close on Saturday?",
    "Could I talk to a person, please?",
    "When will my refund arrive?",
    "Can I drop it at another store, or do you pick it up?",
)
WORDS = ("Yes.", "No.", "Two.", "Five.", "Six.", "Eight.")
NUMBER = ("My order is", "O R D", "eight eight", "four", "two one.")  # with pauses between
PAUSE_S = 0.4
CROWD = (
    "I told him that we would be late but he never listens to anything I say.",
    "Have you seen the new one they put up next to the station, it looks dreadful.",
    "Put the green box beside the other one, we are going to sell it tomorrow.",
    "How much is this one here, and do they have it in blue or maybe in red.",
    "She said the weather will turn on Sunday so we might as well stay at home.",
    "Mum, can we go now, I am hungry and my feet hurt, you said ten minutes.",
    "The last time I was here they had a much better choice of kettles.",
    "Never mind, I will ask the lady at the till, she knows where everything is.",
)
# engine, voice, words a minute or speed, pitch or rate of playing
TALKERS = (
    ("hibari", "heart", 1.0, 1.0),
    ("hibari", "heart", 1.25, 0.84),
    ("hibari", "heart", 0.9, 1.12),
    ("espeak", "en-us", 160, 45),
    ("espeak", "en-gb-scotland", 175, 35),
    ("espeak", "en-us+f3", 170, 65),
)
_CROWD_TALKERS = (
    ("hibari", "heart", 1.1, 0.9),
    ("hibari", "heart", 1.0, 1.05),
    ("espeak", "en-gb", 165, 50),
    ("espeak", "en-029", 170, 40),
    ("espeak", "en-us+f2", 180, 60),
    ("espeak", "en-gb-x-rp+m3", 160, 30),
    ("espeak", "en-us+m7", 175, 55),
    ("espeak", "en-gb+f4", 185, 70),
)
Talker = tuple[str, str, float, float]


@dataclass(frozen=True)
class Clip:
    """One utterance with 1.6 s before it and 2.4 s after it, clean, and what is speech in it."""

    kind: str  # question, number or word
    sound: Sound
    speech: Flags

    @property
    def first(self) -> int:
        """The first frame with speech."""
        return int(np.flatnonzero(self.speech)[0])

    @property
    def last(self) -> int:
        """The last frame with speech."""
        return int(np.flatnonzero(self.speech)[-1])


def clips() -> list[Clip]:
    """Make every utterance of every talker, at one loudness."""
    made = []
    for talker in TALKERS:
        made += [_clip("question", say(text, talker)) for text in QUESTIONS]
        made += [_clip("word", say(text, talker)) for text in WORDS]
        gap = np.zeros(int(PAUSE_S * HZ), np.float32)
        parts = [part for text in NUMBER for part in (_trim(say(text, talker)), gap)]
        made.append(_clip("number", np.concatenate(parts[:-1])))
    return made


def at_level(sound: Sound, dbfs: float) -> Sound:
    """Scale to a root mean square, silence left out of the measure."""
    loud = sound[np.abs(sound) > 0.03 * np.abs(sound).max()]
    return sound * np.float32(10 ** (dbfs / 20) / np.sqrt(np.mean(loud**2)))


def noise(kind: str, block: int) -> Sound:
    """Return a minute of noise with a root mean square of 1."""
    if kind == "shop":
        sound = sum((noise(part, block + 50) for part in NOISES[:-1]), np.zeros(1, np.float32))
    else:
        sound = _kept(f"noise {kind} {block}", lambda: _NOISES[kind](_rng(kind, block)))
    return sound / np.float32(np.sqrt(np.mean(sound**2)))


def frames(sound: Sound) -> list[bytes]:
    """Cut into frames of PCM16, clipped as a converter does."""
    pcm = (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()
    return [pcm[at : at + FRAME * 2] for at in range(0, len(pcm) // (FRAME * 2) * FRAME * 2, 640)]


def _clip(kind: str, said: Sound) -> Clip:
    said = at_level(_trim(said), TALKER_DBFS)
    lead, rest = np.zeros(8 * HZ // 5, np.float32), np.zeros(12 * HZ // 5, np.float32)
    sound = np.concatenate((lead, said, rest))
    sound = sound[: len(sound) // FRAME * FRAME]
    return Clip(kind, sound, _loud(sound))


def _loud(sound: Sound) -> Flags:
    """Flag frames within 35 dB of the loudest; a gap of up to 60 ms belongs to the word."""
    energy = np.mean(sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME) ** 2, axis=1)
    loud = energy > energy.max() * 10**-3.5
    at = np.flatnonzero(loud)
    for here, following in pairwise(at):
        if following - here <= 4:
            loud[here:following] = True
    return np.asarray(loud)


def _trim(sound: Sound) -> Sound:
    at = np.flatnonzero(_loud(sound))
    return sound[at[0] * FRAME : (at[-1] + 1) * FRAME]


def say(text: str, talker: Talker) -> Sound:
    """Synthesise a text."""
    engine, voice, speed, pitch = talker

    def synthesise() -> Sound:
        if engine == "hibari":
            said = _hibari()(text, speed=speed, seed=0)
            return np.asarray(soxr.resample(said, 24_000 * pitch, HZ))
        command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", text]
        spoken = subprocess.run(  # noqa: S603 (our own words)
            command,
            capture_output=True,
            check=True,
        ).stdout
        with wave.open(io.BytesIO(spoken)) as file:
            rate, pcm = file.getframerate(), file.readframes(file.getnframes())
        said = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)
        return np.asarray(soxr.resample(said, rate, HZ))

    return _kept(f"say {talker} {text}", synthesise)


@cache
def _hibari() -> Callable[..., Sound]:
    from hibari import Hibari

    voice: Callable[..., Sound] = Hibari(threads=1)
    return voice


def _kept(name: str, make: Callable[[], Sound]) -> Sound:
    path = _CACHE / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.npy"
    if not path.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.npy")
        np.save(part, make().astype(np.float32))
        part.replace(path)
    return np.asarray(np.load(path), np.float32)


def _rng(*names: object) -> np.random.Generator:
    return np.random.default_rng(list(hashlib.sha256(repr(names).encode()).digest()[:16]))


def _coloured(rng: np.random.Generator, slope: float, seconds: float = BLOCK_S) -> Sound:
    """Noise whose power falls with frequency to the power of ``slope``."""
    spectrum = np.fft.rfft(rng.standard_normal(int(seconds * HZ)))
    spectrum[1:] /= np.arange(1, len(spectrum)) ** (slope / 2)
    spectrum[0] = 0
    sound = np.fft.irfft(spectrum)
    return (sound / np.std(sound)).astype(np.float32)


def _hvac(rng: np.random.Generator) -> Sound:
    t = np.arange(BLOCK_S * HZ) / HZ
    hum = sum(
        np.sin(2 * np.pi * 50 * n * t + rng.uniform(0, 6)) / n for n in (1, 2, 3, 4, 6, 8, 12)
    )
    swell = 1 + 0.2 * np.sin(2 * np.pi * 0.15 * t)
    return (0.7 * hum + swell * _coloured(rng, 1.8)).astype(np.float32)


def _babble(rng: np.random.Generator) -> Sound:
    """Eight talkers across a hard room: T60 0.5 s, no direct path worth the name."""
    room = (rng.standard_normal(HZ // 2) * 10 ** (-3 * np.arange(HZ // 2) / (HZ // 2))).astype("f4")
    crowd = np.zeros(BLOCK_S * HZ, np.float32)
    for talker in _CROWD_TALKERS:
        line: list[Sound] = []
        while sum(map(len, line)) < len(crowd) + 4 * HZ:
            text = CROWD[rng.integers(len(CROWD))]
            pause = np.zeros(rng.integers(HZ // 5, HZ), np.float32)
            line += [at_level(say(text, talker), -20 + rng.uniform(-4, 4)), pause]
        start = rng.integers(4 * HZ)
        crowd += np.concatenate(line)[start : start + len(crowd)]
    size = len(crowd) + len(room)
    heard = np.fft.irfft(np.fft.rfft(crowd, size) * np.fft.rfft(room, size), size)
    return heard[: len(crowd)].astype(np.float32)


def _clatter(rng: np.random.Generator) -> Sound:
    """Scanner beeps, knocks and rattles, one every 1.3 s, over a faint hiss."""
    sound = 0.02 * _coloured(rng, 1)
    at = 0.0
    while (at := at + rng.exponential(1.3)) < BLOCK_S - 1:
        t = np.arange(int(HZ * rng.uniform(0.08, 0.5))) / HZ
        match rng.integers(3):
            case 0:
                burst = np.sign(np.sin(2 * np.pi * rng.uniform(1800, 2900) * t[: HZ // 10])) * 0.6
            case 1:
                tones = [np.sin(2 * np.pi * rng.uniform(150, 3500) * t) for _ in range(6)]
                burst = sum(tones) * np.exp(-t * rng.uniform(15, 60))
            case _:
                knocks = np.sin(2 * np.pi * rng.uniform(9, 22) * t) > 0.8
                burst = rng.standard_normal(len(t)) * knocks
        sound[int(at * HZ) :][: len(burst)] += (burst * rng.uniform(0.3, 1)).astype(np.float32)
    return sound


_NOISES: dict[str, Callable[[np.random.Generator], Sound]] = {
    "pink": lambda rng: _coloured(rng, 1),
    "hvac": _hvac,
    "babble": _babble,
    "clatter": _clatter,
}
