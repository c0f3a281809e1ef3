"""The misbehaving service and the clock it is used with: what the other tests rest on."""

import asyncio
import time

import pytest

from kiosk.core.audio import SPEAKER_FRAME_BYTES, SpeakerFrame
from kiosk.local_live.tls import Identity
from tests.misbehaving.hurry import run_hurried
from tests.misbehaving.record import Asked
from tests.misbehaving.scene import open_scene
from tests.misbehaving.script import Call, Turn, answer
from tests.misbehaving.spoken import Take, gaps, heard_in, passages, question


def test_two_questions_are_answered_and_noted(own_identity: Identity) -> None:
    async def scenario() -> None:
        async with open_scene(own_identity, turns={2: (answer(Call()),)}) as scene:
            await scene.answered(1)
            await scene.say(2)
            await scene.turn_over(turn=2, outcome="answered")

            record = scene.service.record
            for number in (1, 2):
                scene.asked_once(number)
                scene.heard_once(number)
                assert len(record.whole(number)) == len(record.askings(number)) == 1
            scene.undisturbed()
            (connection,) = record.connections
            assert connection.handle == ""
            assert connection.set_up_at is not None
            assert connection.set_up_at >= connection.opened_at
            assert connection.closed_at is None
            assert [result.response["status"] for result in record.results] == ["ok"]
            assert scene.orders.asked == ["ORD-88421"]

    run_hurried(scenario())


def test_the_end_of_a_visit_is_noted(own_identity: Identity) -> None:
    async def scenario() -> None:
        async with open_scene(own_identity) as scene:
            await scene.answered(1)
            await scene.house.until("visit_ended", reason="silence")
            (connection,) = scene.service.record.connections
            await scene.when(lambda: connection.closed_at)

            assert connection.closed_by_client == 1000
            assert scene.service.open_connections == 0

    run_hurried(scenario())


def test_a_question_is_whole_when_each_frame_came_once() -> None:
    frames = question(3, 1.0)

    def asked(*parts: bytes) -> Asked:
        return Asked(1, 0.0, 1.0, bytearray(b"".join(parts)))

    silence = bytes(len(frames[0]))
    assert asked(silence, *frames, silence).whole
    assert asked(*frames).question == 3
    assert not asked(*frames[1:]).whole
    assert not asked(*frames[:-1]).whole
    assert not asked(*frames, *frames).whole
    assert not asked(*frames[:10], *frames).whole
    assert not asked(silence).whole
    assert not Asked(1, 0.0, None, bytearray(b"".join(frames))).whole


def test_what_was_heard_can_be_told_apart() -> None:
    first, second = Take(1), Take(1, odd=False)
    other = Take(2, wording=1)
    sound = first.piece(0, 3) + second.piece(3, 2) + second.piece(7) + other.piece(0)
    frames = [
        (at * 0.01, SpeakerFrame(sound[at * SPEAKER_FRAME_BYTES : (at + 1) * SPEAKER_FRAME_BYTES]))
        for at in range(len(sound) // SPEAKER_FRAME_BYTES)
    ]

    found = [(part.take, part.first, part.last) for part in passages(frames)]

    assert found == [(first, 0, 2), (second, 3, 4), (second, 7, 7), (other, 0, 0)]
    assert heard_in(SpeakerFrame(b"\x01\x10" * (SPEAKER_FRAME_BYTES // 2))) is None  # a phrase
    assert gaps(frames) == []
    late = [(at + (0.5 if at > 0.05 else 0.0), frame) for at, frame in frames]
    assert len(gaps(late)) == 1


def test_a_hurried_wait_is_as_long_as_it_was_asked_for_and_short() -> None:
    async def scenario() -> None:
        now = asyncio.get_running_loop().time
        began = now()
        await asyncio.sleep(20.0)
        assert now() - began == pytest.approx(20.0, abs=0.1)

        began = now()
        await asyncio.to_thread(sum, range(1_000_000))
        assert now() - began < 2.0  # a thread is waited for at the pace it works

    began = time.perf_counter()
    run_hurried(scenario(), rate=100.0)
    assert time.perf_counter() - began < 10.0


def test_a_script_that_was_used_up_goes_on_with_its_last_turn(own_identity: Identity) -> None:
    async def scenario() -> None:
        turns = {1: (answer(seconds=0.4), Turn())}
        async with open_scene(own_identity, turns=turns) as scene:
            await scene.answered(1)
            assert len(scene.units(1)) == 10
            for turn in (2, 3):
                await scene.say(1)
                await scene.turn_over(turn=turn, outcome="answered")

            assert len(scene.units(1)) == 10 + 25 + 25
            assert {reply.attempt for reply in scene.service.record.completed(1)} == {1, 2, 3}

    run_hurried(scenario())
