"""The service unit: what systemd makes of it, and what the kiosk relies on."""

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNIT = Path(__file__).parent.parent / "systemd" / "kiosk.service"


@pytest.fixture
def service() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd tells cases apart
    parser.read(UNIT)
    return parser["Service"]


def test_it_comes_back_after_every_end_but_a_wrong_configuration(
    service: configparser.SectionProxy,
) -> None:
    assert service["Type"] == "notify"
    assert service["Restart"] == "always"
    assert service["RestartPreventExitStatus"] == "78"
    assert "StartLimitIntervalSec=0" in UNIT.read_text()


def test_a_hung_kiosk_is_noticed_soon_enough(service: configparser.SectionProxy) -> None:
    assert 1 <= int(service["WatchdogSec"]) <= 3


def test_the_command_is_the_daemons(service: configparser.SectionProxy) -> None:
    assert re.fullmatch(r"/\S+/kiosk run", service["ExecStart"])


def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not here")
    installed = re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={sys.executable}", UNIT.read_text())
    copy = tmp_path / UNIT.name
    copy.write_text(installed)

    checked = subprocess.run(
        [analyze, "verify", "--man=no", copy], check=False, capture_output=True, text=True
    )

    about_us = [line for line in checked.stderr.splitlines() if UNIT.name in line]
    assert about_us == []
    assert checked.returncode == 0, checked.stderr
