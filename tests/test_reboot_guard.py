"""When a machine whose kiosk is not ready starts again: late enough, and not too often."""

from pathlib import Path

import pytest

from kiosk.commands import reboot_guard
from kiosk.commands.reboot_guard import APART_S, NOT_READY_S, is_due, look
from scripts.appliance import __main__ as appliance
from scripts.appliance.system import System

FALLING = {
    "LoadState": "loaded",
    "ActiveState": "activating",
    "Result": "exit-code",
    "ExecMainStatus": "1",
    "ActiveExitTimestampMonotonic": "0",
    "WatchedSinceTimestampMonotonic": "0",
}


def test_a_kiosk_that_is_never_ready_has_ten_minutes() -> None:
    assert not is_due(FALLING, NOT_READY_S - 1, rebooted_before=False)
    assert is_due(FALLING, NOT_READY_S, rebooted_before=False)


def test_the_ten_minutes_count_from_when_it_was_ready_last() -> None:
    fell = FALLING | {"ActiveExitTimestampMonotonic": "5000000000"}

    assert not is_due(fell, 5000 + NOT_READY_S - 1, rebooted_before=False)
    assert is_due(fell, 5000 + NOT_READY_S, rebooted_before=False)


def test_a_kiosk_that_was_installed_on_a_machine_long_up_has_ten_minutes() -> None:
    new = FALLING | {"WatchedSinceTimestampMonotonic": "90000000000"}

    assert not is_due(new, 90000 + NOT_READY_S - 1, rebooted_before=False)
    assert is_due(new, 90000 + NOT_READY_S, rebooted_before=False)


def test_after_a_reboot_of_its_own_it_waits_for_an_hour() -> None:
    assert not is_due(FALLING, APART_S - 1, rebooted_before=True)
    assert is_due(FALLING, APART_S, rebooted_before=True)


@pytest.mark.parametrize(
    "unit",
    [
        FALLING | {"ActiveState": "active"},
        FALLING | {"ActiveState": "inactive", "Result": "success"},
        FALLING | {"ActiveState": "failed", "ExecMainStatus": "78"},
        FALLING | {"LoadState": "masked"},
        FALLING | {"LoadState": "not-found"},
    ],
    ids=["ready", "stopped by somebody", "wrong configuration", "masked", "not installed"],
)
def test_a_reboot_that_would_help_nobody_is_not_made(unit: dict[str, str]) -> None:
    assert not is_due(unit, 1e6, rebooted_before=False)


class Seen:
    """A machine of a given age, whose kiosk falls."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, state: Path) -> None:
        self.up_s = NOT_READY_S
        self._environ = {"STATE_DIRECTORY": str(state)}
        monkeypatch.setattr(reboot_guard, "_unit", lambda: FALLING)
        monkeypatch.setattr(reboot_guard, "_up_s", lambda: self.up_s)

    def reboots(self) -> bool:
        with pytest.raises(SystemExit) as ended:
            look(self._environ)
        return ended.value.code == 0


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Seen:
    return Seen(monkeypatch, tmp_path)


def test_it_remembers_its_reboot_over_the_reboot(seen: Seen) -> None:
    assert seen.reboots()
    assert not seen.reboots()

    seen.up_s = APART_S
    assert seen.reboots()


def test_a_card_that_takes_no_record_costs_no_more_than_a_reboot_an_hour(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = Seen(monkeypatch, tmp_path / "gone")
    assert not seen.reboots()

    seen.up_s = APART_S
    assert seen.reboots()


def test_a_machine_never_starts_again_under_the_hands_of_who_installs(
    seen: Seen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert reboot_guard.INSTALLING == appliance._LOCK
    for module, name in ((appliance, "_LOCK"), (reboot_guard, "INSTALLING")):
        monkeypatch.setattr(module, name, tmp_path / "lock")

    with appliance._alone(System()):
        assert not seen.reboots()

    assert seen.reboots()
