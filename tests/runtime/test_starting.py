"""A start: the front answers alone, and every step of it is accounted for."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kiosk.core import events as ev
from kiosk.core.conversation import step
from kiosk.core.effects import Phrase
from kiosk.core.lights import Light
from kiosk.core.phases import Conversation
from kiosk.ports import ButtonEdge
from kiosk.runtime.front import Front, Shown
from kiosk.runtime.starting import LONGEST_STEP_S, Start
from kiosk.runtime.stream import Stream
from kiosk.settings import Button, Talk
from tests.core.conversing import EVENTS
from tests.fakes.live import FakeLive
from tests.fakes.sound import FakeSpeaker
from tests.runtime.house import RECORDING, ShownLamps, open_house
from tests.virtualtime import run_virtual


class OneTap:
    """A button that is tapped as soon as somebody follows it."""

    async def edges(self) -> AsyncIterator[ButtonEdge]:
        now = asyncio.get_running_loop().time
        yield ButtonEdge(pressed=True, at=now())
        await asyncio.sleep(0.1)
        yield ButtonEdge(pressed=False, at=now())
        await asyncio.Event().wait()


class Notes:
    """A service manager that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def ready(self) -> None:
        self.told.append("ready")

    def more_time(self, seconds: float) -> None:
        self.told.append(f"{seconds:g} s more")

    def alive(self) -> None: ...

    def status(self, text: str) -> None: ...

    def stopping(self) -> None: ...


def test_a_customer_who_presses_while_there_is_only_a_front_is_told_to_wait() -> None:
    async def scenario() -> None:
        events: list[Any] = []
        lamps, speaker = ShownLamps(), FakeSpeaker()
        recordings = dict.fromkeys(Phrase, RECORDING)
        front = Front(
            phrases=recordings,
            lamps=lamps,
            stream=Stream(events.append),
            talk=Talk(),
            button=Button(),
        )
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in front.work(speaker, OneTap())]
            await asyncio.sleep(3.0)
            for task in tasks:
                task.cancel()

        told = [event.get("name") or event.get("code") or event["event"] for event in events]
        assert told == ["press", "press", "P8", "release"]
        assert any(any(frame) for _, frame in speaker.played)
        assert lamps.shown == []  # B burns since before there was a front

    run_virtual(scenario())


def test_the_button_of_the_front_begins_a_visit_as_soon_as_the_kiosk_is_ready() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive(), ready=False) as house:
            await house.tap()
            assert [event["code"] for event in house.named("phrase")] == ["P8"]
            house.post(ev.KioskReady())
            await house.tap()

            assert house.lamps.shown == [Light.READY, Light.VISIT]
            assert house.named("visit_started")

    run_virtual(scenario())


@pytest.mark.parametrize(("path_up", "light"), [(True, Light.READY), (False, Light.OFFLINE)])
def test_a_start_without_a_network_is_never_said_to_be_ready(
    *, path_up: bool, light: Light
) -> None:
    async def scenario() -> None:
        live = FakeLive()
        live.path_up = path_up
        async with open_house(live, ready=False) as house:
            await house.kiosk.link.judged()  # as serving does
            house.post(ev.KioskReady())
            await asyncio.sleep(5.0)

            assert house.lamps.shown == [light]
            assert [event["code"] for event in house.named("light")] == [light.code]

    run_virtual(scenario())


@pytest.mark.parametrize("event", EVENTS, ids=repr)
def test_whatever_happens_during_a_start_the_front_can_do_what_is_asked(event: ev.Event) -> None:
    _, effects = step(Conversation(), event, 1.0, Talk())

    assert all(isinstance(effect, Shown) for effect in effects)


def test_the_journal_is_told_once_where_the_time_went(caplog: pytest.LogCaptureFixture) -> None:
    ages_s = iter((0.25, 0.75, 2.0, 2.04))
    start = Start(Notes(), lambda: next(ages_s))
    with caplog.at_level(logging.INFO):
        for name in ("settings", "pins", "SDK"):
            start.done(name)
        start.is_ready()
        start.done("Live service")
        start.is_ready()

    assert caplog.messages == ["ready after 2.04 s: settings 0.25, pins 0.50, SDK 1.25"]


def test_garbage_is_collected_again_as_soon_as_the_kiosk_is_ready() -> None:
    start = Start(Notes(), lambda: 1.0)
    gc.disable()
    try:
        start.done("SDK")
        assert not gc.isenabled()
        start.is_ready()
        assert gc.isenabled()
    finally:
        gc.enable()


def test_a_start_that_goes_on_is_given_time_and_one_that_hangs_in_a_step_is_not() -> None:
    notes = Notes()
    start = Start(notes, lambda: 1.0)

    start.done("settings")
    start.done("pins")
    start.is_ready()
    start.done("SDK")

    assert notes.told == [f"{LONGEST_STEP_S:g} s more"] * 2 + ["ready"]
