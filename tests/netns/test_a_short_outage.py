"""The network goes away for a moment while a customer is there: they are answered all the same.

Nobody asks whether a socket is open. What counts is the sentence that was said into the fault,
or the next one: it is answered, once, aloud.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import pytest

from tests.e2e import voices
from tests.e2e.rig import Event, Kiosk
from tests.e2e.test_asking import tells_when_it_comes, tells_where_the_order_is
from tests.e2e.voices import said
from tests.netns.rig import Rig
from tests.netns.shops import Shop, after, aloud, answered, phrases

OUTAGE_S: Final = 3.0
A_LONG_SENTENCE: Final = "Order ORD-88421, where is it, I have been waiting for it all day."

Fault = tuple[Callable[[Rig], None], Callable[[Rig], None]]

BLACK_HOLE: Fault = (Rig.black_hole, Rig.forward_again)
NO_CARRIER: Fault = (lambda net: net.carrier(on=False), lambda net: net.carrier(on=True))
NO_INTERFACE: Fault = (lambda net: net.interface(on=False), lambda net: net.interface(on=True))
NEW_ADDRESS: Fault = (Rig.change_address, lambda _: None)
RESET: Fault = (Rig.reset, lambda _: None)


@asynccontextmanager
async def speaking(kiosk: Kiosk, pcm: bytes) -> AsyncIterator[None]:
    """Speak while the context lasts, and to the end."""
    async with asyncio.TaskGroup() as group:
        group.create_task(kiosk.hear(pcm))
        yield


async def breaks(shop: Shop, kiosk: Kiosk, fault: Fault) -> float:
    """Let a fault last for three seconds; return when it began, by the kiosk's clock."""
    broken, mended = fault
    began = asyncio.get_running_loop().time()
    broken(shop.net)
    await after(kiosk, began, OUTAGE_S)
    mended(shop.net)
    return began


async def is_told_once(kiosk: Kiosk, ended: Event) -> None:
    """Check that the question was answered aloud and that nothing was said twice."""
    over = await kiosk.until("visit_ended", reason="silence")
    heard = await aloud(kiosk, kiosk.named("reply_started")[0], over)

    assert ended["outcome"] == "answered"
    assert tells_where_the_order_is(heard), heard
    assert heard.count("out for delivery") == 1, heard
    assert len(answered(kiosk)) == len(kiosk.named("visit_started")) == 1
    assert phrases(kiosk, "P3", "P7") == []


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(BLACK_HOLE, id="black hole"),
        pytest.param(NO_CARRIER, id="carrier lost"),
        pytest.param(NO_INTERFACE, id="interface down"),
        pytest.param(NEW_ADDRESS, id="another address"),
        pytest.param(RESET, id="reset by peer"),
    ],
)
async def test_a_sentence_that_the_network_cut_is_answered_once(shop: Shop, fault: Fault) -> None:
    async with shop.kiosk() as kiosk:
        await kiosk.tap()
        await kiosk.until("mic_open")
        await kiosk.until("connected")
        async with speaking(kiosk, said(A_LONG_SENTENCE)):
            began = await kiosk.until("speech_started")
            await after(kiosk, began["t"], 1.0)
            await breaks(shop, kiosk, fault)
        ended = await kiosk.until("turn_ended")
        await is_told_once(kiosk, ended)


async def test_an_answer_that_the_network_kept_is_given_once(shop: Shop) -> None:
    """It goes while the service thinks: the question was heard, the answer cannot come."""
    async with shop.kiosk() as kiosk:
        await kiosk.tap()
        await kiosk.until("mic_open")
        async with speaking(kiosk, said(voices.QUESTION)):
            await kiosk.until("speech_ended")
            await breaks(shop, kiosk, BLACK_HOLE)
        ended = await kiosk.until("turn_ended")
        await is_told_once(kiosk, ended)


async def test_a_reply_that_the_network_cut_is_not_begun_again_and_the_next_question_is_answered(
    shop: Shop,
) -> None:
    async with shop.kiosk(talk={"follow_up_s": 10.0}) as kiosk:
        await kiosk.tap()
        await kiosk.until("mic_open")
        async with speaking(kiosk, said(voices.QUESTION)):
            reply = await kiosk.until("reply_started")
            await breaks(shop, kiosk, BLACK_HOLE)
        listens = await kiosk.until("mic_open")
        # while it is away the customer is asked for patience, and the reply goes on after that
        first = (await aloud(kiosk, reply, listens)).replace("one moment please ", "")
        async with speaking(kiosk, said(0.5, "Where is my order, ORD-88421?")):
            ended = await kiosk.until("turn_ended", outcome="answered")
        second = await aloud(kiosk, kiosk.named("reply_started")[-1], ended)

        assert first.count("out for delivery") <= 1, first
        assert tells_where_the_order_is(first) or phrases(kiosk, "P4"), first
        assert tells_where_the_order_is(second), second
        assert len(kiosk.named("visit_started")) == 1
        assert phrases(kiosk, "P3", "P7") == []


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(BLACK_HOLE, id="black hole"),
        pytest.param(NO_CARRIER, id="carrier lost"),
        pytest.param(NO_INTERFACE, id="interface down"),
        pytest.param(RESET, id="reset by peer"),
    ],
)
async def test_a_fault_in_the_silence_before_a_question_is_not_heard_and_nothing_is_forgotten(
    shop: Shop, fault: Fault
) -> None:
    async with shop.kiosk(talk={"follow_up_s": 10.0}) as kiosk:
        await kiosk.asked(said(voices.QUESTION))
        armed = await kiosk.until("mic_open")
        await after(kiosk, armed["t"], 1.0)
        began = await breaks(shop, kiosk, fault)
        async with speaking(kiosk, said(0.5, voices.FOLLOW_UP)):
            ended = await kiosk.until("turn_ended")
        heard = await aloud(kiosk, kiosk.named("reply_started")[-1], ended)

        assert ended == {**ended, "turn": 2, "outcome": "answered"}
        assert tells_when_it_comes(heard), heard
        assert len(kiosk.named("visit_started")) == 1
        assert [e for e in phrases(kiosk, "P2", "P3", "P4", "P7") if e["t"] > began] == []
        assert [e for e in kiosk.named("suspect", "path_down", "connecting") if e["t"] > began]


async def test_another_address_in_the_silence_before_a_question_leaves_it_answered(
    shop: Shop,
) -> None:
    """The service still holds the old connection, and may have to begin anew."""
    async with shop.kiosk(talk={"follow_up_s": 10.0}) as kiosk:
        await kiosk.asked(said(voices.QUESTION))
        armed = await kiosk.until("mic_open")
        await after(kiosk, armed["t"], 1.0)
        shop.net.change_address()
        async with speaking(kiosk, said(1.0, "Where is my order, ORD-88421?")):
            ended = await kiosk.until("turn_ended")
        heard = await aloud(kiosk, kiosk.named("reply_started")[-1], ended)

        assert ended == {**ended, "turn": 2, "outcome": "answered"}
        assert tells_where_the_order_is(heard), heard
        assert len(kiosk.named("visit_started")) == 1


@pytest.mark.parametrize("percent", [2, 5, 10])
async def test_lost_packets_tear_no_visit_down(shop: Shop, percent: int) -> None:
    async with shop.kiosk() as kiosk:
        shop.net.lose(percent)
        first = await kiosk.asked(said(voices.QUESTION))
        await kiosk.until("mic_open")
        async with speaking(kiosk, said(0.5, voices.FOLLOW_UP)):
            second = await kiosk.until("turn_ended")
        heard = await aloud(kiosk, kiosk.named("reply_started")[-1], second)
        await kiosk.until("visit_ended", reason="silence")

        assert first["outcome"] == second["outcome"] == "answered"
        assert tells_when_it_comes(heard), heard
        (connected,) = kiosk.named("connected")
        assert [e for e in kiosk.named("path_down") if e["t"] > connected["t"]] == []


async def test_a_slow_and_unsteady_path_tears_no_visit_down(shop: Shop) -> None:
    async with shop.kiosk() as kiosk:
        shop.net.delay(300.0, 300.0)
        ended = await kiosk.asked(said(voices.QUESTION))
        await is_told_once(kiosk, ended)

        assert kiosk.named("path_down") == []
        assert len(kiosk.named("connected")) == 1


async def test_a_customer_is_answered_while_no_name_can_be_resolved(shop: Shop) -> None:
    """The kiosk has reached the service before, so it knows an address."""
    async with shop.kiosk(talk={"follow_up_s": 1.0}) as kiosk:
        await kiosk.asked(said(voices.QUESTION))
        await kiosk.until("visit_ended")
        shop.net.kill_names()
        pressed = await kiosk.tap()
        await kiosk.until("mic_open")
        async with speaking(kiosk, said(voices.QUESTION)):
            connected = await kiosk.until("connected")
            ended = await kiosk.until("turn_ended")
        heard = await aloud(kiosk, kiosk.named("reply_started")[-1], ended)

        assert connected["t"] - pressed["t"] < 2.0
        assert ended["outcome"] == "answered"
        assert tells_where_the_order_is(heard), heard
        assert phrases(kiosk, "P2", "P3") == []
