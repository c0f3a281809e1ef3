"""A kiosk that only seems to be alive is restarted, and one that is alive is left alone."""

import asyncio
import logging
from collections.abc import Sequence
from itertools import pairwise

import pytest

from kiosk.core.conversation import step
from kiosk.core.effects import Phrase
from kiosk.core.events import KioskReady, Tick
from kiosk.core.phases import (
    Conversation,
    FollowUp,
    Idle,
    Listening,
    Phase,
    Saying,
    Speaking,
    Starting,
    Thinking,
)
from kiosk.runtime.watchdog import WatchedPart, watch
from kiosk.settings import Talk
from tests.fakes.live import FakeLive
from tests.runtime.house import open_house
from tests.virtualtime import run_virtual


class Notes:
    """A service manager that writes down what it is told, and when."""

    def __init__(self) -> None:
        self.alive_at: list[float] = []
        self.said: list[tuple[float, str]] = []
        self.wedged: list[tuple[str, ...]] = []

    def ready(self) -> None: ...

    def more_time(self, seconds: float) -> None: ...

    def alive(self) -> None:
        self.alive_at.append(asyncio.get_running_loop().time())

    def status(self, text: str) -> None:
        self.said.append((asyncio.get_running_loop().time(), text))

    def stopping(self) -> None: ...


async def watched(parts: Sequence[WatchedPart], for_s: float, period_s: float = 1.0) -> Notes:
    notes = Notes()
    try:
        async with asyncio.timeout(for_s):
            await watch(notes, period_s, parts, notes.wedged.append)
    except TimeoutError:
        pass
    return notes


def frames(stop_s: float = 1e9, begin_again_s: float = 1e9) -> int:
    """A device's counter: 50 frames a second, standing still between two times."""
    now = asyncio.get_running_loop().time()
    return round((now if now < stop_s else max(stop_s, now - begin_again_s + stop_s)) * 50)


def test_the_watchdog_is_petted_only_while_every_part_moves(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> None:
        deaf = WatchedPart(name="microphone", count=lambda: frames(stop_s=5.0))
        notes = await watched([deaf, WatchedPart(name="speaker", count=frames)], for_s=20.0)

        assert notes.alive_at == [1.0, 2.0, 3.0, 4.0, 5.0]
        assert notes.wedged == [("microphone",)]

    run_virtual(scenario())
    lines = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.KIOSK_PART for record in lines] == ["microphone"]  # type: ignore[attr-defined]


def test_a_part_that_only_stumbled_costs_no_restart() -> None:
    async def scenario() -> None:
        slow = WatchedPart(name="speaker", count=lambda: frames(5.0, begin_again_s=6.4))
        notes = await watched([slow], for_s=9.9)

        gaps = [after - before for before, after in pairwise(notes.alive_at)]
        assert max(gaps) < 2.0  # WatchdogSec=2
        assert notes.wedged == [("speaker",), ()]

    run_virtual(scenario())


def test_a_part_that_is_known_to_be_lost_need_not_move() -> None:
    async def scenario() -> None:
        now = asyncio.get_running_loop().time
        lost = WatchedPart(
            name="microphone",
            count=lambda: frames(5.0, begin_again_s=30.0),
            should_move=lambda: not 6.7 <= now() < 30.0,  # a hung device takes 1.7 s to notice
        )
        notes = await watched([lost], for_s=40.0)

        gaps = [after - before for before, after in pairwise(notes.alive_at)]
        assert max(gaps) < 2.0
        assert notes.alive_at[-1] > 38.0

    run_virtual(scenario())


def test_a_part_that_may_be_idle_is_made_to_come_round() -> None:
    async def scenario() -> None:
        rounds = 0

        def come_round() -> None:
            nonlocal rounds
            rounds += 1

        idle = WatchedPart(name="link", count=lambda: rounds, nudge=come_round)
        notes = await watched([idle], for_s=5.5)

        assert notes.alive_at == [1.0, 2.0, 3.0, 4.0, 5.0]
        assert rounds == 6

    run_virtual(scenario())


def test_a_kiosk_nobody_uses_for_an_hour_is_alive_and_does_nothing() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([])) as house:
            await asyncio.sleep(0.1)
            before = (
                house.kiosk.front.control.conversation,
                len(house.events),
                len(house.lamps.shown),
            )
            parts = (house.kiosk.front.watched(), house.kiosk.watched())
            notes = await watched(parts, for_s=3600.5)

            assert len(notes.alive_at) == 3600
            after = (
                house.kiosk.front.control.conversation,
                len(house.events),
                len(house.lamps.shown),
            )
            assert after == before

    run_virtual(scenario())


@pytest.mark.parametrize(
    "phase",
    [
        Starting(),
        Idle(),
        Listening(due=1.0),
        Listening(due=1.0, heard=True, held=True),
        Thinking(since=0.0, due=1.0),
        Speaking(since=0.0, due=1.0, first_audio_ms=300, dry_since=0.1),
        Saying(phrase=Phrase.SAY_AGAIN, due=1.0),
        FollowUp(due=1.0),
        FollowUp(due=1.0, armed=True),
    ],
)
def test_a_nudge_changes_nothing_for_the_customer(phase: Phase) -> None:
    conversation = Conversation(phase=phase, visit=1, turn=1, visit_due=300.0)

    assert step(conversation, Tick(), 0.5, Talk()) == (conversation, ())


def test_a_kiosk_whose_control_task_is_stuck_gets_no_sign_of_life() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([])) as house:
            parts = (house.kiosk.front.watched(), house.kiosk.watched())
            await asyncio.sleep(0.1)
            house.kiosk.front.inbox._mailbox._arrived = asyncio.Event()  # a lost wake-up
            notes = await watched(parts, for_s=10.0)

            assert notes.alive_at == []
            assert notes.wedged == [("control",)]

    run_virtual(scenario())


def test_staff_read_in_systemctl_status_what_the_kiosk_is_doing() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([]), ready=False) as house:
            notes = Notes()
            house.kiosk.front.doing.service = "a Live service"
            telling = asyncio.get_running_loop().create_task(house.kiosk.front.doing.tell(notes))
            await asyncio.sleep(0.1)
            house.kiosk.front.inbox.post(KioskReady())
            await house.until("ready")
            await asyncio.sleep(0.6)
            await house.tap()
            await asyncio.sleep(0.6)
            house.kiosk.front.doing.stand_still(("speaker",))
            await asyncio.sleep(5.0)
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

            assert [words for _, words in notes.said] == [
                "Starting: opening the Live service",
                "Ready: a Live service",
                "In a visit, listening",
                "Stands still: speaker",
            ]

    run_virtual(scenario())
