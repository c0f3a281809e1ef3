"""The composition root: open adapters, start tasks, stop.

A press must be answered from the first moment, and most of the kiosk takes seconds to load on a
small machine. So this module loads next to nothing, and what it does is in the order of need:
lights and button, then sound and what the device says by itself (``Front``), and only then, on
a thread while those run, what serves a customer (``serving``). Devices are entered on one exit
stack before the task group and close after every task has ended.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.adapters.control_socket import open_control
from kiosk.adapters.hands import open_hands
from kiosk.adapters.httpx_alone import leave_out_its_command
from kiosk.adapters.machine import falls_again_and_again
from kiosk.adapters.netlink import watch_network
from kiosk.adapters.processes import own_age_s
from kiosk.adapters.staff_state import StaffFile
from kiosk.adapters.systemd import service_manager, watchdog_period_s
from kiosk.adapters.visit_memory import visit_memory
from kiosk.config_file import control_socket_path, is_of_the_disk, state_directory, writable
from kiosk.core.lights import Light
from kiosk.errors import KioskError, StartError
from kiosk.ports import StaffState
from kiosk.runtime.desk import Desk
from kiosk.runtime.starting import Start
from kiosk.runtime.stream import Stream
from kiosk.runtime.watchdog import WatchedPart, watch
from kiosk.settings import Settings

if TYPE_CHECKING:
    from kiosk.adapters.phrases import PhraseDirectories
    from kiosk.runtime.playout import Player

log = logging.getLogger(__name__)


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
    start = Start(manager, own_age_s)
    start.done("settings")
    memory = visit_memory(environ)
    state = _state(environ)
    desk = Desk(StaffFile(state / "staff.json", StaffState(settings.audio.volume)))

    async with AsyncExitStack() as stack:
        socket = control_socket_path(settings.control.socket, environ)
        control_socket = await stack.enter_async_context(open_control(socket, desk.commands()))
        network = await stack.enter_async_context(watch_network())
        hands = await stack.enter_async_context(open_hands(settings))
        hands.lamps.show(Light.SOFTWARE_FAULT if falls_again_and_again() else Light.STARTING)
        start.done("pins")

        await _load("kiosk.adapters.sound_card", "kiosk.runtime.front")
        from kiosk.adapters.phrases import load_phrases, phrase_directories
        from kiosk.adapters.sound_card import PyAudioCard
        from kiosk.runtime.devices import Devices
        from kiosk.runtime.front import Front

        devices = Devices(
            PyAudioCard(settings.audio),
            silence_is_fault=settings.audio.silence_is_fault,
            may_be_missing=bool(environ.get("NOTIFY_SOCKET")),  # else there is a person to tell
        )
        await stack.enter_async_context(devices)
        microphone, speaker = devices.microphone, devices.speaker
        recordings = phrase_directories(settings.phrases, state)
        front = Front(
            phrases=load_phrases(recordings),
            lamps=hands.lamps,
            stream=Stream(control_socket.publish),
            talk=settings.talk,
            button=settings.button,
        )
        stack.callback(manager.stopping)

        async with asyncio.TaskGroup() as group:
            for work in front.work(speaker, hands.button):
                group.create_task(work)
            group.create_task(devices.run(front.inbox))
            watched: list[WatchedPart] = [*devices.watched(), front.watched()]
            group.create_task(desk.keep_muted())
            group.create_task(front.doing.tell(manager))
            desk.open(front, microphone, speaker)
            start.done("sound")  # from here on a press is answered

            leave_out_its_command()
            await _load("kiosk.serving")
            from kiosk.adapters.genai_live import load_sdk
            from kiosk.assembly import open_shop, session_setup
            from kiosk.runtime.kiosk import Kiosk
            from kiosk.serving import keep_endpoint, keep_standby, look_out, voice_gate

            start.done("program")
            gate = await asyncio.to_thread(voice_gate, settings.gate)
            start.done("voice gate")
            shop = await stack.enter_async_context(open_shop(settings, environ))
            toolbox = shop.toolbox
            start.done("shop")
            kiosk = Kiosk(front, gate=gate, toolbox=toolbox, memory=memory)
            for work in kiosk.work(microphone, network):
                group.create_task(work)
            watched.append(kiosk.watched())
            desk.serve(kiosk)
            group.create_task(look_out(settings, environ, state, kiosk, shop.books).run())
            group.create_task(_record_phrases(front.player, recordings, settings.phrases.language))
            group.create_task(load_sdk())  # beside a local service that has to start
            setup = session_setup(settings, toolbox)
            ready = asyncio.Event()
            group.create_task(keep_endpoint(settings, environ, setup, kiosk, start, ready))
            group.create_task(keep_standby(settings, environ, kiosk, ready))
            await ready.wait()
            # Not before: the first sign of life arms systemd's watchdog, which is too strict for
            # a small board that loads all this. A start that hangs runs into its own limit.
            period_s = watchdog_period_s(environ)
            if period_s is not None:
                group.create_task(watch(manager, period_s, watched, front.doing.stand_still))
            kept = memory.kept
            memory.wipe()  # whether or not that visit can be gone on with
            if kept is not None:
                kiosk.restore(kept)


def _state(environ: Mapping[str, str]) -> Path:
    """Return the state directory. One on a disk that fails keeps nobody from starting."""
    state = state_directory(environ)
    try:
        return writable(state)
    except StartError as err:
        if not is_of_the_disk(err.__cause__):
            raise
        log.error("nothing can be kept", extra={"KIOSK_CAUSE": str(err)})  # noqa: TRY400 - said
        return state


async def _load(*modules: str) -> None:
    """Import these, and all that they need, on a thread: the loop goes on meanwhile."""
    for module in modules:
        await asyncio.to_thread(import_module, module)


async def _record_phrases(
    player: "Player", directories: "PhraseDirectories", language: str
) -> None:
    """Have the phrases recorded that are not there: once, on a machine that nobody installed."""
    from kiosk.adapters.phrases import load_phrases, render_phrases

    if player.missing:
        await render_phrases(directories.made, language)
        player.phrases = load_phrases(directories)
