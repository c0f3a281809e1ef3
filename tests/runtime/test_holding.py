"""A button held for long or mashed, with the runtime whole: what is heard, seen, sent and kept."""

import asyncio

from kiosk.core.lights import Light
from kiosk.errors import StartError
from kiosk.ports import StaffState
from kiosk.runtime.desk import Desk
from tests.fakes.live import FakeLive, Say, Turn
from tests.runtime.house import open_house
from tests.virtualtime import run_virtual

ANSWER = Turn(heard="when do you close", steps=(Say("We are open until nine."),))


class Memory:
    """What staff set, as a disk keeps it that is there or full."""

    def __init__(self) -> None:
        self.state = StaffState(70)
        self.saved = StaffState(70)
        self.full = False

    async def keep(self, state: StaffState) -> None:
        self.state = state
        if self.full:
            raise StartError("There is no room: it holds until the next restart.")
        self.saved = state


async def gesture(memory: Memory, *, held_s: float = 6.0) -> tuple[list[str], Light]:
    """Open a kiosk as staff left it, and hold its button in silence."""
    async with open_house(FakeLive([ANSWER])) as house:
        desk = Desk(memory)
        desk.open(house.kiosk.front, house.microphone, house.speaker)
        desk.serve(house.kiosk)
        keeping = asyncio.get_running_loop().create_task(desk.keep_muted())
        await asyncio.sleep(0.5)
        house.forget()

        await house.press(held_s)
        await asyncio.sleep(3.0)

        assert not keeping.done()
        keeping.cancel()
        assert house.live.open_sessions == 0
        assert sum(session.heard_seconds for session in house.live.sessions) == 0
        status = await desk.commands()["status"]({})
        assert status["light"] == house.lamps.shown[-1].code
        assert status["muted"] == (house.lamps.shown[-1] is Light.MUTED)
        return [each["name"] for each in house.named("earcon")], house.lamps.shown[-1]


def test_a_mute_at_the_button_is_heard_seen_and_kept_and_the_same_hold_ends_it() -> None:
    memory = Memory()

    assert run_virtual(gesture(memory)) == (["press", "offer", "mute"], Light.MUTED)
    assert memory.saved == StaffState(70, muted=True)

    assert run_virtual(gesture(memory)) == (["mute", "offer", "unmute"], Light.READY)
    assert memory.saved == StaffState(70, muted=False)


def test_a_mute_that_cannot_be_kept_holds_all_the_same() -> None:
    memory = Memory()
    memory.full = True

    assert run_virtual(gesture(memory))[1] is Light.MUTED
    assert memory.saved == StaffState(70)


def test_a_customer_who_talks_for_long_with_the_button_held_is_answered() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([ANSWER])) as house:
            house.microphone.say(18.0)
            await house.press(18.5)
            await house.until("turn_ended", outcome="answered")

            assert abs(house.live.sessions[0].heard_seconds - 18.0) < 0.5
            assert house.named("muted") == house.named("fault") == []
            assert [each["name"] for each in house.named("earcon")] == ["press"]

    run_virtual(scenario())


def test_a_button_that_something_leans_on_says_so_once_and_heals_when_it_is_freed() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([ANSWER])) as house:
            await house.press(600.0)
            await asyncio.sleep(1.0)

            assert [each["code"] for each in house.named("phrase")] == ["P9"]
            assert len(house.named("visit_started")) == len(house.live.sessions) == 1
            assert house.live.sessions[0].heard_seconds == 0
            assert [each["part"] for each in house.named("fault")] == ["button"]
            assert [each["part"] for each in house.named("healed")] == ["button"]
            assert house.lamps.shown[-2:] == [Light.SOFTWARE_FAULT, Light.READY]
            assert not house.lamps.lit

            house.forget()
            await house.ask(2.0)
            await house.until("turn_ended", outcome="answered")

    run_virtual(scenario())


def test_a_button_mashed_at_20_hz_floods_nobody() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([ANSWER])) as house:
            for _ in range(100):
                await house.press(0.025)
                await asyncio.sleep(0.025)
            assert len(house.live.sessions) == 1
            assert house.live.sessions[0].sent.log == []
            assert len(house.named("press")) == 100
            assert len(house.named("visit_started")) == len(house.named("turn_started")) == 1
            assert [each["name"] for each in house.named("earcon")] == ["press"]

            house.microphone.say(2.0)  # and it is still the customer's turn
            await house.until("turn_ended", outcome="answered")

    run_virtual(scenario())


def test_who_mashes_while_talking_sends_no_more_turns_than_there_were_words() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([ANSWER] * 60)) as house:
            house.microphone.say(5.0)
            for _ in range(100):
                await house.press(0.025)
                await asyncio.sleep(0.025)
            sent = house.live.sessions[0].sent.log
            assert len(house.live.sessions) == 1
            assert len([what for _, what in sent if what == "start"]) <= 5 * 5
            assert house.live.sessions[0].heard_seconds <= 5.0 * 1.2
            assert len(house.named("visit_started")) == 1

    run_virtual(scenario())
