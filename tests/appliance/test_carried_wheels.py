"""A package that carries its Python packages: built without a network, by the hashes of its lock.

The lock is a small part of the real one, and so are the wheels; uv, pip and hatchling are real.
"""

import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.appliance import account, environment, package, source, versions, wheels
from scripts.appliance.errors import Refused
from scripts.appliance.system import System
from tests.appliance.machine import NEW, REPOSITORY, make_key

RUNS = ("soxr", "websockets")  # which the kiosk itself asks for
LOCK = (REPOSITORY / "requirements.lock").read_text()


@dataclass
class Shop:
    """A shop without a network, and a tree to be packaged elsewhere."""

    system: System
    tree: Path
    key: Path

    def unpacked(self, tarball: Path) -> Path:
        copy = tarball.with_suffix(".copy")
        version = package.verified(self.system, tarball, copy)
        return package.unpack(copy, version, self.key.parent / "unpacked")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    tree = tmp_path / "tree"
    source.copy(REPOSITORY, tree)
    project = (tree / "pyproject.toml").read_text()
    (tree / "pyproject.toml").write_text(
        re.sub(r'(?m)^version = ".*"$', f'version = "{NEW}"', project)
    )
    runtime = [part for part in source.blocks(source.runtime_lock(LOCK)) if part.startswith(RUNS)]
    (tree / "requirements.lock").write_text("".join(runtime) + source.builders_lock(LOCK))
    make_key(tmp_path / "key")
    system = System(tmp_path / "root")
    system.write(account.UPDATE_KEY, (tmp_path / "key.pub").read_text())
    uv = shutil.which("uv", path=f"{REPOSITORY}/.cache/uv/bin") or shutil.which("uv")
    assert uv, "scripts/setup installs uv"
    monkeypatch.setenv("PATH", f"{Path(uv).parent}:/usr/bin:/bin:/usr/sbin:/sbin")
    return Shop(system, tree, tmp_path / "key")


def here(system: System) -> str:
    return f"{platform.machine()}-{environment.python(system)[1]}"


def test_a_version_is_built_of_the_wheels_in_its_package_and_of_none_that_is_another(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    tarball = package.make(shop.system, shop.tree, shop.key, shop.tree.parent, [here(shop.system)])
    monkeypatch.setenv("UV_OFFLINE", "1")
    tree = shop.unpacked(tarball)

    name = environment.build(shop.system, tree)

    home = shop.system.at(versions.HOME / name)
    asking = "import websockets, kiosk; from importlib import metadata as of; of.version('soxr');"
    said = subprocess.run(
        [home / "bin/python", "-c", f"{asking} print(of.version('kiosk'))"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert said.stdout.strip() == NEW
    assert not shop.system.at(environment.CACHE).exists()

    shutil.rmtree(home)
    wheel = next(environment.wheels_for(tree, *here(shop.system).split("-")).glob("websockets*"))
    with wheel.open("ab") as file:
        file.write(b"more")
    with pytest.raises(Refused, match="not those of its lock"):
        environment.build(shop.system, tree)
    assert not versions.complete(shop.system, name)


def test_wheels_are_fetched_for_other_machines_than_this(shop: Shop, tmp_path: Path) -> None:
    wheels.gather(shop.system, shop.tree, "aarch64-3.13", tmp_path)

    names = {path.name for path in (tmp_path / "aarch64-3.13").iterdir()}
    compiled = next(name for name in names if name.startswith("websockets"))
    assert "cp313" in compiled
    assert "aarch64" in compiled


def test_a_machine_that_is_none_is_answered_in_a_sentence(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"aarch64-3\.13"):
        wheels.gather(shop.system, shop.tree, "raspberry", tmp_path)


def test_markers_are_those_of_the_machine_that_is_packaged_for() -> None:
    runtime = source.runtime_lock(LOCK)

    def numpy(python: str) -> list[str]:
        lines = source.without_markers(runtime, "aarch64", python).splitlines()
        return [line for line in lines if line.startswith("numpy==")]

    assert len(numpy("3.11")) == len(numpy("3.13")) == 1
    assert numpy("3.11") != numpy("3.13")
    assert ";" not in numpy("3.11")[0]
