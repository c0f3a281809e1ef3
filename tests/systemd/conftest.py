"""One machine with a real systemd for all tests, and on it a kiosk that is ready for each."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kiosk.adapters.virtual_sound import MICROPHONE, SPEAKER, virtual_sound
from tests.e2e import voices
from tests.systemd.kiosk_unit import KioskUnit
from tests.systemd.machine import REPOSITORY, CannotBoot, Machine, empty_root, machine

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
ExecStart=/opt/kiosk/current/bin/python /opt/kiosk/remembering.py
WatchdogSec=0
"""


@pytest.fixture(scope="session")
def root() -> Iterator[Path]:
    """The root of the machine, empty yet."""
    with ExitStack() as stack:
        try:
            root = stack.enter_context(empty_root())
        except CannotBoot as why:
            pytest.skip(f"no machine with a systemd of its own here: {why}")
        yield root


@pytest.fixture(scope="session")
def sound(root: Path) -> Iterator[dict[str, str]]:
    """A virtual sound card, and what names it to a process inside the machine."""
    with asyncio.Runner() as runner:
        opening = virtual_sound(root / "opt/sound")
        card = runner.run(opening.__aenter__())
        yield {
            name: at.replace(str(root), "")
            for name, at in card.env.items()
            if name != "PULSE_COOKIE"
        }
        runner.run(opening.__aexit__(None, None, None))


@pytest.fixture(scope="session")
def booted(root: Path, sound: dict[str, str]) -> Iterator[Machine]:
    """A machine with the real unit files."""
    lines = "".join(f"Environment={name}={at}\n" for name, at in sound.items())
    kiosk = (UNITS / "kiosk.service").read_text()
    units = {
        "kiosk.service": kiosk,
        "kiosk.service.d/sound.conf": f"[Service]\n{lines}",
        "kiosk-local-live.service": (UNITS / "kiosk-local-live.service").read_text(),
        "remembering.service": kiosk,
        "remembering.service.d/program.conf": REMEMBERING,
    }
    files = {"/etc/kiosk/kiosk.toml": CONFIG}
    binds = {voices.phrases(): "/opt/phrases"}
    with ExitStack() as stack:
        try:
            booted = stack.enter_context(machine(root, units, files, binds))
        except CannotBoot as why:
            pytest.skip(f"no machine with a systemd of its own here: {why}")
        yield booted


@pytest.fixture(scope="session")
def _started(booted: Machine) -> KioskUnit:
    booted.run("systemctl", "start", "kiosk.service")
    return KioskUnit(booted)


@pytest.fixture
def kiosk(_started: KioskUnit) -> KioskUnit:
    """A kiosk that is ready, whatever was done to it before."""
    _started.until_ready()
    return _started
