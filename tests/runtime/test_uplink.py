"""The uplink's tasks: what is captured when, and what of it may leave the device."""

import asyncio

from kiosk.core.audio import MIC_FRAME_MS
from kiosk.runtime.uplink import REST_FRAMES
from tests.fakes.live import FakeLive, Say, Turn
from tests.runtime.house import open_house
from tests.virtualtime import run_virtual

FRAME_S = MIC_FRAME_MS / 1000


def test_at_rest_frames_gather_and_in_a_turn_each_is_taken_at_once() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([Turn(steps=(Say("Hello."),))])) as house:
            await asyncio.sleep(1.0)
            assert house.microphone.gather_frames == REST_FRAMES

            await house.tap()
            assert house.microphone.gather_frames == 1
            house.microphone.say(2.0)
            await house.until("mic_close")
            assert house.microphone.gather_frames == REST_FRAMES

    run_virtual(scenario())


def test_what_was_captured_before_the_press_is_never_sent() -> None:
    async def scenario() -> None:
        async with open_house(FakeLive([Turn(steps=(Say("Hello."),))])) as house:
            await asyncio.sleep(5 * REST_FRAMES * FRAME_S + FRAME_S / 2)
            house.microphone.say(3.0)
            await asyncio.sleep(0.4)  # these gather, and are not fetched before the press
            pressed = asyncio.get_running_loop().time()
            await house.press(3.5)
            await house.until("turn_ended")

            spoken_s = 3.0 - 0.4
            sent_s = house.live.sessions[0].heard_seconds
            assert abs(sent_s - spoken_s) <= 0.1 + 2 * FRAME_S  # the tail, and a frame at each end
            assert house.named("speech_started")[0]["t"] - pressed < 0.25

    run_virtual(scenario())
