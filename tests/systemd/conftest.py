"""One machine with a real systemd for all tests, and on it a kiosk that is ready for each."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kiosk.adapters.virtual_sound import MICROPHONE, SPEAKER, virtual_sound
from tests.e2e import voices
from tests.systemd.kiosk_unit import UNIT, KioskUnit
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
SERVICES = ("kiosk", "kiosk-local-live", "kiosk-fault-light", "kiosk-reboot-guard")
INSIDE = """\
[Service]
Type=oneshot
Restart=no
WatchdogSec=0
LogLevelMax=debug
ExecCondition=
ExecStart=
ExecStart=/opt/kiosk/current/bin/python /opt/kiosk/trying.py
ExecStopPost=
StateDirectory=
StateDirectory=%p
RuntimeDirectory=
RuntimeDirectory=%p
StandardOutput=truncate:/var/log/%p.json
"""
"""Another program in the sandbox of a unit."""
RECORDING = f"""\
{INSIDE}
ExecStart=
ExecStart=/opt/kiosk/current/bin/python /opt/kiosk/recording.py
"""
HOLDING = """\
[Service]
ExecStart=
ExecStart=/opt/kiosk/current/bin/python /opt/kiosk/holding.py
RestartSec=1
Environment=PYTHONPATH=/opt/kiosk/pins
ReadWritePaths=-/opt/lines
RuntimeDirectory=
RuntimeDirectory=%p
"""
PRETENDED_PINS = """\
[Service]
Environment=PYTHONPATH=/opt/kiosk/pins KIOSK_CONFIG=/etc/kiosk/none.toml
ReadWritePaths=-/opt/lines
"""
REMEMBERING = """\
[Service]
ExecStart=
ExecStart=/opt/kiosk/current/bin/python /opt/kiosk/remembering.py
WatchdogSec=0
ExecStopPost=
RuntimeDirectory=
RuntimeDirectory=%p
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
    services = {name: (UNITS / f"{name}.service").read_text() for name in SERVICES}
    units = {
        "kiosk.service.d/sound.conf": f"[Service]\n{lines}",
        "kiosk-fault-light.service.d/pins.conf": PRETENDED_PINS,
        "remembering.service": services["kiosk"],
        "remembering.service.d/program.conf": REMEMBERING,
        "recording.service": services["kiosk"],
        "recording.service.d/program.conf": RECORDING,
        "kiosk-reboot-guard.timer": (UNITS / "kiosk-reboot-guard.timer").read_text(),
        "holding.service": services["kiosk"],
        "holding.service.d/program.conf": HOLDING,
    }
    for name, text in services.items():
        units |= {f"{name}.service": text, f"inside-{name}.service": text}
        units[f"inside-{name}.service.d/program.conf"] = INSIDE
    files = {"/etc/kiosk/kiosk.toml": CONFIG}
    binds = {voices.phrases(): "/opt/phrases"}
    with ExitStack() as stack:
        try:
            booted = stack.enter_context(machine(root, units, files, binds))
        except CannotBoot as why:
            pytest.skip(f"no machine with a systemd of its own here: {why}")
        yield booted


@pytest.fixture
def kiosk(booted: Machine) -> KioskUnit:
    """A kiosk that is ready, whatever was done to it before."""
    booted.run("rm", "-f", "/run/kiosk-falls")  # it fell often, for the tests
    booted.run("systemctl", "start", "--no-block", UNIT)
    kiosk = KioskUnit(booted)
    kiosk.until_ready()
    return kiosk
