"""A customer asks about an order and is answered: by tap, by hold, and on without a press."""

import asyncio

import pytest

from kiosk.settings import Talk
from tests.e2e import voices
from tests.e2e.conftest import RunKiosk
from tests.e2e.listening import plain, words
from tests.e2e.rig import Event, Kiosk
from tests.e2e.voices import said


async def answer_in(kiosk: Kiosk, turn_ended: Event) -> str:
    """Return the words of the reply that has just ended, as they came out of the speaker."""
    (*_, reply) = [event for event in kiosk.named("reply_started") if event["t"] < turn_ended["t"]]
    return await words(kiosk.tape, reply["t"], turn_ended["t"])


def tells_where_the_order_is(heard: str) -> bool:
    """Whether the facts of ORD-88421 are in it: out for delivery, due by seven."""
    return "out for delivery" in heard and tells_when_it_comes(heard)


def tells_when_it_comes(heard: str) -> bool:
    return bool({"7", "7pm", "seven"} & set(heard.split()))


async def test_a_customer_taps_asks_and_hears_where_the_order_is(run_kiosk: RunKiosk) -> None:
    async with run_kiosk(talk={"follow_up_s": 2.0}) as kiosk:
        ended = await kiosk.asked(said(voices.QUESTION))
        heard = await answer_in(kiosk, ended)
        await kiosk.until("visit_ended", reason="silence")
        await kiosk.until("light")

        assert tells_where_the_order_is(heard), heard
        assert plain(kiosk.captions("customer")).startswith("where is my order")
        assert "out for delivery" in kiosk.captions("kiosk")
        assert ended["outcome"] == "answered"
        assert ended["heard_ms"] > 1500
        assert kiosk.tells(
            "ready", "press", "earcon:press", "visit_started", "turn_started", "mic_open",
            "release", "speech_started", "speech_ended", "mic_close",
            "tool_call:get_order_status", "tool_result:ok", "reply_started", "reply_ended",
            "turn_ended:answered", "mic_open", "visit_ended:silence", "mic_close",
        )  # fmt: skip
        assert kiosk.tells("connecting", "connected", "tool_call")
        assert kiosk.lights == ["G", "T", "T", "T", "G"]  # the second T is green: it speaks


async def test_a_customer_holds_the_button_while_asking(run_kiosk: RunKiosk) -> None:
    question = said(voices.QUESTION)
    async with run_kiosk() as kiosk:
        for_s = voices.length_s(question) + 0.7
        held, _ = await asyncio.gather(
            kiosk.site.command("press", "--for", f"{for_s:.1f}"), _speak_when_open(kiosk, question)
        )
        released = kiosk.named("release")[0]
        ended = await kiosk.until("turn_ended")
        heard = await answer_in(kiosk, ended)

        assert held.code == 0
        assert tells_where_the_order_is(heard), heard
        assert ended["outcome"] == "answered"
        closed = kiosk.named("mic_close")[0]
        assert 0 <= closed["t"] - released["t"] < 0.1  # the release ended it, not the gate
        assert kiosk.lights == ["G", "T", "T", "T"]


async def _speak_when_open(kiosk: Kiosk, question: bytes) -> None:
    await kiosk.until("mic_open")
    await kiosk.hear(question)


async def test_a_customer_asks_on_without_pressing_again(run_kiosk: RunKiosk) -> None:
    async with run_kiosk() as kiosk:
        await kiosk.asked(said(voices.QUESTION))
        await kiosk.until("mic_open")
        await kiosk.hear(said(voices.FOLLOW_UP))
        ended = await kiosk.until("turn_ended")
        heard = await answer_in(kiosk, ended)

        assert ended == {**ended, "turn": 2, "outcome": "answered"}
        assert tells_when_it_comes(heard), heard
        assert len(kiosk.named("press")) == 1
        assert len(kiosk.named("visit_started")) == len(kiosk.named("connected")) == 1


async def test_a_customer_pauses_in_the_middle_of_the_order_number(run_kiosk: RunKiosk) -> None:
    question = said("Where is my order?", 0.4, "O R D.", 0.4, "Eight eight four two one.")
    async with run_kiosk() as kiosk:
        ended = await kiosk.asked(question)
        heard = await answer_in(kiosk, ended)

        assert tells_where_the_order_is(heard), heard
        assert ended["turn"] == 1


async def test_a_customer_who_waits_to_be_asked_for_the_number_loses_nothing(
    run_kiosk: RunKiosk,
) -> None:
    async with run_kiosk() as kiosk:
        first = await kiosk.asked(said("Where is my order?"))
        asked_back = await answer_in(kiosk, first)
        await kiosk.until("mic_open")
        await kiosk.hear(said(1.2, "O R D.", 0.4, "Eight eight four two one."))
        ended = await kiosk.until("turn_ended")
        heard = await answer_in(kiosk, ended)

        assert "number" in asked_back
        assert tells_where_the_order_is(heard), heard
        assert ended["turn"] == 2
        assert len(kiosk.named("press")) == 1


async def test_a_customer_is_understood_in_the_murmur_of_a_shop(run_kiosk: RunKiosk) -> None:
    question = said(0.5, voices.QUESTION)
    murmur = voices.pink_noise(voices.length_s(question) + 4.0, -40.0)
    async with run_kiosk() as kiosk:
        noise = kiosk.hear(murmur)
        ended, _ = await asyncio.gather(kiosk.asked(question), noise)
        heard = await answer_in(kiosk, ended)

        assert tells_where_the_order_is(heard), heard
        assert ended["outcome"] == "answered"


async def test_a_customer_who_never_ends_is_answered_at_the_cap(run_kiosk: RunKiosk) -> None:
    await _a_monologue(run_kiosk, cap_s=6.0)


@pytest.mark.slow
async def test_a_customer_who_talks_for_more_than_half_a_minute_is_answered(
    run_kiosk: RunKiosk,
) -> None:
    await _a_monologue(run_kiosk, cap_s=Talk().utterance_s)


async def _a_monologue(run_kiosk: RunKiosk, cap_s: float) -> None:
    monologue = said("How long does a refund take?", 0.3)
    while voices.length_s(monologue) < cap_s + 3.0:
        monologue += said("I have been waiting at home since early in the morning.", 0.2)
    async with run_kiosk(talk={"utterance_s": cap_s}) as kiosk:
        ended = await kiosk.asked(monologue)
        heard = await answer_in(kiosk, ended)
        started, closed = kiosk.named("speech_started")[0], kiosk.named("mic_close")[0]

        assert closed["t"] - started["t"] == pytest.approx(cap_s, abs=0.5)
        assert closed["t"] < ended["t"]
        assert ended == {**ended, "turn": 1, "outcome": "answered"}
        assert "business days" in heard, heard
