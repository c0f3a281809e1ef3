"""A microphone or a speaker goes and comes back, and the kiosk stays up."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from kiosk.core.audio import SpeakerFrame
from kiosk.core.lights import Light
from kiosk.errors import DeviceLost, StartError
from kiosk.runtime.control import Inbox
from kiosk.runtime.devices import REVIVE_S, Devices
from tests.fakes.live import FakeLive, Say, Turn
from tests.fakes.sound import FakeSoundCard
from tests.runtime.house import House, open_house
from tests.virtualtime import run_virtual

BOTH = ("microphone", "speaker")
LOUD = SpeakerFrame(b"\x01\x10" * 240)


@asynccontextmanager
async def kiosk_with(
    card: FakeSoundCard, **how: Any
) -> AsyncIterator[tuple[House[FakeLive], Devices]]:
    async with (
        Devices(card, silence_is_fault=how.get("silence_is_fault", True)) as devices,
        open_house(FakeLive([Turn(steps=(Say("Gladly."),))]), devices=devices) as house,
    ):
        yield house, devices


def test_an_unplugged_microphone_is_shown_at_once_and_works_again_within_three_seconds(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "kiosk.runtime.devices")

    async def scenario() -> None:
        card = FakeSoundCard()
        async with kiosk_with(card) as (house, devices):
            now = asyncio.get_running_loop().time
            await asyncio.sleep(5)
            card.unplug("microphone")
            await house.until("fault", 0.5, part="microphone", cause="lost")
            await asyncio.sleep(20)
            assert _light(house) is Light.MICROPHONE_FAULT
            before = devices.microphone.frames_captured

            card.plug_in("microphone")
            plugged_at = now()
            await house.until("healed", part="microphone")
            assert now() - plugged_at < 3
            await asyncio.sleep(1)
            assert _light(house) is Light.READY
            assert devices.microphone.frames_captured > before
            assert len(card.openings) == 3  # the first, the speaker alone, both

    run_virtual(scenario())

    said = [record.getMessage() for record in caplog.records]
    assert said == ["sound device failed", "sound device not found", "sound device works again"]
    assert caplog.records[-1].__dict__["KIOSK_TOOK_S"] == pytest.approx(21.5, abs=1)


def test_while_the_microphone_is_away_a_press_is_answered_aloud() -> None:
    async def scenario() -> None:
        card = FakeSoundCard()
        async with kiosk_with(card) as (house, _):
            card.unplug("microphone")
            await house.until("fault", 0.5)
            await house.tap()
            await asyncio.sleep(2)

            assert [event["code"] for event in house.named("phrase")] == ["P7"]
            assert not house.named("visit_started")
            assert card.speaker is not None
            assert len(card.speaker.sounded()) >= 100  # the click, and a second of it

    run_virtual(scenario())


def test_a_customer_whose_microphone_goes_in_mid_sentence_is_told_and_the_next_is_served() -> None:
    async def scenario() -> None:
        card = FakeSoundCard()
        card.hisses = False  # to the gate of this house any sound is voice
        async with kiosk_with(card, silence_is_fault=False) as (house, _):
            await asyncio.sleep(1)
            await house.tap()
            assert card.microphone is not None
            card.microphone.say(1)
            await house.until("speech_started")
            card.unplug("microphone")
            ended = await house.until("visit_ended")
            assert ended["reason"] == "microphone"
            card.plug_in("microphone")
            await house.until("healed", part="microphone")
            await house.tap()
            card.microphone.say(1)
            ended = await house.until("turn_ended")
            assert ended["outcome"] == "answered"

    run_virtual(scenario())


def test_without_a_speaker_there_is_no_microphone_either() -> None:
    async def scenario() -> None:
        card = FakeSoundCard()
        async with kiosk_with(card) as (house, devices):
            await asyncio.sleep(1)
            card.unplug("speaker")
            await house.until("fault", 0.5, part="speaker", cause="lost")
            await asyncio.sleep(1)
            assert house.named("fault")[-1] == {
                **house.named("fault")[-1], "part": "microphone", "cause": "no_speaker",
            }  # fmt: skip
            assert _light(house) is Light.SPEAKER_FAULT
            assert card.microphone is None
            assert devices.evidence() == {}
            await house.tap()
            await asyncio.sleep(5)
            assert not house.named("visit_started")

            card.plug_in("speaker")
            await asyncio.sleep(3)
            assert _light(house) is Light.READY
            assert set(devices.evidence()) == set(BOTH)

    run_virtual(scenario())


def test_a_press_without_any_device_begins_nothing_whatever_the_lost_microphone_still_held() -> (
    None
):
    async def scenario() -> None:
        card = FakeSoundCard()
        async with kiosk_with(card) as (house, devices):
            await asyncio.sleep(1)
            devices.microphone.gather_frames = 10
            await asyncio.sleep(0.3)
            card.plugged.clear()
            card.unplug("speaker")
            await house.until("fault", 0.5, part="microphone")
            await asyncio.sleep(1)
            await house.tap()
            await asyncio.sleep(1)

            assert not house.named("healed")
            assert not house.named("visit_started")

    run_virtual(scenario())


def test_what_is_said_while_there_is_no_speaker_ends_when_it_would_have() -> None:
    async def scenario() -> None:
        card = FakeSoundCard("microphone")
        async with kiosk_with(card) as (_, devices):
            now = asyncio.get_running_loop().time
            began = now()
            for _ in range(100):
                await devices.speaker.write(LOUD)
            assert now() - began == pytest.approx(1.0, abs=0.02)
            assert devices.speaker.queued_frames == devices.speaker.flush() == 0
            assert devices.speaker.latency_s == 0

    run_virtual(scenario())


def test_the_loudness_staff_set_holds_for_the_next_speaker() -> None:
    async def scenario() -> None:
        card = FakeSoundCard()
        async with kiosk_with(card) as (house, devices):
            devices.speaker.set_volume(30)
            card.unplug(*BOTH)
            await house.until("fault")
            devices.speaker.set_volume(20)
            card.plug_in(*BOTH)
            await house.until("healed", part="microphone")
            assert card.speaker is not None
            assert card.speaker.volume == 20

    run_virtual(scenario())


def test_a_kiosk_that_started_without_a_card_heals_when_it_comes() -> None:
    async def scenario() -> None:
        card = FakeSoundCard()
        card.plugged.clear()
        async with kiosk_with(card) as (house, devices):
            await asyncio.sleep(60)
            assert [event["cause"] for event in house.named("fault")] == ["missing", "missing"]
            assert _light(house) is Light.SPEAKER_FAULT
            assert devices.evidence() == {}
            assert len(card.openings) == 1  # looking opens nothing here
            assert 50 <= card.looks <= 60
            card.plug_in("speaker")
            await house.until("healed", 3, part="speaker")
            card.plug_in("microphone")
            await house.until("healed", 3, part="microphone")

    run_virtual(scenario())


def test_from_a_terminal_a_missing_device_is_an_error() -> None:
    async def scenario() -> None:
        for plugged, about in (("microphone", "speaker"), ("speaker", "microphone")):
            with pytest.raises(StartError, match=about):
                async with Devices(FakeSoundCard(plugged), may_be_missing=False):
                    pass

    run_virtual(scenario())


@pytest.mark.parametrize("part", BOTH)
def test_a_hung_device_is_never_closed_and_ends_the_process(part: str) -> None:
    async def scenario() -> None:
        card = FakeSoundCard()
        async with Devices(card) as devices, asyncio.TaskGroup() as group:
            running = group.create_task(_expect_lost(devices))
            await asyncio.sleep(1)
            card.lively = False
            card.unplug(part, frozen=True)
            assert (await running).frozen
            assert len(card.openings) == 1

    run_virtual(scenario())


async def _expect_lost(devices: Devices) -> DeviceLost:
    with pytest.raises(DeviceLost) as caught:
        await devices.run(Inbox())
    return caught.value


def test_a_device_that_may_hang_is_not_closed_before_that_is_known() -> None:
    async def scenario() -> None:
        card = FakeSoundCard()
        async with kiosk_with(card) as (house, _):
            await asyncio.sleep(1)
            card.lively = False
            card.unplug("microphone")
            await house.until("fault", 0.5)
            await asyncio.sleep(1)
            assert len(card.openings) == 1
            card.lively = True
            await asyncio.sleep(0.1)
            assert len(card.openings) == 2
            assert not card.abandoned

    run_virtual(scenario())


def test_a_microphone_that_hears_nothing_is_opened_once_more_and_then_watched() -> None:
    async def scenario() -> None:
        card = FakeSoundCard()
        async with kiosk_with(card) as (house, devices):
            await asyncio.sleep(8)
            card.hisses = False
            assert card.microphone is not None
            card.microphone.hisses = False
            fault = await house.until("fault", 3, part="microphone")
            assert fault["cause"] == "silent"
            await asyncio.sleep(10)
            assert len(card.openings) == 2
            assert _light(house) is Light.MICROPHONE_FAULT
            assert set(devices.evidence()) == set(BOTH)  # it is not wedged
            await asyncio.sleep(REVIVE_S)
            assert len(card.openings) == 3

            card.microphone.hisses = True
            await house.until("healed", 1, part="microphone")
            assert [event["part"] for event in house.named("fault")] == ["microphone"]

    run_virtual(scenario())


def test_opening_a_silent_microphone_again_may_heal_it() -> None:
    async def scenario() -> None:
        card = FakeSoundCard()
        async with kiosk_with(card) as (house, _):
            await asyncio.sleep(8)
            assert card.microphone is not None
            card.microphone.hisses = False
            await house.until("fault", 3)
            await house.until("healed", 1)

    run_virtual(scenario())


def test_a_microphone_with_a_noise_gate_is_left_in_peace() -> None:
    async def scenario() -> None:
        card = FakeSoundCard()
        card.hisses = False
        async with kiosk_with(card, silence_is_fault=False) as (house, _):
            await asyncio.sleep(60)
            assert not house.named("fault")
            assert len(card.openings) == 1

    run_virtual(scenario())


def test_counters_go_on_over_a_new_device() -> None:
    async def scenario() -> None:
        card = FakeSoundCard()
        async with kiosk_with(card) as (house, devices):
            await asyncio.sleep(5)
            assert card.microphone is not None
            card.microphone.overruns = 3
            captured, played = devices.microphone.frames_captured, devices.speaker.frames_played
            devices.microphone.gather_frames = 7
            before = devices.evidence()
            card.unplug(*BOTH)
            assert devices.evidence() == {}
            card.plug_in(*BOTH)
            await house.until("healed", part="microphone")
            assert devices.microphone.overruns == 3
            assert card.microphone.gather_frames == devices.microphone.gather_frames == 7
            assert devices.microphone.frames_captured > captured
            assert devices.speaker.frames_played > played
            assert all(count > before[part] for part, count in devices.evidence().items())

    run_virtual(scenario())


def test_a_short_loss_in_the_middle_of_a_phrase_costs_nothing_of_the_rest() -> None:
    async def scenario() -> None:
        card = FakeSoundCard()
        async with kiosk_with(card) as (_, devices):
            first = card.speaker
            assert first is not None
            for _ in range(20):
                await devices.speaker.write(LOUD)
            card.unplug("microphone")  # both are opened anew
            for _ in range(30):
                await devices.speaker.write(LOUD)
            await asyncio.sleep(1)
            assert card.speaker is not first
            assert card.speaker is not None
            assert len(first.sounded()) + len(card.speaker.sounded()) >= 50 - 9  # its queue

    run_virtual(scenario())


def _light(house: House[FakeLive]) -> Light:
    return house.lamps.shown[-1]


def test_a_short_loss_is_one_line_in_the_log_and_one_for_its_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "kiosk.runtime.devices")

    async def scenario() -> None:
        card = FakeSoundCard()
        async with kiosk_with(card) as (house, _):
            await asyncio.sleep(5)
            card.unplug("microphone")
            await asyncio.sleep(4)
            card.plug_in("microphone")
            await house.until("healed", 3)

    run_virtual(scenario())

    said = [record.getMessage() for record in caplog.records]
    assert said == ["sound device failed", "sound device works again"]
