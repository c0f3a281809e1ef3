"""Two things go wrong at once, or one of them while somebody does something."""

import asyncio

import pytest

from kiosk.core.effects import Phrase
from kiosk.core.events import MuteSwitched
from kiosk.core.kept import KeptVisit
from kiosk.core.live import BrokenPiece, ReplyInterrupted, SessionHandle
from kiosk.errors import LinkError
from kiosk.runtime.tools.toolbox import Toolbox
from tests.fakes.live import FakeLive, HangUp, Say, Send, Turn
from tests.runtime.house import House, open_house
from tests.virtualtime import run_virtual

ANSWER = Turn(heard="when do you close", steps=(Say("We are open until nine."),))
LONG = Turn(steps=(Say("We are open until nine, and on Sundays until six.", seconds=6.0),))
OTHER = Turn(steps=(Say("The van has it, look out of the window at seven.", seconds=6.0),))
RESET = LinkError("reset")


def phrases(house: House[FakeLive]) -> list[str]:
    return [event["code"] for event in house.named("phrase")]


def test_a_reply_that_is_cut_again_while_it_is_told_again_goes_on_where_it_stopped() -> None:
    async def scenario() -> None:
        live = FakeLive([LONG, LONG, LONG])
        async with open_house(live) as house:
            await house.ask()
            await house.until("reply_started")
            await asyncio.sleep(0.8)
            live.sessions[0].hang_up(RESET)
            await house.until("connected")
            await asyncio.sleep(0.7)
            live.sessions[1].hang_up(RESET)
            done = await house.until("turn_ended")

            assert len(live.sessions) == 3
            assert (done["outcome"], done["heard_ms"]) == ("answered", 6000)
            assert Phrase.SAY_AGAIN not in phrases(house)

    run_virtual(scenario())


def test_a_cut_reply_whose_second_telling_is_noise_is_given_up_as_soon_as_it_is_heard() -> None:
    async def scenario() -> None:
        noise = Turn(steps=(Send(BrokenPiece()),) * 3)
        live = FakeLive([LONG, noise])
        async with open_house(live) as house:
            await house.ask()
            started = await house.until("reply_started")
            await asyncio.sleep(0.8)
            live.sessions[0].hang_up(RESET)
            told = await house.until("phrase", code=Phrase.SAY_AGAIN)

            assert told["t"] - started["t"] <= 4.0  # so much of it had come, at four times its pace

    run_virtual(scenario())


def test_a_question_answered_in_other_words_is_not_put_a_third_time() -> None:
    async def scenario() -> None:
        live = FakeLive([LONG, OTHER])
        async with open_house(live) as house:
            await house.ask()
            await house.until("reply_started")
            await asyncio.sleep(0.8)
            live.sessions[0].hang_up(RESET)
            await house.until("connected")
            await asyncio.sleep(1.0)
            live.sessions[1].hang_up(RESET)
            await house.until("phrase", code=Phrase.SAY_AGAIN)
            await asyncio.sleep(1.0)
            assert live.sessions[2].sent.starts == 0

    run_virtual(scenario())


def test_a_reply_the_service_broke_off_is_not_asked_for_again_when_the_connection_goes() -> None:
    async def scenario() -> None:
        broken_off = Turn(steps=(Say("Half an", seconds=2.0), Send(ReplyInterrupted())))
        steps = (*broken_off.steps, HangUp(RESET))
        live = FakeLive([Turn(steps=steps)])
        async with open_house(live) as house:
            await house.ask()
            done = await house.until("turn_ended")
            await asyncio.sleep(2.0)

            assert done["outcome"] == "answered"
            assert live.sessions[1].sent.starts == 0

    run_virtual(scenario())


def test_a_visit_that_ends_while_its_old_session_still_closes_leaves_no_spare_open() -> None:
    async def scenario() -> None:
        live = FakeLive([ANSWER])
        live.close_s = 0.4
        async with open_house(live) as house:
            await house.ask()
            await house.until("turn_ended", outcome="answered")
            spares = len(live.spares)
            live.sessions[0].go_away(0.0)
            await house.until("mic_open")
            house.post(MuteSwitched(muted=True))
            await house.until("visit_ended")
            await asyncio.sleep(1.0)

            assert len(live.sessions) == 1  # the second was still to be opened
            assert len(live.spares) > spares
            assert all(spare.closed for spare in live.spares)

    run_virtual(scenario())


# Whose memory it is


def test_the_handle_of_the_service_on_this_machine_is_not_kept_for_the_other() -> None:
    async def scenario() -> None:
        live, local = FakeLive([ANSWER]), FakeLive([ANSWER, ANSWER], endpoint="local")
        live.lose_old_ones = True
        async with open_house(live) as house:
            house.kiosk.link.stand_by(local)
            await house.ask()
            await house.until("turn_ended", outcome="answered")
            await house.until("mic_open")
            assert house.memory.kept is not None
            live.path_up = False
            house.microphone.say(2.0)
            await house.until("turn_ended", outcome="answered", turn=2)
            await house.until("mic_open")

            assert house.kiosk.link.standing_in
            assert house.memory.kept is None

    run_virtual(scenario())


def test_a_visit_that_is_taken_up_too_late_leaves_the_next_customer_none_of_it() -> None:
    async def scenario() -> None:
        kept = KeptVisit(handle=SessionHandle("theirs"), visit=7, phase="FollowUp", saved_at=0.0)
        live = FakeLive([Turn(steps=(HangUp(RESET),)), ANSWER])
        async with open_house(live) as house:
            await house.tap()
            house.kiosk.restore(kept)
            house.microphone.say(2.0)
            await house.until("turn_ended", outcome="answered")

            assert house.named("refused") == []  # nobody showed the handle to the service
            assert len(live.sessions) == 2

    run_virtual(scenario())


def test_what_the_tools_told_a_customer_is_forgotten_with_their_visit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forgotten: list[float] = []

    class Noting(Toolbox):
        def begin_visit(self) -> None:
            forgotten.append(asyncio.get_running_loop().time())
            super().begin_visit()

    monkeypatch.setattr("tests.fakes.shop.Toolbox", Noting)

    async def scenario() -> None:
        async with open_house(FakeLive([ANSWER])) as house:
            await house.ask()
            ended = await house.until("visit_ended")
            assert forgotten[-1] == pytest.approx(ended["t"])

    run_virtual(scenario())


def test_a_session_that_could_not_be_resumed_for_want_of_a_handle_is_called_fresh() -> None:
    async def scenario() -> None:
        live = FakeLive([Turn(steps=(HangUp(RESET),)), ANSWER])
        async with open_house(live) as house:
            await house.ask()
            await house.until("turn_ended", outcome="answered")

            assert house.named("resumed") == []
            assert len(house.named("fresh_session")) == 1

    run_virtual(scenario())
