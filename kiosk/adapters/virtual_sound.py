"""A sound card made of software: a microphone to speak into, a speaker to listen at.

A private PulseAudio with two null sinks, reached through ALSA's ``pulse`` plug-in, so
that PortAudio opens it like any device. It needs no sound card, no session bus and no
right of any kind, and shares nothing with a PulseAudio or PipeWire that runs already.
It can be unplugged and plugged in again.

    speak() -> sink kmicbus -> source kmic -> PCM kiosk_mic -> PortAudio
    PortAudio -> PCM kiosk_spk -> sink kspk -> its monitor -> recording()

An idle null sink sleeps in steps of two seconds, and a microphone behind it looks dead
for that long. So rewinding is off, which makes the steps 50 ms, and one stream keeps the
microphone's sink awake. It is the noise floor that every real microphone has, -89 dBFS:
digital silence is what a broken one delivers.
"""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from kiosk.adapters.monitor import Source, Tape, recorded
from kiosk.adapters.processes import running, without_pulse
from kiosk.core.audio import MIC_HZ
from kiosk.errors import StartError

MICROPHONE: Final = "kiosk_mic"
SPEAKER: Final = "kiosk_spk"

_START_S: Final = 10.0
_SOCKET_PATH_BYTES: Final = 100  # the kernel allows 107
_UNAVAILABLE: Final = 69  # EX_UNAVAILABLE
_PACKAGES: Final = "pulseaudio pulseaudio-utils libasound2-plugins"
_PLUGIN: Final = "*/alsa-lib/libasound_module_pcm_pulse.so"

_ALSA: Final = f"""\
pcm.!default {{ type pulse }}
ctl.!default {{ type pulse }}
pcm.{MICROPHONE} {{ type pulse device "kmic" hint {{ show on description "microphone" }} }}
pcm.{SPEAKER} {{ type pulse device "kspk" hint {{ show on description "speaker" }} }}
"""
_SERVER: Final = """\
load-module module-null-sink sink_name=kspk rate=48000 channels=2 format=s16le norewinds=1
load-module module-null-sink sink_name=kmicbus rate=48000 channels=1 format=s16le norewinds=1
load-module module-remap-source source_name=kmic master=kmicbus.monitor channels=1
set-default-sink kspk
set-default-source kmic
load-module module-native-protocol-unix auth-anonymous=1 socket={socket}
"""  # the socket comes last: who can connect finds everything in place
_CLIENT: Final = "autospawn = no\nenable-shm = no\n"


class VirtualSound:
    """A running virtual sound card. Made by ``virtual_sound``."""

    def __init__(
        self,
        directory: Path,
        env: dict[str, str],
        power: Callable[[], AbstractAsyncContextManager[int]],
    ) -> None:
        self.directory = directory
        self.env = env
        """What a process needs in its environment for its PortAudio to see this card and
        no other: ``kiosk_mic``, ``kiosk_spk`` and, for both directions, ``default``. In
        this process it must be set before PortAudio is initialised."""
        self.server_pid = 0
        """Of the sound server: stopped, it is a hung card."""
        self._power = power
        self._powered = AsyncExitStack()

    async def plug_in(self) -> None:
        """Be there, with whatever ``asound.conf`` in ``directory`` says by now.

        Raises StartError when the sound server does not start.
        """
        self.server_pid = await self._powered.enter_async_context(self._power())

    async def unplug(self) -> None:
        """Be gone, without a goodbye to who has it open."""
        with suppress(ProcessLookupError):
            os.kill(self.server_pid, signal.SIGKILL)
        await self.switch_off()

    async def switch_off(self) -> None:
        """End its processes in good order."""
        await self._powered.aclose()

    async def speak(self, sound: Path | bytes) -> None:
        """Play into the microphone; return when the last sample has been played.

        Takes a sound file of any rate, or mono PCM16 at 16 kHz. Several at once are
        mixed. Raises StartError when the file cannot be read or the server is gone.
        """
        command = ["paplay", "--latency-msec=200", "--device=kmicbus"]
        if isinstance(sound, bytes):
            command += ["--raw", f"--rate={MIC_HZ}", "--channels=1", "--format=s16le"]
            await self._run(command, sound, "the virtual microphone takes no sound")
        else:
            await self._run([*command, str(sound)], None, f"{sound} cannot be played")

    def recording(
        self, path: Path | None = None, source: Source = Source.SPEAKER
    ) -> AbstractAsyncContextManager[Tape]:
        """Return a context that records what the speaker plays, or the microphone hears.

        The tape grows while it lasts, silence included. At the end it is written to the
        WAV file ``path``. Raises StartError when the server does not answer.
        """
        return recorded(source, without_pulse() | self.env, path)

    async def mute_mic(self, *, muted: bool) -> None:
        """Make the microphone deliver silence, or sound again."""
        command = ["pactl", "set-source-mute", "kmic", str(int(muted))]
        await self._run(command, None, "the virtual microphone cannot be muted")

    async def _run(self, command: list[str], feed: bytes | None, trouble: str) -> None:
        async with running(command, without_pulse() | self.env, piped=True) as process:
            _, said = await process.communicate(feed)
        if process.returncode:
            reason = said.decode(errors="replace").strip() or f"exit {process.returncode}"
            raise StartError(f"{trouble}: {reason}")


@asynccontextmanager
async def virtual_sound(directory: Path | None = None) -> AsyncIterator[VirtualSound]:
    """Start a virtual sound card and end it, with every process of it, on the way out.

    Its files lie in ``directory``, or in a temporary one that is removed again. Raises
    StartError when PulseAudio is missing or does not start.
    """
    _check_installed()
    async with AsyncExitStack() as stack:
        own = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kiosk-sound-")))
        home = directory or own
        home.mkdir(parents=True, exist_ok=True)
        sockets = own if len(os.fsencode(home / "socket")) > _SOCKET_PATH_BYTES else home
        socket = sockets.resolve() / "socket"
        socket.unlink(missing_ok=True)

        (home / "asound.conf").write_text(_ALSA)
        (home / "client.conf").write_text(_CLIENT)
        (home / "server.pa").write_text(_SERVER.format(socket=socket))
        env = {
            "ALSA_CONFIG_PATH": str(home.resolve() / "asound.conf"),
            "PULSE_SERVER": f"unix:{socket}",
            "PULSE_CLIENTCONFIG": str(home.resolve() / "client.conf"),
            "PULSE_COOKIE": str(own / "cookie"),
            "PULSE_SINK": "kspk",
            "PULSE_SOURCE": "kmic",
            "JACK_NO_START_SERVER": "1",
        }
        log = stack.enter_context((home / "server.log").open("wb"))

        @asynccontextmanager
        async def power() -> AsyncIterator[int]:
            server_env = without_pulse() | _server_env(own)
            socket.unlink(missing_ok=True)
            async with running(_server_command(home), server_env, log=log.fileno()) as server:
                await _connectable(socket, server, home / "server.log")
                async with running(_NOISE_FLOOR, without_pulse() | env):
                    yield server.pid

        card = VirtualSound(home, env, power)
        stack.push_async_callback(card.switch_off)
        await card.plug_in()
        yield card


def has_sound_card() -> bool:
    """Whether the kernel knows a device that captures and one that plays."""
    try:
        devices = Path("/proc/asound/pcm").read_text()
    except OSError:
        return False
    return "capture" in devices and "playback" in devices


_NOISE_FLOOR: Final = [
    *("pacat", "--latency-msec=20", "--device=kmicbus", "--volume=3000"),  # of 65536, cubed
    *("--rate=48000", "--channels=1", "--format=s16le", "--raw", "/dev/urandom"),
]


def _server_command(home: Path) -> list[str]:
    return [
        *("pulseaudio", "-n", "-F", str(home / "server.pa"), "--daemonize=no"),
        *("--exit-idle-time=-1", "--disallow-exit", "--use-pid-file=no"),
    ]


def _server_env(own: Path) -> dict[str, str]:
    """Return what keeps the server's own files out of everybody's home."""
    names = ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH")
    return dict.fromkeys(names, str(own))


def _check_installed() -> None:
    commands = ("pulseaudio", "pacat", "paplay", "parec", "pactl")
    missing = [command for command in commands if shutil.which(command) is None]
    if not missing and not any(Path("/usr/lib").glob(_PLUGIN)):
        missing = ["ALSA's pulse plug-in"]
    if missing:
        raise StartError(
            f"a virtual sound card needs {', '.join(missing)}: apt-get install {_PACKAGES}",
            _UNAVAILABLE,
        )


async def _connectable(socket: Path, server: asyncio.subprocess.Process, log: Path) -> None:
    try:
        async with asyncio.timeout(_START_S):
            while True:
                if server.returncode is not None:
                    break
                try:
                    _, writer = await asyncio.open_unix_connection(socket)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    return
    except TimeoutError:
        pass
    raise StartError(
        f"the virtual sound card did not start ({_last_line(log)}): is PulseAudio usable?",
        _UNAVAILABLE,
    )


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
