"""The power may go at any moment of an update: afterwards one whole version runs.

Each change an update makes to the machine is preceded by a cut, once; then comes what a start
of the machine does. The way back itself is cut at each of its commands, too.
"""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pytest

from scripts.appliance import gate, trial, updating, versions
from scripts.appliance.errors import SOFTWARE, Refused
from scripts.appliance.system import System
from tests.appliance.machine import (
    NEW,
    OLD,
    CutSystem,
    installed,
    key_pair,
    packaged,
    programs,
    runs,
    settled,
)

MOST_CHANGES = 200


@dataclass(frozen=True)
class Prepared:
    """A machine to be copied for each cut, a package for it, and where programs are found."""

    root: Path
    tarball: Path
    path: str


@pytest.fixture(scope="module")
def prepared(place: Path) -> Prepared:
    with pytest.MonkeyPatch.context() as patch:
        real = {name: f'exec /usr/bin/{name} "$@"' for name in ("readlink", "rm", "ln", "mv")}
        path = programs(place / "programs", real)
        patch.setenv("PATH", path)
        (place / "root").mkdir()
        system = installed(place / "root")
        key = key_pair(system, place / "key")
    return Prepared(place / "root", packaged(NEW, key, place), path)


def update(machine: Prepared, root: Path, change: int, health: str = "well") -> int:
    """Update in a process of its own, killed before the change with this number (0: never)."""
    child = os.fork()  # an interpreter more for each cut would take most of the time
    if child == 0:
        code = 1
        try:
            os.environ["PATH"] = machine.path
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            _update(CutSystem(root, change), machine.tarball, health)
            code = 0
        except Refused as err:
            code = err.exit_code
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _update(system: System, tarball: Path, health: str) -> None:
    def watched(_system: System, _version: str, _patience: gate.Patience, _began_s: float) -> None:
        if health == "ill":
            raise Refused("it does not answer", SOFTWARE)

    name = updating.prepare(system, tarball)
    assert name is not None, "it is no dry run"
    trial.switch_and_watch(system, name, gate.Patience(), watched)


def fresh(machine: Prepared, place: Path, name: object) -> Path:
    root = place / f"root-{name}"
    shutil.rmtree(root, ignore_errors=True)
    # As links: whatever changes a file puts another in its place.
    subprocess.run(["cp", "-al", str(machine.root), str(root)], check=True)
    return root


def test_wherever_a_good_update_is_cut_one_whole_version_runs_and_the_update_can_be_repeated(
    prepared: Prepared, place: Path
) -> None:
    ran: list[str] = []
    for change in count(1):
        root = fresh(prepared, place, change)
        code = update(prepared, root, change)
        if code == 0:
            break  # there are no more changes to be cut
        assert code == -signal.SIGKILL
        assert settled(root, prepared.path, "--reload") == 0
        ran.append(runs(System(root)))
        if ran[-1] == OLD:
            assert update(prepared, root, 0) == 0
        assert runs(System(root)) == NEW
        shutil.rmtree(root)
        assert change < MOST_CHANGES

    assert runs(System(root)) == NEW
    assert set(ran) == {OLD, NEW}
    assert ran == sorted(ran)  # as soon as the new one stays, it stays
    sys.stdout.write(f"cut before each of {len(ran)} changes\n")


def test_wherever_a_bad_update_is_cut_the_old_version_runs(prepared: Prepared, place: Path) -> None:
    for change in count(1):
        root = fresh(prepared, place, change)
        code = update(prepared, root, change, "ill")
        assert settled(root, prepared.path, "--reload") == 0
        assert runs(System(root)) == OLD
        shutil.rmtree(root)
        assert change < MOST_CHANGES
        if code != -signal.SIGKILL:
            break


def test_the_way_back_may_be_cut_at_each_of_its_commands(prepared: Prepared, place: Path) -> None:
    told, commands = place / "told", ("readlink", "rm", "ln", "mv", "sync", "systemctl")
    left = fresh(prepared, place, "left")
    assert update(prepared, left, 0, "ill") > 0
    for command in count(1):
        root = fresh(replace(prepared, root=left), place, command)
        cutting = {
            name: f"echo >>{told}\n"
            f'[ "$(wc -l <{told})" -ne {command} ] || {{ kill -9 $PPID; exit 1; }}\n'
            f'exec {prepared.path.partition(":")[0]}/{name} "$@"'
            for name in commands
        }
        told.write_text("")
        code = settled(root, programs(place / f"cutting-{command}", cutting), "--reload")
        assert settled(root, prepared.path, "--reload") == 0
        assert runs(System(root)) == OLD
        shutil.rmtree(root)
        if code == 0:
            break
    assert command > len(commands)


def test_the_last_two_versions_stay(prepared: Prepared, place: Path) -> None:
    root = fresh(prepared, place, 0)
    system = System(root)
    shutil.copytree(system.at(versions.HOME / OLD), system.at(versions.HOME / "0.0.1"))
    os.utime(system.at(versions.HOME / "0.0.1" / versions.STAMP), (1, 1))

    assert update(prepared, root, 0) == 0

    there = {path.name for path in system.at(versions.HOME).iterdir() if path.is_dir()}
    assert there - {"current"} == {OLD, NEW}
