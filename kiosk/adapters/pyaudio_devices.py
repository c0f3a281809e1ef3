"""PortAudio's devices: found by name, opened at a rate they take.

One owner of PortAudio in the process. Its list of devices is made when the first
``PyAudio()`` initialises it and stays as it is until the last one is terminated: to see
a device that was plugged in later, leave ``port_audio`` and enter it again.

ALSA, JACK and PulseAudio write dozens of lines to descriptor 2 while devices are listed
and opened, whatever Python does; it points at ``/dev/null`` for just that long. ALSA goes
on to report every underrun while streams run; its reports are turned off for good.
"""

import ctypes
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, Protocol, TypeVar

import pyaudio

from kiosk.errors import StartError

Part = Literal["microphone", "speaker"]

_UNAVAILABLE: Final = 69  # EX_UNAVAILABLE
_USUAL_HZ: Final = (48_000, 44_100)
_USED_CHANNELS: Final = 2
_ALSAS_OWN: Final = re.compile(
    r"(sys)?default|front|rear|center_lfe|side|surround\d+|iec958|spdif|hdmi|dmix|dsnoop|modem"
    r"|phoneline|jack|lavrate|samplerate|speexrate|speex|upmix|vdownmix|null"
)
"""Names that ALSA gives to whatever card is there, or to none: they tell a technician nothing."""
_WAY_OUT: Final = (
    "Plug one in and check it with `arecord -l` and `aplay -l`, "
    "or run `kiosk demo`, which brings a virtual one"
)


@dataclass(slots=True)
class PortAudio:
    """The one initialised PortAudio."""

    library: pyaudio.PyAudio
    abandoned: list[pyaudio.PyAudio.Stream] = field(default_factory=list)
    """Streams on a hung device. Closing one hangs too, and so would terminating."""

    def abandon(self, stream: pyaudio.PyAudio.Stream) -> None:
        """Leave a hung stream to the end of the process."""
        # One reference more than there are owners: at exit the interpreter would
        # otherwise free the stream, which closes it, which hangs.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(stream._stream))  # noqa: SLF001 - see above
        self.abandoned.append(stream)


@dataclass(frozen=True, slots=True)
class Device:
    """A device that can do its part."""

    index: int
    name: str
    channels: int
    native_hz: int


@dataclass(frozen=True, slots=True)
class Shape:
    """How a stream runs: its rate and the channels interleaved in a block."""

    rate_hz: int
    channels: int


class StreamEnd(Protocol):
    """Our end of a stream."""

    @property
    def block_samples(self) -> int:
        """Samples of one channel in a block."""
        ...

    def callback(
        self, captured: bytes | None, samples: int, times: Mapping[str, float], status: int, /
    ) -> tuple[bytes | None, int]:
        """Take a captured block, or return the next one to play. Must not raise."""
        ...


End = TypeVar("End", bound=StreamEnd)


@contextmanager
def port_audio() -> Iterator[PortAudio]:
    """Initialise PortAudio and terminate it on the way out, unless a device hung."""
    _silence_alsa()
    with _quiet_stderr():
        owner = PortAudio(pyaudio.PyAudio())
    try:
        yield owner
    finally:
        if not owner.abandoned:
            owner.library.terminate()


def find(owner: PortAudio, part: Part, name: str) -> Device:
    """Return the device whose name has ``name`` in it; "default" is the system's choice.

    ALSA's ``(hw:2,0)`` at the end of a name is no part of it: the numbers change with the
    order of plugging. Raises StartError that lists what there is.
    """
    devices = devices_for(owner, part)
    if not devices:
        raise StartError(f"There is no {part}{_held(part)}. {_WAY_OUT}.", _UNAVAILABLE)
    if name == "default":
        default = _default_index(owner, part)
        return next((device for device in devices if device.index == default), devices[0])
    wanted = name.casefold()
    named = [(plain(device.name).casefold(), device) for device in devices]
    for fits in (lambda name: name == wanted, lambda name: wanted in name):
        for candidate, device in named:
            if fits(candidate):
                return device
    names = [plain(device.name) for device in devices]
    own = [name for name in names if not _ALSAS_OWN.fullmatch(name)]
    there_are = ", ".join(f'"{name}"' for name in own or names)
    raise StartError(
        f'No {part} is called "{name}"; there are: {there_are}{_held(part)}. '
        f"Plug it in, or put a part of one of these names, or default, under {_key(part)}.",
        _UNAVAILABLE,  # it may only be unplugged: systemd is to try again
    )


def open_stream(
    owner: PortAudio,
    part: Part,
    device: Device,
    wanted_hz: int,
    make: Callable[[Shape], End],
) -> tuple[pyaudio.PyAudio.Stream, End]:
    """Open and start a callback stream at the wanted rate, else at one the device takes.

    ``make`` makes our end of the stream for each shape that is tried; the one that works
    is returned with the stream. Raises StartError when none does.
    """
    trouble: OSError | None = None
    direction = "input" if part == "microphone" else "output"
    for shape in _shapes(device, wanted_hz):
        end = make(shape)
        try:
            with _quiet_stderr():
                stream = owner.library.open(
                    rate=shape.rate_hz,
                    channels=shape.channels,
                    format=pyaudio.paInt16,
                    frames_per_buffer=end.block_samples,
                    stream_callback=end.callback,
                    **{direction: True, f"{direction}_device_index": device.index},
                )
        except OSError as err:
            trouble = err
            if err.errno == pyaudio.paDeviceUnavailable:
                break  # in any shape; PortAudio waits a second for it each time
            continue
        return stream, end
    raise _refusal(part, device, trouble) from trouble


def _shapes(device: Device, wanted_hz: int) -> list[Shape]:
    """Return what to try: the wanted rate first, and mono before stereo."""
    rates = dict.fromkeys((wanted_hz, device.native_hz, *_USUAL_HZ))
    most = min(device.channels, _USED_CHANNELS)
    return [Shape(rate, channels) for rate in rates for channels in range(1, most + 1)]


def _refusal(part: Part, device: Device, trouble: OSError | None) -> StartError:
    name = f'The {part} "{plain(device.name)}"'
    if trouble is not None and trouble.errno == pyaudio.paDeviceUnavailable:
        who = " and ".join(holders(part)) or "another program"
        sentence = f"{name} is in use by {who}. End that one"
    else:
        sentence = f"{name} cannot be opened ({trouble}). Check its plug and the sound server"
    return StartError(f"{sentence}, or choose another under {_key(part)}.", _UNAVAILABLE)


def holders(part: Part, proc: Path = Path("/proc")) -> list[str]:
    """Return which other programs have a sound card's device of this kind open, if we may know.

    Empty where the kernel has no sound cards or hides other people's processes.
    """
    direction = "c" if part == "microphone" else "p"
    found = []
    for status in sorted(proc.glob(f"asound/card*/pcm*{direction}/sub*/status")):
        with suppress(OSError):
            owner = re.search(r"^owner_pid\s*:\s*(\d+)$", status.read_text(), re.MULTILINE)
            if owner is None or int(owner[1]) in (os.getpid(), os.getppid()):
                continue
            program = (proc / owner[1] / "comm").read_text().strip()
            found.append(f"{program} (process {owner[1]})")
    return list(dict.fromkeys(found))


def _held(part: Part) -> str:
    """Return who may have it, for a sentence: a device in use is not always listed."""
    who = holders(part)
    return f" (in use by {' and '.join(who)})" if who else ""


def devices_for(owner: PortAudio, part: Part) -> list[Device]:
    """Return every device that can do this part; one in use is not always among them."""
    library = owner.library
    channels_key = "maxInputChannels" if part == "microphone" else "maxOutputChannels"
    found = []
    for index in range(library.get_device_count()):
        info = library.get_device_info_by_index(index)
        channels = int(info[channels_key])
        if channels > 0:
            rate_hz = round(float(info["defaultSampleRate"]))
            found.append(Device(index, str(info["name"]), channels, rate_hz))
    return found


def rates_of(owner: PortAudio, part: Part, device: Device) -> list[int]:
    """Return which of the usual rates the device takes by itself; none while it is in use."""
    direction = "input" if part == "microphone" else "output"
    channels = min(device.channels, _USED_CHANNELS)
    found = []
    for rate_hz in sorted({16_000, 24_000, device.native_hz, *_USUAL_HZ}):
        asked = {f"{direction}_device": device.index, f"{direction}_channels": channels}
        with suppress(ValueError), _quiet_stderr():  # the library's way to say no
            owner.library.is_format_supported(
                rate_hz, **asked, **{f"{direction}_format": pyaudio.paInt16}
            )
            found.append(rate_hz)
    return found


def _default_index(owner: PortAudio, part: Part) -> int | None:
    library = owner.library
    try:
        if part == "microphone":
            info = library.get_default_input_device_info()
        else:
            info = library.get_default_output_device_info()
    except OSError:
        return None
    return int(info["index"])


def plain(name: str) -> str:
    """Return a device's name without its numbers, which change with the order of plugging."""
    return name.partition("(hw:")[0].strip()


def _key(part: Part) -> str:
    return "[audio] input" if part == "microphone" else "[audio] output"


def _silence_alsa() -> None:
    try:
        alsa = ctypes.CDLL("libasound.so.2")
    except OSError:
        return
    # The handler runs on PortAudio's threads, also while the interpreter ends, so it must
    # not be Python. In the C calling convention any function may be given arguments it
    # does not look at, and getpid has no effect.
    alsa.snd_lib_error_set_handler(ctypes.CDLL(None).getpid)


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
