"""What goes wrong while somebody is there, and how it ends."""

import os
import signal
from contextlib import AsyncExitStack

from tests.e2e import voices
from tests.e2e.conftest import RunKiosk
from tests.e2e.listening import words
from tests.e2e.rig import (
    Event,
    Kiosk,
    Site,
    ends_well,
    holds,
    live_server,
    running,
    show,
    started,
)
from tests.e2e.test_asking import answer_in, tells_when_it_comes, tells_where_the_order_is
from tests.e2e.voices import said

PROMISED_S = 2.0


async def test_a_customer_who_presses_too_early_hears_that_it_is_starting(place: Site) -> None:
    """With the kiosk's own Live service, as on a machine without a key."""
    async with AsyncExitStack() as stack:
        tape = await stack.enter_async_context(place.sound.recording())
        kiosk = await stack.enter_async_context(started(place, place.config(), tape))
        await kiosk.tap_as_soon_as_it_can()
        said_so = await kiosk.until("phrase")
        await kiosk.until("ready")
        await kiosk.listened_until(said_so["t"] + 3.0)
        heard = await words(tape, said_so["t"], said_so["t"] + 3.0)
        ended = await kiosk.asked(said(voices.QUESTION))
        answer = await answer_in(kiosk, ended)

        assert said_so["code"] == "P8"
        assert "starting" in heard
        assert not kiosk.named("visit_started")[0]["t"] < kiosk.named("ready")[0]["t"]
        assert tells_where_the_order_is(answer), answer
        await ends_well(kiosk)


async def test_a_kiosk_told_to_stop_in_the_middle_of_a_reply_stops(run_kiosk: RunKiosk) -> None:
    async with run_kiosk() as kiosk:
        await kiosk.tap()
        await kiosk.until("mic_open")
        await kiosk.hear(said("When are you open?"))
        reply = await kiosk.until("reply_started")
        await kiosk.listened_until(reply["t"] + 1.0)
        took_s = await kiosk.stop()
        # that nothing is left of it is checked for every kiosk
        show(f"from SIGTERM to the end {took_s:.2f} s; promised {PROMISED_S} s")

    assert took_s < PROMISED_S
    assert kiosk.named("turn_ended") == kiosk.named("reply_ended") == []


async def test_a_kiosk_told_to_stop_while_its_own_service_hangs_stops_as_fast(place: Site) -> None:
    async with running(place) as kiosk:
        for pid, line in place.processes():
            if "live-server" in line:
                os.kill(pid, signal.SIGSTOP)
        took_s = await kiosk.stop()
        show(f"from SIGTERM to the end {took_s:.2f} s; promised {PROMISED_S} s")

    assert took_s < PROMISED_S


async def test_a_customer_is_told_when_the_service_dies_and_answered_once_it_is_back(
    place: Site,
) -> None:
    state = place.home / "live"
    async with live_server(state) as service, AsyncExitStack() as stack:
        kiosk = await stack.enter_async_context(
            running(place, live=service.settings, talk={"sorry_s": 3.0})
        )
        await kiosk.tap()
        await kiosk.until("connected")
        service.process.kill()
        await service.process.wait()
        await kiosk.hear(said(voices.QUESTION))
        sorry = await told_of_the_loss(kiosk)

        async with live_server(state, port=service.port):
            ended = await kiosk.until("turn_ended")
            heard = await answer_in(kiosk, ended)
            await kiosk.until("mic_open")
            assert (await kiosk.status())["connected"]
            await stack.aclose()

    assert kiosk.tells("path_down", "speech_ended", "phrase:P1", "phrase:P2", "phrase:P3")
    assert kiosk.tells("phrase:P3", "path_up", "connected", "reply_started", "turn_ended:answered")
    assert len(kiosk.named("visit_started")) == 1
    assert "connection" in sorry
    assert "colleague" in sorry
    assert tells_where_the_order_is(heard), heard


async def test_a_customer_without_a_network_is_served_by_the_kiosk_itself(place: Site) -> None:
    """The service it is to use is gone for good; the next visit tries it first again."""
    async with live_server(place.home / "live") as service, AsyncExitStack() as stack:
        live = {**service.settings, "fallback": "local"}
        kiosk = await stack.enter_async_context(running(place, live=live))
        await holds(lambda: "standing by" in kiosk.stderr)
        await kiosk.tap()
        await kiosk.until("connected")
        service.process.kill()
        await service.process.wait()
        await kiosk.hear(said(voices.QUESTION))
        notice = await kiosk.until("phrase", code="P10")
        ended = await kiosk.until("turn_ended")
        heard = await answer_in(kiosk, ended)
        honest = await words(kiosk.tape, notice["t"], notice["t"] + 5.0)
        await kiosk.until("visit_ended")
        await kiosk.until("light", code="A")
        ended = await kiosk.asked(said(voices.QUESTION))
        again = await answer_in(kiosk, ended)

    assert tells_where_the_order_is(heard), heard
    assert tells_where_the_order_is(again), again
    assert "connection" in honest
    assert "P3" not in [phrase["code"] for phrase in kiosk.named("phrase")]


async def test_a_kiosk_whose_own_service_dies_starts_it_again(place: Site) -> None:
    async with running(place) as kiosk:
        own = [pid for pid, line in place.processes() if "live-server" in line]
        for pid in own:
            os.kill(pid, signal.SIGKILL)
        ended = await kiosk.asked(said(voices.QUESTION))
        if ended["outcome"] != "answered":  # told so, on a slow machine; the next one is served
            await kiosk.until("visit_ended")
            ended = await kiosk.asked(said(voices.QUESTION))
        answer = await answer_in(kiosk, ended)

        assert own
        assert tells_where_the_order_is(answer), answer
        assert "local Live service ended" in kiosk.stderr


async def test_a_customer_is_not_forgotten_when_the_service_moves_on(place: Site) -> None:
    """It announces the end of the connection in the middle of the first reply."""
    ages = ("--go-away-after", "5", "--close-after", "20")
    async with (
        live_server(place.home / "live", more=ages) as service,
        running(place, live=service.settings) as kiosk,
    ):
        await kiosk.asked(said(voices.QUESTION))
        await kiosk.until("resumed")
        await kiosk.until("mic_open")
        await kiosk.hear(said(voices.FOLLOW_UP))
        ended = await kiosk.until("turn_ended")
        heard = await answer_in(kiosk, ended)

    assert kiosk.tells("reply_started", "go_away", "turn_ended:answered", "resumed")
    assert ended == {**ended, "turn": 2, "outcome": "answered"}
    assert tells_when_it_comes(heard), heard


async def told_of_the_loss(kiosk: Kiosk) -> str:
    """Return the words of the honest sentence."""
    phrase: Event = await kiosk.until("phrase", code="P3")
    await kiosk.listened_until(phrase["t"] + 6.0)
    return await words(kiosk.tape, phrase["t"], phrase["t"] + 6.0)
