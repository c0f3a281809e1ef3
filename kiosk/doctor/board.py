"""The computer itself: board and system, heat and power, the clock, versions."""

import asyncio
import platform
import re
from datetime import UTC, datetime
from importlib import metadata
from typing import Final

from kiosk import __version__
from kiosk.adapters.machine import undervoltage, warmest_c
from kiosk.core.clock import lowest, trouble_with
from kiosk.doctor.finding import Examined, Finding, State, on_a_thread, said_by, text_of

HOT_C: Final = 80.0
"""Where a Pi begins to slow down."""
_THROTTLED: Final = {
    0: "the supply gives too little voltage",
    1: "the processor is held back",
    2: "the processor is throttled",
    3: "it is too warm",
}
_WEAK_SUPPLY: Final = 1 << 0
_SINCE_BOOT: Final = 16  # the same, as it has been at least once


@on_a_thread
def check_board(kiosk: Examined) -> Finding:
    """Look which board and which system this is, and whether the kiosk is made for them."""
    model = text_of(kiosk.root / "proc/device-tree/model") or "no Raspberry Pi"
    release = _assignments(text_of(kiosk.root / "etc/os-release") or "")
    system = release.get("PRETTY_NAME", "an unknown system")
    issue = text_of(kiosk.root / "etc/rpi-issue")
    if issue:
        system = f"{issue.splitlines()[0]} ({system})"
    machine = platform.machine()
    kernel = text_of(kiosk.root / "proc/sys/kernel/osrelease") or "unknown"
    says = f"{model}; {system}; {machine}, Linux {kernel}"
    if machine not in ("aarch64", "x86_64"):
        return Finding(State.ILL, says, "install the 64-bit system")
    family = {release.get("ID", ""), *release.get("ID_LIKE", "").split()}
    if not family & {"debian", "raspbian"} or release.get("VERSION_ID") not in ("12", "13"):
        return Finding(State.OPEN, says, "the kiosk is made for Debian and Raspberry Pi OS 12, 13")
    return Finding(State.WELL, says)


async def check_heat(kiosk: Examined) -> Finding:
    """Look how warm it is, and whether the supply or the heat holds the processor back."""
    warmest = await asyncio.to_thread(warmest_c, kiosk.root)
    weak = await asyncio.to_thread(undervoltage, kiosk.root)
    flags = await _throttle_flags(kiosk)
    if weak:  # newer kernels tell it here, and not every system has the firmware's program
        flags = (flags or 0) | _WEAK_SUPPLY
    if warmest is None and flags is None:
        return Finding(State.OPEN, "this board tells neither its temperature nor throttling")
    says = "temperature not told" if warmest is None else f"{warmest:.0f} °C"
    now, before = _troubles(flags or 0, 0), _troubles(flags or 0, _SINCE_BOOT)
    if now:
        return Finding(State.ILL, f"{says}; {', '.join(now)}", _heat_to_do(now))
    if warmest is not None and warmest >= HOT_C:
        return Finding(State.ILL, f"{says} is too warm", "let air to the board, or a heat sink")
    if before:
        says = f"{says}; since it was switched on: {', '.join(before)}"
        return Finding(State.OPEN, says, _heat_to_do(before))
    return Finding(State.WELL, says if flags is None else f"{says}, never throttled")


def _troubles(flags: int, shift: int) -> list[str]:
    return [words for bit, words in _THROTTLED.items() if flags >> shift & 1 << bit]


def _heat_to_do(troubles: list[str]) -> str:
    if _THROTTLED[0] in troubles:
        return "use the board's own supply and a short cable"
    return "let air to the board, or a heat sink"


async def _throttle_flags(kiosk: Examined) -> int | None:
    """Return the firmware's flags: from the kernel where it tells them, else from vcgencmd."""
    files = (kiosk.root / "sys/devices/platform").glob("**/get_throttled")
    texts = await asyncio.to_thread(lambda: [text_of(file) for file in files])
    text = next((text for text in texts if text), None) or await said_by(
        "vcgencmd", "get_throttled"
    )
    found = re.search(r"(?:0x)?([0-9a-fA-F]+)$", text or "")
    return int(found[1], 16) if found else None


async def check_clock(_: Examined) -> Finding:
    """Look whether the clock was ever set, and whether somebody keeps it right."""
    now = datetime.now(UTC)  # noqa: TID251 - what the wall clock says is the question
    told = await said_by("timedatectl", "show")
    return judged_clock(now, _assignments(told or ""))


def judged_clock(now: datetime, told: dict[str, str]) -> Finding:
    """Return what there is to say of a clock, given what ``timedatectl show`` told."""
    says = f"{now:%Y-%m-%d %H:%M} UTC"
    zone = told.get("Timezone")
    says += f", shown as {zone}" if zone else ""
    if trouble_with(now.timestamp(), lowest(None), set_by_network=False) == "behind":
        to_do = "connect the network so that it is set; until then no certificate holds"
        return Finding(State.ILL, f"{says}: never set", to_do)
    if told.get("NTPSynchronized") == "yes":
        return Finding(State.WELL, f"{says}, synchronised")
    if "NTPSynchronized" not in told:
        return Finding(State.OPEN, f"{says}; whether it is kept right could not be told")
    if told.get("NTP") == "no":
        return Finding(State.ILL, f"{says}, not synchronised", "timedatectl set-ntp true")
    to_do = "look at the network: the time comes over UDP port 123"
    return Finding(State.ILL, f"{says}, not synchronised yet", to_do)


@on_a_thread
def check_versions(kiosk: Examined) -> Finding:
    """Say which versions of everything that matters run here."""
    kernel = text_of(kiosk.root / "proc/sys/kernel/osrelease") or "unknown"
    versions = {name: _version(name) for name in ("google-genai", "PyAudio", "gpiozero")}
    told = ", ".join(f"{name} {version or 'is missing'}" for name, version in versions.items())
    port_audio = _port_audio()
    says = (
        f"kiosk {__version__}, Python {platform.python_version()}, {told},"
        f" {port_audio or 'PortAudio does not load'}, Linux {kernel}"
    )
    if port_audio and all(versions.values()):
        return Finding(State.WELL, says)
    return Finding(State.ILL, says, "install the kiosk again")


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _port_audio() -> str:
    try:
        import pyaudio
    except ImportError:
        return ""
    text: str = pyaudio.get_portaudio_version_text()
    return text.partition(",")[0]


def _assignments(text: str) -> dict[str, str]:
    """Return the ``NAME=value`` lines of a file as a shell would read them."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
