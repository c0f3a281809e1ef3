"""The sound card goes and comes back, under a service manager that looks on."""

import asyncio
import itertools
import os
import signal
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from kiosk.adapters.monitor import Tape
from kiosk.adapters.virtual_sound import virtual_sound
from tests.e2e import voices
from tests.e2e.listening import words
from tests.e2e.rig import EXIT_S, Kiosk, LiveServer, Site, ends_well, holds, show, site, started
from tests.e2e.test_asking import answer_in, tells_where_the_order_is
from tests.e2e.voices import said

WATCHDOG_S = 2.0
NOTICED_S = 2.0
HEALED_S = 3.0
NEW_MIC = 'pcm.new_mic { type pulse device "kmic" hint { show on description "new" } }\n'


@dataclass
class Systemd:
    """What the kiosk tells its service manager, and when."""

    path: str
    told: list[tuple[float, str]] = field(default_factory=list)

    @property
    def longest_silence_s(self) -> float:
        """The longest time without a sign of life since the first."""
        alive = [at for at, text in self.told if "WATCHDOG=1" in text]
        return max(later - at for at, later in itertools.pairwise(alive))


@contextmanager
def systemd(directory: Path) -> Iterator[Systemd]:
    """Listen as a service manager does: on a thread, for our loop is busy with ears at times."""
    now = asyncio.get_running_loop().time
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        manager = Systemd(str(directory / "notify"))
        listening.bind(manager.path)

        def listen() -> None:
            while (text := listening.recv(4096)) != b"end":
                manager.told.append((now(), text.decode()))

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield manager
        finally:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ending:
                ending.sendto(b"end", manager.path)
            thread.join()


@asynccontextmanager
async def served(service: LiveServer, **audio: str) -> AsyncIterator[tuple[Site, Kiosk, Systemd]]:
    """Run a kiosk with a card of its own, as systemd would; its speaker is not yet recorded."""
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kiosk-e2e-")))
        card = await stack.enter_async_context(virtual_sound())
        manager = stack.enter_context(systemd(home))
        place = site(home, card)
        told = {
            "NOTIFY_SOCKET": manager.path,
            "WATCHDOG_USEC": str(round(WATCHDOG_S * 1_000_000)),
        }
        place = replace(place, env={**place.env, **told})
        config = place.config(live=service.settings, audio=audio)
        kiosk = await stack.enter_async_context(started(place, config, Tape()))
        yield place, kiosk, manager


async def expect_an_answer(kiosk: Kiosk) -> None:
    """Ask, and hear the answer out of the speaker."""
    async with kiosk.site.sound.recording() as kiosk.tape:
        ended = await kiosk.asked(said(voices.QUESTION))
        heard = await answer_in(kiosk, ended)
    assert tells_where_the_order_is(heard), heard


async def test_a_card_that_is_unplugged_in_mid_sentence_is_back_for_the_next_customer(
    service: LiveServer,
) -> None:
    async with served(service) as (place, kiosk, manager):
        now = asyncio.get_running_loop().time
        await kiosk.until("ready")
        pid = (await kiosk.status())["pid"]
        async with asyncio.TaskGroup() as group:
            await kiosk.tap()
            await kiosk.until("mic_open")
            speaking = group.create_task(kiosk.hear(said(voices.QUESTION)))
            await kiosk.until("speech_started")
            speaking.cancel()
        unplugged_at = now()
        await place.sound.unplug()
        await kiosk.until("visit_ended")
        fault = await kiosk.until("fault")
        await holds(lambda: kiosk.lights[-1] in {"F2", "F3"})
        await holds(lambda: len(kiosk.named("fault")) == 2)
        await holds(lambda: now() > unplugged_at + 2 * WATCHDOG_S)
        captured = (await kiosk.status())["frames_captured"]

        await place.sound.plug_in()
        plugged_at = now()
        await kiosk.until("healed", part="speaker")
        healed = await kiosk.until("healed", part="microphone")
        await kiosk.until("light", code="G")
        await expect_an_answer(kiosk)
        status = await kiosk.status()
        show(
            f"noticed after {fault['t'] - unplugged_at:.2f} s, works again after "
            f"{healed['t'] - plugged_at:.2f} s, longest without a sign of life "
            f"{manager.longest_silence_s:.2f} s"
        )
        assert fault["t"] - unplugged_at < NOTICED_S
        assert healed["t"] - plugged_at < HEALED_S
        assert kiosk.tells("speech_started", "turn_ended:abandoned", "visit_ended", "phrase:P7")
        assert status["pid"] == pid
        assert status["frames_captured"] > captured
        assert manager.longest_silence_s < WATCHDOG_S
        assert kiosk.stderr.count("sound device failed") <= 2, kiosk.stderr
        assert kiosk.stderr.count("sound device works again") == 2, kiosk.stderr
        await ends_well(kiosk)


async def test_a_kiosk_that_starts_without_its_microphone_says_so_and_finds_it_later(
    service: LiveServer,
) -> None:
    async with served(service, input="new_mic") as (place, kiosk, manager):
        now = asyncio.get_running_loop().time
        await kiosk.until("ready")
        await kiosk.until("light", code="F2")
        async with place.sound.recording() as tape:
            await kiosk.tap()
            phrase = await kiosk.until("phrase", code="P7")
            end = phrase["t"] + 4.0
            await holds(lambda: tape.moment(len(tape)) >= end)
            heard = await words(tape, phrase["t"], end)
        assert "colleague" in heard
        assert not kiosk.named("visit_started")

        alsa = place.sound.directory / "asound.conf"
        alsa.write_text(NEW_MIC + alsa.read_text())
        plugged_at = now()
        healed = await kiosk.until("healed", part="microphone")
        await kiosk.until("light", code="G")
        await expect_an_answer(kiosk)
        show(f"works after {healed['t'] - plugged_at:.2f} s")
        assert healed["t"] - plugged_at < HEALED_S
        assert manager.longest_silence_s < WATCHDOG_S
        await ends_well(kiosk)


async def test_a_card_that_hangs_ends_the_kiosk_with_a_sentence(service: LiveServer) -> None:
    async with served(service) as (place, kiosk, _):
        await kiosk.until("ready")
        os.kill(place.sound.server_pid, signal.SIGSTOP)
        try:
            async with asyncio.timeout(EXIT_S):
                code = await kiosk.process.wait()
        finally:
            os.kill(place.sound.server_pid, signal.SIGCONT)

        assert code == 69
        assert "the device hangs" in kiosk.stderr
        assert "Traceback" not in kiosk.stderr
