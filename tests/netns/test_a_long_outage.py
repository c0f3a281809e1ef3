"""The network is gone for longer than anybody waits: what customers are told, and how it ends.

These take the longest, so they come first: all customers' tests here run side by side.
"""

import asyncio

from tests.e2e import voices
from tests.e2e.rig import Event, Kiosk
from tests.e2e.test_asking import tells_where_the_order_is
from tests.e2e.voices import said
from tests.netns.shops import Shop, after, aloud, answered, phrases

VISIT_OFFLINE_S = 30.0
PROBE_S = 20.0
"""So often an idle kiosk looks whether its service is there, when no event tells of it."""
HEARD_S = 3.0
"""How long the longest of our sentences takes."""


async def asks_into_the_void(kiosk: Kiosk) -> Event:
    """Tap, and speak to a service that hears it; return the end of the speech."""
    await kiosk.tap()
    await kiosk.until("mic_open")
    async with asyncio.TaskGroup() as group:
        group.create_task(kiosk.hear(said(voices.QUESTION)))
        return await kiosk.until("speech_ended")


async def test_after_half_a_minute_the_visit_is_over_and_the_light_finds_back_by_itself(
    shop: Shop,
) -> None:
    """A black hole: no event of the kernel tells that it is over, only a probe does."""
    async with shop.kiosk() as kiosk:
        asked = await asks_into_the_void(kiosk)
        shop.net.black_hole()
        over = await kiosk.until("visit_ended", within_s=VISIT_OFFLINE_S + 5)
        offline = await kiosk.until("light", code="R")
        await after(kiosk, asked["t"], 35.0)
        shop.net.forward_again()
        back = await kiosk.until("light", code="G", within_s=PROBE_S + 2)
        ended = await kiosk.asked(said(voices.QUESTION))
        heard = await aloud(kiosk, kiosk.named("reply_started")[-1], ended)

        assert len(phrases(kiosk, "P3")) == 1
        assert over["t"] - asked["t"] >= VISIT_OFFLINE_S - 5
        assert over["t"] <= offline["t"] < back["t"]
        assert tells_where_the_order_is(heard), heard
        assert len(answered(kiosk)) == 1  # what was asked before the outage is forgotten


async def test_after_half_a_minute_without_an_interface_it_is_ready_as_soon_as_one_is_back(
    shop: Shop,
) -> None:
    async with shop.kiosk() as kiosk:
        asked = await asks_into_the_void(kiosk)
        shop.net.interface(on=False)
        await kiosk.until("visit_ended", within_s=VISIT_OFFLINE_S + 5)
        await kiosk.until("light", code="R")
        await after(kiosk, asked["t"], 35.0)
        shop.net.interface(on=True)
        await kiosk.until("light", code="G", within_s=2.0)
        ended = await kiosk.asked(said(voices.QUESTION))
        heard = await aloud(kiosk, kiosk.named("reply_started")[-1], ended)

        assert len(phrases(kiosk, "P3")) == 1
        assert tells_where_the_order_is(heard), heard


async def test_a_question_is_still_answered_after_twelve_seconds_and_one_honest_sentence(
    shop: Shop,
) -> None:
    async with shop.kiosk() as kiosk:
        asked = await asks_into_the_void(kiosk)
        shop.net.black_hole()
        told = await kiosk.until("phrase", code="P3", within_s=10.0)
        await after(kiosk, asked["t"], 12.0)
        shop.net.forward_again()
        ended = await kiosk.until("turn_ended")
        heard = await aloud(kiosk, kiosk.named("reply_started")[0], ended)
        sorry = await aloud(kiosk, told, {"t": told["t"] + HEARD_S})
        await kiosk.until("visit_ended", reason="silence")

        assert 7.0 < told["t"] - asked["t"] < 9.0
        assert "connection" in sorry, sorry
        assert len(phrases(kiosk, "P3")) == 1
        assert ended["outcome"] == "answered"
        assert heard.count("out for delivery") == 1, heard
        assert len(answered(kiosk)) == len(kiosk.named("visit_started")) == 1


async def test_ten_resets_three_seconds_apart_leave_nobody_deaf(shop: Shop) -> None:
    async with shop.kiosk(talk={"follow_up_s": 60.0}) as kiosk:
        await kiosk.asked(said(voices.QUESTION))
        await kiosk.until("mic_open")
        for _ in range(10):
            reset_at = asyncio.get_running_loop().time()
            shop.net.reset()
            await kiosk.until("connected", within_s=3.0)
            await after(kiosk, reset_at, 3.0)
        async with asyncio.TaskGroup() as group:
            group.create_task(kiosk.hear(said("When are you open?")))
            ended = await kiosk.until("turn_ended")
        heard = await aloud(kiosk, kiosk.named("reply_started")[-1], ended)

        assert ended["outcome"] == "answered"
        assert {"open", "9", "nine", "9am"} & set(heard.split()), heard
        assert len(kiosk.named("visit_started")) == 1
        assert phrases(kiosk, "P3") == []


async def test_the_kiosks_own_service_stands_in_while_the_cloud_is_away(shop: Shop) -> None:
    async with shop.kiosk(fallback="local") as kiosk:
        asked = await asks_into_the_void(kiosk)
        shop.net.black_hole()
        ended = await kiosk.until("turn_ended", within_s=30.0)
        assert ended["outcome"] == "answered"
        reply = kiosk.named("reply_started")[-1]
        heard = await aloud(kiosk, reply, ended)
        stand_in = kiosk.named("connected")[-1]
        over = await kiosk.until("visit_ended")
        await kiosk.until("light", code="A")
        shop.net.forward_again()
        await kiosk.until("light", code="G", within_s=PROBE_S + 2)
        again = await kiosk.asked(said(voices.QUESTION))
        heard_again = await aloud(kiosk, kiosk.named("reply_started")[-1], again)

        sentences = [e for e in kiosk.named("phrase") if e["code"] not in ("P1", "P2")]
        assert len([e for e in sentences if e["t"] < over["t"]]) <= 1
        assert again["outcome"] == "answered"
        assert tells_where_the_order_is(heard), heard
        assert stand_in["endpoint"] != shop.cloud_endpoint
        assert 7.0 < stand_in["t"] - asked["t"] < 12.0
        assert kiosk.named("connected")[-1]["endpoint"] == shop.cloud_endpoint
        assert tells_where_the_order_is(heard_again), heard_again


async def test_an_offline_kiosk_says_so_at_the_press(shop: Shop) -> None:
    async with shop.kiosk() as kiosk:
        await kiosk.until("light", code="G")
        shop.net.interface(on=False)
        await kiosk.until("light", code="R", within_s=2.0)
        await says_so_at_once(kiosk)
        shop.net.interface(on=True)
        await kiosk.until("light", code="G", within_s=3.0)
        ended = await kiosk.asked(said(voices.QUESTION))

        assert ended["outcome"] == "answered"


async def test_a_kiosk_without_a_way_out_says_so_at_the_press(shop: Shop) -> None:
    """The default route is gone; interface and address are there."""
    async with shop.kiosk() as kiosk:
        await kiosk.until("light", code="G")
        shop.net.route(on=False)
        await kiosk.until("light", code="R", within_s=2.0)
        await says_so_at_once(kiosk)


async def test_a_kiosk_behind_a_dead_router_finds_out_before_anybody_presses(shop: Shop) -> None:
    async with shop.kiosk() as kiosk:
        await kiosk.until("light", code="G")
        shop.net.black_hole()
        await kiosk.until("light", code="R", within_s=PROBE_S + 10)
        await says_so_at_once(kiosk)


async def says_so_at_once(kiosk: Kiosk) -> None:
    """Press and hear the honest sentence, with no time wasted on trying."""
    pressed = await kiosk.tap()
    told = await kiosk.until("phrase", code="P3", within_s=5.0)
    sorry = await aloud(kiosk, told, {"t": told["t"] + HEARD_S})

    assert told["t"] - pressed["t"] <= 0.6
    assert "connection" in sorry, sorry
    assert kiosk.tells("press", "earcon:press", "phrase:P3")
