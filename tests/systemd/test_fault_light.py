"""The light of a kiosk that is dead, on pretended pins: within seconds it is ready no more.

The unit of the kiosk, with a program that holds the light's line as the daemon does; the unit
and the program of the fault light, unchanged.
"""

import signal
from collections.abc import Iterator

import pytest

from tests.systemd.kiosk_unit import show
from tests.systemd.machine import Machine, holds, monotonic_s

DAEMON = "holding.service"
LIGHT = "kiosk-fault-light.service"
PROMISED_S = 3.0
GENEROUS_S = 20.0
LINE = "/opt/lines/18"


@pytest.fixture
def machine(booted: Machine) -> Iterator[Machine]:
    """A machine whose light says ready."""
    booted.run("sh", "-ec", "touch /dev/gpiochip0; mkdir -p /opt/lines; chown kiosk: /opt/lines")
    booted.run("systemctl", "start", DAEMON)
    yield booted
    booted.run("systemctl", "stop", DAEMON, LIGHT)


@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP], ids=lambda fault: fault.name)
def test_the_light_of_a_dead_kiosk_does_not_say_ready(
    machine: Machine, fault: signal.Signals
) -> None:
    dead = machine.pid(DAEMON)
    assert machine.run("cat", LINE).split() == ["1", str(dead)]

    began = monotonic_s()
    machine.signal(DAEMON, fault)
    holds(lambda: _owner(machine) != str(dead), "the light is taken", GENEROUS_S)
    took_s = monotonic_s() - began

    show(f"{fault.name}: no longer ready after {took_s:.2f} s; promised {PROMISED_S:g} s")
    assert took_s < GENEROUS_S


def test_the_next_kiosk_gets_its_light_back_at_once(machine: Machine) -> None:
    before, dead = int(machine.show(DAEMON, "NRestarts")[0]), machine.pid(DAEMON)
    machine.signal(DAEMON, signal.SIGKILL)
    holds(lambda: machine.pid(LIGHT), "the light is taken", GENEROUS_S)

    def back() -> bool:
        now = machine.pid(DAEMON)
        return now not in (0, dead) and machine.show(DAEMON, "ActiveState") == ["active"]

    holds(back, "the next one is ready", GENEROUS_S)

    assert _owner(machine) == str(machine.pid(DAEMON))
    assert int(machine.show(DAEMON, "NRestarts")[0]) == before + 1
    holds(lambda: machine.pid(LIGHT) == 0, "the fault light has gone", GENEROUS_S)


def test_a_kiosk_that_was_stopped_leaves_no_fault(machine: Machine) -> None:
    machine.run("systemctl", "stop", DAEMON)

    assert machine.show(LIGHT, "ActiveState") == ["inactive"]


def _owner(machine: Machine) -> str:
    return machine.run("cat", LINE).split()[1]
