"""The reboot guard under a real systemd, with a reboot that is only pretended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.commands.reboot_guard import NOT_READY_S
from tests.systemd.machine import Machine, monotonic_s

GUARD = "kiosk-reboot-guard.service"
TIMER = "kiosk-reboot-guard.timer"
RECORD = "/var/lib/kiosk-reboot-guard/rebooted"
DROP_IN = Path("/etc/systemd/system/kiosk.service.d/zz-never-ready.conf")
PRETENDED = "[Unit]\nDescription=Nothing\nDefaultDependencies=no\n"
NEVER_READY = "[Service]\nExecStart=\nExecStart=/bin/false\nRestart=no\nExecStopPost=\n"


@pytest.fixture
def machine(booted: Machine) -> Iterator[Machine]:
    """A machine that cannot reboot, and remembers no reboot."""
    _write(booted, Path("/etc/systemd/system/reboot.target"), PRETENDED)
    booted.run("rm", "-f", RECORD)
    yield booted
    booted.run("systemctl", "stop", "reboot.target")
    booted.run("rm", "-f", "/etc/systemd/system/reboot.target", str(DROP_IN), RECORD)
    booted.run("systemctl", "daemon-reload")
    booted.run("systemctl", "reset-failed")


def test_a_machine_whose_kiosk_is_never_ready_starts_again(machine: Machine) -> None:
    if monotonic_s() < NOT_READY_S:
        pytest.skip("the machine under this one has to be up for ten minutes: it is its clock")
    machine.run("systemctl", "stop", "kiosk.service")
    _write(machine, DROP_IN, NEVER_READY)
    machine.run("systemctl", "start", "kiosk.service", check=False)

    machine.run("systemctl", "start", GUARD)

    assert _reboots(machine)
    assert machine.run("ls", RECORD).strip() == RECORD


def test_a_machine_whose_kiosk_was_stopped_by_somebody_stays_up(machine: Machine) -> None:
    machine.run("systemctl", "stop", "kiosk.service")

    machine.run("systemctl", "start", GUARD)

    assert not _reboots(machine)


def test_its_timer_has_it_look_in_a_moment(machine: Machine) -> None:
    machine.run("systemctl", "start", TIMER)
    (state, next_look) = machine.show(TIMER, "ActiveState", "NextElapseUSecMonotonic")
    machine.run("systemctl", "stop", TIMER)

    assert state == "active"
    assert next_look not in ("", "infinity")


def _write(machine: Machine, file: Path, text: str) -> None:
    at = machine.root / file.relative_to("/")
    at.parent.mkdir(exist_ok=True)
    at.write_text(text)
    machine.run("systemctl", "daemon-reload")


def _reboots(machine: Machine) -> bool:
    return machine.show("reboot.target", "ActiveState") == ["active"]
