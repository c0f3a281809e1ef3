"""The Debian that the kiosk stands on: whether it is one, and the packages it must have."""

import platform
import sys
from typing import Final

from scripts.appliance import made
from scripts.appliance.errors import UNAVAILABLE, Refused
from scripts.appliance.system import System

LARGEST: Final = sys.maxsize
"""Small where this Python, and so the system, is of 32 bits."""
_APT: Final = {"DEBIAN_FRONTEND": "noninteractive"}
_APT_WAITS_S: Final = 300  # a machine that was just started updates itself first
_NO_PACKAGES: Final = (
    "The Debian packages could not be installed: look at the network, and at 'apt-get update', and"
    " run this again."
)


def check_machine(system: System) -> None:
    """Raise Refused for a machine the kiosk is not made for."""
    if platform.machine() not in ("x86_64", "aarch64"):
        raise Refused(f"The kiosk runs on x86_64 and aarch64, and this is {platform.machine()}.")
    if LARGEST < 2**32:
        raise Refused(
            "This is a 32-bit system on a 64-bit board: flash Raspberry Pi OS Lite (64-bit), and"
            " run this again."
        )
    release = system.read("/etc/os-release")
    lines = (line.replace('"', "").partition("=") for line in release.splitlines())
    said = {key: value for key, _, value in lines}
    name, number = said.get("ID"), said.get("VERSION_ID")
    if name != "debian" or number not in ("12", "13"):
        raise Refused(
            f"This is {said.get('PRETTY_NAME', 'another system')}; the kiosk installs on Debian 12"
            " and 13 and on Raspberry Pi OS (64 bit) made of them.",
            UNAVAILABLE,
        )


def packages(version: str) -> list[str]:
    """Return the Debian packages the kiosk needs, to build and to run."""
    wanted = ["ca-certificates", "espeak-ng", "gcc", "libasound2-plugins", "libc6-dev"]
    wanted += ["libportaudio2", "libsystemd-dev", "openssh-client", "pkg-config"]
    wanted += ["portaudio19-dev", "python3-dev", "python3-venv", "util-linux"]
    return [*wanted, "swig"] if version == "3.13" else wanted  # lgpio has no wheel for 3.13


def place_packages(system: System, python_version: str) -> None:
    """Have them installed. Raises Refused."""
    missing = _missing(system, packages(python_version))
    if not missing:
        return
    system.note(f"Debian packages to be installed, which takes some minutes: {', '.join(missing)}.")
    made.note(system, "package", *missing)
    apt = ("apt-get", "-q", "-o", f"DPkg::Lock::Timeout={_APT_WAITS_S}")
    if not system.dry and system.ask("dpkg", "--audit")[1]:  # somebody was interrupted
        system.run("dpkg", "--configure", "-a", env=_APT, failing=_NO_PACKAGES)
    system.run(*apt, "update", env=_APT, failing=_NO_PACKAGES)
    how = ("install", "-y", "--no-install-recommends")
    system.run(*apt, *how, *missing, env=_APT, failing=_NO_PACKAGES)


def _missing(system: System, wanted: list[str]) -> list[str]:
    """Return which of these Debian packages are not installed."""
    _, said = system.ask("dpkg-query", "-W", "-f=${db:Status-Status} ${Package}\n", *wanted)
    there = {line.split()[1] for line in said.splitlines() if line.startswith("installed ")}
    return [name for name in wanted if name not in there]
