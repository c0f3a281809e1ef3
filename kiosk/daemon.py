"""The composition root: open adapters, start tasks, stop.

A press must be answered from the first moment, so sound, button and lights come first and the
kiosk runs before the Live service is there. Devices are entered on one exit stack before the
task group and close after every task has ended.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack

from kiosk.adapters.control_socket import open_control
from kiosk.adapters.hands import open_hands
from kiosk.adapters.netlink import watch_network
from kiosk.adapters.phrases import (
    PhraseDirectories,
    load_phrases,
    phrase_directories,
    render_phrases,
)
from kiosk.adapters.sound_card import PyAudioCard
from kiosk.adapters.staff_state import StaffFile
from kiosk.adapters.systemd import service_manager, watchdog_period_s
from kiosk.adapters.vad import SileroDetector, WebRtcDetector
from kiosk.adapters.visit_memory import visit_memory
from kiosk.assembly import open_endpoint, open_standby, open_toolbox, session_setup
from kiosk.config_file import control_socket_path, state_directory, writable
from kiosk.core.cascade import CascadeDetector
from kiosk.core.events import KioskReady
from kiosk.core.gate import Gate
from kiosk.core.lights import Light
from kiosk.core.live import SessionSetup
from kiosk.errors import KioskError, StartError
from kiosk.ports import ServiceManager, StaffState
from kiosk.runtime.desk import Desk
from kiosk.runtime.devices import Devices
from kiosk.runtime.kiosk import Kiosk
from kiosk.runtime.playout import Player
from kiosk.runtime.stream import Stream
from kiosk.runtime.watchdog import watch
from kiosk.settings import Settings

log = logging.getLogger(__name__)

STANDBY_AFTER_S = 3.0
"""The local service takes a core for a second or two to start: not while the kiosk does."""
STANDBY_AGAIN_S = 60.0


async def run(settings: Settings, environ: Mapping[str, str]) -> None:
    """Run the kiosk until cancelled. Raises KioskError when a part cannot be opened or hangs."""
    try:
        await _run(settings, environ)
    except BaseExceptionGroup as group:
        ours = group.subgroup(KioskError)
        if ours is None or len(ours.exceptions) != len(group.exceptions):
            raise
        raise _leaf(ours) from group


def _leaf(error: BaseException) -> BaseException:
    return _leaf(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


async def _run(settings: Settings, environ: Mapping[str, str]) -> None:
    manager = service_manager(environ)
    memory = visit_memory(environ)
    state = writable(state_directory(environ))
    recordings = phrase_directories(settings.phrases, state)
    desk = Desk(StaffFile(state / "staff.json", StaffState(settings.audio.volume)))

    async with AsyncExitStack() as stack:
        socket = control_socket_path(settings, environ)
        network = await stack.enter_async_context(watch_network())
        control_socket = await stack.enter_async_context(open_control(socket, desk.commands()))
        hands = await stack.enter_async_context(open_hands(settings))
        hands.lamps.show(Light.STARTING)
        gate = Gate(settings.gate, CascadeDetector(WebRtcDetector(), SileroDetector()))
        devices = Devices(
            PyAudioCard(settings.audio),
            silence_is_fault=settings.audio.silence_is_fault,
            may_be_missing=bool(environ.get("NOTIFY_SOCKET")),  # else there is a person to tell
        )
        await stack.enter_async_context(devices)
        toolbox = await stack.enter_async_context(open_toolbox(settings, environ))
        stack.callback(manager.stopping)

        kiosk = Kiosk(
            gate=gate,
            toolbox=toolbox,
            phrases=load_phrases(recordings),
            lamps=hands.lamps,
            stream=Stream(control_socket.publish),
            talk=settings.talk,
            button=settings.button,
            memory=memory,
        )
        microphone, speaker = devices.microphone, devices.speaker
        desk.serve(kiosk, microphone, speaker)

        async with asyncio.TaskGroup() as group:
            for work in kiosk.work(microphone, speaker, hands.button, network):
                group.create_task(work)
            group.create_task(devices.run(kiosk.inbox))
            group.create_task(desk.keep_muted())
            period_s = watchdog_period_s(environ)
            if period_s is not None:
                parts = (*devices.watched(), *kiosk.watched())
                group.create_task(watch(manager, period_s, parts, kiosk.doing.stand_still))
            group.create_task(kiosk.doing.tell(manager))
            group.create_task(_record_phrases(kiosk.player, recordings, settings.phrases.language))
            setup = session_setup(settings, toolbox)
            ready = asyncio.Event()
            group.create_task(_keep_endpoint(settings, environ, setup, kiosk, manager, ready))
            group.create_task(_keep_standby(settings, environ, kiosk, ready))
            await ready.wait()
            kept = memory.kept
            memory.wipe()  # whether or not that visit can be gone on with
            if kept is not None:
                kiosk.restore(kept)


async def _keep_endpoint(
    settings: Settings,
    environ: Mapping[str, str],
    setup: SessionSetup,
    kiosk: Kiosk,
    manager: ServiceManager,
    ready: asyncio.Event,
) -> None:
    """Open the Live service and say that the kiosk is ready; a local one that ends, anew.

    A customer in a visit waits, as for any lost link. Raises StartError when it does not open.
    """
    now = asyncio.get_running_loop().time
    while True:
        began = now()
        async with open_endpoint(settings, environ) as endpoint:
            await endpoint.live.warm()
            kiosk.link.use(endpoint.live, setup)
            kiosk.inbox.post(KioskReady())
            kiosk.doing.service = endpoint.which
            manager.ready()
            ready.set()
            fields = {
                "KIOSK_ENDPOINT": endpoint.live.endpoint,
                "KIOSK_TOOK_S": round(now() - began, 2),
            }
            log.info("ready", extra=fields)
            how = await endpoint.ended()
        kiosk.doing.service = ""
        _tell_end(how)


async def _keep_standby(
    settings: Settings, environ: Mapping[str, str], kiosk: Kiosk, ready: asyncio.Event
) -> None:
    """Have a local service stand by, once everything else is in place; one that ends, anew."""
    await ready.wait()
    while True:
        await asyncio.sleep(STANDBY_AFTER_S)
        try:
            async with open_standby(settings, environ) as endpoint:
                if endpoint is None:
                    return
                await endpoint.live.warm()
                kiosk.link.stand_by(endpoint.live)
                log.info("standing by", extra={"KIOSK_ENDPOINT": endpoint.live.endpoint})
                how = await endpoint.ended(standing_too=True)
                kiosk.link.stand_by(None)
            _tell_end(how)
        except StartError as err:
            log.warning("nothing stands by", extra={"KIOSK_CAUSE": str(err)})
            await asyncio.sleep(STANDBY_AGAIN_S)


def _tell_end(how: str) -> None:
    log.error("local Live service ended", extra={"KIOSK_CAUSE": how})


async def _record_phrases(player: Player, directories: PhraseDirectories, language: str) -> None:
    """Have the phrases recorded that are not there: once, on a machine that nobody installed."""
    if player.missing:
        await render_phrases(directories.made, language)
        player.phrases = load_phrases(directories)
