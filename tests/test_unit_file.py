"""The service units: what systemd makes of them, and what the kiosk relies on."""

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.adapters.fault_light import SOCKET
from kiosk.adapters.local_service import ANNOUNCEMENT
from kiosk.config_file import CREDENTIAL, SHOP_CREDENTIAL

UNITS = Path(__file__).parent.parent / "systemd"
KIOSK = UNITS / "kiosk.service"
LOCAL_LIVE = UNITS / "kiosk-local-live.service"
FAULT_LIGHT = UNITS / "kiosk-fault-light.service"
GUARD = UNITS / "kiosk-reboot-guard.service"
GUARD_TIMER = UNITS / "kiosk-reboot-guard.timer"
SERVICES = [KIOSK, LOCAL_LIVE, FAULT_LIGHT, GUARD]
SINCE_254 = ("RestartSteps", "RestartMaxDelaySec")
"""Debian 12 has systemd 252, which ignores them and says so."""
MOST_EXPOSED = 1.5
"""Of ten, as ``systemd-analyze security`` counts."""


def section(unit: Path, name: str) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd tells cases apart
    parser.read_string(unit.read_text().replace("\\\n", " "))
    return parser[name]


@pytest.fixture
def service() -> configparser.SectionProxy:
    return section(KIOSK, "Service")


@pytest.fixture
def local() -> configparser.SectionProxy:
    return section(LOCAL_LIVE, "Service")


def test_it_comes_back_after_every_end_but_a_wrong_configuration(
    service: configparser.SectionProxy,
) -> None:
    assert service["Type"] == "notify"
    assert service["NotifyAccess"] == "main"
    assert service["Restart"] == "always"
    assert service["RestartPreventExitStatus"] == "78"
    assert section(KIOSK, "Unit")["StartLimitIntervalSec"] == "0"


def test_a_kiosk_that_fell_often_is_still_back_within_the_promise(
    service: configparser.SectionProxy,
) -> None:
    assert service["RestartSec"] == "100ms"
    assert int(service["RestartSteps"]) > 1
    assert int(service["RestartMaxDelaySec"]) <= 2  # of four, and systemd forgets no fall


def test_a_hung_kiosk_is_noticed_soon_enough_and_leaves_its_stack(
    service: configparser.SectionProxy,
) -> None:
    assert 1 <= int(service["WatchdogSec"]) <= 3
    assert service["TimeoutAbortSec"] == "500ms"
    assert service.get("WatchdogSignal", "SIGABRT") == "SIGABRT"
    assert service["LimitCORE"] == "0"  # a core file holds what was said


def test_a_visit_may_be_kept_while_the_kiosk_is_dead(service: configparser.SectionProxy) -> None:
    assert int(service["FileDescriptorStoreMax"]) >= 1
    assert "FileDescriptorStorePreserve" not in service  # over a restart, and no longer


def test_the_commands_are_ours(
    service: configparser.SectionProxy, local: configparser.SectionProxy
) -> None:
    assert service["ExecStart"] == "/opt/kiosk/current/bin/kiosk run"
    assert local["ExecStart"].startswith("/opt/kiosk/current/bin/kiosk live-server ")
    for unit, start, command in (
        (FAULT_LIGHT, "ExecStart", "fault-light"),
        (GUARD, "ExecCondition", "reboot-guard"),
    ):
        assert section(unit, "Service")[start] == f"/opt/kiosk/current/bin/kiosk {command}"


def test_the_kiosk_finds_the_local_service_where_its_unit_puts_it(
    local: configparser.SectionProxy,
) -> None:
    assert ANNOUNCEMENT.parent == Path("/run") / local["RuntimeDirectory"]
    assert local["ExecStart"].endswith("--announce ${RUNTIME_DIRECTORY}/" + ANNOUNCEMENT.name)
    assert "RuntimeDirectoryPreserve" not in local  # no directory: nothing runs, nor starts
    assert LOCAL_LIVE.name in section(KIOSK, "Unit")["Wants"].split()
    assert LOCAL_LIVE.name in section(KIOSK, "Unit")["After"].split()
    assert local["Type"] == "exec"  # its directory is there before the kiosk looks


def test_the_local_service_keeps_its_address_and_stands_back_for_the_kiosk(
    local: configparser.SectionProxy,
) -> None:
    assert re.search(r"--port [1-9]\d+ ", local["ExecStart"])
    assert "--host" not in local["ExecStart"]  # loopback is the default
    assert local["Restart"] == "always"
    assert int(local["Nice"]) > 0
    assert {"CPUWeight", "MemoryMax", "TasksMax"} <= set(local)


def test_it_starts_without_a_network() -> None:
    for unit in SERVICES:
        assert "network-online" not in unit.read_text().replace("network is online", "")
        assert "Requires" not in section(unit, "Unit")
        assert "BindsTo" not in section(unit, "Unit")


def test_a_microphone_plugged_in_later_is_not_locked_out(
    service: configparser.SectionProxy,
) -> None:
    unit = section(KIOSK, "Unit")

    assert "DeviceAllow=char-alsa rw\n" in KIOSK.read_text()
    assert "modprobe@snd.service" in unit["Wants"].split()
    assert "modprobe@snd.service" in unit["After"].split()
    assert "PrivateDevices" not in service


def test_the_local_service_is_watched_too(local: configparser.SectionProxy) -> None:
    assert int(local["WatchdogSec"]) <= 30
    assert local["NotifyAccess"] == "main"


def test_no_unit_leaves_a_core_file_or_takes_all_the_memory() -> None:
    for unit in SERVICES:
        service = section(unit, "Service")
        assert service["LimitCORE"] == "0"
        assert {"MemoryMax", "TasksMax"} <= set(service)


def test_the_kiosk_runs_as_one_user_that_the_fault_light_shares(
    service: configparser.SectionProxy,
) -> None:
    light = section(FAULT_LIGHT, "Service")

    assert service["User"] == light["User"] == "kiosk"
    assert "gpio" in service["SupplementaryGroups"].split()
    assert light["SupplementaryGroups"] == "gpio"
    assert SOCKET.parent == Path("/run") / light["RuntimeDirectory"]
    assert FAULT_LIGHT.name in service["ExecStopPost"]
    assert service["Environment"] == f"LG_WD=/run/{service['RuntimeDirectory']}"


def test_a_key_is_given_to_the_kiosk_alone_and_may_be_missing() -> None:
    text = KIOSK.read_text()
    for name in (CREDENTIAL, SHOP_CREDENTIAL):
        assert f"\nLoadCredential={name}:/etc/kiosk/credentials/{name}\n" in text
        assert f"\nSetCredential={name}:\\n\n" in text
    for unit in (LOCAL_LIVE, FAULT_LIGHT, GUARD):
        assert "Credential" not in unit.read_text()


def test_the_guard_looks_often_and_keeps_what_it_did_over_a_reboot() -> None:
    timer = section(GUARD_TIMER, "Timer")

    assert timer["OnUnitInactiveSec"] == "1min"
    assert "StateDirectory" in section(GUARD, "Service")
    assert section(GUARD_TIMER, "Install")["WantedBy"] == "timers.target"


def test_the_boards_watchdog_is_one_the_board_can_do() -> None:
    manager = section(UNITS / "system.conf.d/90-kiosk.conf", "Manager")

    assert 5 <= int(manager["RuntimeWatchdogSec"]) < 16


def test_the_journal_survives_a_reboot_and_never_fills_the_card() -> None:
    journal = section(UNITS / "journald.conf.d/90-kiosk.conf", "Journal")

    assert journal["Storage"] == "persistent"
    assert {"SystemMaxUse", "SystemKeepFree", "RuntimeMaxUse"} <= set(journal)


@pytest.mark.parametrize("unit", [*SERVICES, GUARD_TIMER], ids=lambda unit: unit.name)
def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path, unit: Path) -> None:
    for each in (*SERVICES, GUARD_TIMER):
        installed = each.read_text().replace("/opt/kiosk/current/bin/kiosk", sys.executable)
        (tmp_path / each.name).write_text(installed)

    checked = _analyze("verify", "--man=no", str(tmp_path / unit.name))

    about_us = [line for line in checked.stderr.splitlines() if "kiosk" in line]
    if _systemd_version() < 254:
        about_us = [line for line in about_us if not any(f"'{key}'" in line for key in SINCE_254)]
    assert about_us == []
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_it_can_do_little_harm(unit: Path) -> None:
    checked = _analyze("security", "--offline=true", "--no-pager", str(unit))

    exposure = re.search(r"exposure level for \S+: ([\d.]+)", checked.stdout)
    assert exposure is not None, checked.stdout + checked.stderr
    assert float(exposure[1]) <= MOST_EXPOSED


def _systemd_version() -> int:
    found = re.match(r"systemd (\d+)", _analyze("--version").stdout)
    assert found is not None
    return int(found[1])


def _analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not here")
    return subprocess.run([analyze, *arguments], check=False, capture_output=True, text=True)
