"""What the rising tone tells of the way from speaker to microphone, in rooms made of numbers."""

import numpy as np
import pytest

from kiosk.adapters.wav_files import read_wav
from kiosk.core.audio import MIC_HZ
from kiosk.core.pcm import Floats, to_floats, to_pcm, to_samples
from kiosk.core.sweep import AFTER_S, BANDS_HZ, LEAD_S, LIKE, SWEEP_S, Echo, echo_in, sweep
from kiosk.resources import packaged

TAIL = np.zeros(MIC_HZ, np.float32)


def room(level_db: float, seed: int = 1) -> Floats:
    """Return the noise of a room, as long as a recording."""
    count = round((LEAD_S + SWEEP_S + AFTER_S) * MIC_HZ) + TAIL.size
    noise = np.random.default_rng(seed).standard_normal(count) * 10 ** (level_db / 20)
    return noise.astype(np.float32)


def heard(gain_db: float, room_db: float, late_s: float = 0.1) -> Floats:
    tone = np.concatenate((sweep(MIC_HZ, 10 ** (gain_db / 20)), TAIL))
    return np.roll(tone, round(late_s * MIC_HZ)) + room(room_db)


def echo(sound: Floats) -> Echo:
    return echo_in(to_pcm(sound))


def test_a_speaker_in_a_quiet_room_is_heard_in_every_band() -> None:
    found = echo(heard(-20, -60))

    assert found.heard
    assert found.weak_hz == ()
    assert found.late_s == pytest.approx(0.1, abs=0.002)
    assert not found.overdriven
    assert -32 < found.level_dbfs < -28


def test_a_speaker_in_a_hall_is_heard() -> None:
    rng = np.random.default_rng(7)
    times = np.arange(round(0.8 * MIC_HZ)) / MIC_HZ
    reverb = rng.standard_normal(times.size) * 10 ** (-3 * times / 0.7) * 0.05
    reverb[0] = 1.0
    tone = np.concatenate((sweep(MIC_HZ, 0.1), TAIL))
    size = tone.size + reverb.size
    there = np.fft.irfft(np.fft.rfft(tone, size) * np.fft.rfft(reverb, size), size)[: tone.size]

    found = echo(there.astype(np.float32) + room(-60))

    assert found.heard
    assert found.weak_hz == ()
    assert found.likeness > 2 * LIKE


def test_a_speaker_that_is_unplugged_is_not_heard_in_any_room() -> None:
    for seed, level_db in enumerate((-90.0, -50.0, -20.0)):
        found = echo(room(level_db, seed))
        assert not found.heard
        assert found.likeness < LIKE / 2


def test_silence_is_not_heard() -> None:
    assert not echo(np.zeros(8 * MIC_HZ, np.float32)).heard
    assert not echo_in(b"").heard


def test_somebody_who_speaks_meanwhile_is_not_taken_for_the_speaker() -> None:
    voice = to_floats(to_samples(read_wav(packaged("question-ord-88421.wav"), MIC_HZ)))
    for begin_s in (0.5, 0.9, 1.5, 2.0):
        sound = room(-70)
        at = round(begin_s * MIC_HZ)
        part = voice[: sound.size - at]
        sound[at : at + part.size] += part
        found = echo(sound)
        assert not found.heard, found
        assert found.likeness <= LIKE / 2


def test_a_tone_below_the_noise_is_not_enough() -> None:
    assert not echo(heard(-50, -20)).heard


def test_a_covered_speaker_is_weak_where_it_is_covered() -> None:
    tone = sweep(MIC_HZ, 0.1)
    spectrum = np.fft.rfft(tone)
    spectrum[np.fft.rfftfreq(tone.size, 1 / MIC_HZ) > 1500] = 0
    covered = np.fft.irfft(spectrum, tone.size).astype(np.float32)

    found = echo(np.concatenate((covered, TAIL)) + room(-60))

    assert found.heard
    assert found.weak_hz == (4000,)


def test_a_speaker_without_bass_is_well() -> None:
    tone = sweep(MIC_HZ, 0.1)
    spectrum = np.fft.rfft(tone)
    spectrum[np.fft.rfftfreq(tone.size, 1 / MIC_HZ) < 600] = 0
    thin = np.fft.irfft(spectrum, tone.size).astype(np.float32)

    found = echo(np.concatenate((thin, TAIL)) + room(-60))

    assert found.above_noise_db[BANDS_HZ[0]] < 10
    assert BANDS_HZ[0] not in found.weak_hz


def test_a_microphone_that_is_overdriven_is_told() -> None:
    assert echo(np.clip(heard(12, -60), -1, 1)).overdriven
