"""The light of a kiosk that is dead, on pretended pins: within seconds it is ready no more.

The unit of the kiosk, with a program that holds the light's line as the daemon does; the unit
and the program of the fault light, unchanged.
"""

import signal
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from kiosk.core.health import MANY_FALLS
from tests.systemd.kiosk_unit import UNIT, show
from tests.systemd.machine import Machine, holds, monotonic_s

DAEMON = "holding.service"
LIGHT = "kiosk-fault-light.service"
FALLS = "/run/kiosk-falls"
A_PAUSE_S = 1.0
"""Starting flickers; the pause between the flashes of a fault is longer than this."""
PROMISED_S = 3.0
GENEROUS_S = 20.0
LINE = "/opt/lines/18"


@pytest.fixture
def machine(booted: Machine) -> Iterator[Machine]:
    """A machine whose light says ready."""
    booted.run("rm", "-f", FALLS)
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


def test_every_fall_is_written_down_for_who_counts_them(machine: Machine) -> None:
    machine.run("rm", "-f", FALLS)
    for fall in (1, 2):
        machine.signal(DAEMON, signal.SIGKILL)
        holds(partial(_fell, machine, fall), "the fall is written down", GENEROUS_S)
        holds(partial(_is_up, machine), "the next one is ready", GENEROUS_S)

    assert machine.run("stat", "-c%a %U", FALLS).split() == ["644", "root"]
    machine.run("systemctl", "restart", DAEMON)  # which is none
    assert _fell(machine, 2)


@pytest.mark.parametrize(("falls", "needs_a_person"), [(1, False), (MANY_FALLS, True)])
def test_a_kiosk_that_falls_again_and_again_is_never_said_to_be_starting(
    machine: Machine, falls: int, needs_a_person: bool
) -> None:
    machine.run("systemctl", "stop", DAEMON)
    machine.run(
        "sh", "-c", f"for n in $(seq {falls}); do cut -d' ' -f1 /proc/uptime; done >{FALLS}"
    )

    machine.run("systemctl", "start", LIGHT)

    assert (_longest_dark_s(machine, 7.0) > A_PAUSE_S) is needs_a_person


def test_a_wrong_configuration_is_named_and_is_a_fault_of_the_software(machine: Machine) -> None:
    machine.run("systemctl", "stop", DAEMON, UNIT)
    config = machine.root / "etc/kiosk/kiosk.toml"
    right, cursor = config.read_text(), machine.cursor(UNIT)
    config.write_text("[talk]\nhold = 0.4\n")
    try:
        machine.run("systemctl", "start", UNIT, check=False)

        holds(lambda: machine.pid(LIGHT), "the light is taken", GENEROUS_S)
        assert machine.show(UNIT, "ActiveState", "ExecMainStatus") == ["failed", "78"]
        machine.run("journalctl", "--sync")
        lines = [str(line.get("MESSAGE")) for line in machine.journal(UNIT, cursor)]
        assert any("talk.hold is unknown; did you mean talk.hold_s?" in line for line in lines)
        holds(lambda: _longest_dark_s(machine, 7.0) > A_PAUSE_S, "F7", 2 * GENEROUS_S)
    finally:
        config.write_text(right)
        machine.run("systemctl", "stop", LIGHT)
        machine.run("systemctl", "reset-failed", UNIT)


def _fell(machine: Machine, times: int) -> bool:
    return len(machine.run("cat", FALLS, check=False).splitlines()) == times


def _is_up(machine: Machine) -> bool:
    return machine.show(DAEMON, "ActiveState") == ["active"] and machine.pid(LIGHT) == 0


def _longest_dark_s(machine: Machine, within_s: float) -> float:
    """Watch the light; return its longest pause."""
    line, longest_s = machine.root / LINE.lstrip("/"), 0.0
    dark_since = None
    pause, until = threading.Event(), monotonic_s() + within_s
    while (now := monotonic_s()) < until:
        if line.read_text().startswith("0"):
            dark_since = dark_since or now
            longest_s = max(longest_s, now - dark_since)
        else:
            dark_since = None
        pause.wait(0.02)
    return longest_s


def _owner(machine: Machine) -> str:
    return machine.run("cat", LINE).split()[1]
