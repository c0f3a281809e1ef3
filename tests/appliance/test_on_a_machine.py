"""Install, update and remove the kiosk on a machine with a real systemd, in a container.

Nothing is stood in for but the network (uv finds its packages in this machine's cache) and the
sound card. The tests are one story and run in this order.
"""

import asyncio
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from kiosk.adapters.virtual_sound import MICROPHONE, SPEAKER, virtual_sound
from scripts.appliance import environment, package, source, versions
from scripts.appliance.system import System
from tests.appliance.machine import OLD, REPOSITORY, make_key
from tests.systemd.machine import CannotBoot, Machine, booted, empty_root, furnish, holds

BUILD_S: Final = 240.0
READY_S: Final = 60.0
QUICK: Final = ("--within", "40", "--steady", "2")
# What the system itself writes while it runs, and useradd's copies of the files it changed.
NOT_OURS: Final = re.compile(
    r"(proc|sys|dev|run|tmp|src|usr|owner.json|nspawn.log|packages|var/log|var/tmp|var/lib/systemd"
    r"|etc/(passwd|group|shadow|gshadow|subuid|subgid)-|etc/\.pwd\.lock|etc/machine-id"
    r"|etc/\.updated|var/\.updated|var/cache/uv|opt/sound|opt/tools)(/.*)?"
)
CACHE: Final = "/var/cache/uv"
# It brings the shop's data up to date, and then falls over, again and again.
UNHEALTHY: Final = """
import os
import threading

from kiosk.adapters import sqlite_store

sqlite_store._STEPS += ("CREATE TABLE lessons (lesson TEXT NOT NULL) STRICT",)
sqlite_store.SCHEMA_VERSION += 1
threading.Timer(4, os._exit, (1,)).start()
"""


@dataclass
class Shop:
    """A machine, the key its updates are signed with, and how it was before."""

    machine: Machine
    boots: ExitStack
    binds: dict[Path, str]
    key: Path
    env: dict[str, str]
    before: dict[str, str]

    def install(self, *arguments: str) -> str:
        return self.script("/src/scripts/install", *arguments)

    def script(self, *command: str, code: int = 0) -> str:
        done = self.machine.do(*command, within_s=BUILD_S, env=self.env)
        sys.stdout.write(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}")
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    def package(self, version: str, daemon: str = "", key: Path | None = None) -> str:
        """Make a package of this source, with something more in its daemon; return its path."""
        root = self.machine.root
        tree = root / "packages" / f"tree-{version}"
        shutil.rmtree(tree, ignore_errors=True)
        source.copy(REPOSITORY, tree)
        project = tree / "pyproject.toml"
        text = re.sub(r'(?m)^version = ".*"$', f'version = "{version}"', project.read_text())
        project.write_text(text)
        with (tree / "kiosk/daemon.py").open("a") as file:
            file.write(daemon)
        made = package.make(System(), tree, key or self.key, root / "packages")
        return f"/packages/{made.name}"

    def runs(self) -> str:
        """Return the version of the kiosk that is ready now."""
        machine = self.machine
        holds(lambda: machine.show("kiosk.service", "ActiveState") == ["active"], "ready", READY_S)
        command = machine.run("cat", f"/proc/{machine.pid('kiosk.service')}/cmdline")
        match = re.match(r"/opt/kiosk/([^/]+)/bin/python", command)
        assert match, command
        return match[1]

    def cut_the_power(self) -> None:
        """Cut it and give it again."""
        self.boots.close()
        self.machine = self.boots.enter_context(booted(self.machine.root, self.binds))

    def current(self) -> str | None:
        return versions.linked(System(self.machine.root), versions.CURRENT)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with ExitStack() as stack:
        try:
            root = stack.enter_context(empty_root())
            furnish(root)
            uv = _uv(root)
            sound = stack.enter_context(_sound(root))
            binds = {Path("/var/lib/dpkg"): "/var/lib/dpkg", uv: "/opt/tools"}
            boots = stack.enter_context(ExitStack())
            machine = boots.enter_context(booted(root, binds))
        except CannotBoot as why:
            pytest.skip(f"no machine with a systemd of its own here: {why}")
        source.copy(REPOSITORY, root / "src")
        (root / "packages").mkdir()
        make_key(root / "packages/key")
        env = {"PATH": "/opt/tools:/usr/sbin:/usr/bin:/sbin:/bin", "UV_OFFLINE": "1"}
        env |= {"UV_CACHE_DIR": CACHE, "UV_LINK_MODE": "copy"}  # it is this machine's own
        if index := environment.configured_index():
            env["UV_DEFAULT_INDEX"] = index
        made = Shop(machine, boots, binds, root / "packages/key", env, files(root))
        _plug_in(root, sound)
        yield made


def _uv(root: Path) -> Path:
    """Give the machine what uv downloaded here; return the directory uv is in."""
    found = shutil.which("uv", path=f"{REPOSITORY}/.cache/uv/bin") or shutil.which("uv")
    assert found, "scripts/setup installs uv"
    said = subprocess.run([found, "cache", "dir"], check=True, capture_output=True, text=True)
    cache = root / CACHE.lstrip("/")
    cache.parent.mkdir(parents=True)
    linked = subprocess.run(["cp", "-al", said.stdout.strip(), str(cache)], check=False)
    if linked.returncode:
        subprocess.run(["cp", "-a", said.stdout.strip(), str(cache)], check=True)
    return Path(found).parent


class _sound:  # noqa: N801 - a context manager
    def __init__(self, root: Path) -> None:
        self._root = root
        self._runner = asyncio.Runner()
        self._card = virtual_sound(root / "opt/sound")

    def __enter__(self) -> dict[str, str]:
        card = self._runner.run(self._card.__aenter__())
        return {
            name: at.replace(str(self._root), "")
            for name, at in card.env.items()
            if name != "PULSE_COOKIE"
        }

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._card.__aexit__(None, None, None))
        self._runner.close()


def _plug_in(root: Path, sound: dict[str, str]) -> None:
    """Do what a technician does by hand: name the devices. It is theirs and not removed."""
    lines = "".join(f"Environment={name}={at}\n" for name, at in sound.items())
    for place, text in {
        "etc/systemd/system/kiosk.service.d/sound.conf": f"[Service]\n{lines}",
        "etc/kiosk/kiosk.toml": f'[audio]\ninput = "{MICROPHONE}"\noutput = "{SPEAKER}"\n'
        '[button]\nkind = "none"\n',
    }.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text)


def files(root: Path) -> dict[str, str]:
    """Return every file of a machine that somebody could have left, with what tells a change."""
    found = {}
    for path in root.rglob("*"):
        name = str(path.relative_to(root))
        if NOT_OURS.fullmatch(name):
            continue
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif name.startswith("etc/") and path.is_file():
            found[name] = path.read_text(errors="replace")
        else:
            about = path.stat()
            found[name] = f"{about.st_size} {about.st_mtime_ns}" if path.is_file() else "directory"
    return found


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Return the files that are not as they were."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def test_a_dry_run_tells_all_in_order_and_changes_nothing(shop: Shop) -> None:
    before = files(shop.machine.root)

    said = shop.install("--dry-run", "--update-key", "/packages/key.pub")

    assert changed(before, files(shop.machine.root)) == set()
    steps = (
        "run useradd", f"build version {OLD}", "write /etc/kiosk/update-key", "Recording",
        "write /opt/kiosk/settle", "link /etc/systemd/system/kiosk.service",
        f"link /opt/kiosk/current to {OLD}", "link /usr/local/bin/kiosk",
        "run systemctl restart --no-block kiosk-local-live.service", "run kiosk doctor",
    )  # fmt: skip
    places = [said.find(f"would: {step}") for step in steps]
    assert -1 not in places, steps[places.index(-1)]
    assert places == sorted(places)


@pytest.mark.timeout(240)
def test_one_command_installs_it_and_it_is_ready(shop: Shop) -> None:
    said = shop.install("--update-key", "/packages/key.pub")

    assert shop.runs() == OLD
    assert "configuration" in said  # the doctor had the last word
    assert "Traceback" not in said
    assert (shop.machine.root / "etc/kiosk/credentials").stat().st_mode & 0o777 == 0o700
    phrases = shop.machine.root / "var/lib/kiosk/phrases/en"
    assert len(list(phrases.glob("P*.wav"))) > 5


def test_installing_again_changes_nothing_and_stops_nobody(shop: Shop) -> None:
    before, pid = files(shop.machine.root), shop.machine.pid("kiosk.service")

    shop.install()

    after = changed(before, files(shop.machine.root))
    assert {name for name in after if not name.startswith("var/lib/kiosk")} == set()
    assert shop.machine.pid("kiosk.service") == pid


def test_the_service_can_read_its_program_and_not_change_it(shop: Shop) -> None:
    as_kiosk = ("setpriv", "--reuid=kiosk", "--regid=kiosk", "--clear-groups")
    writable = ("find", "/opt/kiosk", "!", "-type", "l", "-writable")
    unreadable = ("find", "/opt/kiosk", "!", "-type", "l", "!", "-readable")

    assert shop.machine.run(*as_kiosk, *writable) == ""
    assert shop.machine.run(*as_kiosk, *unreadable) == ""
    assert shop.machine.run("find", "/opt/kiosk", "!", "-user", "root") == ""
    packages = next((shop.machine.root / "opt/kiosk" / OLD / "lib").glob("python*/site-packages"))
    assert len(list(packages.glob("kiosk/__pycache__/*.pyc"))) > 5
    assert not (packages / "pytest").exists()  # what runs, and no more


def test_installing_again_repairs_what_was_damaged(shop: Shop) -> None:
    package = next((shop.machine.root / "opt/kiosk" / OLD / "lib").glob("python*/site-packages"))
    (package / "kiosk/cli.py").unlink()
    (package / "kiosk/daemon.py").write_text("raise SystemExit('damaged')\n")

    said = shop.install()

    assert "is damaged" in said
    assert shop.runs() == shop.current() != OLD  # beside it: it ran meanwhile
    repaired = shop.machine.root / "opt/kiosk" / str(shop.current()) / "lib"
    assert next(repaired.glob("python*/site-packages/kiosk/cli.py")).is_file()
    assert not (shop.machine.root / "opt/kiosk" / OLD).exists()  # nothing to go back to


def test_a_package_that_is_not_as_it_was_signed_is_not_even_unpacked(shop: Shop) -> None:
    root = shop.machine.root
    stranger = root / "packages/stranger"
    make_key(stranger)
    before = sorted((root / "opt/kiosk").iterdir())

    foreign = shop.package("8.0.0", key=stranger)
    said = shop.script("/usr/local/sbin/kiosk-update", foreign, code=65)
    assert "signature" in said

    spoilt = shop.package("8.0.1")
    with (root / spoilt.lstrip("/")).open("ab") as file:
        file.write(b"more")
    said = shop.script("/usr/local/sbin/kiosk-update", spoilt, code=65)
    assert "hash" in said

    older = shop.package("0.0.1")
    said = shop.script("/usr/local/sbin/kiosk-update", older, code=65)
    assert "not newer" in said

    assert sorted((root / "opt/kiosk").iterdir()) == before
    assert shop.runs() == shop.current()


def test_a_good_update_is_tried_and_stays_without_a_network(shop: Shop) -> None:
    before = str(shop.current())
    shutil.rmtree(shop.machine.root / CACHE.lstrip("/"))

    said = shop.script("/usr/local/sbin/kiosk-update", shop.package("8.1.0"), *QUICK)

    assert f"Its packages are those of version {before}" in said
    assert "healthy" in said
    assert shop.runs() == "8.1.0"
    assert (shop.machine.root / "opt/kiosk" / before / "complete").exists()
    assert versions.damage(System(shop.machine.root), "8.1.0") == ""


def test_an_update_that_falls_over_is_left_again_by_itself_and_the_shop_s_data_stay(
    shop: Shop,
) -> None:
    bad = shop.package("8.2.0", daemon=UNHEALTHY)

    said = shop.script(
        "/usr/local/sbin/kiosk-update", bad, "--within", "8", "--steady", "8", code=70
    )

    assert "8.1.0 runs" in said
    assert shop.current() == "8.1.0"
    assert shop.runs() == "8.1.0"
    with closing(sqlite3.connect(shop.machine.root / "var/lib/kiosk/shopmax.db")) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_schema")}
    assert {"lessons", "messages"} <= tables


@pytest.mark.timeout(240)
def test_a_trial_that_is_killed_leaves_the_old_version_running(shop: Shop) -> None:
    made = shop.package("8.3.0")
    with ThreadPoolExecutor(1) as pool:
        update = pool.submit(
            shop.script, "/usr/local/sbin/kiosk-update", made, "--steady", "30", code=70
        )
        holds(lambda: shop.current() == "8.3.0", "it is on trial", BUILD_S)
        shop.machine.run("systemctl", "kill", "--signal=KILL", "kiosk-update.service")
        update.result()

    assert shop.current() == "8.1.0"
    assert shop.runs() == "8.1.0"


@pytest.mark.timeout(240)
def test_a_power_cut_in_a_trial_leaves_the_old_version_running_after_the_next_start(
    shop: Shop,
) -> None:
    made = shop.package("8.4.0")
    with ThreadPoolExecutor(1) as pool:
        update = pool.submit(
            shop.script, "/usr/local/sbin/kiosk-update", made, "--steady", "30", code=-9
        )
        holds(lambda: shop.current() == "8.4.0", "it is on trial", BUILD_S)
        shop.cut_the_power()
        update.result()

    assert shop.current() == "8.1.0"
    assert shop.runs() == "8.1.0"
    said = [str(line.get("MESSAGE")) for line in shop.machine.journal("kiosk-settle.service")]
    assert "kiosk: went back to version 8.1.0" in said


def test_removing_it_leaves_nothing(shop: Shop) -> None:
    shop.script("/usr/local/sbin/kiosk-uninstall")

    after = files(shop.machine.root)

    assert sorted(after.keys() - shop.before.keys()) == []
    assert sorted(shop.before.keys() - after.keys()) == []
    assert [name for name in after if after[name] != shop.before[name]] == []
    assert "kiosk" not in shop.machine.run("systemctl", "list-units", "--all", "--plain")
