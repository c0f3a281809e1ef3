"""What a technician is told of board, heat, clock, disk and unit."""

import asyncio
import os
import platform
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import pytest

from kiosk.doctor.board import check_board, check_heat, check_versions, judged_clock
from kiosk.doctor.disk import check_disk
from kiosk.doctor.finding import Check, Examined, Finding, State
from kiosk.doctor.unit import HELPERS, check_unit, judged_exposure, judged_helpers, judged_unit
from tests.doctor.conftest import Kiosk

PI_OS = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n'
PI = {
    "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
    "proc/sys/kernel/osrelease": "6.12.47+rpt-rpi-2712\n",
    "etc/os-release": PI_OS,
    "etc/rpi-issue": "Raspberry Pi reference 2025-10-01\nGenerated using pi-gen\n",
}
THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
WARMTH = "sys/class/thermal/thermal_zone0/temp"


def look(check: Check, kiosk: Examined) -> Finding:
    async def looked() -> Finding:
        return await check(kiosk)

    return asyncio.run(looked())


def test_the_board_and_its_system_are_named(kiosk: Kiosk) -> None:
    found = look(check_board, kiosk(PI))

    assert found == Finding(
        State.WELL,
        "Raspberry Pi 5 Model B Rev 1.0; Raspberry Pi reference 2025-10-01"
        f" (Debian GNU/Linux 12 (bookworm)); {platform.machine()}, Linux 6.12.47+rpt-rpi-2712",
    )


def test_a_system_the_kiosk_was_not_made_for_is_told(kiosk: Kiosk) -> None:
    older = PI_OS.replace("12", "11")

    assert look(check_board, kiosk({**PI, "etc/os-release": older})).state is State.OPEN
    assert look(check_board, kiosk({**PI, "etc/os-release": "ID=fedora"})).state is State.OPEN


def test_a_32_bit_system_is_not_for_the_kiosk(
    kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "armv7l")
    found = look(check_board, kiosk(PI))

    assert (found.state, found.to_do) == (State.ILL, "install the 64-bit system")


@pytest.mark.parametrize(
    ("milli_c", "flags", "state", "says", "to_do"),
    [
        ("48300", "0", State.WELL, "48 °C, never throttled", ""),
        ("48300", "50005", State.ILL, "too little voltage, the processor is thr", "own supply"),
        ("82500", "80008", State.ILL, "it is too warm", "heat sink"),
        ("81000", "0", State.ILL, "81 °C is too warm", "heat sink"),
        ("48300", "50000", State.OPEN, "since it was switched on: the supply gives", "short cable"),
    ],
)
def test_heat_and_a_weak_supply_are_told(
    kiosk: Kiosk, milli_c: str, flags: str, state: State, says: str, to_do: str
) -> None:
    found = look(check_heat, kiosk({WARMTH: milli_c, THROTTLED: flags + "\n"}))

    assert found.state is state
    assert says in found.says
    assert to_do in found.to_do


def test_a_weak_supply_that_the_kernel_alone_tells_is_told(kiosk: Kiosk) -> None:
    sensor = "sys/class/hwmon/hwmon1"
    weak = kiosk({f"{sensor}/name": "rpi_volt\n", f"{sensor}/in0_lcrit_alarm": "1\n"})
    found = look(check_heat, weak)

    assert found.state is State.ILL
    assert "too little voltage" in found.says


def test_a_board_that_tells_neither_is_left_open(kiosk: Kiosk) -> None:
    assert look(check_heat, kiosk()).state is State.OPEN


def test_every_version_is_named(kiosk: Kiosk) -> None:
    found = look(check_versions, kiosk(PI))

    assert found.state is State.WELL
    assert "google-genai 3.4.0, PyAudio 0.2.14, gpiozero " in found.says
    assert ", PortAudio V19" in found.says
    assert found.says.endswith("Linux 6.12.47+rpt-rpi-2712")


def test_a_package_that_is_missing_is_told(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    found = look(check_versions, kiosk(PI))

    assert (found.state, found.to_do) == (State.ILL, "install the kiosk again")
    assert "google-genai is missing" in found.says


@pytest.mark.parametrize(
    ("year", "told", "state", "says"),
    [
        (2027, {"NTPSynchronized": "yes", "Timezone": "Europe/Rome"}, State.WELL, "synchronised"),
        (2027, {"NTPSynchronized": "no", "NTP": "yes"}, State.ILL, "not synchronised yet"),
        (2027, {"NTPSynchronized": "no", "NTP": "no"}, State.ILL, "not synchronised"),
        (2027, {}, State.OPEN, "could not be told"),
        (1970, {"NTPSynchronized": "no"}, State.ILL, "1970-01-01 00:00 UTC: never set"),
    ],
)
def test_a_clock_is_right_only_when_somebody_keeps_it(
    year: int, told: dict[str, str], state: State, says: str
) -> None:
    found = judged_clock(datetime(year, 1, 1, tzinfo=UTC), told)

    assert found.state is state
    assert says in found.says
    assert bool(found.to_do) is (state is State.ILL)


def test_a_disk_with_room_is_well(kiosk: Kiosk) -> None:
    found = look(check_disk, kiosk())

    assert found.state is State.WELL
    assert "free, mounted for writing, no errors told" in found.says


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 1 MiB, where the books would be."""
    state = tmp_path / "state"
    state.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1M", "none", str(state)]
    if os.geteuid() or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("to mount a file system takes root")
    yield state
    subprocess.run(["umount", str(state)], check=True)


def test_a_full_disk_is_told(kiosk: Kiosk, mounted: Path) -> None:
    found = look(check_disk, kiosk())

    assert found.state is State.ILL
    assert found.says == f"{mounted}: 1 MiB of 1 MiB free: too little"
    assert "journalctl --vacuum-size" in found.to_do


def test_a_read_only_disk_is_told(kiosk: Kiosk, mounted: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(mounted)], check=True)
    found = look(check_disk, kiosk())

    assert found.state is State.ILL
    assert found.says.endswith(", read-only")


def test_a_card_that_fails_or_wears_out_is_told(kiosk: Kiosk, root: Path, tmp_path: Path) -> None:
    number = tmp_path.stat().st_dev
    disk = root / "sys/devices/mmcblk0"
    (disk / "mmcblk0p2").mkdir(parents=True)
    numbers = root / "sys/dev/block"
    numbers.mkdir(parents=True)
    (numbers / f"{os.major(number)}:{os.minor(number)}").symlink_to(disk / "mmcblk0p2")
    counts = {
        "sys/fs/ext4/mmcblk0p2/errors_count": "3\n",
        "sys/devices/mmcblk0/device/ioerr_cnt": "0x2\n",
        "sys/block/mmcblk0/device/life_time": "0x01 0x0a\n",
    }

    failing = look(check_disk, kiosk(counts))
    none = dict.fromkeys(list(counts)[:2], "0\n")
    worn = look(check_disk, kiosk(none))

    assert failing.state is State.ILL
    assert "3 errors, the disk failed 2 times" in failing.says
    assert worn.state is State.ILL
    assert "used 100 % of its life" in worn.says


SHOWN = (
    "LoadState=loaded\nActiveState={active}\nSubState={sub}\nUnitFileState={file}\n"
    "NRestarts={restarts}\nResult={result}"
)
RUNS: dict[str, object] = {"doing": "Ready: the local Live service", "faults": []}
DEAF: dict[str, object] = {"doing": "Microphone lost", "faults": ["microphone"], "light": "F2"}


@pytest.mark.parametrize(
    ("told", "status", "state", "says"),
    [
        (("active", "running", "enabled", 0, "success"), RUNS, State.WELL, 'answers: "Ready'),
        (("active", "running", "enabled", 4, "success"), RUNS, State.WELL, "restarted 4 times"),
        (("active", "running", "enabled", 0, "success"), None, State.ILL, "no kiosk answers"),
        (("active", "running", "enabled", 0, "success"), DEAF, State.ILL, "Microphone lost"),
        (("active", "running", "disabled", 0, "success"), RUNS, State.ILL, "the next boot"),
        (("failed", "failed", "enabled", 0, "watchdog"), None, State.ILL, "ended by watchdog"),
        (("inactive", "dead", "enabled", 0, "success"), None, State.ILL, "inactive (dead)"),
    ],
)
def test_a_unit_is_well_only_while_it_runs_and_will_again(
    told: tuple[object, ...], status: dict[str, object] | None, state: State, says: str
) -> None:
    names = ("active", "sub", "file", "restarts", "result")
    found = judged_unit(SHOWN.format(**dict(zip(names, told, strict=True))), status)

    assert found.state is state
    assert says in found.says
    assert bool(found.to_do) is (state is State.ILL)


def test_a_kiosk_without_its_unit_is_left_open(kiosk: Kiosk) -> None:
    missing = judged_unit("LoadState=not-found\nActiveState=inactive", None)

    assert (missing.state, missing.to_do) == (State.OPEN, "install it: scripts/install")
    assert judged_unit(None, RUNS).state is State.OPEN
    assert look(check_unit, kiosk()).says.endswith("no kiosk answers")


BESIDE = "\n\n".join(
    f"Id={name}\nLoadState=loaded\nActiveState={{{number}}}" for number, name in enumerate(HELPERS)
)


def test_the_units_beside_it_are_told_of_before_they_are_missed() -> None:
    well = judged_helpers(BESIDE.format("active", "active", "inactive"))
    shown = judged_helpers(BESIDE.format("active", "active", "active"))
    fell = judged_helpers(BESIDE.format("failed", "active", "failed"))
    some = judged_helpers(BESIDE.format("active", "active", "inactive").rpartition("\n\n")[0])

    assert well == Finding(
        State.WELL,
        "the Live service of its own is active, the reboot guard is active, the fault light is"
        " inactive",
    )
    assert shown.state is State.WELL
    small = BESIDE.format("inactive", "active", "inactive")
    assert judged_helpers(small).to_do == "systemctl status kiosk-local-live.service"
    assert judged_helpers(small, HELPERS).state is State.WELL
    assert fell.state is State.ILL
    assert fell.to_do == (
        "systemctl status kiosk-local-live.service; systemctl status kiosk-fault-light.service"
    )
    assert (some.state, some.to_do) == (State.ILL, "scripts/install")
    for nothing in (None, "Id=kiosk-local-live.service\nLoadState=not-found\nActiveState=inactive"):
        assert judged_helpers(nothing).state is State.OPEN


@pytest.mark.parametrize(("level", "state"), [("1.3", State.WELL), ("8.6", State.ILL)])
def test_a_unit_that_was_opened_up_is_told(level: str, state: State) -> None:
    told = f"✓ PrivateTmp=\n\n→ Overall exposure level for kiosk.service: {level} OK 🙂"

    assert judged_exposure(told).state is state
    assert judged_exposure(None).state is State.OPEN
