"""What the shop assistant does without a terminal, and the technician with one."""

import asyncio
import json
from contextlib import suppress

from kiosk.adapters.processes import child_command
from tests.e2e import voices
from tests.e2e.conftest import RunKiosk
from tests.e2e.listening import cut, loudest_dbfs, plain
from tests.e2e.rig import KIOSK, Event, Kiosk, Site
from tests.e2e.voices import said


async def test_a_muted_kiosk_hears_nobody_until_it_is_unmuted(run_kiosk: RunKiosk) -> None:
    async with run_kiosk() as kiosk:
        await _ran(kiosk, "mute")
        await kiosk.until("muted", muted=1)
        await kiosk.until("light", code="M")
        await kiosk.tap()
        await kiosk.until("earcon", name="mute")
        await kiosk.hear(said("When are you open?"))
        muted = await kiosk.status()
        visits_while_muted = kiosk.named("visit_started", "mic_open")

        await _ran(kiosk, "unmute")
        await kiosk.until("muted", muted=0)
        await kiosk.until("light", code="G")
        await kiosk.tap()
        await kiosk.until("visit_started")

        assert muted == {**muted, "muted": True, "phase": "idle", "frames_uploaded": 0}
        assert visits_while_muted == []


async def test_the_volume_that_staff_set_is_heard_and_kept(run_kiosk: RunKiosk) -> None:
    async with run_kiosk(audio={"volume": 80}, talk={"no_speech_s": 1.0}) as kiosk:
        loud = await _click(kiosk)
        over = await kiosk.until("visit_ended")
        await kiosk.listened_until(over["t"] + 0.6)  # it said sorry
        await _ran(kiosk, "volume", "20")
        await kiosk.until("volume", percent=20)
        quiet = await _click(kiosk)

    assert loud - quiet > 15  # by the square law it is 24 dB
    async with run_kiosk(audio={"volume": 80}) as kiosk:
        assert (await kiosk.status())["volume"] == 20


async def _click(kiosk: Kiosk) -> float:
    press = await kiosk.tap()
    await kiosk.listened_until(press["t"] + 0.5)
    return loudest_dbfs(cut(kiosk.tape, press["t"], press["t"] + 0.5))


async def test_a_muted_kiosk_is_still_muted_after_a_restart(run_kiosk: RunKiosk) -> None:
    async with run_kiosk() as kiosk:
        await _ran(kiosk, "mute")
    async with run_kiosk() as kiosk:
        await kiosk.until("light", code="M")
        assert (await kiosk.status())["muted"]


async def test_staff_mute_with_the_button_and_a_restart_keeps_it(run_kiosk: RunKiosk) -> None:
    async with run_kiosk() as kiosk:
        await kiosk.request("press", for_s=5.5)
        await kiosk.until("visit_ended", reason="muted")
        assert kiosk.tells("press", "earcon:press", "mic_open", "earcon:offer", "light:M")
        assert kiosk.tells("release", "muted", "visit_ended:muted")
        assert (await kiosk.status())["frames_uploaded"] == 0
    async with run_kiosk() as kiosk:
        await kiosk.until("light", code="M")
        await kiosk.request("press", for_s=5.5)
        await kiosk.until("muted", muted=0)
        assert not (await kiosk.status())["muted"]


async def test_staff_can_mute_in_the_middle_of_a_reply(run_kiosk: RunKiosk) -> None:
    async with run_kiosk() as kiosk:
        await kiosk.tap()
        await kiosk.until("mic_open")
        await kiosk.hear(said("When are you open?"))
        reply = await kiosk.until("reply_started")
        await kiosk.listened_until(reply["t"] + 0.5)
        await kiosk.request("mute")
        over = await kiosk.until("visit_ended", reason="muted")
        await kiosk.listened_until(over["t"] + 2.0)

        assert loudest_dbfs(cut(kiosk.tape, over["t"] + 1.0, over["t"] + 2.0)) < -60
        assert kiosk.lights[-1] == "M"


async def test_the_technician_sees_what_the_kiosk_is_doing(run_kiosk: RunKiosk) -> None:
    async with run_kiosk() as kiosk:
        as_json = await kiosk.site.command("status", "--json", **_config(kiosk.site))
        for_people = await kiosk.site.command("status", **_config(kiosk.site))
        status = json.loads(as_json.out)

        assert as_json.code == for_people.code == 0
        assert as_json.err == for_people.err == ""
        assert status == {**status, "phase": "idle", "light": "G", "muted": False, "visit": 0}
        assert status["pid"] == kiosk.process.pid
        assert "idle" in for_people.out
        assert len(for_people.out.splitlines()) == len(status)


async def test_the_event_stream_tells_everything_but_what_was_said(run_kiosk: RunKiosk) -> None:
    async with run_kiosk() as kiosk:
        follower = await asyncio.create_subprocess_exec(
            *child_command([*KIOSK, "events"]),
            env=kiosk.site.env,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        lines = [await _first_line(follower, kiosk)]
        await kiosk.tap()
        await kiosk.until("mic_open")
        await kiosk.hear(said(voices.QUESTION))
        while json.loads(lines[-1])["event"] != "reply_started":
            lines.append(await _line(follower))
        told: list[Event] = [json.loads(line) for line in lines]

        assert plain(kiosk.captions("customer")).startswith("where is my order")
        assert "caption" not in {event["event"] for event in told}
        assert b"88421" not in b"".join(lines)
        assert all(isinstance(event["t"], float) for event in told)
    out, err = await follower.communicate()
    assert (follower.returncode, err) == (0, b""), out


async def _first_line(follower: asyncio.subprocess.Process, kiosk: Kiosk) -> bytes:
    """Let the kiosk say something until the follower hears it: it takes a while to come."""
    async with asyncio.timeout(20):
        while True:
            await kiosk.request("volume", percent=70)
            with suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    return await _line(follower)


async def _line(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    async with asyncio.timeout(20):
        return await process.stdout.readline()


async def _ran(kiosk: Kiosk, *arguments: str) -> None:
    done = await kiosk.site.command(*arguments)
    assert (done.code, done.err) == (0, "")


def _config(place: Site) -> dict[str, str]:
    return {"KIOSK_CONFIG": str(place.home / "kiosk.toml")}
