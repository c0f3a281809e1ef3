"""Replies that stall, stay away, come broken or come oddly: what the customer hears of it."""

import asyncio

import pytest

from kiosk.core.effects import Phrase
from kiosk.local_live.tls import Identity
from tests.misbehaving.hurry import run_hurried
from tests.misbehaving.scene import Scene, open_scene
from tests.misbehaving.script import (
    FOREVER,
    Abort,
    Call,
    Done,
    Generated,
    Hear,
    Interrupted,
    Pause,
    Say,
    Send,
    Steps,
    Turn,
    Withdraw,
    answer,
)

NONSENSE: Steps = (
    Send({"somethingNew": {"a": 1}}),
    Send("not json"),
    Send('{"serverContent": {"modelTurn": {"par'),
    Send(b"\xff\xfe\x00"),
    Send({"serverContent": {}}),
    Send({"error": {"code": 429, "message": "no"}}),
)
OVER: Steps = (Generated(), Done())


async def asked_on(scene: Scene) -> None:
    """Ask on, after whatever was said: it is answered."""
    await scene.say(2)
    await scene.turn_over(turn=2, outcome="answered")
    scene.asked_once(2)
    scene.heard_once(2)


@pytest.mark.parametrize(
    ("steps", "waits_s"),
    [((), 8.0), ((Hear(),), 8.0), ((Hear(), Say(seconds=1.0)), 9.0)],
    ids=["after the end mark", "after the transcript", "in the middle of the reply"],
)
def test_a_service_that_falls_silent_is_left_after_eight_seconds(
    own_identity: Identity, steps: Steps, waits_s: float
) -> None:
    async def scenario() -> None:
        turns = {1: (Turn(steps=(*steps, Pause(FOREVER))),)}
        async with open_scene(own_identity, turns=turns) as scene:
            await scene.ask(1)
            over = await scene.turn_over()
            spoken = scene.house.named("speech_ended")[0]["t"]
            assert waits_s - 0.5 <= over["t"] - spoken <= waits_s + 1.0
            await asked_on(scene)

            assert scene.phrases() == [Phrase.ONE_MOMENT, Phrase.SAY_AGAIN]
            assert len(scene.service.record.set_up) == 2
            assert len(scene.service.record.askings(1)) == 1  # the customer says it again

    run_hurried(scenario())


def test_a_turn_without_a_sound_is_asked_once_more(own_identity: Identity) -> None:
    async def scenario() -> None:
        async with open_scene(
            own_identity, turns={1: (Turn(steps=(Hear(), Done())), Turn())}
        ) as scene:
            await scene.answered(1)

            scene.heard_once(1)
            assert len(scene.service.record.whole(1)) == len(scene.service.record.askings(1)) == 2
            assert set(scene.phrases()) <= {Phrase.ONE_MOMENT}

    run_hurried(scenario())


def test_a_model_that_never_makes_a_sound_is_asked_twice_in_all(own_identity: Identity) -> None:
    async def scenario() -> None:
        async with open_scene(own_identity, turns={1: (Turn(steps=(Hear(), Done())),)}) as scene:
            await scene.ask(1)
            await scene.turn_over()
            await asked_on(scene)

            assert scene.phrases() == [Phrase.SAY_AGAIN]
            assert len(scene.service.record.askings(1)) == 2

    run_hurried(scenario())


def test_a_model_that_wants_to_hear_more_says_so_at_once(own_identity: Identity) -> None:
    async def scenario() -> None:
        more = Turn(steps=(Hear(), Done("NEED_MORE_INPUT")))
        async with open_scene(own_identity, turns={1: (more,)}) as scene:
            await scene.ask(1)
            await scene.turn_over()
            await asked_on(scene)

            assert scene.phrases() == [Phrase.SAY_AGAIN]
            assert len(scene.service.record.askings(1)) == 1

    run_hurried(scenario())


HALF = Say(seconds=0.48)
REST = Say(seconds=0.52)
ODD: dict[str, Turn] = {
    "interrupted before the reply": Turn(steps=(Hear(), Interrupted(), Say(), *OVER)),
    "interrupted in the reply": Turn(steps=(Hear(), HALF, Interrupted(), REST, *OVER)),
    "interrupted after the reply": Turn(steps=(Hear(), Say(), *OVER, Interrupted())),
    "nonsense": Turn(steps=(*NONSENSE, Hear(), HALF, *NONSENSE, REST, *NONSENSE, *OVER)),
    "transcribed again and again": Turn(steps=(Hear(3), HALF, Hear(2), REST, Hear(), *OVER)),
    "a frame of several megabytes": Turn(
        steps=(Hear(), Say(one_frame=True, filler_bytes=4_000_000), *OVER)
    ),
    "a call that is withdrawn": Turn(steps=(Hear(), Call(wait=False), Withdraw(), Say(), *OVER)),
    "a call without an id": answer(Call(with_id=False)),
    "two calls without an id": answer(Call(with_id=False), Call(with_id=False)),
    "a call of no tool": answer(Call(name="launch_rocket", arguments={})),
}


@pytest.mark.parametrize("turn", ODD.values(), ids=ODD)
def test_what_is_odd_has_no_effect(own_identity: Identity, turn: Turn) -> None:
    async def scenario() -> None:
        async with open_scene(own_identity, turns={1: (turn,)}) as scene:
            scene.orders.takes_s = 0.5 if Withdraw() in turn.steps else 0.02
            await scene.answered(1)
            await asked_on(scene)

            scene.asked_once(1)
            scene.heard_once(1)
            scene.undisturbed()
            assert len(scene.service.record.connections) == 1
            calls = sum(isinstance(step, Call) and step.wait for step in turn.steps)
            assert len(scene.service.record.results) == calls
            for result in scene.service.record.results:
                assert {"status", "say", "retryable"} <= result.response.keys()

    run_hurried(scenario())


def test_a_call_without_an_id_is_answered_without_one(own_identity: Identity) -> None:
    async def scenario() -> None:
        turns = {1: (answer(Call(with_id=False)),)}
        async with open_scene(own_identity, turns=turns) as scene:
            await scene.answered(1)

            assert [result.call_id for result in scene.service.record.results] == [""]

    run_hurried(scenario())


def test_equal_calls_are_looked_up_once_and_all_answered(own_identity: Identity) -> None:
    async def scenario() -> None:
        turn = answer(Call(wait=False), Call(wait=False), Call(), Call(), Call())
        async with open_scene(own_identity, turns={1: (turn,)}) as scene:
            await scene.answered(1)

            scene.heard_once(1)
            assert scene.orders.asked == ["ORD-88421"]
            results = scene.service.record.results
            assert len({result.call_id for result in results}) == 5
            assert {result.response["status"] for result in results} == {"ok"}

    run_hurried(scenario())


def test_a_call_that_is_withdrawn_and_made_again_is_answered_once(own_identity: Identity) -> None:
    async def scenario() -> None:
        turn = answer(Call(wait=False), Withdraw(), Call())
        async with open_scene(own_identity, turns={1: (turn,)}) as scene:
            scene.orders.takes_s = 0.5
            await scene.answered(1)

            scene.heard_once(1)
            assert len(scene.service.record.results) == 1

    run_hurried(scenario())


def test_a_frame_that_is_too_large_to_take_costs_a_connection_and_no_more(
    own_identity: Identity,
) -> None:
    async def scenario() -> None:
        huge = Turn(steps=(Hear(), Say(one_frame=True, filler_bytes=17_000_000), *OVER))
        async with open_scene(own_identity, turns={1: (huge, Turn())}) as scene:
            await scene.answered(1)

            scene.heard_once(1)
            assert set(scene.phrases()) <= {Phrase.ONE_MOMENT}

    run_hurried(scenario())


@pytest.mark.parametrize("one_frame", [False, True])
def test_twelve_seconds_in_one_burst_are_played_whole(
    own_identity: Identity, one_frame: bool
) -> None:
    async def scenario() -> None:
        burst = Turn(steps=(Hear(), Say(seconds=12.0, pace=FOREVER, one_frame=one_frame), *OVER))
        async with open_scene(own_identity, turns={1: (burst,)}) as scene:
            await scene.answered(1)

            scene.heard_once(1, seconds=12.0)
            scene.undisturbed()

    run_hurried(scenario())


def test_what_follows_an_interruption_is_not_heard(own_identity: Identity) -> None:
    async def scenario() -> None:
        long = Turn(steps=(Hear(), Say(seconds=10.0), *OVER), when_interrupted=(Say(seconds=1.0),))
        async with open_scene(own_identity, turns={1: (long,)}) as scene:
            await scene.ask(1)
            await scene.house.until("reply_started")
            await asyncio.sleep(1.0)
            barged = await scene.interrupt(2)
            await scene.turn_over(turn=2, outcome="answered")

            scene.asked_once(2)
            scene.heard_once(2)
            assert scene.last_heard(1) <= barged + 0.05

    run_hurried(scenario())


BAD = {
    "wrong rate": Say(seconds=0.08, mime="audio/pcm;rate=16000"),
    "not base64": Say(seconds=0.08, broken=True),
}
bad = pytest.mark.parametrize("pieces", BAD.values(), ids=BAD)


@bad
def test_two_pieces_that_cannot_be_played_are_left_out_and_logged_once(
    own_identity: Identity, pieces: Say, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        patchy = Turn(steps=(Hear(), pieces, HALF, pieces, Say(seconds=0.4), *OVER))
        async with open_scene(own_identity, turns={1: (patchy,)}) as scene:
            await scene.answered(1)

            assert scene.phrases() == []
            kept = [*range(2, 14), *range(16, 26)]
            assert scene.units(1) == kept
            logged = [record.getMessage() for record in caplog.records]
            assert logged.count("broken piece of sound dropped") == 1

    run_hurried(scenario())


@bad
@pytest.mark.parametrize("before", [(), (HALF,)], ids=["from the start", "in mid-reply"])
def test_three_pieces_in_a_row_that_cannot_be_played_end_the_turn(
    own_identity: Identity, pieces: Say, before: Steps
) -> None:
    async def scenario() -> None:
        hopeless = Turn(steps=(Hear(), *before, pieces, pieces, Say(seconds=1.0), *OVER))
        async with open_scene(own_identity, turns={1: (hopeless,)}) as scene:
            await scene.ask(1)
            await scene.turn_over()
            await asked_on(scene)

            assert scene.phrases() == [Phrase.SAY_AGAIN]
            assert scene.units(1) == list(range(12 * len(before)))

    run_hurried(scenario())


def test_a_reset_in_a_burst_loses_nothing_that_came(own_identity: Identity) -> None:
    async def scenario() -> None:
        cut = Turn(steps=(Hear(), Say(seconds=6.0, pace=FOREVER), Pause(0.2), Abort()))
        async with open_scene(own_identity, turns={1: (cut, answer(seconds=8.0))}) as scene:
            await scene.answered(1)

            scene.heard_once(1, seconds=8.0, seam=3)
            scene.undisturbed()  # it was mended while the first part was heard

    run_hurried(scenario())
