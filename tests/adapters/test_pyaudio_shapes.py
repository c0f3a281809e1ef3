"""Rate, channels and time, without a device."""

import numpy as np
import pytest

from kiosk.adapters.pyaudio_shapes import CaptureClock, MicrophoneShaper, SpeakerShaper
from kiosk.core.audio import MIC_FRAME_BYTES
from kiosk.core.pcm import to_floats, to_samples
from tests.adapters.sound import Signal, likeness, noise, pcm, signal

FRAME_S = 0.02


def captured(rate_hz: int, channels: int, sent: Signal) -> Signal:
    """Return what a microphone of this shape makes of a sound."""
    shaper = MicrophoneShaper(rate_hz, channels)
    size = shaper.block_samples
    interleaved = np.repeat(sent, channels)
    frames = []
    for at in range(0, sent.size - size + 1, size):
        frames += shaper.frames(pcm(interleaved[at * channels : (at + size) * channels]))
    assert {len(frame) for frame in frames} == {MIC_FRAME_BYTES}
    return signal(b"".join(frames))


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate_hz", [16_000, 32_000, 44_100, 48_000])
def test_what_is_captured_at_any_rate_comes_out_at_16_khz(rate_hz: int, channels: int) -> None:
    sent = noise(1.0, rate_hz)
    wanted = np.interp(np.arange(16_000) / 16_000, np.arange(rate_hz) / rate_hz, sent)

    got = captured(rate_hz, channels, sent)

    assert got.size >= 16_000 - 320 * 2  # 12.5 ms are still inside
    assert likeness(got, wanted[2000:12_000])[0] > 0.97  # half a sample beside


def test_what_16_khz_cannot_hold_does_not_come_back_as_another_tone() -> None:
    tone = 10_000 * np.sin(2 * np.pi * 9_500 * np.arange(48_000) / 48_000)

    got = captured(48_000, 1, tone)

    assert np.abs(got[1000:]).max() <= 1


def test_two_channels_are_averaged() -> None:
    left_only = np.zeros(640)
    left_only[::2] = 8000

    (frame,) = MicrophoneShaper(16_000, 2).frames(pcm(left_only))

    assert set(signal(frame)) == {4000}


def test_after_a_reset_nothing_old_comes_out() -> None:
    shaper = MicrophoneShaper(48_000, 1)
    shaper.frames(pcm(np.full(960, 8000)))

    shaper.reset()
    frames = [frame for _ in range(5) for frame in shaper.frames(bytes(1920))]

    assert not np.any(signal(b"".join(frames)))


def blocks(shaper: SpeakerShaper, sent: Signal, silent: int = 4) -> list[bytes]:
    floats = to_floats(to_samples(pcm(sent)))
    sounded = [shaper.block(floats[at : at + 240]) for at in range(0, sent.size, 240)]
    return sounded + [shaper.silence() for _ in range(silent)]


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000])
def test_what_is_written_comes_out_at_any_rate_and_whole(rate_hz: int, channels: int) -> None:
    shaper = SpeakerShaper(rate_hz, channels)
    sent = noise(1.0, 24_000)
    wanted = np.interp(np.arange(rate_hz) / rate_hz, np.arange(24_000) / 24_000, sent)

    got = blocks(shaper, sent)

    assert {len(block) for block in got} == {shaper.block_samples * channels * 2}
    heard = signal(b"".join(got))
    for channel in range(channels):
        found, late = likeness(heard[channel::channels], wanted)
        assert found > 0.97
        assert late <= rate_hz * (shaper.delay_s + 0.002)
    assert got[-1] == bytes(len(got[-1]))


@pytest.mark.parametrize("rate_hz", [24_000, 48_000])
def test_silence_stays_silence(rate_hz: int) -> None:
    shaper = SpeakerShaper(rate_hz, 1)
    assert not any(any(shaper.silence()) for _ in range(5))


def test_nothing_of_one_sound_is_left_for_the_next() -> None:
    shaper = SpeakerShaper(48_000, 1)
    first = blocks(shaper, noise(0.5, 24_000))

    again = blocks(shaper, noise(0.5, 24_000))

    assert again == first


def test_a_steady_device_is_timed_by_its_deliveries() -> None:
    clock = CaptureClock()

    times = [clock.captured_at(number, 5 + number * FRAME_S) for number in range(100)]

    assert times == pytest.approx([5 + number * FRAME_S for number in range(100)], abs=0.003)


def test_late_deliveries_do_not_make_the_sound_younger() -> None:
    clock = CaptureClock()
    late = [0.0, 0.015, 0.0, 0.03, 0.01]  # deliveries of two blocks at once and the like

    times = [
        clock.captured_at(number, number * FRAME_S + late[number % 5]) for number in range(100)
    ]

    assert times[10:] == pytest.approx([number * FRAME_S for number in range(10, 100)], abs=0.002)


def test_a_burst_after_a_stall_is_known_to_be_old() -> None:
    clock = CaptureClock()
    for number in range(50):
        clock.captured_at(number, number * FRAME_S)

    thawed_at = 50 * FRAME_S + 2.0
    ages = []
    for number in range(50, 150):  # what was kept for 2 s comes within 0.3 s
        delivered_at = thawed_at + (number - 50) * 0.003
        ages.append(delivered_at - clock.captured_at(number, delivered_at))

    assert ages[0] == pytest.approx(2.0, abs=0.01)
    assert ages[-1] == pytest.approx(2.0 - 99 * (FRAME_S - 0.003), abs=0.05)
    assert ages == sorted(ages, reverse=True)


def test_sound_lost_in_a_stall_does_not_make_all_that_follows_old() -> None:
    clock = CaptureClock()
    for number in range(50):
        clock.captured_at(number, number * FRAME_S)

    ages = []
    for number in range(50, 100):  # 2 s are gone, then it goes on as before
        delivered_at = number * FRAME_S + 2.0
        ages.append(delivered_at - clock.captured_at(number, delivered_at))

    assert max(ages[10:]) < 0.005


def test_a_slow_clock_in_the_device_does_not_make_its_sound_old() -> None:
    clock = CaptureClock()
    ages = []
    for number in range(50 * 3600):
        delivered_at = number * FRAME_S * 1.0001
        ages.append(delivered_at - clock.captured_at(number, delivered_at))

    assert max(ages) < 0.005
