"""One machine with a real systemd for all tests, and on it a kiosk that is ready for each."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.adapters.virtual_sound import MICROPHONE, SPEAKER, virtual_sound
from tests.e2e import voices
from tests.systemd.kiosk_unit import KioskUnit
from tests.systemd.machine import REPOSITORY, CannotBoot, Machine, machine

UNITS = REPOSITORY / "systemd"
CONFIG = f"""\
[audio]
input = "{MICROPHONE}"
output = "{SPEAKER}"
[button]
kind = "none"
[phrases]
directory = "/opt/phrases"
"""
REMEMBERING = """\
[Service]
ExecStart=
ExecStart=/opt/kiosk/.venv/bin/python /opt/kiosk/remembering.py
WatchdogSec=0
"""


@pytest.fixture(scope="session")
def sound() -> Iterator[tuple[Path, dict[str, str]]]:
    """The directory of a virtual sound card, and what names it there to a process inside."""
    with tempfile.TemporaryDirectory(prefix="kiosk-card-") as place, asyncio.Runner() as runner:
        directory = Path(place)
        directory.chmod(0o755)  # the kiosk is another user
        opening = virtual_sound(directory)
        card = runner.run(opening.__aenter__())
        inside = {name: at.replace(place, "/opt/sound") for name, at in card.env.items()}
        del inside["PULSE_COOKIE"]
        yield directory, inside
        runner.run(opening.__aexit__(None, None, None))


@pytest.fixture(scope="session")
def booted(sound: tuple[Path, dict[str, str]]) -> Iterator[Machine]:
    """A machine with the real unit files."""
    directory, environment = sound
    lines = "".join(f"Environment={name}={at}\n" for name, at in environment.items())
    kiosk = (UNITS / "kiosk.service").read_text()
    units = {
        "kiosk.service": kiosk,
        "kiosk.service.d/sound.conf": f"[Service]\n{lines}",
        "kiosk-local-live.service": (UNITS / "kiosk-local-live.service").read_text(),
        "remembering.service": kiosk,
        "remembering.service.d/program.conf": REMEMBERING,
    }
    files = {"/etc/kiosk/kiosk.toml": CONFIG}
    binds = {directory: "/opt/sound", voices.phrases(): "/opt/phrases"}
    try:
        opening = machine(units, files, binds)
        booted = opening.__enter__()
    except CannotBoot as why:
        pytest.skip(f"no machine with a systemd of its own here: {why}")
    yield booted
    opening.__exit__(None, None, None)


@pytest.fixture(scope="session")
def _started(booted: Machine) -> KioskUnit:
    booted.run("systemctl", "start", "kiosk.service")
    return KioskUnit(booted)


@pytest.fixture
def kiosk(_started: KioskUnit) -> KioskUnit:
    """A kiosk that is ready, whatever was done to it before."""
    _started.until_ready()
    return _started
