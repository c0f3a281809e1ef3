"""A network that goes away and comes back, and what the customer notices of it."""

import asyncio

import pytest

from kiosk.core.effects import Phrase
from kiosk.core.lights import Light
from kiosk.core.path import NetworkChange
from kiosk.errors import LinkError, LinkRefused, Refusal
from kiosk.settings import Settings, Talk
from tests.fakes.live import Call, FakeLive, HangUp, Pause, Say, Turn
from tests.runtime.house import House, open_house
from tests.virtualtime import run_virtual

ANSWER = Turn(heard="when do you close", steps=(Say("We are open until nine."),))
LONG = Turn(steps=(Say("We are open until nine, and on Sundays until six.", seconds=6.0),))


def codes(house: House[FakeLive]) -> list[str]:
    return [event["code"] for event in house.named("phrase")]


async def answered(house: House[FakeLive], **fields: int) -> None:
    await house.until("turn_ended", outcome="answered", **fields)


def test_a_black_hole_in_mid_question_costs_the_customer_nothing_but_patience() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER])
        async with open_house(live) as house:
            await house.tap()
            house.microphone.say(4.0)
            await asyncio.sleep(1.5)
            gone_at = asyncio.get_running_loop().time()
            live.path_up = False
            suspect = await house.until("suspect")
            await asyncio.sleep(gone_at + 3.0 - asyncio.get_running_loop().time())
            live.path_up = True
            await answered(house)

            assert suspect["t"] - gone_at <= 1.0
            assert house.named("path_down") == []  # the old connection showed that it lives
            assert len(live.sessions) == 1
            assert [session.sent.ends for session in live.sessions] == [1]

    run_virtual(scenario())


def test_a_connection_that_does_not_come_back_with_the_path_is_reset_and_resumed() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER, ANSWER])
        async with open_house(live) as house:
            await house.ask()
            await answered(house)
            await house.until("mic_open")
            house.microphone.say(4.0)
            await asyncio.sleep(1.5)
            live.lose_old_ones = True
            live.path_up = False
            await asyncio.sleep(3.0)
            live.path_up = True
            back_at = asyncio.get_running_loop().time()
            resumed = await house.until("resumed")
            await answered(house, turn=2)

            first, second = live.sessions
            assert resumed["t"] - back_at <= 1.0
            assert first.was_reset
            assert second.resumed
            assert (second.sent.starts, second.sent.ends) == (1, 1)
            assert second.heard_seconds >= 4.0
            assert house.named("path_down")
            assert house.named("path_up")

    run_virtual(scenario())


def test_a_silent_session_notices_a_black_hole_too() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER])
        async with open_house(live, Settings(talk=Talk(follow_up_s=20.0))) as house:
            await house.ask()
            await answered(house)
            await house.until("mic_open")
            await asyncio.sleep(2.0)
            gone_at = asyncio.get_running_loop().time()
            live.path_up = False
            suspect = await house.until("suspect")

            assert suspect["t"] - gone_at <= 1.5
            assert live.sessions[0].pings > 3

    run_virtual(scenario())


def test_a_lost_carrier_is_suspected_at_once_and_a_false_alarm_leaves_no_trace() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER, ANSWER])
        async with open_house(live) as house:
            await house.tap()
            await house.until("connected") if not house.named("connected") else None
            await asyncio.sleep(0.2)
            house.network.tell(NetworkChange.DOWN)
            await house.until("suspect", within_s=0.05)
            house.microphone.say(2.0)
            await answered(house)

            assert len(live.sessions) == 1
            assert not live.sessions[0].was_reset
            assert all(spare.closed for spare in live.spares[1:])
            assert house.named("path_down") == house.named("resumed") == []

    run_virtual(scenario())


def test_a_question_that_was_asked_just_before_the_path_went_is_answered_once() -> None:
    async def scenario() -> None:
        slow = Turn(think_s=5.0, steps=(Say("Never heard."),))
        live = FakeLive([slow, ANSWER])
        live.lose_old_ones = True
        async with open_house(live) as house:
            await house.ask()
            await house.until("speech_ended")
            await asyncio.sleep(0.5)
            live.path_up = False
            await asyncio.sleep(3.0)
            live.path_up = True
            await answered(house)

            assert len(house.named("reply_started")) == 1
            assert live.sessions[1].heard_seconds == live.sessions[0].heard_seconds

    run_virtual(scenario())


def test_without_a_stand_in_the_customer_is_told_at_8_s_and_still_answered_at_20_s() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER])
        live.lose_old_ones = True
        async with open_house(live) as house:
            await house.tap()
            await asyncio.sleep(0.5)
            live.path_up = False
            house.microphone.say(2.0)
            told = await house.until("phrase", code=Phrase.LOST_CONNECTION)
            spoken = house.named("speech_ended")[0]
            assert 7.9 <= told["t"] - spoken["t"] <= 8.1
            await asyncio.sleep(10.0)
            live.path_up = True
            await answered(house)
            assert codes(house).count(Phrase.LOST_CONNECTION) == 1

    run_virtual(scenario())


def test_after_30_s_offline_the_visit_is_over_and_the_light_tells_the_truth() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER, ANSWER])
        live.lose_old_ones = True
        async with open_house(live) as house:
            await house.ask()
            await answered(house)
            live.path_up = False
            house.microphone.say(1.0)
            await asyncio.sleep(1.0)
            house.microphone.say(2.0)
            ended = await house.until("visit_ended", within_s=60)
            assert ended["reason"] == "offline"
            assert codes(house).count(Phrase.LOST_CONNECTION) == 1
            await asyncio.sleep(3.0)
            assert house.lamps.shown[-1] is Light.OFFLINE
            live.path_up = True
            house.network.tell(NetworkChange.UP)
            await house.until("light", code="G", within_s=1.0)
            await house.ask()
            await answered(house)
            assert not live.sessions[-1].resumed

    run_virtual(scenario())


def test_a_technician_reads_in_the_journal_since_when_the_service_could_not_be_reached(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> None:
        live = FakeLive()
        live.path_up = False
        async with open_house(live) as house:
            await house.until("light", code="R", within_s=25.0)
            await asyncio.sleep(100.0)
            live.path_up = True
            await house.until("light", code="G", within_s=25.0)

    with caplog.at_level("INFO", logger="kiosk.runtime.link"):
        run_virtual(scenario())
    assert [record.message for record in caplog.records] == [
        "service cannot be reached",
        "service can be reached again",
    ]


def test_nobody_there_when_the_network_goes_is_disturbed_by_nothing() -> None:
    async def scenario() -> None:
        live = FakeLive()
        async with open_house(live) as house:
            await asyncio.sleep(5.0)
            live.path_up = False
            await house.until("light", code="R", within_s=25.0)
            live.path_up = True
            await house.until("light", code="G", within_s=25.0)
            assert house.speaker.sounded() == []
            assert house.named("phrase") == []

    run_virtual(scenario())


def test_who_presses_an_offline_kiosk_is_told_within_06_s() -> None:
    async def scenario() -> None:
        live = FakeLive()
        live.path_up = False
        async with open_house(live) as house:
            await house.until("light", code="R", within_s=25.0)
            pressed_at = asyncio.get_running_loop().time()
            await house.tap()
            told = await house.until("phrase", code=Phrase.LOST_CONNECTION)
            assert told["t"] - pressed_at <= 0.6
            await house.until("visit_ended") if not house.named("visit_ended") else None

    run_virtual(scenario())


def test_a_network_that_is_back_just_as_somebody_presses_serves_them() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER])
        live.path_up = False
        async with open_house(live) as house:
            await house.until("light", code="R", within_s=25.0)
            live.path_up = True
            await house.ask()
            await answered(house)
            assert codes(house) == []

    run_virtual(scenario())


def test_five_minutes_without_the_network_call_for_a_person() -> None:
    async def scenario() -> None:
        live = FakeLive()
        live.path_up = False
        async with open_house(live) as house:
            await house.until("light", code="F1", within_s=330.0)
            live.path_up = True
            await house.until("light", code="G", within_s=30.0)
            assert house.named("fault")[0]["part"] == "network"

    run_virtual(scenario())


# The service on this machine


def test_after_8_s_without_a_way_the_service_on_this_machine_answers() -> None:
    async def scenario() -> None:
        live, local = FakeLive([ANSWER, ANSWER]), FakeLive([ANSWER, ANSWER], endpoint="local")
        live.lose_old_ones = True
        async with open_house(live) as house:
            house.kiosk.link.stand_by(local)
            await house.tap()
            await asyncio.sleep(0.5)
            live.path_up = False
            house.microphone.say(2.0)
            gone_at = asyncio.get_running_loop().time()
            await house.until("connected", endpoint="local")
            await answered(house)
            assert asyncio.get_running_loop().time() - gone_at < 12.0
            assert codes(house).count(Phrase.STANDING_IN) == 1
            assert Phrase.LOST_CONNECTION not in codes(house)
            assert local.sessions[0].heard_seconds >= 2.0

            await house.until("mic_open")
            house.microphone.say(1.5)
            await answered(house, turn=2)
            assert codes(house).count(Phrase.STANDING_IN) == 1
            await house.until("visit_ended")
            await asyncio.sleep(3.0)
            assert house.lamps.shown[-1] is Light.DEGRADED

            live.path_up = True
            house.network.tell(NetworkChange.UP)
            await house.until("light", code="G", within_s=2.0)
            await house.ask()
            await answered(house)
            assert live.sessions[-1].sent.ends == 1
            assert codes(house).count(Phrase.STANDING_IN) == 1

    run_virtual(scenario())


def test_who_presses_while_offline_is_served_by_this_machine_at_once() -> None:
    async def scenario() -> None:
        live, local = FakeLive(), FakeLive([ANSWER], endpoint="local")
        live.path_up = False
        async with open_house(live) as house:
            house.kiosk.link.stand_by(local)
            await house.until("light", code="A", within_s=25.0)
            await house.ask()
            done = await house.until("turn_ended", outcome="answered")
            assert codes(house) == [Phrase.STANDING_IN]
            assert done["first_audio_ms"] < 2500

    run_virtual(scenario())


@pytest.mark.parametrize("refusal", [Refusal.QUOTA, Refusal.ACCOUNT, Refusal.TRUST])
def test_a_refusal_for_long_is_stood_in_for_and_the_light_says_so(refusal: Refusal) -> None:
    async def scenario() -> None:
        live, local = FakeLive(), FakeLive([ANSWER, ANSWER], endpoint="local")
        live.refusals.append(LinkRefused(refusal, 1011, "no"))
        async with open_house(live) as house:
            house.kiosk.link.stand_by(local)
            for _ in range(2):
                await house.ask()
                await answered(house)
                await house.until("visit_ended")
            await asyncio.sleep(1.0)
            light = {Refusal.QUOTA: "A", Refusal.ACCOUNT: "F4", Refusal.TRUST: "F1"}[refusal]
            assert house.lamps.shown[-1].code == light
            assert len(house.named("refused")) == 1  # it is not asked again for a while

    run_virtual(scenario())


def test_three_refusals_in_a_row_are_stood_in_for() -> None:
    async def scenario() -> None:
        live, local = FakeLive(), FakeLive([ANSWER], endpoint="local")
        live.refusals += [LinkRefused(Refusal.BUSY, 503, "overloaded")] * 3
        async with open_house(live) as house:
            house.kiosk.link.stand_by(local)
            await house.ask()
            await answered(house)
            assert [event["code"] for event in house.named("refused")] == [503] * 3

    run_virtual(scenario())


# What the service still remembers


def test_a_resume_refused_while_the_old_connection_stands_is_tried_again_and_then_fresh() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER, Turn(steps=(HangUp(LinkError("reset")),)), ANSWER])
        async with open_house(live) as house:
            await house.ask()
            await answered(house)
            live.refusals += [LinkRefused(Refusal.BUSY, 1011, "Internal error")] * 5
            await house.until("mic_open")
            house.microphone.say(1.5)
            await answered(house, turn=2)

            assert len(house.named("refused")) == 5
            assert len(house.named("fresh_session")) == 1
            setup = live.sessions[-1].setup
            assert "had asked one question" in setup.instruction
            assert not live.sessions[-1].resumed

    run_virtual(scenario())


def test_a_tool_is_not_used_twice_for_a_question_that_is_put_twice() -> None:
    async def scenario() -> None:
        ask = Call("search_policy", {"question": "returns"})
        cut = Turn(steps=(ask, Pause(0.2), HangUp(LinkError("reset"))))
        whole = Turn(steps=(ask, Say("Seven days.")))
        live = FakeLive([cut, whole])
        async with open_house(live) as house:
            await house.ask()
            await answered(house)
            first, second = live.sessions
            assert len(second.sent.results) == 1
            assert [event["status"] for event in house.named("tool_result")] == ["ok", "ok"]
            assert second.sent.results[0].response == first.sent.results[0].response

    run_virtual(scenario())


@pytest.mark.parametrize("notice_s", [60.0, 10.0, 2.0, 0.0])
@pytest.mark.parametrize("phase", ["silent", "listening", "thinking", "speaking"])
def test_a_service_that_goes_away_is_not_noticed(phase: str, notice_s: float) -> None:
    async def scenario() -> None:
        live = FakeLive([LONG, LONG, LONG])
        async with open_house(live, Settings(talk=Talk(follow_up_s=30.0))) as house:
            await house.tap()
            house.microphone.say(2.0)
            await asyncio.sleep(0.5)
            if phase == "listening":
                live.sessions[0].go_away(notice_s)
            await house.until("speech_ended")
            if phase == "thinking":
                live.sessions[0].go_away(notice_s)
            await house.until("reply_started")
            if phase == "speaking":
                await asyncio.sleep(1.0)
                live.sessions[0].go_away(notice_s)
            done = await house.until("turn_ended")
            assert (done["outcome"], done["heard_ms"]) == ("answered", 6000)
            if phase == "silent":
                await house.until("mic_open")
                live.sessions[0].go_away(notice_s)
            await asyncio.sleep(1.0)
            house.microphone.say(1.5)
            await answered(house, turn=2)

            assert set(codes(house)) <= {Phrase.TICK}
            assert len(house.named("go_away")) == 1

    run_virtual(scenario())


def test_words_are_sent_again_only_while_nothing_of_the_answer_has_come() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER])
        async with open_house(live) as house:
            await house.ask()
            await answered(house)
            live.sessions[0].hang_up(LinkError("reset"))
            await house.until("resumed")
            await asyncio.sleep(1.0)
            assert live.sessions[1].sent.starts == 0

    run_virtual(scenario())


def test_ten_resets_3_s_apart_are_recovered_from_each_time() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER])
        async with open_house(live, Settings(talk=Talk(no_speech_s=60.0))) as house:
            await house.tap()
            for _ in range(10):
                await asyncio.sleep(3.0)
                live.sessions[-1].hang_up(LinkError("reset"))
                await house.until("connected", within_s=0.7)
            house.microphone.say(2.0)
            await answered(house)
            assert live.open_sessions == 1

    run_virtual(scenario())


# Our own end


def test_a_visit_is_kept_while_it_lasts_and_not_a_moment_longer() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER])
        async with open_house(live) as house:
            await house.ask()
            await answered(house)
            await house.until("mic_open")
            kept = house.memory.kept
            assert kept is not None
            assert (kept.visit, kept.phase) == (1, "FollowUp")
            await asyncio.sleep(4.0)
            assert house.memory.kept != kept  # it is kept fresh
            await house.until("visit_ended")
            assert house.memory.kept is None

    run_virtual(scenario())


def test_a_customer_whose_kiosk_fell_is_asked_for_a_moment_and_remembered() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER, ANSWER])
        async with open_house(live) as house:
            await house.ask()
            await answered(house)
            await house.until("mic_open")
            kept = house.memory.kept
            assert kept is not None
        async with open_house(live) as house:
            house.kiosk.restore(kept)
            await house.until("mic_open")
            house.microphone.say(2.0)
            await answered(house)

            assert codes(house) == [Phrase.ONE_MOMENT]
            assert house.named("visit_started")[0]["visit"] == kept.visit
            assert live.sessions[-1].resumed
            assert live.sessions[-1].memory.asked == (ANSWER.heard, ANSWER.heard)

    run_virtual(scenario())


def test_a_delivered_question_whose_answer_is_lost_with_the_path_is_put_again() -> None:
    async def scenario() -> None:
        live = FakeLive([Turn(think_s=2.0), ANSWER])
        live.lose_old_ones = True
        async with open_house(live) as house:
            await house.ask()
            await house.until("speech_ended")
            await asyncio.sleep(0.5)
            live.path_up = False
            await asyncio.sleep(12.0)
            live.path_up = True
            await answered(house)

            assert codes(house).count(Phrase.LOST_CONNECTION) == 1
            assert Phrase.SAY_AGAIN not in codes(house)

    run_virtual(scenario())
