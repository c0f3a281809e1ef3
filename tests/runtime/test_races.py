"""Things that happen at the same time, or in an order nobody would choose."""

import asyncio

import pytest

from kiosk.core.events import (
    ButtonPressed,
    Event,
    KioskReady,
    MuteSwitched,
    SpeechEnded,
    SpeechStarted,
    Tick,
)
from kiosk.core.live import GenerationComplete, ReplyAudio
from kiosk.errors import LinkError, LinkRefused, Refusal
from kiosk.runtime.control import Inbox
from kiosk.settings import Settings, Talk
from tests.fakes.live import FakeLive, HangUp, Say, Send, Turn
from tests.runtime.house import open_house
from tests.virtualtime import run_virtual

ANSWER = Turn(heard="when do you close", steps=(Say("We are open until nine."),))
PIECE = ReplyAudio(b"\x01\x10" * 24_000)


def test_the_second_customers_first_word_is_not_lost_either() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER, ANSWER])
        async with open_house(live) as house:
            await house.ask(2.0)
            await house.until("visit_ended")
            live.connect_s = 3.0
            await house.ask(2.0)
            await house.until("turn_ended", outcome="answered")

            assert live.sessions[1].heard_seconds >= 2.0
            assert live.sessions[1].sent.starts == 1

    run_virtual(scenario())


def test_the_second_customers_question_is_replayed_too() -> None:
    async def scenario() -> None:
        cut = Turn(steps=(HangUp(LinkError("reset")),))
        live = FakeLive([ANSWER, cut, ANSWER])
        async with open_house(live) as house:
            await house.ask(2.0)
            await house.until("visit_ended")
            await house.ask(2.0)
            await house.until("turn_ended", outcome="answered")

            assert live.sessions[2].heard_seconds == live.sessions[1].heard_seconds

    run_virtual(scenario())


def test_a_visit_may_end_while_the_session_of_the_one_before_still_closes() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER])
        live.close_s = 1.0
        async with open_house(live) as house:
            await house.tap()
            await asyncio.sleep(0.5)
            for _ in range(2):
                house.post(MuteSwitched(muted=True))
                await asyncio.sleep(0.1)
                house.post(MuteSwitched(muted=False))
                await house.tap()
            house.microphone.say(2.0)
            await house.until("turn_ended", outcome="answered")

            assert len(house.named("visit_started")) == 3

    run_virtual(scenario())


def test_a_visit_ended_in_the_same_moment_opens_no_session() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive()) as house:
            house.post(ButtonPressed())
            house.post(MuteSwitched(muted=True))
            await asyncio.sleep(1.0)

            assert house.live.sessions == []

    run_virtual(scenario())


def test_who_cuts_off_the_last_word_of_a_finished_reply_hears_the_next_one_whole() -> None:
    async def scenario() -> None:
        # The reply waits for "one moment" to end: it sounds after the service calls it over.
        late = Turn(think_s=2.5, steps=(Say("Old.", seconds=2.0),))
        async with open_house(FakeLive([late, Turn(think_s=60.0)])) as house:
            await house.ask(2.0)
            ended = await house.until("speech_ended")
            await house.until("reply_started")
            await asyncio.sleep(ended["t"] + 4.7 - asyncio.get_running_loop().time())
            await house.ask(1.5)
            await house.until("speech_ended")
            house.live.sessions[0].push(PIECE)  # before a word of the transcript

            await house.until("reply_started", within_s=1.0)

    run_virtual(scenario())


def test_a_connection_lost_after_the_whole_reply_came_is_not_noticed() -> None:
    async def scenario() -> None:
        whole = Turn(
            steps=(
                Say("All there is to say.", seconds=3.0),
                Send(GenerationComplete()),
                HangUp(LinkError("reset")),
            )
        )
        async with open_house(FakeLive([whole, ANSWER])) as house:
            await house.ask(2.0)
            done = await house.until("turn_ended")
            assert (done["outcome"], done["heard_ms"]) == ("answered", 3000)
            await asyncio.sleep(1.0)
            house.microphone.say(1.5)
            await house.until("turn_ended", outcome="answered", turn=2)

            assert house.named("phrase") == []

    run_virtual(scenario())


def test_a_link_lost_again_and_again_recovers_as_fast_each_time() -> None:
    async def scenario() -> None:
        talk = Talk(no_speech_s=60.0)
        async with open_house(FakeLive(), Settings(talk=talk)) as house:
            await house.tap()
            for _ in range(10):
                await asyncio.sleep(3.0)
                house.live.sessions[-1].hang_up(LinkError("reset"))
                await house.until("connected", within_s=0.7)

    run_virtual(scenario())


def test_a_refused_key_is_left_alone_for_five_minutes_and_then_tried_again() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER])
        live.refusals.append(LinkRefused(Refusal.ACCOUNT, 403, "bad key"))
        async with open_house(live) as house:
            await house.tap()
            await house.until("light", code="F4")
            await asyncio.sleep(10.0)
            await house.tap()
            assert len(house.named("visit_ended")) == 2
            assert live.sessions == []
            await asyncio.sleep(300.0)
            await house.ask(2.0)

            await house.until("turn_ended", outcome="answered")
            assert [event["part"] for event in house.named("healed")] == ["account"]

    run_virtual(scenario())


@pytest.mark.parametrize("posted_first", [False, True])
def test_what_happened_by_the_deadline_comes_before_the_deadline(posted_first: bool) -> None:
    async def scenario() -> None:
        loop, inbox = asyncio.get_running_loop(), Inbox()
        if posted_first:
            loop.call_at(1.0, inbox.post, SpeechStarted())
        else:
            loop.call_soon(loop.call_at, 1.0, inbox.post, SpeechStarted())

        assert [await inbox.next(1.0), await inbox.next(1.0)] == [SpeechStarted(), Tick()]

    run_virtual(scenario())


def test_a_press_just_as_the_gate_ends_the_question_lets_the_customer_go_on() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER])
        async with open_house(live) as house:
            inbox = house.kiosk.front.inbox
            post = inbox.post

            def pressed_just_before(event: Event) -> None:
                if event == SpeechEnded():
                    inbox.post = post  # once
                    house.kiosk.front.presses.down()
                post(event)

            inbox.post = pressed_just_before  # the one seam
            await house.ask(1.0)
            await house.until("press")
            house.microphone.say(1.5)
            await asyncio.sleep(2.5)
            house.kiosk.front.presses.up()
            await house.until("turn_ended", outcome="answered")

            sent = live.sessions[0].sent
            assert (sent.starts, sent.ends) == (1, 1)
            assert live.sessions[0].heard_seconds >= 2.5

    run_virtual(scenario())


def test_a_child_that_presses_all_through_the_start_is_told_once_and_then_heard() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([ANSWER]), ready=False) as house:
            for _ in range(5):
                await house.tap()
                await asyncio.sleep(0.1)
            house.post(KioskReady())
            pressed = asyncio.get_running_loop().time()
            await house.tap()
            await asyncio.sleep(1.0)
            # the click is all that sounds while the kiosk listens
            assert all(at < pressed + 0.4 for at in house.speaker.sounded(since=pressed))

    run_virtual(scenario())


def test_a_sentence_already_under_way_is_not_said_twice() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive(), ready=False) as house:
            for _ in range(5):
                await house.tap()
                await asyncio.sleep(0.05)
            await asyncio.sleep(10.0)

            assert house.speaker.sounded()[-1] < 1.1  # the recording is a second long

    run_virtual(scenario())
