"""What the service and the parts may do wrong, and what the customer notices of it."""

import asyncio

import pytest

from kiosk.core.effects import Phrase
from kiosk.core.events import PhraseEnded
from kiosk.core.live import (
    BrokenPiece,
    Caption,
    GoingAway,
    ReplyAudio,
    ReplyInterrupted,
    ToolWithdrawn,
    TurnComplete,
)
from kiosk.errors import LinkError, LinkRefused, Refusal
from kiosk.runtime.control import Inbox
from kiosk.runtime.playout import Player
from kiosk.runtime.stream import Stream
from tests.fakes.live import Call, FakeLive, HangUp, Pause, Say, Send, Turn
from tests.runtime.house import open_house
from tests.virtualtime import run_virtual

ANSWER = Turn(heard="when do you close", steps=(Say("We are open until nine."),))


def test_an_interruption_nobody_asked_for_lets_the_customer_hear_what_there_is() -> None:
    async def scenario() -> None:
        phantom = Turn(steps=(Say("Half an", seconds=1.0), Send(ReplyInterrupted())))
        async with open_house(FakeLive([phantom, ANSWER])) as house:
            await house.ask()
            done = await house.until("turn_ended")
            assert done["outcome"] == "answered"
            assert done["heard_ms"] >= 990

            await asyncio.sleep(1.0)
            house.microphone.say(1.5)
            await house.until("turn_ended", outcome="answered", turn=2)

    run_virtual(scenario())


def test_the_turn_complete_of_an_interrupted_reply_is_not_an_empty_answer() -> None:
    async def scenario() -> None:
        # the service dawdles: the end of the old turn comes when the new question is asked
        late = Turn(steps=(Send(ReplyInterrupted()), Send(TurnComplete()), Say("Here.")))
        async with open_house(FakeLive([late])) as house:
            await house.ask()
            done = await house.until("turn_ended")
            assert done["outcome"] == "answered"
            assert Phrase.SAY_AGAIN not in [event["code"] for event in house.named("phrase")]

    run_virtual(scenario())


def test_a_service_that_never_closes_the_old_turn_cannot_make_the_kiosk_mute() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([Turn(steps=(Pause(60.0),)), ANSWER])) as house:
            await house.ask()
            await asyncio.sleep(3.0)  # it thinks, the customer grows impatient
            await house.ask(1.5)
            done = await house.until("turn_ended", turn=2)
            assert done["outcome"] == "answered"

    run_virtual(scenario())


def test_a_transcript_of_the_new_question_ends_the_muting() -> None:
    async def scenario() -> None:
        quiet = Turn(heard="old", steps=(Say("Old.", seconds=15.0),))
        async with open_house(FakeLive([quiet, Turn(steps=(Pause(60.0),))])) as house:
            await house.ask()
            await house.until("reply_started")
            await house.ask(1.5)
            await house.until("speech_ended")
            session = house.live.sessions[0]
            session.push(Caption("customer", "new question"))
            await asyncio.sleep(0.1)
            session.push(ReplyAudio(b"\x01\x10" * 24_000))
            await house.until("reply_started")

    run_virtual(scenario())


def test_a_reply_that_stops_to_look_something_up_is_not_silence() -> None:
    async def scenario() -> None:
        looks = Turn(
            steps=(Say("Let me look.", seconds=1.0), Pause(3.2), Say("Here.", seconds=1.0))
        )
        async with open_house(FakeLive([looks])) as house:
            await house.ask()
            done = await house.until("turn_ended")

            assert (done["outcome"], done["heard_ms"]) == ("answered", 2000)
            codes = [event["code"] for event in house.named("phrase")]
            assert codes == [Phrase.TICK, Phrase.ONE_MOMENT]
            assert len(house.named("reply_started")) == 1

    run_virtual(scenario())


def test_a_reply_that_never_goes_on_is_asked_for_again() -> None:
    async def scenario() -> None:
        stalled = Turn(steps=(Say("Let me look.", seconds=1.0), Pause(float("inf"))))
        async with open_house(FakeLive([stalled, ANSWER])) as house:
            await house.ask()
            reply = await house.until("reply_started")
            over = await house.until("turn_ended", outcome="no_reply")

            assert 9.0 <= over["t"] - reply["t"] <= 9.2
            assert house.named("phrase")[-1]["code"] == Phrase.SAY_AGAIN
            await house.until("mic_open")
            house.microphone.say(1.5)
            await house.until("turn_ended", outcome="answered", turn=2)

    run_virtual(scenario())


def test_a_reply_that_stumbles_for_a_moment_is_left_alone() -> None:
    async def scenario() -> None:
        stumbles = Turn(
            steps=tuple(step for _ in range(5) for step in (Say("Er.", 0.4), Pause(0.7)))
        )
        async with open_house(FakeLive([stumbles])) as house:
            await house.ask()
            done = await house.until("turn_ended")

            assert (done["outcome"], done["heard_ms"]) == ("answered", 2000)
            assert house.named("phrase") == []

    run_virtual(scenario())


def test_a_turn_without_sound_is_put_again_before_the_customer_is_asked_again() -> None:
    async def scenario() -> None:
        silent = Turn(steps=())
        async with open_house(FakeLive([silent, ANSWER, silent, silent])) as house:
            await house.ask()
            await house.until("turn_ended", outcome="answered")
            assert house.live.sessions[0].sent.ends == 2

            await house.until("mic_open")
            house.microphone.say(1.5)
            await house.until("turn_ended", outcome="silent_reply", turn=2)
            assert house.named("phrase")[-1]["code"] == Phrase.SAY_AGAIN
            assert len(house.live.sessions) == 1

    run_virtual(scenario())


def test_a_service_that_heard_nothing_to_answer_is_not_asked_the_same_again() -> None:
    async def scenario() -> None:
        nothing = Turn(steps=(Send(TurnComplete("NEED_MORE_INPUT")),))
        async with open_house(FakeLive([nothing])) as house:
            await house.ask()
            await house.until("turn_ended", outcome="silent_reply")
            assert house.live.sessions[0].sent.ends == 1

    run_virtual(scenario())


def test_a_piece_that_cannot_be_played_is_left_out() -> None:
    async def scenario() -> None:
        broken = tuple(Send(BrokenPiece()) for _ in range(2))
        patchy = Turn(steps=(*broken, Say("Half", 0.4), *broken, Say("and half.", 0.4)))
        async with open_house(FakeLive([patchy])) as house:
            await house.ask()
            done = await house.until("turn_ended")

            assert (done["outcome"], done["heard_ms"]) == ("answered", 800)
            assert house.named("phrase") == []

    run_virtual(scenario())


def test_three_pieces_in_a_row_that_cannot_be_played_end_the_turn() -> None:
    async def scenario() -> None:
        broken = tuple(Send(BrokenPiece()) for _ in range(3))
        hopeless = Turn(steps=(Say("Half", 0.5), *broken, Say("and noise.", 5.0)))
        async with open_house(FakeLive([hopeless, ANSWER])) as house:
            await house.ask()
            done = await house.until("turn_ended")
            assert done["outcome"] == "lost"
            await asyncio.sleep(0.1)
            assert house.named("phrase")[-1]["code"] == Phrase.SAY_AGAIN

            await asyncio.sleep(2.0)  # it has been said, and no noise follows
            assert house.speaker.sounded(done["t"] + 1.2) == []
            await house.ask()
            await house.until("turn_ended", outcome="answered", turn=2)

    run_virtual(scenario())


def test_a_withdrawn_call_is_not_answered() -> None:
    async def scenario() -> None:
        calls = Turn(steps=(Call("search_policy", {"question": "returns"}), Say("Never mind.")))
        async with open_house(FakeLive([calls])) as house:
            await house.ask()
            await house.until("tool_call")
            house.live.sessions[0].push(ToolWithdrawn(("call-1",)))
            await asyncio.sleep(1.0)
            assert len(house.live.sessions[0].sent.results) <= 1  # it may have been quicker

    run_virtual(scenario())


def test_a_service_that_goes_away_between_turns_is_not_noticed() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([ANSWER, ANSWER])) as house:
            await house.ask()
            await house.until("turn_ended", outcome="answered")
            house.live.sessions[0].go_away(50.0)
            await house.until("resumed")
            house.microphone.say(1.5)
            await house.until("turn_ended", outcome="answered", turn=2)
            first, second = house.live.sessions
            assert second.resumed
            assert second.memory.asked[0] == first.memory.asked[0]

    run_virtual(scenario())


def test_a_service_that_goes_away_in_the_first_reply_does_not_forget_the_customer() -> None:
    async def scenario() -> None:
        last = Turn(heard="ORD-88421", steps=(Send(GoingAway(10.0)), Say("Until nine, every day.")))
        live = FakeLive([last, ANSWER])
        async with open_house(live) as house:
            await house.ask()
            await house.until("resumed")
            house.microphone.say(1.5)
            done = await house.until("turn_ended", turn=2)

            assert done["outcome"] == "answered"
            assert len(live.sessions) == 2
            assert live.sessions[1].memory.asked[0] == "ORD-88421"

    run_virtual(scenario())


def test_a_handle_nobody_knows_costs_the_memory_but_not_the_question() -> None:
    async def scenario() -> None:
        async with open_house(
            FakeLive([ANSWER, Turn(steps=(HangUp(LinkError("reset")),)), ANSWER])
        ) as house:
            await house.ask()
            await house.until("turn_ended", outcome="answered")
            await asyncio.sleep(1.0)
            house.live.forget()
            house.microphone.say(1.5)
            await house.until("fresh_session")
            await house.until("turn_ended", outcome="answered", turn=2)
            assert not house.live.sessions[-1].resumed

    run_virtual(scenario())


def test_a_busy_service_is_tried_again_while_the_customer_waits() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER])
        live.refusals += [LinkRefused(Refusal.BUSY, 503, "overloaded")] * 3
        async with open_house(live) as house:
            await house.ask()
            await house.until("turn_ended", outcome="answered")
            assert [event["code"] for event in house.named("refused")] == [503] * 3

    run_virtual(scenario())


def test_a_new_customer_gets_through_while_the_last_session_is_still_closing() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER, ANSWER])
        live.close_s = 2.0
        async with open_house(live) as house:
            await house.ask()
            await house.until("visit_ended")
            await house.ask(1.5)
            done = await house.until("turn_ended", outcome="answered")
            assert done["first_audio_ms"] < 500

    run_virtual(scenario())


def test_a_missing_recording_holds_nobody_up() -> None:
    async def scenario() -> None:
        inbox = Inbox()
        player = Player({}, inbox, Stream(lambda _: None))
        player.phrase(Phrase.SAY_AGAIN)
        assert await inbox.next(None) == PhraseEnded(Phrase.SAY_AGAIN)
        assert Phrase.SAY_AGAIN in player.missing

    run_virtual(scenario())


@pytest.mark.parametrize(("lost_frames", "outcome"), [(4, "answered"), (12, "torn")])
def test_a_question_of_which_too_much_was_lost_on_the_machine_is_asked_again(
    lost_frames: int, outcome: str
) -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([ANSWER])) as house:
            await house.tap()
            house.microphone.say(2.0)  # a hundred frames, and what the gate adds to them
            await house.until("speech_started")
            house.microphone.overruns += lost_frames
            await house.until("turn_ended", outcome=outcome)

            asked_again = [event["code"] for event in house.named("phrase")] == [Phrase.SAY_AGAIN]
            assert asked_again == (outcome == "torn")

    run_virtual(scenario())
