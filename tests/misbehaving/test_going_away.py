"""A service that says when it will hang up: with notice nobody notices."""

import pytest

from kiosk.core.effects import Phrase
from kiosk.local_live.tls import Identity
from tests.misbehaving.hurry import run_hurried
from tests.misbehaving.scene import Scene, open_scene
from tests.misbehaving.script import (
    EXPIRED,
    FOREVER,
    AwaitResults,
    Call,
    Done,
    Generated,
    GoAway,
    Hear,
    Pause,
    Say,
    Step,
    Steps,
    Turn,
    Welcome,
    answer,
)

REST: Steps = (Say(), Generated(), Done())
LONG = 2.4
"""Seconds of question during which two seconds of notice run out."""


def during(phase: str, going: Step) -> Turn:
    """Announce the end while the customer speaks, waits, or listens."""
    match phase:
        case "listening":
            return Turn(listening=(going,))
        case "thinking":
            return Turn(steps=(going, Pause(0.3), Hear(), *REST))
        case "tool pending":
            return Turn(steps=(Hear(), Call(wait=False), going, AwaitResults(), *REST))
        case "speaking":
            half = Say(seconds=0.52)
            rest = Say(seconds=0.48)
            return Turn(steps=(Hear(), half, going, Pause(0.1), rest, Generated(), Done()))
        case _:
            return Turn(steps=(Hear(), *REST, Pause(0.3), going))


async def moved(scene: Scene) -> float:
    """Wait until there is a second session; return when it was set up."""
    await scene.when(lambda: len(scene.service.record.set_up) > 1, 60.0)
    return scene.service.record.set_up[1].set_up_at or 0.0


@pytest.mark.parametrize("notice_s", [60.0, 10.0])
@pytest.mark.parametrize("phase", ["silent", "listening", "thinking", "tool pending", "speaking"])
def test_with_notice_nobody_notices(own_identity: Identity, phase: str, notice_s: float) -> None:
    async def scenario() -> None:
        turns = {1: (during(phase, GoAway(notice_s)), Turn())}
        async with open_scene(own_identity, turns=turns) as scene:
            scene.orders.takes_s = 0.5
            await scene.answered(1)
            announced = await went_away(scene)
            at = await moved(scene)
            await scene.say(2)
            await scene.turn_over(turn=2, outcome="answered")

            assert at - announced <= notice_s * 2 / 3 + 0.5
            record = scene.service.record
            for number in (1, 2):
                scene.asked_once(number)
                scene.heard_once(number)
                assert len(record.askings(number)) == 1
            scene.undisturbed()
            assert len(record.connections) == 2
            assert record.set_up[1].resumed
            assert len(record.results) == len(scene.orders.asked) == (phase == "tool pending")

    run_hurried(scenario())


async def went_away(scene: Scene) -> float:
    """Return when the end was announced, and wait for it if it was not yet."""
    await scene.when(lambda: scene.house.named("go_away"), 5.0)
    at: float = scene.house.named("go_away")[0]["t"]
    return at


def test_before_anything_was_asked(own_identity: Identity) -> None:
    async def scenario() -> None:
        going = Welcome(silent=(GoAway(10.0),))
        async with open_scene(own_identity, going) as scene:
            await scene.answered(1)
            await scene.say(2)
            await scene.turn_over(turn=2, outcome="answered")

            for number in (1, 2):
                scene.asked_once(number)
                scene.heard_once(number)
            scene.undisturbed()

    run_hurried(scenario())


def test_a_reply_that_outlasts_the_notice_is_heard_without_a_gap(own_identity: Identity) -> None:
    async def scenario() -> None:
        long = Turn(
            steps=(Hear(), GoAway(10.0, 1011, EXPIRED), Say(seconds=20.0), Generated(), Done())
        )
        async with open_scene(own_identity, turns={1: (long,)}) as scene:
            await scene.answered(1)
            announced = await went_away(scene)

            assert await moved(scene) - announced <= 10.0 * 2 / 3 + 0.5
            scene.heard_once(1, seconds=20.0)
            scene.undisturbed()
            assert len(scene.service.record.askings(1)) == 1

    run_hurried(scenario())


def test_a_thought_that_outlasts_two_thirds_of_the_notice_is_thought_again(
    own_identity: Identity,
) -> None:
    async def scenario() -> None:
        slow = Turn(steps=(GoAway(10.0), Pause(FOREVER)))
        async with open_scene(own_identity, turns={1: (slow, answer())}) as scene:
            await scene.ask(1)
            announced = await scene.house.until("go_away")
            await scene.turn_over(outcome="answered")

            assert await moved(scene) - announced["t"] <= 10.0 * 2 / 3 + 0.5
            scene.heard_once(1)
            assert scene.phrases() == [Phrase.ONE_MOMENT]

    run_hurried(scenario())


@pytest.mark.parametrize("code", [1008, 1011])
@pytest.mark.parametrize("notice_s", [2.0, 0.0])
@pytest.mark.parametrize("phase", ["silent", "listening", "thinking", "tool pending"])
def test_without_notice_it_is_a_lost_connection(
    own_identity: Identity, phase: str, notice_s: float, code: int
) -> None:
    async def scenario() -> None:
        going = GoAway(notice_s, code, EXPIRED) if code == 1011 else GoAway(notice_s)
        first = during(phase, going)
        if phase in ("thinking", "tool pending"):  # it does not come to the answer
            before = first.steps[: first.steps.index(going) + 1]
            first = Turn(steps=(*before, Pause(FOREVER)))
        second = answer(Call()) if phase == "tool pending" else answer()
        async with open_scene(own_identity, turns={1: (first, second)}) as scene:
            scene.orders.takes_s = 0.5
            await scene.answered(1, seconds=LONG)
            await scene.say(2)
            await scene.turn_over(turn=2, outcome="answered")

            for number in (1, 2):
                scene.asked_once(number)
                scene.heard_once(number)
            assert set(scene.phrases()) <= {Phrase.ONE_MOMENT}
            assert len(scene.orders.asked) == (phase == "tool pending")

    run_hurried(scenario())


@pytest.mark.parametrize("notice_s", [2.0, 0.0])
def test_without_notice_in_the_middle_of_the_reply(own_identity: Identity, notice_s: float) -> None:
    async def scenario() -> None:
        begins = Say(seconds=0.8)
        slowly = Say(seconds=3.2, pace=1.0)
        cut = Turn(steps=(Hear(), begins, GoAway(notice_s), slowly, Generated(), Done()))
        async with open_scene(own_identity, turns={1: (cut, answer(seconds=4.0))}) as scene:
            await scene.answered(1)

            scene.heard_once(1, seconds=4.0, seam=3)
            assert set(scene.phrases()) <= {Phrase.ONE_MOMENT}

    run_hurried(scenario())
