"""A customer asks about an order and is answered: by tap, by hold, and on without a press."""

import asyncio
import re

from tests.e2e import voices
from tests.e2e.conftest import RunKiosk
from tests.e2e.listening import words
from tests.e2e.rig import Event, Kiosk

SEVEN = re.compile(r"\b(7|seven)")


async def answer_in(kiosk: Kiosk, turn_ended: Event) -> str:
    """Return the words of the reply that has just ended, as they came out of the speaker."""
    (*_, reply) = [event for event in kiosk.named("reply_started") if event["t"] < turn_ended["t"]]
    return await words(kiosk.tape, reply["t"], turn_ended["t"])


async def test_a_customer_taps_asks_and_hears_where_the_order_is(run_kiosk: RunKiosk) -> None:
    async with run_kiosk(talk={"follow_up_s": 2.0}) as kiosk:
        ended = await kiosk.asked(voices.said(voices.QUESTION))
        heard = await answer_in(kiosk, ended)
        await kiosk.until("visit_ended", reason="silence")
        await kiosk.until("light")

        assert "out for delivery" in heard
        assert SEVEN.search(heard)
        assert ended["outcome"] == "answered"
        assert ended["heard_ms"] > 1500
        assert kiosk.tells(
            "ready", "press", "earcon:press", "visit_started", "turn_started", "mic_open",
            "release", "speech_started", "speech_ended", "mic_close",
            "tool_call:get_order_status", "tool_result:ok", "reply_started", "reply_ended",
            "turn_ended:answered", "mic_open", "visit_ended:silence", "mic_close",
        )  # fmt: skip
        assert kiosk.tells("connecting", "connected", "tool_call")
        assert kiosk.lights == ["G", "T", "T", "T", "G"]


async def test_a_customer_holds_the_button_while_asking(run_kiosk: RunKiosk) -> None:
    question = voices.said(voices.QUESTION)
    async with run_kiosk() as kiosk:
        for_s = voices.length_s(question) + 1.0
        held, _ = await asyncio.gather(
            kiosk.site.command("press", "--for", f"{for_s:.1f}"), speak_when_open(kiosk, question)
        )
        assert held.code == 0
        released = await kiosk.until("release")
        ended = await kiosk.until("turn_ended")
        heard = await answer_in(kiosk, ended)

        assert "out for delivery" in heard
        assert SEVEN.search(heard)
        assert ended["outcome"] == "answered"
        assert not kiosk.named("speech_ended")  # the release ended it, not the gate
        assert released["t"] - kiosk.named("press")[0]["t"] >= for_s


async def speak_when_open(kiosk: Kiosk, question: bytes) -> None:
    await kiosk.until("mic_open")
    await kiosk.hear(question)


async def test_a_customer_asks_on_without_pressing_again(run_kiosk: RunKiosk) -> None:
    async with run_kiosk() as kiosk:
        await kiosk.asked(voices.said(voices.QUESTION))
        await kiosk.until("mic_open")
        await kiosk.hear(voices.said(voices.FOLLOW_UP))
        ended = await kiosk.until("turn_ended")
        heard = await answer_in(kiosk, ended)

        assert ended == {**ended, "turn": 2, "outcome": "answered"}
        assert SEVEN.search(heard)
        assert len(kiosk.named("press")) == 1
        assert len(kiosk.named("visit_started")) == len(kiosk.named("connected")) == 1
