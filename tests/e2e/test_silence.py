"""Nobody asks: a press without a word, and a room that only makes noise."""

import asyncio

from kiosk.adapters.monitor import Source
from kiosk.core.pcm import mixed
from tests.e2e import voices
from tests.e2e.conftest import RunKiosk
from tests.e2e.listening import cut, loudest_dbfs
from tests.e2e.rig import Kiosk

NO_SPEECH_S = 3.0


async def nothing_happened(kiosk: Kiosk) -> bool:
    """Whether the visit ended without a word, and without one frame on the wire."""
    await kiosk.until("visit_ended", reason="no_speech")
    await kiosk.until("mic_close")
    await kiosk.until("light", code="G")
    sorry = kiosk.named("earcon")[-1]
    await kiosk.listened_until(sorry["t"] + 0.6)
    assert sorry["name"] == "sorry"
    assert loudest_dbfs(cut(kiosk.tape, sorry["t"], sorry["t"] + 0.5)) > -40
    assert kiosk.named("turn_ended")[0]["outcome"] == "no_speech"
    assert kiosk.lights == ["G", "T", "G"]
    assert not kiosk.named("speech_started", "reply_started", "phrase", "tool_call", "caption")
    status = await kiosk.status()
    return bool(status["frames_uploaded"] == 0 < status["frames_captured"])


async def test_a_customer_who_says_nothing_hears_that_it_is_over(run_kiosk: RunKiosk) -> None:
    async with run_kiosk(talk={"no_speech_s": NO_SPEECH_S}) as kiosk:
        await kiosk.tap()

        assert await nothing_happened(kiosk)


async def test_a_customer_who_holds_and_says_nothing_is_asked_again(run_kiosk: RunKiosk) -> None:
    async with run_kiosk(talk={"follow_up_s": 1.0}) as kiosk:
        await kiosk.request("press", for_s=1.5)
        await kiosk.until("turn_ended", outcome="no_speech")
        await kiosk.until("phrase", code="P4")
        await kiosk.until("visit_ended", reason="silence")

        assert (await kiosk.status())["frames_uploaded"] == 0


async def test_noise_and_a_beeping_till_never_leave_the_kiosk(run_kiosk: RunKiosk) -> None:
    noise = mixed(
        voices.pink_noise(NO_SPEECH_S + 2.0, -40.0), voices.beeps(NO_SPEECH_S + 2.0, -25.0)
    )
    async with run_kiosk(talk={"no_speech_s": NO_SPEECH_S}) as kiosk:
        async with kiosk.site.sound.recording(source=Source.MICROPHONE) as room:
            silent, _ = await asyncio.gather(_tapped_in(kiosk), kiosk.hear(noise))

        assert silent
        assert loudest_dbfs(room.pcm) > -30  # it was there


async def _tapped_in(kiosk: Kiosk) -> bool:
    await kiosk.tap()
    return await nothing_happened(kiosk)
