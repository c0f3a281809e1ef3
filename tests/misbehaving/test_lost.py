"""A connection that ends: the sentence that was spoken is answered, aloud, once."""

import asyncio

import pytest

from kiosk.core.effects import Phrase
from kiosk.local_live.tls import Identity
from tests.misbehaving.hurry import run_hurried
from tests.misbehaving.scene import Scene, open_scene
from tests.misbehaving.script import (
    FOREVER,
    INTERNAL,
    INVALID,
    UNAVAILABLE,
    Abort,
    Call,
    Close,
    Done,
    Generated,
    Hear,
    Pause,
    Say,
    Step,
    Turn,
    Welcome,
    answer,
)

ENDS: dict[str, Step] = {
    "1000": Close(1000, "The operation was cancelled."),
    "end of file": Abort(reset=False),
    "reset": Abort(reset=True),
    "1007": Close(1007, INVALID),
    "1008": Close(1008, "Operation is not implemented, or supported, or enabled."),
    "1011": Close(1011, INTERNAL),
    "1013": Close(1013, UNAVAILABLE),
}
FEW = {name: ENDS[name] for name in ("1000", "reset", "1011")}
all_ends = pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
few_ends = pytest.mark.parametrize("end", FEW.values(), ids=FEW)


def nothing_but_patience(scene: Scene) -> None:
    """Fail when more was said than that it takes a moment."""
    assert set(scene.phrases()) <= {Phrase.ONE_MOMENT}


@all_ends
def test_while_the_customer_speaks(own_identity: Identity, end: Step) -> None:
    async def scenario() -> None:
        turns = {1: (Turn(listening=(end,)), Turn())}
        async with open_scene(own_identity, turns=turns) as scene:
            await scene.answered(1)

            scene.asked_once(1)
            scene.heard_once(1)
            assert len(scene.service.record.whole(1)) == 1
            nothing_but_patience(scene)

    run_hurried(scenario())


@all_ends
def test_while_the_customer_speaks_their_second_sentence(own_identity: Identity, end: Step) -> None:
    async def scenario() -> None:
        turns = {2: (Turn(listening=(end,)), Turn())}
        async with open_scene(own_identity, turns=turns) as scene:
            await scene.answered(1)
            await scene.say(2)
            await scene.turn_over(turn=2, outcome="answered")

            for number in (1, 2):
                scene.asked_once(number)
                scene.heard_once(number)
            assert scene.service.record.set_up[-1].resumed == (end != ENDS["1007"])
            nothing_but_patience(scene)

    run_hurried(scenario())


@few_ends
@pytest.mark.parametrize("heard", [(), (Hear(),)], ids=["at once", "once it was transcribed"])
def test_while_the_model_thinks(own_identity: Identity, end: Step, heard: tuple[Step, ...]) -> None:
    async def scenario() -> None:
        turns = {1: (Turn(steps=(*heard, Pause(0.2), end)), Turn())}
        async with open_scene(own_identity, turns=turns) as scene:
            await scene.answered(1)

            scene.asked_once(1)
            scene.heard_once(1)
            asked = scene.service.record.whole(1)
            assert len(asked) == len({each.connection for each in asked}) == 2
            nothing_but_patience(scene)

    run_hurried(scenario())


@all_ends
def test_in_the_middle_of_the_reply_which_then_goes_on(own_identity: Identity, end: Step) -> None:
    async def scenario() -> None:
        cut = Turn(steps=(Hear(), Say(seconds=1.2), end))
        turns = {1: (cut, answer(seconds=2.4))}
        async with open_scene(own_identity, turns=turns) as scene:
            await scene.answered(1)
            # what was heard before is skipped, so the service's turn outlasts the kiosk's
            await scene.when(lambda: scene.service.record.completed(1))

            scene.asked_once(1)
            scene.heard_once(1, seconds=2.4, seam=3)
            nothing_but_patience(scene)

    run_hurried(scenario())


def test_in_the_middle_of_the_reply_which_would_go_on_in_other_words(
    own_identity: Identity,
) -> None:
    async def scenario() -> None:
        cut = Turn(steps=(Hear(), Say(seconds=1.2), Abort()))
        turns = {1: (cut, answer(seconds=2.4, wording=1))}
        async with open_scene(own_identity, turns=turns) as scene:
            await scene.ask(1)
            await scene.turn_over()
            await scene.say(2)
            await scene.turn_over(turn=2, outcome="answered")

            assert scene.phrases() == [Phrase.SAY_AGAIN]
            assert {part.take.wording for part in scene.passages(1)} == {0}
            scene.heard_once(2)

    run_hurried(scenario())


@few_ends
def test_when_all_of_the_reply_has_come(own_identity: Identity, end: Step) -> None:
    async def scenario() -> None:
        turns = {1: (Turn(steps=(Hear(), Say(seconds=2.0), Generated(), end)),)}
        async with open_scene(own_identity, turns=turns) as scene:
            await scene.answered(1)
            scene.heard_once(1, seconds=2.0)
            scene.undisturbed()
            assert len(scene.service.record.askings(1)) == 1

            await scene.say(2)
            await scene.turn_over(turn=2, outcome="answered")
            scene.heard_once(2)

    run_hurried(scenario())


@all_ends
def test_between_two_sentences_nobody_notices(own_identity: Identity, end: Step) -> None:
    async def scenario() -> None:
        steps = (Hear(), Say(), Generated(), Done(), Pause(0.3), end)
        async with open_scene(own_identity, turns={1: (Turn(steps=steps),)}) as scene:
            await scene.answered(1)
            await scene.house.until("connected")
            await scene.say(2)
            await scene.turn_over(turn=2, outcome="answered")

            scene.asked_once(2)
            scene.heard_once(2)
            scene.undisturbed()
            assert scene.service.record.set_up[-1].resumed == (end != ENDS["1007"])
            assert len(scene.service.record.askings(1)) == 1

    run_hurried(scenario())


@few_ends
@pytest.mark.parametrize("takes_s", [0.6, 0.05], ids=["before its result", "after its result"])
def test_while_a_tool_is_called(own_identity: Identity, end: Step, takes_s: float) -> None:
    async def scenario() -> None:
        turns = {1: (Turn(steps=(Hear(), Call(wait=False), Pause(0.3), end)), answer(Call()))}
        async with open_scene(own_identity, turns=turns) as scene:
            scene.orders.takes_s = takes_s
            await scene.answered(1)

            scene.asked_once(1)
            scene.heard_once(1)
            assert scene.orders.asked == ["ORD-88421"]
            second = scene.service.record.set_up[-1].number
            answers = [r for r in scene.service.record.results if r.connection == second]
            assert [result.response["status"] for result in answers] == ["ok"]

    run_hurried(scenario())


def test_again_and_again(own_identity: Identity) -> None:
    async def scenario() -> None:
        lost = Turn(listening=(Abort(),), listening_from=5)
        async with open_scene(own_identity, turns={1: (lost, lost, Turn())}) as scene:
            await scene.answered(1)

            scene.asked_once(1)
            scene.heard_once(1)

    run_hurried(scenario())


def test_a_set_up_that_is_never_answered_is_given_up_after_three_seconds(
    own_identity: Identity,
) -> None:
    async def scenario() -> None:
        async with open_scene(own_identity, Welcome(setup_s=FOREVER)) as scene:
            await scene.answered(1)

            first, second = scene.service.record.connections
            assert 2.9 <= second.opened_at - first.opened_at <= 4.5
            scene.asked_once(1)
            scene.heard_once(1)
            nothing_but_patience(scene)

    run_hurried(scenario())


def test_set_ups_that_are_never_answered_are_owned_up_to(own_identity: Identity) -> None:
    async def scenario() -> None:
        async with open_scene(own_identity) as scene:
            scene.service.otherwise = Welcome(setup_s=FOREVER)
            await scene.ask(1)
            ended = await scene.visit_over()

            spoken = scene.house.named("speech_ended")[0]["t"]
            told = scene.house.named("phrase")[-1]
            assert told["code"] == Phrase.LOST_CONNECTION
            assert 7.5 <= told["t"] - spoken <= 8.5
            assert ended["reason"] == "offline"
            assert 25.0 <= ended["t"] - spoken <= 31.0

    run_hurried(scenario())


def test_a_slow_set_up_costs_the_customer_no_word(own_identity: Identity) -> None:
    async def scenario() -> None:
        async with open_scene(own_identity, Welcome(setup_s=2.5)) as scene:
            await scene.answered(1)

            assert len(scene.service.record.connections) == 1
            assert len(scene.service.record.whole(1)) == 1
            scene.heard_once(1)

    run_hurried(scenario())


def test_pongs_that_come_after_half_a_minute_mean_nothing(own_identity: Identity) -> None:
    async def scenario() -> None:
        async with open_scene(own_identity, Welcome(pong_delay_s=30.0)) as scene:
            await scene.answered(1)
            for turn in range(2, 9):  # more than a minute
                await asyncio.sleep(6.0)
                await scene.say(turn % 7 + 1)
                await scene.turn_over(turn=turn, outcome="answered")

            assert len(scene.service.record.connections) == 1
            assert scene.house.named("suspect") == scene.house.named("path_down") == []
            scene.undisturbed()

    run_hurried(scenario())
