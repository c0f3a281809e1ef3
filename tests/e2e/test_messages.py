"""A customer leaves word by voice, and the staff read it."""

import json
from pathlib import Path

from tests.e2e.conftest import RunKiosk
from tests.e2e.listening import plain
from tests.e2e.rig import Kiosk
from tests.e2e.test_asking import answer_in
from tests.e2e.voices import said

WORDS = "The light in aisle three is broken."


async def test_a_customer_leaves_a_message_by_voice_and_the_staff_read_it(
    run_kiosk: RunKiosk,
) -> None:
    async with run_kiosk() as kiosk:
        asked = await answer_in(kiosk, await kiosk.asked(said("Can you take a message?")))
        await kiosk.until("mic_open")
        await kiosk.hear(said(0.3, WORDS))
        ended = await kiosk.until("turn_ended")
        confirmed = await answer_in(kiosk, ended)
        waiting = (await kiosk.status())["messages"]

        assert "what shall i tell them" in asked
        assert "written that down for the team" in confirmed, confirmed
        assert kiosk.tells("tool_call:take_message", "tool_result:ok", "turn_ended:answered")
        assert waiting == 1
    async with run_kiosk() as kiosk:
        read = await kiosk.site.command("messages")
        done = await kiosk.site.command("messages", "--done", "1")
        again = await kiosk.site.command("messages", "--done", "1")
        none = await kiosk.site.command("messages")

        assert (read.code, read.err) == (0, "")
        assert read.out.split()[0] == "1"
        assert "light in aisle" in plain(read.out)
        assert (done.code, done.out, done.err) == (0, "", "")
        assert (again.code, again.err) == (69, "kiosk: There is no message 1.\n")
        assert none.out == "No messages.\n"


async def test_a_message_is_told_to_nobody_but_the_staff(run_kiosk: RunKiosk) -> None:
    async with run_kiosk(log={"level": "debug"}) as kiosk:
        ended = await kiosk.asked(said("Please tell the staff that the light is broken."))
        await answer_in(kiosk, ended)
        status = await kiosk.status()
        events = [event for event in kiosk.events if event["event"] != "caption"]

        assert status["messages"] == 1
        assert kiosk.tells("tool_call:take_message", "tool_result:ok")
        for told in (json.dumps(status), json.dumps(events), kiosk.stderr):
            assert "broken" not in told
        assert _open_to_others(kiosk) == []


def _open_to_others(kiosk: Kiosk) -> list[Path]:
    places = (kiosk.site.socket, *(kiosk.site.home / "state").glob("shopmax.db*"))
    return [place for place in places if place.stat().st_mode & 0o077]
