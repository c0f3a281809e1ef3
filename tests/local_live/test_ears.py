"""Real recognition: hibari speaks, Whisper listens."""

import asyncio

import numpy as np
import pytest
import soxr

from kiosk.core.audio import MIC_HZ, SPEAKER_HZ
from kiosk.local_live.ears import WhisperEars
from kiosk.local_live.voice import WorkerVoice


def _pcm(samples: np.ndarray) -> bytes:
    return bytes((np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes())


def _asked(voice: WorkerVoice, text: str, pause_s: float = 0.0) -> bytes:
    """A question as the microphone hears it, ``...`` in the text being a pause."""
    pause = np.zeros(int(pause_s * MIC_HZ))
    said = [
        soxr.resample(
            np.frombuffer(voice.render(part), "<i2") / 32768.0, SPEAKER_HZ, MIC_HZ
        ).astype(np.float64)
        for part in text.split("...")
    ]
    joined = np.concatenate([piece for part in said for piece in (part, pause)])
    room = np.random.default_rng(3).normal(0.0, 0.001, len(joined))
    return _pcm(joined + room)


@pytest.mark.parametrize(
    "text",
    [
        "What is your return policy?",
        "How long do refunds take?",
        "Can you take back a washing machine?",
        "What time do you open on Sunday?",
        "Goodbye.",
        "Yes.",
    ],
)
def test_a_question_is_heard_word_for_word(
    ears: WhisperEars, voice: WorkerVoice, text: str
) -> None:
    assert asyncio.run(ears.transcribe(_asked(voice, text))).lower() == text.lower()


def test_a_spelt_order_number_is_heard(ears: WhisperEars, voice: WorkerVoice) -> None:
    heard = asyncio.run(
        ears.transcribe(_asked(voice, "Where is my order, O R D eight eight four two one?"))
    )

    kept = "".join(character for character in heard.upper() if character.isalnum())
    assert kept == "WHEREISMYORDERORD88421"


@pytest.mark.parametrize("pause_s", [0.5, 1.0, 2.5])
def test_a_pause_inside_a_question_loses_nothing(
    ears: WhisperEars, voice: WorkerVoice, pause_s: float
) -> None:
    text = "Where is my order...O R D eight eight three nine one."

    heard = asyncio.run(ears.transcribe(_asked(voice, text, pause_s)))

    assert heard.lower().startswith("where is my order")
    assert "".join(filter(str.isdigit, heard)) == "88391"


def _noises() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    hum = 0.05 * np.sin(np.arange(MIC_HZ * 2) * 2 * np.pi * 50 / MIC_HZ)
    spectrum = np.fft.rfft(rng.normal(size=MIC_HZ * 4))
    spectrum /= np.sqrt(np.maximum(1, np.arange(len(spectrum))))
    pink = np.fft.irfft(spectrum)
    click = np.zeros(MIC_HZ)
    click[4000:4080] = rng.normal(0, 0.5, 80)
    return {
        "nothing": np.zeros(0),
        "one sample": np.zeros(1),
        "silence": np.zeros(MIC_HZ * 2),
        "very short": rng.normal(0, 0.1, MIC_HZ // 50),
        "hiss": rng.normal(0, 0.01, MIC_HZ * 2),
        "loud hiss": rng.normal(0, 0.2, MIC_HZ),
        "room": pink / np.abs(pink).max() * 0.2,
        "hum": hum,
        "click": click,
    }


@pytest.mark.parametrize("name", list(_noises()))
def test_noise_is_not_taken_for_words(ears: WhisperEars, name: str) -> None:
    assert asyncio.run(ears.transcribe(_pcm(_noises()[name]))) == ""


def test_an_odd_last_byte_does_no_harm(ears: WhisperEars) -> None:
    assert asyncio.run(ears.transcribe(bytes(3201))) == ""


def test_a_monologue_longer_than_one_window_is_heard_to_its_end(
    ears: WhisperEars, voice: WorkerVoice
) -> None:
    line = "I bought a kettle in this shop last Monday and it does not get warm at all."
    pcm = _asked(voice, "...".join([line] * 8 + ["How long do refunds take?"]), pause_s=0.4)
    assert len(pcm) / 2 / MIC_HZ > 32

    heard = asyncio.run(ears.transcribe(pcm))

    assert heard.count("kettle") == 8
    assert heard.endswith("How long do refunds take?")


def test_several_customers_are_heard_in_the_order_they_came(
    ears: WhisperEars, voice: WorkerVoice
) -> None:
    texts = ["What is your return policy?", "How long do refunds take?", "Goodbye."]
    clips = [_asked(voice, text) for text in texts]
    finished: list[str] = []

    async def listen(clip: bytes) -> None:
        finished.append(await ears.transcribe(clip))

    async def all_at_once() -> None:
        async with asyncio.TaskGroup() as group:
            for clip in clips:
                group.create_task(listen(clip))

    asyncio.run(all_at_once())

    assert finished == texts


def test_a_customer_who_left_is_not_waited_for(ears: WhisperEars, voice: WorkerVoice) -> None:
    clip = _asked(voice, "What is your return policy?")

    async def leave_and_ask() -> str:
        async with asyncio.TaskGroup() as group:
            gone = [group.create_task(ears.transcribe(clip)) for _ in range(20)]
            stays = group.create_task(ears.transcribe(_asked(voice, "Goodbye.")))
            await asyncio.sleep(0)
            for task in gone:
                task.cancel()
        assert all(task.cancelled() for task in gone)
        return stays.result()

    assert asyncio.run(leave_and_ask()) == "Goodbye."


def test_the_loop_turns_while_the_ears_work(ears: WhisperEars, voice: WorkerVoice) -> None:
    clip = _asked(voice, "Can you take back a washing machine?")
    turns = 0

    async def count_while_listening() -> str:
        nonlocal turns
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(ears.transcribe(clip))
            while not listening.done():
                await asyncio.sleep(0)
                turns += 1
        return listening.result()

    assert "washing machine" in asyncio.run(count_while_listening())
    assert turns > 100
