"""A new version is sent to a shop: forged, cut, good, bad. They are one story, in this order.

The packages are made here, as ``scripts/package`` makes them, and signed by a key of this run. The
machine is slower than a Raspberry Pi 3: a good version gets more than the gate's 60 s.
"""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from scripts.appliance.source import version_of
from tests.appliance.machine import REPOSITORY, make_key, packaged
from tests.hil.board import Board, figure, tell
from tests.hil.machine import Done, MachineFailed
from tests.hil.visits import QUESTION, tells_where_the_order_is

pytestmark = [pytest.mark.story, pytest.mark.timeout(2400)]
OLD: Final = version_of(REPOSITORY)
NEW: Final = "8.1.0"
UPDATE_S: Final = 1500.0
"""Of ours, for the whole of it."""
PATIENT: Final = "--within 180 --steady 5"
HASTY: Final = "--within 12 --steady 5"
"""Twice and more what a good one takes to be ready."""
EXITS: Final = {"kiosk/daemon.py": "\nraise SystemExit(1)\n"}


@dataclass
class Shop:
    """A machine far away, and whoever sends it new versions."""

    board: Board
    office: Path
    there: tuple[str, ...] = (OLD,)
    """The versions that are to be there; the last one runs."""
    cut: tuple[str, ...] = ()
    """What may be there besides: the next update clears it away, or takes it up again."""

    def package(self, version: str, more: dict[str, str] | None = None, key: str = "key") -> str:
        """Make a package of this source and send it; return where the machine has it."""
        made = packaged(version, self.office / key, self.office, more)
        for file in self.office.glob(f"kiosk-{version}.*"):
            shutil.copy(file, self.board.machine.share)
        return f"/hil/{made.name}"

    def update(self, package: str, options: str = PATIENT) -> Done:
        """Have it updated."""
        done = self.board.machine.do(f"kiosk-update {package} {options}", UPDATE_S)
        for line in done.out.splitlines():
            tell(line)
        return done

    def runs(self) -> str:
        """Return the version that is ready now; those that stay are there, none is on trial."""
        machine = self.board.machine
        self.board.be_ready()
        command = machine.run("cat /proc/$(systemctl show kiosk -pMainPID --value)/cmdline")
        current = machine.run("readlink /opt/kiosk/current").strip()
        assert command.startswith(f"/opt/kiosk/{current}/bin/python"), command
        assert machine.do("test -L /opt/kiosk/before").code == 1
        there = {*machine.run("cd /opt/kiosk; ls -d [0-9]*").split()}
        assert {*self.there} <= there <= {*self.there, *self.cut}
        return current

    def trial(self) -> tuple[float, float]:
        """Return when the last trial began and ended, as systemd has it."""
        said = self.board.machine.run("journalctl -u kiosk-update -o json --no-pager")
        lines = [json.loads(line) for line in said.splitlines()]
        of_jobs = [line for line in lines if "JOB_ID" in line]
        at = [int(line["__MONOTONIC_TIMESTAMP"]) / 1e6 for line in of_jobs[-2:]]
        return at[0], at[1]


@pytest.fixture(scope="module")
def shop(shared: Board, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    office = tmp_path_factory.mktemp("office")
    make_key(office / "key")
    make_key(office / "stranger")
    shutil.copy(office / "key.pub", shared.machine.share)
    shared.machine.run("install -m 644 /hil/key.pub /etc/kiosk/update-key")
    shared.be_ready()
    return Shop(shared, office)


def test_a_package_that_is_not_as_it_was_signed_never_runs(shop: Shop) -> None:
    forged = shop.update(shop.package("8.0.0", key="stranger"))
    spoilt = shop.package("8.0.1")
    with (shop.board.machine.share / Path(spoilt).name).open("ab") as file:
        file.write(b"more")
    altered = shop.update(spoilt)

    assert forged.code == 65
    assert "signature" in forged.out
    assert altered.code == 65
    assert "hash" in altered.out
    assert [done.out.count("\n") for done in (forged, altered)] == [1, 1]
    assert shop.runs() == shop.there[-1]
    figure("a forged package refused after", forged.at - forged.began)


def test_a_power_cut_in_a_trial_leaves_the_old_version_healthy(shop: Shop) -> None:
    board, machine = shop.board, shop.board.machine
    package = shop.package(NEW)
    board.begin()
    with ThreadPoolExecutor(1) as pool:
        update = pool.submit(shop.update, package, "--within 180 --steady 120")
        board.story.until("ready", within_s=UPDATE_S)
        assert not update.done()
        command = machine.run("cat /proc/$(systemctl show kiosk -pMainPID --value)/cmdline")
        assert f"/{NEW}/" in command, command
        machine.cut_power()
        with pytest.raises(MachineFailed):
            update.result()
    board.begin()
    machine.power_on()
    ready = board.story.until("ready", within_s=600)["t"]

    figure("power on to ready", ready)
    shop.cut = (NEW,)
    assert shop.runs() == OLD
    assert f"went back to version {OLD}" in machine.run("journalctl -u kiosk-settle -o cat")


async def test_the_same_version_sent_once_more_stays_and_answers(shop: Shop) -> None:
    board = shop.board
    done = shop.update(shop.package(NEW))
    assert done.code == 0, done.out
    shop.there, shop.cut = (OLD, NEW), ()
    assert shop.runs() == NEW
    board.begin()
    board.ask(QUESTION)
    board.story.until("turn_ended", within_s=600)

    began, ended = shop.trial()
    figure("the update in all", done.at - done.began)
    figure("switched to and found healthy", ended - began, "≤ 60 s, and 5 s of staying so")
    assert tells_where_the_order_is(heard := await board.words()), heard
    board.be_ready()


def test_a_version_that_falls_over_is_left_again_by_itself(shop: Shop) -> None:
    done = shop.update(shop.package("8.2.0", EXITS), HASTY)

    began, ended = shop.trial()
    figure("the update in all", done.at - done.began)
    figure("tried and left again", ended - began, "gate of 12 s")
    figure("left to ready again", done.at - ended)
    assert done.code == 70, done.out
    assert f"{shop.there[-1]} runs" in done.out
    assert "not ready" in done.out
    assert shop.runs() == shop.there[-1]
