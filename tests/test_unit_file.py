"""The service units: what systemd makes of them, and what the kiosk relies on."""

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.adapters.local_service import ANNOUNCEMENT

UNITS = Path(__file__).parent.parent / "systemd"
KIOSK = UNITS / "kiosk.service"
LOCAL_LIVE = UNITS / "kiosk-local-live.service"
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


def test_a_hung_kiosk_is_noticed_soon_enough_and_leaves_its_stack(
    service: configparser.SectionProxy,
) -> None:
    assert 1 <= int(service["WatchdogSec"]) <= 3
    assert int(service["TimeoutAbortSec"]) == 1
    assert service.get("WatchdogSignal", "SIGABRT") == "SIGABRT"
    assert service["LimitCORE"] == "0"  # a core file holds what was said


def test_a_visit_may_be_kept_while_the_kiosk_is_dead(service: configparser.SectionProxy) -> None:
    assert int(service["FileDescriptorStoreMax"]) >= 1
    assert "FileDescriptorStorePreserve" not in service  # over a restart, and no longer


def test_the_commands_are_ours(
    service: configparser.SectionProxy, local: configparser.SectionProxy
) -> None:
    assert re.fullmatch(r"/\S+/kiosk run", service["ExecStart"])
    assert re.match(r"/\S+/kiosk live-server ", local["ExecStart"])


def test_the_kiosk_finds_the_local_service_where_its_unit_puts_it(
    local: configparser.SectionProxy,
) -> None:
    assert ANNOUNCEMENT.parent == Path("/run") / local["RuntimeDirectory"]
    assert local["ExecStart"].endswith("--announce ${RUNTIME_DIRECTORY}/" + ANNOUNCEMENT.name)
    assert "RuntimeDirectoryPreserve" not in local  # no directory: nothing runs, nor starts
    assert section(KIOSK, "Unit")["Wants"] == LOCAL_LIVE.name
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


@pytest.mark.parametrize("unit", [KIOSK, LOCAL_LIVE], ids=lambda unit: unit.stem)
def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path, unit: Path) -> None:
    for each in (KIOSK, LOCAL_LIVE):
        installed = re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={sys.executable}", each.read_text())
        (tmp_path / each.name).write_text(installed)

    checked = _analyze("verify", "--man=no", str(tmp_path / unit.name))

    about_us = [line for line in checked.stderr.splitlines() if "kiosk" in line]
    assert about_us == []
    assert checked.returncode == 0, checked.stderr


def test_the_local_service_can_do_little_harm() -> None:
    checked = _analyze("security", "--offline=true", "--no-pager", str(LOCAL_LIVE))

    exposure = re.search(r"exposure level for \S+: ([\d.]+)", checked.stdout)
    assert exposure is not None, checked.stdout + checked.stderr
    assert float(exposure[1]) <= MOST_EXPOSED


def _analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not here")
    return subprocess.run([analyze, *arguments], check=False, capture_output=True, text=True)
