"""A service that answers, and says no."""

import asyncio
from http import HTTPStatus
from itertools import pairwise

import pytest

from kiosk.core.effects import Phrase
from kiosk.core.lights import Light
from kiosk.local_live.tls import Identity
from tests.misbehaving.hurry import run_hurried
from tests.misbehaving.scene import Scene, open_scene
from tests.misbehaving.script import (
    INTERNAL,
    INVALID,
    NO_SESSION,
    QUOTA,
    UNAVAILABLE,
    Abort,
    Close,
    Done,
    Generated,
    Hear,
    Pause,
    Say,
    Turn,
    Welcome,
)
from tests.runtime.house import SETUP

ANSWER_AND_DROP = Turn(steps=(Hear(), Say(), Generated(), Done(), Pause(0.3), Abort()))
"""The connection is lost between two sentences."""

TOO_MANY = Welcome(status=HTTPStatus.TOO_MANY_REQUESTS)
OUT_OF_QUOTA = Welcome(refusal=(1011, QUOTA))
BAD_KEY = "API key not valid. Please pass a valid API key."


async def answered_after_a_drop(scene: Scene) -> None:
    """Ask, lose the connection, ask on: the second sentence is answered."""
    await scene.answered(1)
    await asyncio.sleep(1.0)
    await scene.say(2)
    await scene.turn_over(turn=2, outcome="answered")
    for number in (1, 2):
        scene.asked_once(number)
        scene.heard_once(number)
        assert len(scene.service.record.whole(number)) == 1
    assert set(scene.phrases()) <= {Phrase.ONE_MOMENT}


def test_while_the_old_connection_is_still_open_it_is_tried_again(own_identity: Identity) -> None:
    async def scenario() -> None:
        async with open_scene(own_identity, turns={1: (ANSWER_AND_DROP,)}) as scene:
            scene.service.lingers_s = 1.0
            await answered_after_a_drop(scene)

            first, *refused, last = scene.service.record.connections
            assert first.refused is None
            assert {each.refused for each in refused} == {1011}
            assert 1 <= len(refused) <= 4
            assert last.resumed
            assert scene.house.named("fresh_session") == []

    run_hurried(scenario())


def test_when_the_old_connection_never_ends_a_fresh_session_knows_what_it_was_about(
    own_identity: Identity,
) -> None:
    async def scenario() -> None:
        async with open_scene(own_identity, turns={1: (ANSWER_AND_DROP,)}) as scene:
            scene.service.lingers_s = 3600.0
            await answered_after_a_drop(scene)

            _, *refused, fresh = scene.service.record.connections
            assert [each.refused for each in refused] == [1011] * 5
            opened = [each.opened_at for each in refused]
            waits = [later - before for before, later in pairwise(opened)]
            assert waits == pytest.approx([0.2, 0.4, 0.8, 1.6], rel=0.3, abs=0.1)
            assert fresh.handle == ""
            assert len(scene.house.named("fresh_session")) == 1
            assert fresh.setup is not None
            recap = fresh.setup.instruction.removeprefix(SETUP.instruction)
            assert recap
            assert recap != fresh.setup.instruction
            assert "question 1" not in recap  # what the customer said is nobody's business

    run_hurried(scenario())


@pytest.mark.parametrize("refusal", [(1008, NO_SESSION), (1007, INVALID)], ids=["stale", "bad"])
def test_a_handle_that_is_refused_is_dropped_at_once(
    own_identity: Identity, refusal: tuple[int, str]
) -> None:
    async def scenario() -> None:
        no = Welcome(refusal=refusal, handles_only=True)
        async with open_scene(own_identity, Welcome(), no, turns={1: (ANSWER_AND_DROP,)}) as scene:
            await answered_after_a_drop(scene)

            _, refused, fresh = scene.service.record.connections
            assert refused.handle
            assert fresh.handle == ""
            assert fresh.opened_at - refused.opened_at < 0.5
            assert len(scene.house.named("fresh_session")) == 1

    run_hurried(scenario())


def test_a_handle_that_poisons_its_session_is_dropped(own_identity: Identity) -> None:
    async def scenario() -> None:
        sick = Welcome(silent=(Pause(0.1), Close(1007, INVALID)), handles_only=True)
        async with open_scene(own_identity, turns={1: (ANSWER_AND_DROP,)}) as scene:
            scene.service.welcomes.extend((Welcome(), sick))
            await answered_after_a_drop(scene)

            assert scene.service.record.set_up[-1].handle == ""
            assert len(scene.house.named("fresh_session")) == 1

    run_hurried(scenario())


@pytest.mark.parametrize("no", [TOO_MANY, OUT_OF_QUOTA], ids=["429", "quota"])
def test_who_is_over_the_quota_waits_a_minute(own_identity: Identity, no: Welcome) -> None:
    async def scenario() -> None:
        async with open_scene(own_identity) as scene:
            scene.service.otherwise = no
            await scene.ask(1)
            await scene.visit_over()
            assert scene.phrases()[-1] in (Phrase.NOT_AVAILABLE, Phrase.LOST_CONNECTION)
            assert [e["code"] for e in scene.house.named("refused")] == [no_code(no)]

            await asyncio.sleep(20.0)
            said = len(scene.phrases())
            await scene.ask(1)
            await asyncio.sleep(4.0)
            assert scene.phrases()[said:]  # told at once
            assert len(scene.service.record.connections) == 1  # and the service left alone

            scene.service.otherwise = Welcome()
            await asyncio.sleep(60.0)
            await scene.answered(2)
            scene.heard_once(2)

    run_hurried(scenario())


@pytest.mark.parametrize(
    "no",
    [
        Welcome(status=HTTPStatus.UNAUTHORIZED),
        Welcome(status=HTTPStatus.FORBIDDEN),
        Welcome(refusal=(1007, BAD_KEY)),
    ],
    ids=["401", "403", "bad key"],
)
def test_a_key_that_is_not_accepted_needs_a_person(own_identity: Identity, no: Welcome) -> None:
    async def scenario() -> None:
        async with open_scene(own_identity) as scene:
            scene.service.otherwise = no
            await scene.ask(1)
            await scene.visit_over()
            assert scene.phrases() == [Phrase.NOT_AVAILABLE]
            assert [e["code"] for e in scene.house.named("refused")] == [no_code(no)]
            await asyncio.sleep(20.0)
            assert scene.house.lamps.shown[-1] is Light.ACCOUNT_FAULT

            await asyncio.sleep(200.0)
            await scene.ask(1)
            await asyncio.sleep(20.0)
            assert scene.phrases() == [Phrase.NOT_AVAILABLE] * 2
            assert len(scene.service.record.connections) == 1

            scene.service.otherwise = Welcome()
            await asyncio.sleep(100.0)
            await scene.answered(2)
            scene.heard_once(2)
            assert scene.house.lamps.shown[-1] is not Light.ACCOUNT_FAULT

    run_hurried(scenario())


BUSY = {
    "503": Welcome(status=HTTPStatus.SERVICE_UNAVAILABLE),
    "1011": Welcome(refusal=(1011, INTERNAL)),
    "1013": Welcome(refusal=(1013, UNAVAILABLE)),
}
busy = pytest.mark.parametrize("no", BUSY.values(), ids=BUSY)


def no_code(no: Welcome) -> int:
    """Return the code a refusal is reported with."""
    if no.refusal:
        return no.refusal[0]
    assert no.status is not None
    return no.status.value


@busy
def test_a_busy_service_is_asked_again_and_never_in_a_race(
    own_identity: Identity, no: Welcome
) -> None:
    async def scenario() -> None:
        async with open_scene(own_identity, no, no) as scene:
            await scene.answered(1)

            scene.asked_once(1)
            scene.heard_once(1)
            assert len(scene.service.record.connections) == 3
            assert [e["code"] for e in scene.house.named("refused")] == [no_code(no)] * 2
            assert set(scene.phrases()) <= {Phrase.ONE_MOMENT}

    run_hurried(scenario())


@busy
def test_a_service_that_stays_busy_is_owned_up_to_and_asked_less_and_less(
    own_identity: Identity, no: Welcome
) -> None:
    async def scenario() -> None:
        async with open_scene(own_identity) as scene:
            scene.service.otherwise = no
            await scene.ask(1)
            await scene.visit_over()
            await asyncio.sleep(2.0)

            assert scene.phrases()[-1] == Phrase.LOST_CONNECTION
            opened = [each.opened_at for each in scene.service.record.connections]
            assert 3 <= len(opened) <= 20  # a race would be a hundred

    run_hurried(scenario())
