"""A sample of the utterances, spoken by the local voices in a shop's noise, as the ears hear it."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass

import gate_set
import ids_set
import numpy as np

from kiosk.local_live.ears import WhisperEars
from kiosk.local_live.spoken import speakable

SNRS_DB = (20, 10)
STYLES = (
    "digit by digit", "in pairs", "double, triple", "as one number", "oh and nought",
    "with fillers", "said twice", "corrected", "end corrected", "denied",
)  # fmt: skip
_LEAD_S = 0.3


@dataclass(frozen=True)
class Spoken:
    """What was said by whom and in what noise, and what the ears made of it."""

    said: ids_set.Utterance
    engine: str
    snr_db: int
    heard: str


def spoken(manner: ids_set.Manner, count: int) -> Iterator[Spoken]:
    """Say ``count`` utterances of one manner and hear them."""
    chance = random.Random(ids_set.SEED)  # noqa: S311 (which ones to say is no secret)
    every = [each for each in ids_set.utterances(manner, "spoken") if each.style in STYLES]
    ears = WhisperEars(threads=1)
    ears.warm()
    try:
        for at, said in enumerate(chance.sample(every, count)):
            talker = gate_set.TALKERS[at % len(gate_set.TALKERS)]
            snr_db = SNRS_DB[at // len(gate_set.TALKERS) % len(SNRS_DB)]
            heard = asyncio.run(ears.transcribe(_in_noise(said.text, talker, snr_db, at)))
            yield Spoken(said, talker[0], snr_db, heard)
    finally:
        ears.close()


def _in_noise(text: str, talker: gate_set.Talker, snr_db: int, at: int) -> bytes:
    quiet = np.zeros(int(_LEAD_S * gate_set.HZ), np.float32)
    said = gate_set.at_level(gate_set.say(speakable(text), talker), gate_set.TALKER_DBFS)
    sound = np.concatenate((quiet, said, quiet))
    shop = gate_set.noise("shop", 0)
    start = at * gate_set.HZ // 2 % (len(shop) - len(sound))
    level = np.float32(10 ** ((gate_set.TALKER_DBFS - snr_db) / 20))
    mixed = sound + level * shop[start : start + len(sound)]
    return (np.clip(mixed, -1, 1) * 32767).astype("<i2").tobytes()
