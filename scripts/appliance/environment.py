"""Builds one version: its source, and a Python environment of its own with the locked packages.

It is built where it will run, beside the version that runs, and gets its stamp last. Every
package is taken by its hash, from the network or from the wheels that a package of the kiosk
carries; the few without a wheel are built here, by locked builders. Where the version that runs
has the same locked packages, they are taken from it, file by file as links, without a network.
All of it belongs to root, is compiled, and can be written by nobody.
"""

import hashlib
import os
import platform
import re
import sys
import tempfile
from pathlib import Path
from typing import Final

from scripts.appliance import source, versions
from scripts.appliance.errors import TRY_AGAIN, Refused
from scripts.appliance.system import System

CACHE: Final = versions.HOME / ".cache"
BUILDERS: Final = "builders"
PACKAGES: Final = "packages"
_UV: Final = versions.HOME / ".uv"
_PYTHONS: Final = ("/usr/bin/python3", "python3.13", "python3.12", "python3.11", sys.executable)
_FITS: Final = "import sys; print(*sys.version_info[:2], sys._base_executable)"
_NEEDED_MB: Final = 1500
_NEEDED_REUSING_MB: Final = 100
_FETCHING: Final = (
    "The locked Python packages could not be fetched: look at the network and run this again, or"
    " take a package that was made with --wheels."
)
_MADE_ANEW: Final = ("kiosk-", "_virtualenv", "__pycache__")


def python(system: System) -> tuple[str, str]:
    """Return the Python the kiosk will run on, and its version. Raises Refused."""
    for candidate in _PYTHONS:
        code, said = system.ask(candidate, "-c", _FITS)
        if code == 0:
            major, minor, executable = said.split(maxsplit=2)
            if (3, 11) <= (int(major), int(minor)) <= (3, 13):
                return executable.strip(), f"{major}.{minor}"
    raise Refused("The kiosk needs Python 3.11, 3.12 or 3.13: apt-get install python3.")


def build(system: System, tree: Path) -> str:
    """Have the version of this source complete under /opt/kiosk; return its directory's name.

    What was begun and cut is begun anew; so is what was damaged since, in another directory
    where the damaged one still runs. What is complete and the same is left alone.
    """
    interpreter, python_version = python(system)
    version, made_of = source.version_of(tree), source.fingerprint_of(tree, python_version)
    name, sound = versions.place_for(system, version, made_of)
    home = versions.HOME / name
    if sound:
        system.note(f"Version {name} is complete already.")
        return name
    packages = fingerprint_of_packages(tree, python_version)
    lender = _lender(system, packages)
    if system.dry:
        way = f"with the packages of {lender}" if lender else "with the locked packages"
        system.say(f"build version {name} in {home}, {way}, with Python {python_version}")
        return name
    system.directory(versions.HOME)
    _check_room(system, _NEEDED_REUSING_MB if lender else _NEEDED_MB)
    system.note(f"Building version {name} in {home}, with Python {python_version}.")
    system.remove(home)
    system.directory(home)
    source.copy(tree, system.at(home / "source"))
    new = system.at(home)
    uv = _uv(system, tree, interpreter, python_version)
    venv = ("venv", "-q", "--allow-existing", "--python", interpreter, new)
    system.run(uv, *venv, env=_environ(system))
    if lender:
        system.note(f"Its packages are those of version {lender}.")
        _borrow(system, system.at(versions.HOME / lender), new)
    else:
        system.note("Fetching and building its packages, which takes some minutes.")
        _fetch(system, uv, tree, new, python_version)
    _install_ourselves(system, uv, new, everything=not lender)
    system.write(home / PACKAGES, f"{packages}\n")
    system.run("chown", "-R", "root:root", new)
    system.run("chmod", "-R", "u=rX,go=rX", new)
    versions.complete_now(system, name, made_of, lender)
    if not os.environ.get("UV_CACHE_DIR"):
        system.remove(CACHE)  # the version has it all; a card is small
    return name


def fingerprint_of_packages(tree: Path, python_version: str) -> str:
    """Return what tells these locked packages, for this Python and machine, from any other."""
    lock = (tree / "requirements.lock").read_text()
    whole = "\0".join(
        (python_version, platform.machine(), source.runtime_lock(lock), source.builders_lock(lock))
    )
    return hashlib.sha256(whole.encode()).hexdigest()


def wheels_for(tree: Path, machine: str, python_version: str) -> Path:
    """Return where a package of the kiosk has its wheels for such a machine, if it has any."""
    return tree / source.WHEELS / f"{machine}-{python_version}"


def _lender(system: System, packages: str) -> str | None:
    """Return a version whose packages are the same, and sound."""
    home = system.at(versions.HOME)
    for place in sorted(home.glob(f"*/{PACKAGES}")) if home.is_dir() else []:
        name = place.parent.name
        if (
            not place.parent.is_symlink()
            and place.read_text().strip() == packages
            and versions.complete(system, name)
        ):
            broken = versions.damage(system, name, _is_lent)
            if not broken:
                return name
            system.note(f"Version {name} has the same packages, and is damaged: {broken}.")
    return None


def _borrow(system: System, lender: Path, new: Path) -> None:
    there = next(lender.glob("lib/python3.*/site-packages"))
    here = new / there.relative_to(lender)
    wanted = [path for path in sorted(there.iterdir()) if _is_lent(path.relative_to(lender))]
    system.run("cp", "-al", "-t", here, *wanted)
    system.run("cp", "-al", lender / BUILDERS, new / BUILDERS)


def _is_lent(path: Path) -> bool:
    """Whether something in a version is of its packages, and not of the kiosk itself."""
    if path.parts[0] == BUILDERS:
        return True
    package = path.parts[3] if path.parts[0] == "lib" and len(path.parts) > 3 else "kiosk"
    return package != "kiosk" and not package.startswith(_MADE_ANEW)


def _fetch(system: System, uv: str, tree: Path, new: Path, python_version: str) -> None:
    lock = (tree / "requirements.lock").read_text()
    carried = _carried(tree, python_version)
    how = ("-q", "--python", new / "bin/python", "--require-hashes", *carried)
    failing = _FETCHING
    if carried:
        failing = (
            "The wheels that the package carries are not those of its lock: have it made anew."
        )
    with _scratch(new) as scratch:
        runtime, builders = Path(scratch, "runtime.txt"), Path(scratch, "builders.txt")
        runtime.write_text(source.runtime_lock(lock))
        builders.write_text(source.builders_lock(lock))
        env = _environ(system)
        target = ("--target", new / BUILDERS)
        system.run(
            uv, "pip", "install", *how, *target, "--no-deps", "-r", builders,
            env=env, failing=failing,
        )  # fmt: skip
        env |= {"PYTHONPATH": str(new / BUILDERS)}
        system.run(
            uv, "pip", "sync", *how, "--no-build-isolation", runtime, env=env, failing=failing
        )


def _carried(tree: Path, python_version: str) -> tuple[str | Path, ...]:
    """Return what has a program use the wheels of the package alone, if it carries ours."""
    wheels = wheels_for(tree, platform.machine(), python_version)
    return ("--no-index", "--find-links", wheels) if wheels.is_dir() else ()


def _install_ourselves(system: System, uv: str, new: Path, *, everything: bool) -> None:
    """Install the kiosk itself, and compile what is new."""
    python_here, builders = new / "bin/python", {"PYTHONPATH": str(new / BUILDERS)}
    with _scratch(new) as scratch:
        build_wheel = ("-P", "-B", "-m", "hatchling", "build", "-t", "wheel", "-d", scratch)
        system.run(python_here, *build_wheel, env=builders, cwd=new / "source")
        wheel = next(Path(scratch).glob("kiosk-*.whl"))
        offline = ("--offline", "--no-deps", wheel)
        system.run(
            uv, "pip", "install", "-q", "--python", python_here, *offline, env=_environ(system)
        )
    # Compiled now: the service may not write here, and would compile at every start, for seconds.
    places = [new / "lib"]
    if not everything:
        places = sorted(new.glob("lib/python3.*/site-packages/kiosk"))
    system.run(
        python_here, "-m", "compileall", "-q", "-j0", "--invalidation-mode", "unchecked-hash",
        *places,
    )  # fmt: skip


def _scratch(new: Path) -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(dir=new, prefix=".building-")


def _check_room(system: System, needed_mb: int) -> None:
    disk = os.statvfs(system.at(versions.HOME))
    free_mb = disk.f_bavail * disk.f_frsize // 2**20
    if free_mb < needed_mb:
        raise Refused(
            f"/opt has {free_mb} MB free, and a version takes up to {needed_mb} MB: make room"
            " (apt-get clean; journalctl --vacuum-size=20M) and run this again.",
            TRY_AGAIN,
        )


def _uv(system: System, tree: Path, interpreter: str, python_version: str) -> str:
    ours = system.at(_UV / "bin/uv")
    if system.ask(ours, "--version")[0] == 0:
        return str(ours)
    if system.ask("uv", "--version")[0] == 0:
        return "uv"
    system.note("Installing uv, by its hash, for the installation itself.")
    new = _UV.with_name(".uv.new")
    system.remove(new)
    system.run(interpreter, "-m", "venv", system.at(new))
    system.run(
        system.at(new) / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check",
        "--no-cache-dir", "--require-hashes", "--only-binary", ":all:",
        *_carried(tree, python_version), "-r", tree / "scripts/uv-requirements.txt",
        failing=_FETCHING,
    )  # fmt: skip
    system.directory(_UV / "bin")
    (system.at(new) / "bin/uv").replace(ours)
    system.remove(new)
    return str(ours)


def _environ(system: System) -> dict[str, str]:
    # PYPI=1 makes lgpio's source build carry its own C library: Debian has none. The machine's
    # own authorities: a shop's network may have one more. Older uv knows it as NATIVE_TLS.
    env = {"PYPI": "1", "UV_PYTHON_DOWNLOADS": "never", "UV_SYSTEM_CERTS": "1"}
    env |= {"UV_NATIVE_TLS": "1", "UV_NO_CONFIG": "1"}
    if not os.environ.get("UV_CACHE_DIR"):
        env["UV_CACHE_DIR"] = str(system.at(CACHE / "uv"))
    if "UV_DEFAULT_INDEX" not in os.environ and (index := configured_index()):
        env["UV_DEFAULT_INDEX"] = index
    return env


def configured_index() -> str:
    """Return the index this machine uses: uv reads no pip.conf."""
    if given := os.environ.get("PIP_INDEX_URL"):
        return given
    for file in (Path.home() / ".config/pip/pip.conf", Path("/etc/pip.conf")):
        if file.is_file():
            found = re.search(r"(?m)^ *index-url *= *(\S+)", file.read_text())
            if found:
                return found[1]
    return ""
