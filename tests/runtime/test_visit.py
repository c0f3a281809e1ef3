"""Visits as customers make them: the runtime whole, on virtual time."""

import asyncio

from kiosk.core.audio import MIC_FRAME_MS
from kiosk.core.effects import Phrase
from kiosk.core.lights import Light
from kiosk.core.live import ReplyAudio
from kiosk.errors import LinkError, LinkRefused, Refusal
from tests.fakes.live import Call, FakeLive, HangUp, Pause, Say, Turn
from tests.runtime.house import House, open_house
from tests.virtualtime import run_virtual

ANSWER = Turn(heard="when do you close", steps=(Say("We are open until nine."),))


def test_a_tapped_question_is_answered_aloud() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([ANSWER])) as house:
            await house.ask(2.0)
            done = await house.until("turn_ended", outcome="answered")

            session = house.live.sessions[0]
            assert [what for _, what in session.sent.log if what != "audio"] == ["start", "end"]
            assert house.speaker.sounded(since=2.0)
            assert done["heard_ms"] > 500
            assert 0 < done["first_audio_ms"] < 1000

    run_virtual(scenario())


def test_a_held_question_ends_with_the_release() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([ANSWER])) as house:
            house.microphone.say(2.0)
            await house.press(2.05)
            released = house.named("release")[0]["t"]
            await house.until("turn_ended", outcome="answered")

            ended = [at for at, what in house.live.sessions[0].sent.log if what == "end"]
            assert len(ended) == 1
            assert ended[0] - released < 0.06

    run_virtual(scenario())


def test_little_more_is_uploaded_than_was_spoken() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([ANSWER])) as house:
            await house.tap()
            await asyncio.sleep(1.5)  # thinks before speaking
            house.microphone.say(4.0)
            await house.until("turn_ended")

            assert 4.0 <= house.live.sessions[0].heard_seconds <= 4.0 * 1.2

    run_virtual(scenario())


def test_nothing_is_sent_before_a_press_or_after_the_answer() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([ANSWER])) as house:
            house.microphone.say(1.0)
            await asyncio.sleep(2.0)
            assert house.live.sessions == []

            await house.ask(2.0)
            await house.until("visit_ended", reason="silence")
            heard_s = house.live.sessions[0].heard_seconds
            house.microphone.say(3.0)
            await asyncio.sleep(5.0)
            assert house.live.sessions[0].heard_seconds == heard_s
            assert house.live.open_sessions == 0

    run_virtual(scenario())


def test_the_first_word_is_not_lost_while_the_session_opens() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER])
        live.connect_s = 3.0
        async with open_house(live) as house:
            await house.ask(2.0)
            await house.until("turn_ended", outcome="answered")
            assert house.live.sessions[0].heard_seconds >= 2.0

    run_virtual(scenario())


def test_a_follow_up_question_needs_no_press() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([ANSWER, ANSWER])) as house:
            await house.ask(2.0)
            await house.until("turn_ended", outcome="answered")
            await asyncio.sleep(1.0)
            house.microphone.say(1.5)
            await house.until("turn_ended", outcome="answered", turn=2)
            assert len(house.live.sessions) == 1

    run_virtual(scenario())


def test_a_press_silences_the_reply_and_the_rest_of_it_is_never_heard() -> None:
    async def scenario() -> None:
        long = Turn(heard="tell me all", steps=(Say("Well.", seconds=20.0),))
        async with open_house(FakeLive([long, ANSWER])) as house:
            await house.ask(2.0)
            await house.until("reply_started")
            await asyncio.sleep(1.0)
            pressed = asyncio.get_running_loop().time()
            await house.tap()
            await asyncio.sleep(1.0)
            # the listening tone is all that sounds after the press
            assert all(at < pressed + 0.4 for at in house.speaker.sounded(since=pressed))

            house.microphone.say(1.5)
            done = await house.until("turn_ended", turn=2)
            assert done["outcome"] == "answered"
            assert done["heard_ms"] < 5000

    run_virtual(scenario())


def test_a_press_while_the_kiosk_thinks_is_answered_for_the_new_question_only() -> None:
    async def scenario() -> None:
        slow = Turn(heard="first", think_s=5.0, steps=(Say("Old.", seconds=9.0),))
        async with open_house(FakeLive([slow, ANSWER])) as house:
            await house.ask(2.0)
            await house.until("speech_ended") if not house.named("speech_ended") else None
            await asyncio.sleep(1.0)
            await house.ask(1.5)
            done = await house.until("turn_ended", turn=2)
            assert done["outcome"] == "answered"
            assert done["heard_ms"] < 5000

    run_virtual(scenario())


def test_two_customers_share_nothing() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([ANSWER, ANSWER])) as house:
            await house.ask(2.0)
            await house.until("visit_ended")
            await house.ask(2.0)
            await house.until("turn_ended", outcome="answered")
            assert [session.resumed for session in house.live.sessions] == [False, False]
            assert house.live.sessions[1].memory.asked == ("when do you close",)

    run_virtual(scenario())


def test_the_lamp_is_lit_whenever_sound_leaves() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([ANSWER])) as house:
            await house.ask(2.0)
            await house.until("turn_ended", outcome="answered")
            on, off = house.lamps.lit_log[:2]
            sent = [at for at, what in house.live.sessions[0].sent.log if what == "audio"]
            assert on[1] is True
            assert off[1] is False
            assert on[0] <= sent[0]
            assert sent[-1] <= off[0] + 0.1

    run_virtual(scenario())


def test_a_tool_is_called_and_its_answer_sent() -> None:
    async def scenario() -> None:
        call = Call("get_order_status", {"order_id": "ORD-11111"})
        turn = Turn(heard="where is it", steps=(call, Say("I cannot find it.")))
        async with open_house(FakeLive([turn])) as house:
            await house.ask(2.0)
            await house.until("turn_ended", outcome="answered")
            (result,) = house.live.sessions[0].sent.results
            assert result.response["status"] == "not_found"
            assert [event["event"] for event in house.events if "tool" in event["event"]] == [
                "tool_call",
                "tool_result",
            ]

    run_virtual(scenario())


def test_a_silent_service_is_covered_and_then_the_customer_is_asked_again() -> None:
    async def scenario() -> None:
        stalled = Turn(steps=(Pause(float("inf")),))
        async with open_house(FakeLive([stalled, ANSWER])) as house:
            await house.ask(2.0)
            await house.until("turn_ended", outcome="no_reply")
            spoken = [event["code"] for event in house.named("phrase")]
            assert spoken == [
                Phrase.TICK,
                Phrase.ONE_MOMENT,
                Phrase.TICK,
                Phrase.TICK,
                Phrase.SAY_AGAIN,
            ]
            await house.until("mic_open")
            house.microphone.say(2.0)
            await house.until("turn_ended", outcome="answered", turn=2)
            first, second = house.live.sessions
            assert first.was_reset
            assert second.sent.starts == 1

    run_virtual(scenario())


def test_a_question_cut_by_the_network_is_replayed_and_answered_once() -> None:
    async def scenario() -> None:
        cut = Turn(steps=(HangUp(LinkError("reset")),))
        async with open_house(FakeLive([cut, ANSWER])) as house:
            await house.ask(2.0)
            await house.until("turn_ended", outcome="answered")
            first, second = house.live.sessions
            assert second.heard_seconds == first.heard_seconds
            assert house.named("turn_started") == house.named("turn_started")[:1]

    run_virtual(scenario())


def test_a_reply_cut_by_the_network_goes_on_where_it_was_cut() -> None:
    async def scenario() -> None:
        words = "You can bring it to any store until nine today or tomorrow"
        first = "You can bring it to any store until"
        cut = Turn(steps=(Say(first, seconds=2.1), HangUp(LinkError("reset"))))
        whole = Turn(steps=(Say(words, seconds=3.2),))
        async with open_house(FakeLive([cut, whole])) as house:
            await house.ask(2.0)
            done = await house.until("turn_ended")
            told = "".join(
                event["text"] for event in house.named("caption") if event["who"] == "kiosk"
            )
            assert (done["outcome"], done["heard_ms"]) == ("answered", 3200)
            assert told == words
            assert house.named("phrase") == []
            assert len(house.named("reply_started")) == 1
            assert house.live.sessions[1].heard_seconds == house.live.sessions[0].heard_seconds

    run_virtual(scenario())


def test_a_reply_cut_twice_is_told_once() -> None:
    async def scenario() -> None:
        def part(words: str, seconds: float) -> Turn:
            return Turn(steps=(Say(words, seconds=seconds), HangUp(LinkError("reset"))))

        live = FakeLive(
            [
                part("one two three", 1.5),
                part("one two three four five six", 3.0),
                Turn(steps=(Say("one two three four five six seven eight", seconds=4.0),)),
            ]
        )
        async with open_house(live) as house:
            await house.ask(2.0)
            done = await house.until("turn_ended")
            assert (done["outcome"], done["heard_ms"]) == ("answered", 4000)

    run_virtual(scenario())


def test_a_reply_that_comes_back_in_other_words_is_not_patched_together() -> None:
    async def scenario() -> None:
        cut = Turn(steps=(Say("You can bring it", seconds=1.2), HangUp(LinkError("reset"))))
        other = Turn(steps=(Say("Any store will take it back gladly, and", seconds=3.0),))
        async with open_house(FakeLive([cut, other])) as house:
            await house.ask(2.0)
            done = await house.until("turn_ended")
            assert (done["outcome"], done["heard_ms"]) == ("lost", 1200)
            assert house.named("phrase")[-1]["code"] == Phrase.SAY_AGAIN
            await house.until("mic_open")  # and listens

    run_virtual(scenario())


def test_a_refused_key_is_said_at_once_and_shown() -> None:
    async def scenario() -> None:
        live = FakeLive()
        live.refusals.append(LinkRefused(Refusal.ACCOUNT, 403, "bad key"))
        async with open_house(live) as house:
            await house.tap()
            await house.until("visit_ended", reason="refused") if not ended(house) else None
            await asyncio.sleep(3.0)
            assert house.lamps.shown[-1] is Light.ACCOUNT_FAULT
            assert house.named("phrase")[-1]["code"] == Phrase.NOT_AVAILABLE

    run_virtual(scenario())


def ended(house: House[FakeLive]) -> bool:
    return bool(house.named("visit_ended"))


def test_audio_nobody_asked_for_is_not_heard() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([ANSWER])) as house:
            await house.tap()
            await asyncio.sleep(1.0)
            since = asyncio.get_running_loop().time()
            house.live.sessions[0].push(ReplyAudio(b"\x01\x10" * 24_000))
            await asyncio.sleep(1.0)
            assert house.speaker.sounded(since=since) == []

    run_virtual(scenario())


def test_a_silent_hold_sends_nothing_and_is_asked_again() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([])) as house:
            await house.press(1.5)
            done = house.named("turn_ended") or [await house.until("turn_ended")]
            assert done[0]["outcome"] == "no_speech"
            assert house.live.sessions[0].sent.log == []

    run_virtual(scenario())


def test_a_monologue_is_answered_at_the_cap() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([ANSWER])) as house:
            await house.ask(40.0)
            await house.until("turn_ended", within_s=60, outcome="answered")
            heard_s = house.live.sessions[0].heard_seconds
            assert abs(heard_s - 30.0) < 1.0, f"frames of {MIC_FRAME_MS} ms"

    run_virtual(scenario())
