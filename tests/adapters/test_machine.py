"""What the kernel tells of the machine: of this one, and of a board that is not here."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from kiosk.adapters.machine import (
    FALLS,
    KernelFiles,
    falls_again_and_again,
    undervoltage,
    warmest_c,
)
from kiosk.core.health import MANY_FALLS, Look


def look(place: Path, root: Path = Path("/")) -> Look:
    return asyncio.run(KernelFiles((place,), place / "clock", root).look())


def board(root: Path, **files: str) -> None:
    """Put small files where the kernel has them; ``__`` stands for a slash."""
    for name, text in files.items():
        file = root / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")


def test_this_machine_has_room_and_time_and_this_process_its_share(tmp_path: Path) -> None:
    seen = look(tmp_path)

    assert seen.free_bytes is not None
    assert seen.free_bytes > 0
    assert not seen.read_only
    assert seen.unix_s == pytest.approx(time.time(), abs=5)  # noqa: TID251 - it is about that
    assert seen.files_share is not None
    assert 0.0 < seen.files_share < 1.0


def test_a_place_that_is_not_there_yet_is_where_it_will_be(tmp_path: Path) -> None:
    assert look(tmp_path / "not" / "yet").free_bytes == pytest.approx(
        look(tmp_path).free_bytes, rel=0.1
    )


def test_a_machine_that_tells_nothing_has_nothing_wrong_with_it(tmp_path: Path) -> None:
    seen = look(tmp_path, tmp_path / "empty")

    assert (seen.undervoltage, seen.warmest_c, seen.memory_share) == (None, None, None)
    assert seen.falls == 0
    assert not seen.set_by_network


@pytest.mark.parametrize(("alarm", "low"), [("1", True), ("0", False)])
def test_the_supply_is_judged_by_the_alarm_of_the_board(
    tmp_path: Path, alarm: str, low: bool
) -> None:
    board(tmp_path, sys__class__hwmon__hwmon0__name="cpu_thermal")
    assert undervoltage(tmp_path) is None

    board(
        tmp_path,
        sys__class__hwmon__hwmon1__name="rpi_volt",
        sys__class__hwmon__hwmon1__in0_lcrit_alarm=alarm,
    )
    assert undervoltage(tmp_path) is low


def test_the_warmest_zone_counts(tmp_path: Path) -> None:
    board(
        tmp_path,
        sys__class__thermal__thermal_zone0__temp="48312",
        sys__class__thermal__thermal_zone1__temp="86100",
        sys__class__thermal__thermal_zone2__temp="not now",
    )

    assert warmest_c(tmp_path) == pytest.approx(86.1)


def test_what_the_process_takes_is_measured_by_the_limits_of_its_unit(tmp_path: Path) -> None:
    group = "sys__fs__cgroup__system.slice__kiosk.service__"
    board(
        tmp_path,
        **{
            "proc__self__cgroup": "0::/system.slice/kiosk.service",
            "proc__self__status": "Name:\tkiosk\nVmRSS:\t  204800 kB\nThreads:\t32",
            f"{group}memory.max": str(400 * 1024 * 1024),
            f"{group}pids.max": "128",
        },
    )
    seen = look(tmp_path, tmp_path)
    assert seen.memory_share == pytest.approx(0.5)
    assert seen.threads_share == pytest.approx(0.25)

    board(tmp_path, **{f"{group}memory.max": "max"})
    assert look(tmp_path, tmp_path).memory_share is None


def test_a_clock_that_the_network_set_a_short_while_ago_is_known(tmp_path: Path) -> None:
    board(tmp_path, run__systemd__timesync__synchronized="")
    assert look(tmp_path, tmp_path).set_by_network

    mark = tmp_path / "run/systemd/timesync/synchronized"
    os.utime(mark, (0, time.time() - 2 * 3600))  # noqa: TID251 - it is about that
    assert not look(tmp_path, tmp_path).set_by_network


def test_only_falls_of_the_last_ten_minutes_count(tmp_path: Path) -> None:
    up_s = time.clock_gettime(time.CLOCK_BOOTTIME)
    falls = [up_s - 700, *(up_s - number for number in range(MANY_FALLS - 1))]
    board(tmp_path, **{str(FALLS).replace("/", "__"): "\n".join(f"{at:.2f}" for at in falls)})
    assert look(tmp_path, tmp_path).falls == MANY_FALLS - 1
    assert not falls_again_and_again(tmp_path)

    with (tmp_path / FALLS).open("a") as file:
        file.write(f"{up_s:.2f}\nno number\n")
    assert falls_again_and_again(tmp_path)


@pytest.mark.parametrize("text", ["", "rubbish", "2026-11-26T10:00:00"])
def test_a_time_that_was_kept_badly_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "clock").write_text(text)

    assert asyncio.run(KernelFiles((), tmp_path / "clock").known_time()) is None


def test_a_time_is_kept_whole(tmp_path: Path) -> None:
    machine = KernelFiles((), tmp_path / "clock")

    asyncio.run(machine.keep_time(1_795_651_234.0))

    assert (tmp_path / "clock").read_text() == "2026-11-26T00:00:34+00:00\n"
    assert asyncio.run(machine.known_time()) == 1_795_651_234.0
