"""The composition root: open adapters, start tasks, stop.

A press must be answered from the first moment, so sound, button and lights come first and the
control task runs before the Live service is there. Devices are entered on one exit stack before
the task group and close after every task has ended.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from kiosk.adapters.control_socket import open_control
from kiosk.adapters.genai_live import load_sdk
from kiosk.adapters.hands import open_hands
from kiosk.adapters.phrases import load_phrases, phrase_directories, render_phrases
from kiosk.adapters.pyaudio_io import open_sound
from kiosk.adapters.staff_state import StaffState, load_staff_state, save_staff_state
from kiosk.adapters.systemd import service_manager, watchdog_period_s
from kiosk.adapters.vad import SileroDetector, WebRtcDetector
from kiosk.assembly import open_endpoint, open_toolbox, session_setup
from kiosk.config_file import control_socket_path, state_directory
from kiosk.core.cascade import CascadeDetector
from kiosk.core.events import KioskReady, MuteSwitched
from kiosk.core.gate import Gate
from kiosk.core.lights import Light
from kiosk.errors import KioskError, StartError
from kiosk.ports import Microphone, Speaker
from kiosk.runtime.button import LONGEST_PRESS_S, Presses
from kiosk.runtime.control import Control, Inbox
from kiosk.runtime.downlink import Downlink
from kiosk.runtime.errands import Errands
from kiosk.runtime.link import Link
from kiosk.runtime.perform import performer
from kiosk.runtime.playout import Player
from kiosk.runtime.stream import Stream
from kiosk.runtime.uplink import Uplink
from kiosk.runtime.watchdog import watch
from kiosk.settings import Settings

log = logging.getLogger(__name__)

Answer = dict[str, Any]


class Desk:
    """What people may ask of the running daemon over the control socket."""

    def __init__(self, kept: Path, state: StaffState) -> None:
        self.state = state
        self._kept = kept
        self.on_volume: Callable[[int], None] = lambda _: None
        self.on_mute: Callable[[bool], None] = lambda _: None
        self.press: Callable[[float], Awaitable[None]] | None = None
        self.status: Callable[[], Answer] = lambda: {"phase": "starting"}

    def commands(self) -> Mapping[str, Callable[[dict[str, Any]], Awaitable[Answer]]]:
        """Return the commands by name."""
        return {
            "status": self._status,
            "press": self._press,
            "volume": self._volume,
            "mute": self._mute,
            "unmute": self._unmute,
        }

    async def _status(self, _: dict[str, Any]) -> Answer:
        return self.status()

    async def _press(self, request: dict[str, Any]) -> Answer:
        for_s = request.get("for_s", 0.1)
        if isinstance(for_s, bool) or not isinstance(for_s, int | float):
            raise StartError("for_s must be a number of seconds.")
        if not 0 <= for_s <= LONGEST_PRESS_S:
            raise StartError(f"A press lasts 0 to {LONGEST_PRESS_S:.0f} seconds.")
        if self.press is None:
            raise StartError("The kiosk has no button yet: it is still starting.")
        await self.press(for_s)
        return {}

    async def _volume(self, request: dict[str, Any]) -> Answer:
        percent = request.get("percent")
        if isinstance(percent, bool) or not isinstance(percent, int) or not 0 <= percent <= 100:
            raise StartError("The volume is a whole number from 0 to 100.")
        self._keep(StaffState(percent, self.state.muted))
        self.on_volume(percent)
        return {"percent": percent}

    async def _mute(self, _: dict[str, Any]) -> Answer:
        self._keep(StaffState(self.state.volume, muted=True))
        self.on_mute(True)
        return {}

    async def _unmute(self, _: dict[str, Any]) -> Answer:
        self._keep(StaffState(self.state.volume, muted=False))
        self.on_mute(False)
        return {}

    def _keep(self, state: StaffState) -> None:
        self.state = state
        try:
            save_staff_state(self._kept, state)
        except OSError as err:
            raise StartError(
                f"{self._kept} cannot be written ({err.strerror}): it holds until the next restart."
            ) from err


async def run(settings: Settings, environ: Mapping[str, str]) -> None:
    """Run the kiosk until cancelled. Raises KioskError when a part cannot be opened or is lost."""
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
    loop = asyncio.get_running_loop()
    began = loop.time()
    manager = service_manager(environ)
    state = _writable(state_directory(environ))
    kept = state / "staff.json"
    desk = Desk(kept, load_staff_state(kept, StaffState(settings.audio.volume)))

    async with AsyncExitStack() as stack:
        socket = control_socket_path(settings, environ)
        control_socket = await stack.enter_async_context(open_control(socket, desk.commands()))
        stream = Stream(control_socket.publish)
        hands = await stack.enter_async_context(open_hands(settings))
        hands.lamps.show(Light.STARTING)
        gate = Gate(settings.gate, CascadeDetector(WebRtcDetector(), SileroDetector()))
        microphone, speaker = await stack.enter_async_context(open_sound(settings.audio))
        toolbox = await stack.enter_async_context(open_toolbox(settings, environ))

        inbox = Inbox()
        directories = phrase_directories(settings.phrases, state)
        player = Player(load_phrases(directories), inbox, stream)
        uplink = Uplink(gate, inbox)
        errands = Errands(toolbox, stream)
        downlink = Downlink(inbox, player, errands, stream)
        link = Link(uplink, downlink, inbox, stream)
        uplink.on_end_mark = downlink.asked
        downlink.on_answer = uplink.answered
        errands.on_result = uplink.answer_tool
        perform = performer(
            uplink=uplink,
            downlink=downlink,
            link=link,
            player=player,
            errands=errands,
            lamps=hands.lamps,
            stream=stream,
        )
        control = Control(inbox, perform, settings.talk)
        presses = Presses(inbox, stream)

        def status() -> Answer:
            return {
                **_conversation_status(control),
                "muted": desk.state.muted,
                "volume": desk.state.volume,
                "endpoint": link.endpoint,
                "connected": link.connected,
                "uptime_s": round(loop.time() - began, 1),
                "pid": os.getpid(),
                **_sound_status(microphone, speaker, uplink, player),
            }

        def set_volume(percent: int) -> None:
            speaker.set_volume(percent)
            stream.report("volume", {"percent": percent})

        speaker.set_volume(desk.state.volume)
        desk.on_volume = set_volume
        desk.on_mute = lambda muted: inbox.post(MuteSwitched(muted))
        desk.press = presses.press
        desk.status = status

        async with asyncio.TaskGroup() as group:
            for work in (
                control.run(),
                player.run(speaker),
                uplink.capture(microphone),
                uplink.send(),
                link.run(),
                errands.serve(),
                presses.follow(hands.button),
            ):
                group.create_task(work)
            period_s = watchdog_period_s(environ)
            if period_s is not None:

                def evidence() -> Mapping[str, int]:
                    return {
                        "microphone": microphone.frames_captured,
                        "speaker": speaker.frames_played,
                    }

                group.create_task(watch(manager, period_s, evidence))

            group.create_task(load_sdk())  # while a local service starts
            manager.status("Starting: opening the Live service")
            endpoint = await stack.enter_async_context(open_endpoint(settings, environ))
            await endpoint.live.warm()
            link.use(endpoint.live, session_setup(settings, toolbox))
            if player.missing:
                await render_phrases(directories.made, settings.phrases.language)
                player.phrases = load_phrases(directories)
            if desk.state.muted:
                inbox.post(MuteSwitched(muted=True))
            inbox.post(KioskReady())
            manager.ready()
            manager.status(f"Ready: {endpoint.which}")
            log.info(
                "ready",
                extra={
                    "KIOSK_ENDPOINT": endpoint.live.endpoint,
                    "KIOSK_TOOK_S": round(loop.time() - began, 2),
                },
            )


def _writable(state: Path) -> Path:
    try:
        state.mkdir(parents=True, exist_ok=True)
        probe = state / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as err:
        raise StartError(
            f"The state directory {state} cannot be written ({err.strerror}):"
            " make it writable, or name another in $STATE_DIRECTORY.",
            73,
        ) from err
    return state


def _conversation_status(control: Control) -> Answer:
    conversation = control.conversation
    return {
        "phase": type(conversation.phase).__name__.lower(),
        "visit": conversation.visit,
        "turn": conversation.turn,
        "light": conversation.light.code,
    }


def _sound_status(
    microphone: Microphone, speaker: Speaker, uplink: Uplink, player: Player
) -> Answer:
    return {
        "frames_captured": microphone.frames_captured,
        "frames_played": speaker.frames_played,
        "frames_uploaded": uplink.frames_uploaded,
        "overruns": microphone.overruns,
        "underruns": player.underruns,
    }
