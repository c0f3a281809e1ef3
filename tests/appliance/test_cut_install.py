"""The installation and the removal may be cut anywhere: said again, they do the rest.

Each change they make to the machine is preceded by a cut, once. The version itself is built
already: how building it is cut is in ``test_cut_update``.
"""

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

import pytest

from scripts.appliance import account, install, removal, units, versions
from scripts.appliance.system import System
from tests.appliance.machine import OLD, CutSystem, installed, programs

MOST_CHANGES: Final = 100
OLDER: Final = "0.0.1"
WISHES: Final = install.Wishes("Microphone", "", "max98357a", None, pi=True)
SERVICE: Final = pwd.struct_passwd(("kiosk", "x", 500, 500, "", "/", "/usr/sbin/nologin"))
UNINSTALL: Final = Path("/usr/local/sbin/kiosk-uninstall")


@dataclass(frozen=True)
class Prepared:
    """A machine where an older version runs and this one is built, and one without a kiosk."""

    root: Path
    bare: Path


@pytest.fixture(scope="module")
def prepared(place: Path) -> Iterator[Prepared]:
    done_by_others = ("useradd", "userdel", "groupadd", "groupdel", "usermod", "chown", "sysctl")
    with pytest.MonkeyPatch.context() as patch:
        path = programs(
            place / "programs",
            {
                "systemctl": """case "$1" in
show) echo active ;;
is-active) echo inactive; exit 3 ;;
restart) echo "$*" >>"$KIOSK_TOLD" ;;
esac""",
                "nmcli": "exit 0",
                **dict.fromkeys(done_by_others, "exit 0"),
            },
        )
        patch.setenv("PATH", path)
        patch.setattr(pwd, "getpwnam", lambda _name: SERVICE)
        root = place / "root"
        root.mkdir()
        system = installed(root)
        older = system.at(versions.HOME / OLDER)
        subprocess.run(["cp", "-al", system.at(versions.HOME / OLD), older], check=True)
        system.link(versions.CURRENT, OLDER)
        bare = place / "bare"
        for where in (root, bare):
            for name, text in {
                "etc/os-release": "ID=debian\nVERSION_ID=13\n",
                "etc/NetworkManager/conf.d/own.conf": "",
                "etc/systemd/system/own.service": "[Service]\n",
                "boot/firmware/config.txt": "dtparam=audio=on\n",
                "run/systemd/system/own.service": "",
                "usr/local/bin/own": "",
                "usr/local/sbin/own": "",
                "var/lib/own": "",
                "var/log/journal/own": "",
            }.items():
                (where / name).parent.mkdir(parents=True, exist_ok=True)
                (where / name).write_text(text)
        phrase = root / "var/lib/kiosk/phrases/en/P1.wav"  # recorded, as by another user
        phrase.parent.mkdir(parents=True)
        phrase.write_text("")
        yield Prepared(root, bare)


def cut(root: Path, change: int, what: Callable[[System], None]) -> bool:
    """Do something in a process of its own, killed before a change; return whether it was."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.environ["KIOSK_TOLD"] = str(root / "run/told")
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            what(CutSystem(root, change))
            code = 0
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL)
    return code != 0


def put_in(system: System) -> None:
    install.install(system, WISHES)


def take_out(system: System) -> None:
    removal.uninstall(system, keep_data=False)


def copied(root: Path, to: Path) -> Path:
    subprocess.run(["rm", "-rf", str(to)], check=True)
    subprocess.run(["cp", "-al", str(root), str(to)], check=True)
    return to


def tree(root: Path) -> dict[str, str]:
    """Return what is on a machine, but for what is gone with the next start."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file() and not name.startswith("run/"):
            found[name] = f"{path.stat().st_mode:o} {path.read_text(errors='replace')}"
    return found


def test_wherever_an_installation_is_cut_it_is_whole_and_runs_when_it_is_said_again(
    prepared: Prepared, place: Path
) -> None:
    whole = copied(prepared.root, place / "whole")
    assert not cut(whole, 0, put_in)
    wanted = tree(whole)
    assert System(whole).read(account.FILE).count("kiosk_microphone")

    for change in count(1):
        root = copied(prepared.root, place / "cut")
        was_cut = cut(root, change, put_in)
        assert not cut(root, 0, put_in)
        assert tree(root) == wanted
        started = (root / "run/told").read_text()
        assert "--no-block" in started.splitlines()[-1]  # not the older one, which ran
        if not was_cut:
            break
        assert change < MOST_CHANGES
    sys.stdout.write(f"cut before each of {change - 1} changes\n")


def test_wherever_an_installation_is_cut_its_removal_leaves_nothing(
    prepared: Prepared, place: Path
) -> None:
    for change in count(1):
        root = copied(prepared.root, place / "cut")
        was_cut = cut(root, change, put_in)
        assert not cut(root, 0, take_out)
        assert tree(root) == tree(prepared.bare)
        if not was_cut:
            break
        assert change < MOST_CHANGES


def test_wherever_a_removal_is_cut_it_can_be_said_again_and_leaves_nothing(
    prepared: Prepared, place: Path
) -> None:
    whole = copied(prepared.root, place / "whole")
    assert not cut(whole, 0, put_in)
    home = f"{str(versions.HOME).lstrip('/')}/"

    for change in count(1):
        root = copied(whole, place / "cut")
        was_cut = cut(root, change, take_out)
        left = {name for name in tree(root).keys() - tree(prepared.bare) if home not in name}
        if left:
            assert str(UNINSTALL).lstrip("/") in left
            assert System(root).at(versions.COMMANDS[UNINSTALL]).is_file()
        assert not cut(root, 0, take_out)
        assert tree(root) == tree(prepared.bare)
        if not was_cut:
            break
        assert change < MOST_CHANGES


def test_a_unit_that_the_technician_changed_goes_with_the_kiosk(
    prepared: Prepared, place: Path
) -> None:
    root = copied(prepared.root, place / "edited")
    drop_in = System(root).at(units.SYSTEM / "kiosk.service.d/override.conf")
    drop_in.parent.mkdir()
    drop_in.write_text("[Service]\n")

    assert not cut(root, 0, take_out)

    assert tree(root) == tree(prepared.bare)
