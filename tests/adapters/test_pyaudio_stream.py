"""The callbacks' side of both streams, called as PortAudio would, on virtual time."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyaudio
import pytest

from kiosk.adapters.pyaudio_devices import PortAudio, Shape
from kiosk.adapters.pyaudio_io import _Microphone, _Speaker
from kiosk.adapters.pyaudio_stream import Pulse
from kiosk.core.audio import MIC_FRAME_BYTES, SILENCE, SpeakerFrame
from kiosk.errors import DeviceLost
from tests.adapters.sound import signal
from tests.virtualtime import run_virtual

BLOCK = bytes(MIC_FRAME_BYTES)
LOUD = SpeakerFrame(np.full(240, 8000, dtype="<i2").tobytes())


class FakeStream:
    """A stream that lives, is gone, or hangs; what PortAudio would say of it."""

    def __init__(self) -> None:
        self.active = True
        self.closed = False
        self._stream = object()

    def is_active(self) -> bool:
        return self.active

    def close(self) -> None:
        self.closed = True


def microphone() -> tuple[_Microphone, Pulse]:
    pulse = Pulse("microphone")
    return _Microphone(pulse, Shape(16_000, 1)), pulse


def speaker(volume_percent: int = 100) -> tuple[_Speaker, Pulse]:
    pulse = Pulse("speaker")
    return _Speaker(pulse, Shape(24_000, 1), volume_percent), pulse


def capture(end: _Microphone, block: bytes = BLOCK) -> None:
    assert end.callback(block, 320, {}, 0) == (None, 0)


def played(end: _Speaker) -> list[float]:
    block, code = end.callback(None, 240, {}, 0)
    assert code == 0
    assert block is not None
    assert len(block) == 480
    return list(signal(block))


async def next_frames(end: _Microphone, count: int) -> list[float]:
    times: list[float] = []
    async with aclosing(cast(AsyncGenerator[tuple[bytes, float]], end.frames())) as frames:
        async for _, at in frames:
            times.append(at)
            if len(times) == count:
                break
    return times


def test_frames_come_with_their_times_and_the_reader_sleeps_between() -> None:
    async def scenario() -> list[float]:
        end, _ = microphone()
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(next_frames(end, 3))
            for _ in range(3):
                await asyncio.sleep(0.02)
                capture(end)
        return reading.result()

    assert run_virtual(scenario()) == pytest.approx([0.02, 0.04, 0.06])


def test_what_was_captured_before_anybody_listened_is_not_delivered() -> None:
    async def scenario() -> tuple[list[float], int]:
        end, _ = microphone()
        for _ in range(200):
            capture(end)
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(next_frames(end, 1))
            await asyncio.sleep(1)
            capture(end)
        return reading.result(), end.overruns

    assert run_virtual(scenario()) == ([1.0], 0)


@pytest.mark.parametrize(("stands_still_s", "lost"), [(2.0, 0), (4.0, 75)])
def test_a_loop_that_stands_still_for_two_seconds_loses_no_word_and_older_ones_are_counted(
    stands_still_s: float, lost: int
) -> None:
    blocks = round(stands_still_s / 0.02)

    async def scenario() -> tuple[list[float], int]:
        end, pulse = microphone()
        now = 0.0
        pulse.clock = lambda: now
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(next_frames(end, blocks - lost))
            await asyncio.sleep(0)
            for _ in range(blocks):
                now += 0.02
                capture(end)
        return reading.result(), end.overruns

    times, overruns = run_virtual(scenario())

    assert overruns == pytest.approx(lost, abs=1)
    assert times[0] == pytest.approx(0.02 * (lost + 1), abs=0.03)
    assert times[-1] == pytest.approx(stands_still_s, abs=0.03)


def test_more_frames_may_gather_before_the_reader_is_woken() -> None:
    async def scenario() -> list[int]:
        end, _ = microphone()
        end.gather_frames = 5
        seen: list[int] = []

        async def read() -> None:
            async for _ in end.frames():
                seen.append(end.frames_captured)
                if len(seen) == 10:
                    return

        async with asyncio.TaskGroup() as group:
            group.create_task(read())
            for _ in range(10):
                await asyncio.sleep(0.02)
                capture(end)
        return seen

    assert run_virtual(scenario()) == [5] * 5 + [10] * 5


Make = Callable[[], tuple[Any, Pulse]]


@dataclass
class Watched:
    """One end of a stream that is being watched."""

    end: Any
    pulse: Pulse
    stream: FakeStream

    async def use(self) -> None:
        """Wait for the device as the kiosk does."""
        if isinstance(self.end, _Microphone):
            await next_frames(self.end, 1)
        for _ in range(100):
            await self.end.write(LOUD)


Act = Callable[[Watched], Coroutine[Any, Any, None]]


def watched(make: Make, act: Act) -> tuple[FakeStream, PortAudio]:
    """Let a scenario act on a stream that is watched, and close it."""
    stream, owner = FakeStream(), PortAudio(None)

    async def scenario() -> None:
        end, pulse = make()
        pulse.watch(stream)
        try:
            await act(Watched(end, pulse, stream))
        finally:
            pulse.close(owner)

    run_virtual(scenario())
    return stream, owner


def test_a_device_that_is_gone_is_lost_and_closed() -> None:
    async def act(on: Watched) -> None:
        capture(on.end)
        on.stream.active = False
        with pytest.raises(DeviceLost) as caught:
            await on.use()
        assert (caught.value.part, caught.value.frozen) == ("microphone", False)
        assert on.pulse.clock() < 0.5

    stream, owner = watched(microphone, act)

    assert stream.closed
    assert owner.abandoned == []


def test_a_device_that_hangs_is_lost_within_two_seconds_and_never_closed() -> None:
    async def act(on: Watched) -> None:
        capture(on.end)
        with pytest.raises(DeviceLost) as caught:
            await on.use()
        assert caught.value.frozen
        assert "hangs" in caught.value.cause
        assert on.pulse.clock() < 2.0

    stream, owner = watched(microphone, act)

    assert not stream.closed
    assert owner.abandoned == [stream]


@pytest.mark.parametrize("left", [{("controlC0", 7)}, {("controlC0", 7), ("controlC1", 9)}],
                         ids=["pulled out", "put in again at once"])  # fmt: skip
def test_a_card_that_is_pulled_out_is_lost_at_once_and_closed(left: set[tuple[str, int]]) -> None:
    there = frozenset({("controlC0", 7), ("controlC1", 8)})

    def of_a_card() -> tuple[_Microphone, Pulse]:
        end, pulse = microphone()
        pulse.cards = lambda: there
        return end, pulse

    async def act(on: Watched) -> None:
        nonlocal there
        capture(on.end)
        there = frozenset(left)
        with pytest.raises(DeviceLost) as caught:
            await on.use()
        assert not caught.value.frozen
        assert on.pulse.clock() < 0.5

    stream, owner = watched(of_a_card, act)

    assert stream.closed
    assert owner.abandoned == []


def test_a_writer_learns_of_it_too() -> None:
    async def act(on: Watched) -> None:
        played(on.end)
        with pytest.raises(DeviceLost) as caught:
            await on.use()
        assert (caught.value.part, caught.value.frozen) == ("speaker", True)

    watched(speaker, act)


def test_a_device_may_take_three_seconds_to_begin() -> None:
    async def act(on: Watched) -> None:
        await asyncio.sleep(2.9)
        on.pulse.check()
        await asyncio.sleep(0.7)
        with pytest.raises(DeviceLost):
            on.pulse.check()

    watched(microphone, act)


def test_a_machine_that_was_asleep_gets_a_second_look() -> None:
    async def act(on: Watched) -> None:
        capture(on.end)
        await asyncio.sleep(0.65)  # looked at once since it fell silent for too long
        capture(on.end)
        await asyncio.sleep(0.45)
        capture(on.end)
        await asyncio.sleep(0.3)
        on.pulse.check()

    stream, _ = watched(microphone, act)
    assert not stream.closed  # it was quiet for 0.3 s: closing might hang


def test_a_lively_device_is_closed_at_the_end() -> None:
    async def act(on: Watched) -> None:
        capture(on.end)

    stream, owner = watched(microphone, act)

    assert stream.closed
    assert owner.abandoned == []


def test_a_stream_that_never_opened_is_not_closed() -> None:
    async def scenario() -> None:
        Pulse("speaker").close(PortAudio(None))

    run_virtual(scenario())


@pytest.mark.parametrize("make", [microphone, speaker])
def test_a_bug_in_a_callback_neither_stops_the_stream_nor_is_lost(make: Make) -> None:
    def broken() -> float:
        raise ValueError("a bug")

    async def act(on: Watched) -> None:
        good_clock, on.pulse.clock = on.pulse.clock, broken
        block, code = on.end.callback(BLOCK, 240, {}, 0)
        on.pulse.clock = good_clock

        assert code == 0
        assert block in (None, bytes(480))
        with pytest.raises(ValueError, match="a bug"):
            await on.use()

    watched(make, act)


def test_a_flush_lets_the_next_frame_fade_out_within_5_ms() -> None:
    async def scenario() -> None:
        end, _ = speaker()
        for _ in range(5):
            await end.write(LOUD)
        assert played(end) == [8000] * 240

        assert end.flush() == 4
        assert end.queued_frames == 0

        cut = played(end)
        assert cut[0] == pytest.approx(8000, rel=0.02)
        assert cut[119:] == [0] * 121
        assert all(0 < one - other < 80 for one, other in itertools.pairwise(cut[:120]))
        assert played(end) == [0] * 240
        assert end.flush() == 0
        assert played(end) == [0] * 240

    run_virtual(scenario())


def test_a_writer_waits_for_room_and_a_flush_makes_some() -> None:
    async def scenario() -> None:
        end, _ = speaker()

        async def write(count: int) -> None:
            for _ in range(count):
                await end.write(LOUD)

        async with asyncio.TaskGroup() as group:
            writing = group.create_task(write(20))
            await asyncio.sleep(1)
            assert end.queued_frames == 7

            for _ in range(3):
                played(end)
            await asyncio.sleep(1)
            assert end.queued_frames == 7

            end.flush()
            await asyncio.sleep(1)
            assert end.queued_frames == 7
            writing.cancel()

    run_virtual(scenario())


def test_a_short_gap_in_what_is_written_is_an_underrun_and_a_pause_is_none() -> None:
    async def scenario() -> list[int]:
        end, _ = speaker()
        counts = []
        for silent_blocks in (20, 0, 3, 30):
            for _ in range(silent_blocks):
                played(end)
            await end.write(LOUD)
            played(end)
            counts.append(end.underruns)
        await end.write(LOUD)
        end.flush()
        played(end)
        played(end)
        await end.write(LOUD)
        return [*counts, end.underruns]

    assert run_virtual(scenario()) == [0, 0, 1, 1, 1]


def test_volume_moves_within_a_few_frames_and_evenly() -> None:
    async def scenario() -> list[float]:
        end, _ = speaker()
        heard = []
        end.set_volume(50)  # nothing sounds: at once
        played(end)
        await end.write(LOUD)
        heard += played(end)
        end.set_volume(100)
        for _ in range(9):
            await end.write(LOUD)
            heard += played(end)
        return heard

    heard = np.array(run_virtual(scenario()))

    assert set(heard[:240]) == {2000}
    assert set(heard[-24:]) == {8000}
    assert np.all(np.diff(heard) >= 0)
    assert np.diff(heard).max() < 10


def test_loud_sound_is_limited_and_short_frames_are_never_returned() -> None:
    async def scenario() -> list[float]:
        end, _ = speaker()
        await end.write(SpeakerFrame(np.full(240, 32767, dtype="<i2").tobytes()))
        return played(end)

    assert 23_000 < max(run_virtual(scenario())) < 32_767


def test_the_speaker_is_silent_by_itself() -> None:
    async def scenario() -> int:
        end, _ = speaker()
        for _ in range(5):
            assert played(end) == list(signal(SILENCE))
        return end.frames_played

    assert run_virtual(scenario()) == 5


def test_what_the_device_itself_reports_is_counted() -> None:
    async def scenario() -> tuple[int, int]:
        ears, _ = microphone()
        ears.callback(BLOCK, 320, {}, pyaudio.paInputOverflow)
        mouth, _ = speaker()
        mouth.callback(None, 240, {}, pyaudio.paOutputUnderflow)  # it was silent: no matter
        await mouth.write(LOUD)
        played(mouth)
        mouth.callback(None, 240, {}, pyaudio.paOutputUnderflow)
        return ears.overruns, mouth.underruns

    assert run_virtual(scenario()) == (1, 1)
