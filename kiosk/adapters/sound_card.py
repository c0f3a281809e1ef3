"""The configured sound devices: opened together, looked for while they are away.

PortAudio's list of devices is frozen until it is terminated, which closes what still works.
So who looks for a device that went is a short-lived process of its own, which also opens it:
one that is listed may be in use. Nothing it does can hang or disturb the kiosk.
"""

import asyncio
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from kiosk import settings
from kiosk.adapters.processes import running, without_secrets
from kiosk.adapters.pyaudio_devices import find, port_audio
from kiosk.adapters.pyaudio_io import open_microphone, open_speaker
from kiosk.adapters.pyaudio_stream import Pulse
from kiosk.errors import DeviceLost, StartError
from kiosk.ports import OpenSound

_SWITCH_S: Final = 0.001
_LOOK_S: Final = 5.0


class PyAudioCard:
    """The one owner of PortAudio in the process."""

    def __init__(self, audio: settings.Audio) -> None:
        self._audio = audio
        # Measured: with Python's 5 ms turns, busy threads make the callback late.
        sys.setswitchinterval(_SWITCH_S)

    @contextmanager
    def open(self, on_lost: Callable[[DeviceLost], None]) -> Iterator[OpenSound]:
        """Open what is there; see ``ports.SoundCard``. Blocks the loop meanwhile."""
        audio = self._audio
        missing: dict[str, StartError] = {}
        microphone, speaker = None, None
        ears, mouth = Pulse("microphone"), Pulse("speaker")
        ears.on_lost = mouth.on_lost = on_lost
        with ExitStack() as stack:
            owner = stack.enter_context(port_audio())
            try:
                find(owner, "microphone", audio.input)
            except StartError as err:
                missing["microphone"] = err
            try:
                opening = open_speaker(owner, audio.output, audio.volume, pulse=mouth)
                speaker = stack.enter_context(opening)
            except StartError as err:
                missing["speaker"] = err
            if not missing:
                try:
                    hearing = open_microphone(owner, audio.input, pulse=ears)
                    microphone = stack.enter_context(hearing)
                except StartError as err:
                    missing["microphone"] = err
            yield OpenSound(microphone, speaker, missing, lambda: ears.closable and mouth.closable)

    async def trouble(self, parts: Collection[str]) -> str | None:
        """Look in a process of its own; see ``ports.SoundCard``."""
        names = {"microphone": self._audio.input, "speaker": self._audio.output}
        wanted = [f"{part}={names[part]}" for part in sorted(parts)]
        command = [sys.executable, "-m", "kiosk.adapters.sound_look", *wanted]
        async with running(command, without_secrets(), piped=True) as process:
            try:
                async with asyncio.timeout(_LOOK_S):
                    _, said = await process.communicate()
            except TimeoutError:
                return f"Looking for it took more than {_LOOK_S:.0f} s."
        if process.returncode == 0:
            return None
        return said.decode(errors="replace").strip() or f"exit {process.returncode}"
