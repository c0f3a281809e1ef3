"""Somebody is there before the kiosk is: what a press does while most of it is still loaded.

An import is held for as long as the test wants (see ``held_imports``), so what is seen before
it is let go was done without it, on any machine.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from tests.e2e import voices
from tests.e2e.listening import cut, loudest_dbfs, words
from tests.e2e.rig import Kiosk, LiveServer, Site, ends_well, holds, show, started
from tests.e2e.test_asking import answer_in, tells_where_the_order_is
from tests.e2e.voices import said

SDK = "google.genai"
SECOND_HALF = "kiosk.serving"
SOUND = "kiosk.adapters.sound_card"

SERVES = {
    SDK, "websockets", "httpx", "onnxruntime", "webrtcvad", "sqlite3",
    "kiosk.assembly", "kiosk.shop", "kiosk.runtime.kiosk",
}  # fmt: skip
"""What only a customer who is served needs."""
SOUNDS = {"numpy", "pyaudio", "soxr", "kiosk.core.conversation", "kiosk.runtime.front"}

PROMISED_S = 2.0


class Held:
    """A kiosk, and an import of it that does not come to its end."""

    def __init__(self, place: Site, module: str) -> None:
        self.fifo = place.home / "held"
        os.mkfifo(self.fifo)
        shim = Path(__file__).parent / "held_imports"
        env = {"PYTHONPATH": str(shim), "HELD_IMPORT": module, "HELD_BY": str(self.fifo)}
        self.place = replace(place, env={**place.env, **env})
        self._loaded = self.fifo.with_suffix(".loaded")

    async def reached(self) -> set[str]:
        """Return, once somebody waits for the import, what is loaded by then."""
        await holds(self._loaded.exists)
        return set(self._loaded.read_text().split())

    async def let_go(self) -> None:
        """Let the import come to its end."""
        await asyncio.to_thread(lambda: self.fifo.open("wb").close())


@asynccontextmanager
async def starting(held: Held, service: LiveServer) -> AsyncIterator[Kiosk]:
    async with AsyncExitStack() as stack:
        tape = await stack.enter_async_context(held.place.sound.recording())
        config = held.place.config(live=service.settings)
        yield await stack.enter_async_context(started(held.place, config, tape))


async def told_to_wait(kiosk: Kiosk) -> float:
    """Press at once, hear the click and P8; return when the press was."""
    await kiosk.tap_as_soon_as_it_can()
    press = await kiosk.until("press")
    told = await kiosk.until("phrase")
    await kiosk.listened_until(told["t"] + 3.0)

    assert told["code"] == "P8"
    assert loudest_dbfs(cut(kiosk.tape, press["t"], press["t"] + 0.15)) > -40
    assert "starting" in await words(kiosk.tape, told["t"], told["t"] + 3.0)
    return float(press["t"])


async def test_a_press_before_the_sdk_is_loaded_is_told_to_wait_and_a_later_one_is_served(
    place: Site, service: LiveServer
) -> None:
    held = Held(place, SDK)
    began = asyncio.get_running_loop().time()
    async with starting(held, service) as kiosk:
        pressed_at = await told_to_wait(kiosk)
        show(f"answered {pressed_at - began:.2f} s after the start of the process")
        loaded = await held.reached()
        status = await kiosk.status()

        assert {"websockets", "click", "pygments", "rich"} & loaded == set()
        assert (status["phase"], status["light"]) == ("starting", "B")
        assert not kiosk.named("ready", "light", "visit_started", "mic_open")

        await held.let_go()
        await kiosk.until("ready")
        ended = await kiosk.asked(said(voices.QUESTION))

        assert tells_where_the_order_is(await answer_in(kiosk, ended))
        assert kiosk.lights[0] == "G"
        await ends_well(kiosk)


async def test_a_press_is_answered_before_anything_that_serves_is_loaded(
    place: Site, service: LiveServer
) -> None:
    held = Held(place, SECOND_HALF)
    async with starting(held, service) as kiosk:
        await told_to_wait(kiosk)
        await kiosk.request("mute")

        assert SERVES & await held.reached() == set()
        assert (await kiosk.status())["light"] == "B"

        await held.let_go()
        await kiosk.until("light", code="M")
        await ends_well(kiosk)


async def test_the_lights_and_the_button_wait_for_nothing_that_sounds(
    place: Site, service: LiveServer
) -> None:
    held = Held(place, SOUND)
    async with starting(held, service) as kiosk:
        loaded = await held.reached()

        assert "kiosk.adapters.hands" in loaded
        assert (SOUNDS | SERVES) & loaded == set()
        assert (await kiosk.status())["phase"] == "starting"

        await held.let_go()
        await kiosk.until("ready")
        await ends_well(kiosk)


async def test_a_kiosk_told_to_stop_while_it_starts_stops(place: Site, service: LiveServer) -> None:
    held = Held(place, SDK)
    async with starting(held, service) as kiosk:
        await held.reached()
        took_s = await kiosk.stop()
        show(f"from SIGTERM to the end {took_s:.2f} s; promised {PROMISED_S} s")

        assert took_s < PROMISED_S
        await ends_well(kiosk)


async def test_the_journal_says_where_the_time_of_a_start_went(
    place: Site, service: LiveServer
) -> None:
    async with AsyncExitStack() as stack:
        tape = await stack.enter_async_context(place.sound.recording())
        config = place.config(live=service.settings)
        kiosk = await stack.enter_async_context(started(place, config, tape))
        await kiosk.until("ready")
        (line,) = [line for line in kiosk.stderr.splitlines() if " ready after " in line]

        steps = ["settings", "pins", "sound", "program", "gate", "shop", "service", "SDK"]
        assert [word for word in line.split() if word in steps] == steps
        await ends_well(kiosk)
