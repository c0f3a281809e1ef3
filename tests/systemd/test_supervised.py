"""The real unit files under a real systemd: a kiosk that hangs or falls over comes back.

The daemon runs as in a shop, as a user of its own, on a virtual sound card; faults are caused
from outside by signals (see ``faults``). Figures are printed; a limit here is generous, because
the machine may be busy.
"""

import signal
from collections.abc import Iterator
from functools import partial

import pytest

from kiosk.runtime.health import LOOK_S
from tests.systemd import faults
from tests.systemd.kiosk_unit import UNIT, KioskUnit
from tests.systemd.machine import Machine, holds

GENEROUS_S = 20.0
LOCAL = "kiosk-local-live.service"
KILLS = 15


@pytest.fixture
def no_local_service(kiosk: KioskUnit) -> Iterator[None]:
    """The unit of the local service cannot start."""
    machine = kiosk.machine
    drop_in = machine.root / f"etc/systemd/system/{LOCAL}.d/never.conf"
    drop_in.parent.mkdir(exist_ok=True)
    drop_in.write_text("[Unit]\nConditionPathExists=/nowhere\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "stop", LOCAL)
    yield
    drop_in.unlink()
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", UNIT)


def test_systemd_knows_when_it_is_ready_and_what_it_is_doing(kiosk: KioskUnit) -> None:
    kiosk.until_status("Ready: the local Live service at 127.0.0.1:18443")
    assert kiosk.told()["doing"] == kiosk.status_text

    kiosk.command("press")
    kiosk.until_status("In a visit, listening")
    kiosk.command("mute")
    kiosk.until_status("Muted by staff")
    kiosk.command("unmute")
    kiosk.until_status("Ready: ")


def test_it_uses_the_service_that_stands_on_the_machine(kiosk: KioskUnit) -> None:
    machine = kiosk.machine
    kiosk.connects()

    assert "live-server" not in _processes(machine, UNIT)
    assert "live-server" in _processes(machine, LOCAL)
    users = {
        machine.run("ps", "-o", "user=", "-p", str(machine.pid(unit))) for unit in (UNIT, LOCAL)
    }
    assert len(users) == 2
    assert not any(user.startswith("root") for user in users)


def test_the_local_service_comes_back_without_the_kiosk_noticing(kiosk: KioskUnit) -> None:
    machine, before, local = kiosk.machine, kiosk.machine.pid(UNIT), kiosk.machine.pid(LOCAL)

    machine.signal(LOCAL, signal.SIGKILL)
    holds(
        lambda: machine.pid(LOCAL) not in (0, local) and _announced(machine),
        "the service is back",
        GENEROUS_S,
    )
    kiosk.connects()

    assert machine.pid(UNIT) == before


@pytest.mark.usefixtures("no_local_service")
def test_a_kiosk_beside_which_no_service_stands_starts_its_own(kiosk: KioskUnit) -> None:
    kiosk.machine.run("systemctl", "restart", UNIT)

    kiosk.until_status("Ready: the local Live service at 127.0.0.1:")
    assert "live-server" in _processes(kiosk.machine, UNIT)
    kiosk.connects()


def test_a_frozen_local_service_is_ended_and_comes_back(kiosk: KioskUnit) -> None:
    machine, before, local = kiosk.machine, kiosk.machine.pid(UNIT), kiosk.machine.pid(LOCAL)
    limit_s = int(machine.show(LOCAL, "WatchdogUSec")[0].removesuffix("s"))

    machine.signal(LOCAL, signal.SIGSTOP)
    holds(
        lambda: machine.pid(LOCAL) not in (0, local) and _announced(machine),
        "the service is back",
        limit_s + GENEROUS_S,
    )

    assert machine.pid(UNIT) == before


def test_a_blocked_event_loop_is_aborted_and_leaves_its_stack(kiosk: KioskUnit) -> None:
    recovery = kiosk.recovery_from(faults.BLOCK)

    assert recovery.says("Watchdog timeout")
    assert recovery.says("Fatal Python error: Aborted")
    assert recovery.says("in block_the_loop")
    assert recovery.says("Failed with result 'watchdog'")
    assert recovery.ready_s < GENEROUS_S


def test_a_frozen_process_is_ended_by_force(kiosk: KioskUnit) -> None:
    recovery = kiosk.recovery_from(signal.SIGSTOP)

    assert recovery.says("Watchdog timeout")
    assert recovery.ready_s < GENEROUS_S


def test_a_control_task_that_stands_still_is_named_and_the_kiosk_restarted(
    kiosk: KioskUnit,
) -> None:
    recovery = kiosk.recovery_from(faults.LOSE, saying="Stands still: control")

    named = [line for line in recovery.journal if "KIOSK_PART" in line]
    assert [line["KIOSK_PART"] for line in named] == ["control"]
    assert recovery.says("Watchdog timeout")
    assert recovery.ready_s < GENEROUS_S


def test_a_dead_capture_thread_does_not_leave_a_deaf_kiosk(kiosk: KioskUnit) -> None:
    machine = kiosk.machine
    deaf = machine.pid(UNIT)
    machine.signal(UNIT, faults.DEAFEN)
    holds(lambda: _is_gone(machine, deaf), "the deaf one is gone", GENEROUS_S)
    kiosk.until_ready()

    first = holds(lambda: _heard(kiosk), "the kiosk is there", GENEROUS_S)
    holds(lambda: _heard(kiosk) > first, "it hears", GENEROUS_S)


def test_a_kiosk_killed_again_and_again_still_comes_back(kiosk: KioskUnit) -> None:
    machine, before = kiosk.machine, kiosk.restarts
    for _ in range(KILLS):
        pid = holds(lambda: machine.pid(UNIT), "it is started again", GENEROUS_S)
        machine.run("kill", "-9", str(pid))
        holds(partial(_is_gone, machine, pid), "it is gone", GENEROUS_S)
    kiosk.until_ready()

    assert kiosk.restarts - before >= KILLS


def test_a_kiosk_that_leaks_starts_anew_once_nobody_is_there_and_that_is_no_fall(
    kiosk: KioskUnit,
) -> None:
    machine, leaking, cursor = kiosk.machine, kiosk.machine.pid(UNIT), kiosk.machine.cursor(UNIT)
    machine.signal(UNIT, faults.LEAK)

    holds(lambda: _is_gone(machine, leaking), "the leaking one is gone", LOOK_S + GENEROUS_S)
    assert machine.run("cat", "/run/kiosk-falls", check=False) == ""
    kiosk.until_ready()

    machine.run("journalctl", "--sync")
    lines = [str(line.get("MESSAGE")) for line in machine.journal(UNIT, cursor)]
    assert any("starts anew: it has too much files" in line for line in lines)
    assert any("Deactivated successfully" in line for line in lines)
    holds(lambda: kiosk.told()["faults"] == [], "the new one is well", GENEROUS_S)


def test_a_killed_kiosk_is_ready_again(kiosk: KioskUnit) -> None:
    assert kiosk.recovery_from(signal.SIGKILL).ready_s < GENEROUS_S


def test_a_customer_whose_kiosk_is_killed_in_mid_visit_goes_on(
    kiosk: KioskUnit, sound: dict[str, str]
) -> None:
    kiosk.command("press")
    card = [f"{name}={at}" for name, at in sound.items()]
    question = kiosk.machine.run(
        "find", "/opt/kiosk/current/lib/", "-name", "question-*.wav"
    ).split()
    kiosk.machine.run("env", *card, "paplay", "--device=kmicbus", *question)
    holds(lambda: kiosk.told()["phase"] == "followup", "the question is answered", 30.0)
    visit = kiosk.told()["visit"]

    kiosk.recovery_from(signal.SIGKILL)

    holds(lambda: kiosk.told()["phase"] == "followup", "the kiosk listens again", 10.0)
    told = kiosk.told()
    assert told["connected"]
    assert (told["visit"], told["turn"]) == (visit, 0)
    kiosk.command("mute")
    kiosk.command("unmute")


def _announced(machine: Machine) -> bool:
    return "endpoint.json" in machine.run("ls", "/run/kiosk-local-live", check=False)


def _is_gone(machine: Machine, pid: int) -> bool:
    return machine.pid(UNIT) != pid


def _processes(machine: Machine, unit: str) -> str:
    [group] = machine.show(unit, "ControlGroup")
    return machine.run("systemd-cgls", "--no-pager", "-l", group)


def _heard(kiosk: KioskUnit) -> int:
    try:
        return int(kiosk.told().get("frames_captured", 0))
    except AssertionError:  # it is being started again
        return 0
