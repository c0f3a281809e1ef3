"""The turn engine on virtual time: what is sent, in which order and when."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from kiosk.local_live.house import Timing
from kiosk.local_live.wire import Refused
from tests.local_live.scripted import (
    LOOKUP,
    ScriptedBrain,
    ScriptedVoice,
    setup_message,
    sound,
    stage,
)
from tests.virtualtime import run_virtual

BLOCKING = [{"functionDeclarations": [{**LOOKUP, "behavior": "BLOCKING"}]}]
TEXT_TURN: dict[str, Any] = {
    "clientContent": {
        "turns": [{"role": "user", "parts": [{"text": "story"}]}],
        "turnComplete": True,
    }
}


def virtual(scenario: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def test() -> None:
        run_virtual(scenario())

    test.__name__ = scenario.__name__
    return test


@virtual
async def test_a_spoken_question_is_answered_in_the_order_of_the_protocol() -> None:
    async with stage(["order"], tools=BLOCKING, sessionResumption={}) as played:
        await played.speak()
        await played.until("toolCall")
        await played.answer("It comes today.")
        await played.until("sessionResumptionUpdate", 2)

        order = played.order()
        deduplicated = [kind for i, kind in enumerate(order) if kind not in order[:i]]
        assert deduplicated == [
            "sessionResumptionUpdate",
            "inputTranscription",
            "toolCall",
            "outputTranscription",
            "modelTurn",
            "generationComplete",
            "turnComplete",
        ]
        assert order[-1] == "sessionResumptionUpdate"
        assert played.sent[0][1] == {"sessionResumptionUpdate": {}}
        assert played.sent[-1][1]["sessionResumptionUpdate"]["resumable"] is True
        assert played.calls[0]["args"] == {"order_id": "ORD-1"}
        assert played.spoken == "It comes today."


@virtual
async def test_sound_goes_out_faster_than_it_is_heard_and_the_turn_ends_with_the_playback() -> None:
    async with stage(["story"]) as played:
        await played.speak()
        await played.until("turnComplete")

        pieces = played.times("modelTurn")
        sound_s = len(pieces) * 0.04
        assert sound_s == pytest.approx(3.2)
        assert pieces[-1] - pieces[0] < sound_s / 4
        assert played.times("generationComplete")[0] == pytest.approx(pieces[-1], abs=0.05)
        assert played.times("turnComplete")[0] == pytest.approx(pieces[0] + sound_s, abs=0.05)
        usage = played.sent[-1][1]["usageMetadata"]
        assert usage["totalTokenCount"] == usage["promptTokenCount"] + usage["responseTokenCount"]
        assert {"modality": "AUDIO", "tokenCount": 80} in usage["responseTokensDetails"]


@virtual
async def test_words_are_captioned_in_step_with_their_sound() -> None:
    async with stage(["story"]) as played:
        await played.speak()
        await played.until("turnComplete")

        captions = played.times("outputTranscription")
        pieces = played.times("modelTurn")
        assert played.spoken == "One two three four five. Six seven eight nine ten."
        assert captions[0] <= pieces[0]
        assert len([when for when in captions if pieces[0] < when < pieces[-1]]) >= 4


@virtual
async def test_a_press_during_the_reply_interrupts_it_without_generation_complete() -> None:
    async with stage(["story", "order"], sessionResumption={}) as played:
        await played.speak()
        await played.until("modelTurn", 25)
        await played.take({"realtimeInput": {"activityStart": {}}})

        assert played.order()[-3:] == ["interrupted", "turnComplete", "sessionResumptionUpdate"]
        assert played.times("generationComplete") == []
        assert played.brain.note == ["heard story", f"interrupted after {played.spoken}"]
        assert "ten" not in played.spoken
        sent = len(played.sent)
        await played.take(sound(0.5))
        await asyncio.sleep(10)
        assert len(played.sent) == sent  # nothing of the old reply follows


@virtual
async def test_a_press_while_the_rest_is_only_being_played_interrupts_too() -> None:
    async with stage(["story"]) as played:
        await played.speak()
        await played.until("generationComplete")
        await played.take({"realtimeInput": {"activityStart": {}}})

        assert played.order()[-2:] == ["interrupted", "turnComplete"]
        assert played.brain.note[-1] == f"interrupted after {played.spoken}"


@virtual
async def test_without_interruption_the_reply_is_finished_and_then_the_next_question_answered() -> (
    None
):
    config = {
        "automaticActivityDetection": {"disabled": True},
        "activityHandling": "NO_INTERRUPTION",
    }
    async with stage(["story", "hello"], realtimeInputConfig=config) as played:
        await played.speak()
        await played.until("modelTurn", 25)
        await played.speak()
        await played.until("turnComplete", 2)

        assert played.times("interrupted") == []
        assert played.spoken == "One two three four five. Six seven eight nine ten.You said hello."


@virtual
async def test_a_pause_while_it_is_being_recognised_joins_the_sound() -> None:
    async with stage(["where is my order eight eight"]) as played:
        await played.speak(1.0)
        await asyncio.sleep(0.1)
        await played.speak(0.5)
        await played.until("turnComplete")

        assert [len(clip) for clip in played.ears.clips] == [32_000, 48_000]
        assert played.brain.note == ["heard where is my order eight eight"]
        assert played.order().count("turnComplete") == 1


@virtual
async def test_a_press_while_recognition_is_slow_asks_anew() -> None:
    async with stage(["hello"], takes_s=5.0) as played:
        await played.speak(1.0)
        await asyncio.sleep(1.6)
        await played.speak(0.5)
        await played.until("turnComplete", 2)

        assert [len(clip) for clip in played.ears.clips] == [32_000, 16_000]
        assert played.brain.note == ["heard hello"]
        assert played.order()[:2] == ["interrupted", "turnComplete"]


@virtual
async def test_a_pause_after_the_tool_call_undoes_the_turn_and_hears_the_whole() -> None:
    await _pause_after_the_call(BLOCKING)


@virtual
async def test_a_pause_takes_a_free_call_back_too() -> None:
    await _pause_after_the_call([{"functionDeclarations": [LOOKUP]}])


async def _pause_after_the_call(tools: list[dict[str, Any]]) -> None:
    async with stage(["order", "order eight eight"], tools=tools) as played:
        await played.speak()
        await played.until("toolCall")
        await played.take({"realtimeInput": {"activityStart": {}}})
        assert played.order()[-3:] == ["toolCallCancellation", "interrupted", "turnComplete"]
        await played.answer("Too late.")
        await played.take(sound(0.5))
        await played.take({"realtimeInput": {"activityEnd": {}}})
        await played.until("turnComplete", 2)

        assert [len(clip) for clip in played.ears.clips] == [32_000, 48_000]
        assert played.brain.note == ["heard order eight eight"]
        assert played.spoken == "You said order eight eight."
        heard = [
            message["serverContent"]["inputTranscription"]["text"]
            for _, message in played.sent
            if "inputTranscription" in message.get("serverContent", {})
        ]
        assert heard == [" order", " eight", " eight"]  # no word is captioned twice


@virtual
async def test_a_new_question_after_an_unanswered_call_stands_alone() -> None:
    async with stage(["order", "hello"], tools=BLOCKING) as played:
        await played.speak()
        await played.until("toolCall")
        await asyncio.sleep(1.5)
        await played.speak()
        await played.until("turnComplete", 2)

        assert [len(clip) for clip in played.ears.clips] == [32_000, 32_000]
        assert played.brain.note == ["heard order", "interrupted after ", "heard hello"]

        withdrawn = [
            m["toolCallCancellation"] for _, m in played.sent if "toolCallCancellation" in m
        ]
        assert withdrawn == [{"ids": [played.calls[0]["id"]]}]
        assert played.spoken == "You said hello."


@virtual
async def test_a_tool_that_never_answers_does_not_wedge_the_session() -> None:
    async with stage(["order", "hello"], tools=BLOCKING) as played:
        await played.speak()
        await played.until("turnComplete")
        assert played.times("turnComplete")[0] > 60
        assert played.order()[2] == "toolCallCancellation"
        assert played.spoken == "It failed."

        await played.speak()
        await played.until("turnComplete", 2)
        assert played.spoken == "It failed.You said hello."


@virtual
async def test_a_blocking_call_is_waited_for_and_a_free_one_goes_out_before_the_filler() -> None:
    async with stage(["slow order"], tools=BLOCKING) as played:
        await played.speak()
        await played.until("toolCall")
        await asyncio.sleep(5)
        assert played.spoken.strip() == "Let me check."
        await played.answer("Here it is.")
        await played.until("turnComplete")
        assert played.order().count("turnComplete") == 1

    async with stage(["slow order"]) as played:
        await played.speak()
        await played.until("generationComplete", 0)
        await played.until("modelTurn")
        assert played.order()[:2] == ["inputTranscription", "toolCall"]
        await played.answer("Here it is.")
        await played.until("turnComplete")
        assert played.spoken == "Let me check. Here it is."
        assert played.order().count("turnComplete") == 1


@virtual
async def test_two_calls_in_one_message_are_both_waited_for() -> None:
    async with stage(["two"], tools=BLOCKING) as played:
        await played.speak()
        await played.until("toolCall")
        assert len(played.calls) == 2
        assert len(played.times("toolCall")) == 1
        await played.answer("Second.", 1)
        await asyncio.sleep(1)
        assert played.spoken == ""
        await played.answer("First.", 0)
        await played.until("turnComplete")
        assert played.spoken == "Second. First."


@virtual
async def test_a_free_call_outlives_the_turn_and_is_told_of_later() -> None:
    async with stage(["order"], timing=Timing(hold_s=4)) as played:
        await played.speak()
        await played.until("turnComplete")
        assert played.times("modelTurn") == []
        await played.answer("Here at last.", scheduling="WHEN_IDLE")
        await played.until("turnComplete", 2)
        assert played.spoken == "Here at last."


@virtual
async def test_a_silent_answer_is_known_and_not_spoken_of() -> None:
    async with stage(["slow order"]) as played:
        await played.speak()
        await played.until("modelTurn")
        # Google's guide puts scheduling inside the response
        response = {
            "id": played.calls[0]["id"],
            "response": {"say": "Psst.", "scheduling": "SILENT"},
        }
        await played.take({"toolResponse": {"functionResponses": [response]}})
        await played.until("turnComplete")
        assert played.spoken == "Let me check."
        assert played.brain.note[1:] == ['look_up gave {"say": "Psst."}', "interrupted after "]


@virtual
async def test_an_interrupting_answer_cuts_the_filler_short() -> None:
    async with stage(["slow order"]) as played:
        await played.speak()
        await played.until("modelTurn")
        await played.answer("Right now.", scheduling="INTERRUPT")
        await played.until("turnComplete", 2)
        order = played.order()
        assert order.index("interrupted") < order.index("turnComplete")
        assert played.spoken.endswith("Right now.")


@virtual
async def test_an_interrupting_answer_waits_while_the_customer_speaks() -> None:
    async with stage(["order", "hello"], timing=Timing(hold_s=1)) as played:
        await played.speak()
        await played.until("turnComplete")
        await played.take({"realtimeInput": {"activityStart": {}}})
        await played.answer("Your order.", scheduling="INTERRUPT")
        await asyncio.sleep(5)
        assert played.spoken == ""
        await played.take(sound(0.5))
        await played.take({"realtimeInput": {"activityEnd": {}}})
        await played.until("turnComplete", 3)
        assert played.spoken == "You said hello.Your order."


@virtual
async def test_a_tool_that_goes_on_answering_is_a_stream() -> None:
    async with stage(["order"]) as played:
        await played.speak()
        await played.until("toolCall")
        await played.answer("Looking.", willContinue=True)
        await played.answer("Still looking.", willContinue=True)
        await played.answer("Found.", willContinue=False)
        await played.until("turnComplete")
        await played.answer("Again.")  # finished calls take no more answers
        await asyncio.sleep(5)
        assert played.spoken == "Looking. Still looking. Found."


@virtual
async def test_answers_without_an_id_or_with_a_foreign_one() -> None:
    async with stage(["order"], tools=BLOCKING) as played:
        await played.speak()
        await played.until("toolCall")
        foreign = {"id": "function-call-1", "name": "look_up", "response": {"say": "No."}}
        await played.take({"toolResponse": {"functionResponses": [foreign]}})
        nameless = {"name": "look_up", "response": {"say": "Yes."}}
        await played.take({"toolResponse": {"functionResponses": [nameless]}})
        await played.until("turnComplete")
        assert played.spoken == "Yes."


@virtual
async def test_only_declared_tools_are_called() -> None:
    async with stage(["unknown tool"]) as played:
        await played.speak()
        await played.until("turnComplete")
        assert played.calls == []
        assert played.spoken == "I cannot."


@virtual
async def test_nothing_said_ends_a_marked_turn_at_once() -> None:
    async with stage([""]) as played:
        await played.speak()
        await played.until("turnComplete")
        content = played.sent[-1][1]["serverContent"]
        assert content == {"turnComplete": True, "turnCompleteReason": "NEED_MORE_INPUT"}
        assert played.brain.note == []


@virtual
async def test_a_brain_that_stays_silent_still_ends_the_turn() -> None:
    async with stage(["silence"]) as played:
        await played.speak()
        await played.until("turnComplete")
        assert played.times("modelTurn") == []


@virtual
async def test_a_complete_text_interrupts_and_an_incomplete_one_waits() -> None:
    async with stage(["story"]) as played:
        await played.speak()
        await played.until("modelTurn", 10)
        await played.take({"clientContent": {"turns": [{"parts": [{"text": "and"}]}]}})
        assert played.times("interrupted") == []
        await played.take(
            {"client_content": {"turns": [{"parts": [{"text": "hello"}]}], "turn_complete": True}}
        )
        assert played.order()[-2:] == ["interrupted", "turnComplete"]
        await played.until("turnComplete", 2)
        assert played.brain.note[-1] == "heard and\nhello"


@virtual
async def test_of_a_long_text_the_end_is_heard_where_the_question_is() -> None:
    async with stage(["so " * 900 + "where is it"]) as played:
        await played.speak()
        await played.until("turnComplete")

        heard = played.brain.note[0].removeprefix("heard ")
        assert len(heard) == 1000
        assert heard.endswith("where is it")


@virtual
async def test_history_is_remembered_and_not_answered() -> None:
    async with stage(historyConfig={"initialHistoryInClientContent": True}) as played:
        turns = [
            {"role": "user", "parts": [{"text": "hi"}]},
            {"role": "model", "parts": [{"text": "Hello."}]},
        ]
        await played.take({"clientContent": {"turns": turns, "turnComplete": True}})
        await asyncio.sleep(5)
        assert played.sent == []
        assert played.brain.note == ["user: hi", "model: Hello."]
        await played.take({"realtimeInput": {"text": " "}})
        await played.until("turnComplete")
        assert played.brain.note[-1] == "heard "


@virtual
async def test_answer_now_answers_what_was_seeded() -> None:
    async with stage() as played:
        await played.take({"clientContent": {"turns": [{"parts": [{"text": "order"}]}]}})
        await played.take({"clientContent": {"turns": [], "turnComplete": True}})
        await played.until("toolCall")
        assert played.brain.note == ["heard order"]


@virtual
async def test_seeded_words_are_history_once_the_customer_speaks() -> None:
    async with stage(["hello"]) as played:
        await played.take({"clientContent": {"turns": [{"parts": [{"text": "I am Ann"}]}]}})
        await played.speak()
        await played.until("turnComplete")
        assert played.brain.note == ["user: I am Ann", "heard hello"]


@virtual
async def test_new_tools_and_instruction_keep_the_conversation() -> None:
    async with stage(["hello", "order"]) as played:
        await played.speak()
        await played.until("turnComplete")
        await played.take({"contextUpdate": {"tools": {"tools": []}}})
        assert played.brain.tools == []
        assert played.brain.note == ["heard hello"]
        await played.take({"contextUpdate": {"systemInstruction": {"parts": [{"text": "Brief."}]}}})
        assert (played.brain.instruction, played.brain.tools) == ("Brief.", [])
        await played.speak()
        await played.until("turnComplete", 2)
        assert played.calls == []


@virtual
async def test_the_voice_that_was_asked_for_speaks() -> None:
    config = {"speechConfig": {"voice_config": {"prebuilt_voice_config": {"voice_name": "Kore"}}}}
    async with stage(["hello"], generationConfig=config) as played:
        await played.speak()
        await played.until("turnComplete")

        voice = played.talk.house.parts.voice
        assert isinstance(voice, ScriptedVoice)
        assert voice.names == ["Kore"]


@virtual
async def test_text_replies_come_word_by_word_and_end_at_once() -> None:
    async with stage(
        model="gemini-live-2.5-flash-preview", generationConfig={"responseModalities": ["TEXT"]}
    ) as played:
        await played.take(TEXT_TURN)
        await played.until("turnComplete")
        words = [
            part["text"]
            for _, message in played.sent
            for part in message.get("serverContent", {}).get("modelTurn", {}).get("parts", [])
        ]
        assert "".join(words) == "One two three four five. Six seven eight nine ten."
        assert len(words) == 10
        assert played.times("turnComplete")[0] < 1


@virtual
async def test_the_3_1_profile_gives_handles_unasked_and_words_with_their_sound() -> None:
    async with stage(["order"], model="gemini-3.1-flash-live-preview") as played:
        await played.speak()
        await played.until("toolCall")
        assert played.calls[0]["id"].startswith("fc_")
        assert played.order()[:4] == [
            "sessionResumptionUpdate", "inputTranscription", "empty", "toolCall",
        ]  # fmt: skip
        await played.answer("It comes today.")
        await played.until("sessionResumptionUpdate", 2)
        together = [
            m for _, m in played.sent if {"modelTurn", "outputTranscription"} <= {*kinds_of(m)}
        ]
        assert together


@virtual
async def test_the_2_5_profile_captions_before_the_sound_and_may_think_aloud() -> None:
    async with stage(
        ["story"],
        model="gemini-2.5-flash-native-audio-preview-12-2025",
        generationConfig={"thinkingConfig": {"includeThoughts": True}},
    ) as played:
        await played.speak()
        await played.until("turnComplete")
        thoughts = [
            part
            for _, message in played.sent
            for part in message.get("serverContent", {}).get("modelTurn", {}).get("parts", [])
            if part.get("thought")
        ]
        assert len(thoughts) == 1
        assert len(played.times("outputTranscription")) == 3  # two sentences and the end
        assert played.spoken == "One two three four five. Six seven eight nine ten."


@virtual
async def test_extended_thinking_takes_several_turns_for_one_request() -> None:
    async with stage(
        ["slow order"],
        model="gemini-3.8-live-extended-thinking",
        generationConfig={"thinkingConfig": {"thinkingLevel": "low"}},
    ) as played:
        await played.speak()
        await played.until("turnComplete")
        await played.answer("Found.")
        await played.until("turnComplete", 2)
        statuses = [
            message["serverContent"]["interactionStatus"]
            for _, message in played.sent
            if "turnComplete" in message.get("serverContent", {})
        ]
        assert statuses == ["IN_PROGRESS", "IDLE"]
        with pytest.raises(Refused, match="scheduling is not supported"):
            await played.answer("Again.", scheduling="SILENT")


@virtual
async def test_sound_before_the_first_mark_is_refused_and_after_the_end_dropped() -> None:
    async with stage(["hello"]) as played:
        with pytest.raises(Refused, match=r"invalid argument\.$") as refused:
            await played.take(sound(0.1))
        assert refused.value.code == 1007
        await played.speak(1.0)
        await played.take(sound(0.5))
        await played.until("turnComplete")
        assert [len(clip) for clip in played.ears.clips] == [32_000]


@virtual
async def test_a_monologue_is_kept_to_its_cap() -> None:
    async with stage(["hello"], timing=Timing(longest_activity_s=3)) as played:
        await played.speak(10)
        await played.until("turnComplete")
        assert [len(clip) for clip in played.ears.clips] == [96_000]


@virtual
async def test_a_second_setup_is_refused() -> None:
    async with stage() as played:
        with pytest.raises(Refused):
            await played.take(setup_message())


def kinds_of(message: dict[str, Any]) -> list[str]:
    return list(message.get("serverContent", {}))


def test_the_scripted_brain_keeps_its_promise_of_snapshots() -> None:
    brain = ScriptedBrain([], "")
    before = brain.snapshot()
    brain.hear("hello")

    brain.restore(before)

    assert brain.note == []
