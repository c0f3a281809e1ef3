"""Builds one version: its source, and a Python environment of its own with the locked packages.

It is built where it will run, beside the version that runs, and gets its stamp last. Every
package is taken by its hash; the few without a wheel are built here, by locked builders, which
are removed again. It belongs to root and is compiled: the service can only read it.
"""

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Final

from scripts.appliance import source, versions
from scripts.appliance.errors import Refused
from scripts.appliance.system import System

CACHE: Final = Path("/var/cache/kiosk")
_UV: Final = versions.HOME / ".uv"
_PYTHONS: Final = ("/usr/bin/python3", "python3.13", "python3.12", "python3.11", sys.executable)
_FITS: Final = "import sys; print(*sys.version_info[:2], sys._base_executable)"
_NEEDED_MB: Final = 1500


def python(system: System) -> tuple[str, str]:
    """Return the Python the kiosk will run on, and its version. Raises Refused."""
    for candidate in _PYTHONS:
        code, said = system.ask(candidate, "-c", _FITS)
        if code == 0:
            major, minor, executable = said.split(maxsplit=2)
            if (3, 11) <= (int(major), int(minor)) <= (3, 13):
                return executable.strip(), f"{major}.{minor}"
    raise Refused("The kiosk needs Python 3.11, 3.12 or 3.13: Debian 12 and 13 have one.")


def debian_packages(version: str) -> list[str]:
    """Return the Debian packages the kiosk needs, to build and to run."""
    wanted = ["ca-certificates", "espeak-ng", "gcc", "libasound2-plugins", "libc6-dev"]
    wanted += ["libportaudio2", "libsystemd-dev", "openssh-client", "pkg-config"]
    wanted += ["portaudio19-dev", "python3-dev", "python3-venv", "util-linux"]
    return [*wanted, "swig"] if version == "3.13" else wanted  # lgpio has no wheel for 3.13


def missing_packages(system: System, wanted: list[str]) -> list[str]:
    """Return which of these Debian packages are not installed."""
    _, said = system.ask("dpkg-query", "-W", "-f=${db:Status-Status} ${Package}\n", *wanted)
    there = {line.split()[1] for line in said.splitlines() if line.startswith("installed ")}
    return [name for name in wanted if name not in there]


def build(system: System, tree: Path) -> str:
    """Have the version of this source complete under /opt/kiosk; return its directory's name.

    What was begun and cut is begun anew; what is complete and the same is left alone.
    """
    interpreter, python_version = python(system)
    version, made_of = source.version_of(tree), source.fingerprint_of(tree, python_version)
    name = versions.place_for(system, version, made_of)
    home = versions.HOME / name
    if versions.fingerprint(system, name) == made_of:
        system.note(f"Version {name} is complete already.")
        return name
    if system.dry:
        system.say(f"build version {name} in {home}, with Python {python_version}")
        return name
    system.directory(versions.HOME)
    _check_room(system)
    system.say(f"Building version {name} in {home}, with Python {python_version}.")
    system.remove(home)
    system.directory(home)
    source.copy(tree, system.at(home / "source"))
    _install(system, tree, system.at(home), interpreter)
    system.sync()
    system.write(home / versions.STAMP, f"{made_of}\n")
    return name


def _check_room(system: System) -> None:
    disk = os.statvfs(system.at(versions.HOME))
    free_mb = disk.f_bavail * disk.f_frsize // 2**20
    if free_mb < _NEEDED_MB:
        raise Refused(f"/opt has {free_mb} MB free; a version takes up to {_NEEDED_MB} MB.")


def _install(system: System, tree: Path, home: Path, interpreter: str) -> None:
    uv, env = _uv(system, interpreter), _environ(system)
    lock = (tree / "requirements.lock").read_text()
    with tempfile.TemporaryDirectory(dir=home, prefix=".building-") as scratch:
        runtime, builders = Path(scratch, "runtime.txt"), Path(scratch, "builders.txt")
        runtime.write_text(source.runtime_lock(lock))
        builders.write_text(source.builders_lock(lock))
        system.run(uv, "venv", "-q", "--allow-existing", "--python", interpreter, home, env=env)
        here = ("--python", home / "bin/python", "--no-build-isolation")
        locked = ("--require-hashes", "--no-deps")
        system.run(uv, "pip", "install", "-q", *here, *locked, "-r", builders, env=env)
        system.run(
            uv, "build", "-q", "--wheel", *here, "-o", scratch, home / "source", env=env
        )  # fmt: skip
        wheel = next(Path(scratch).glob("kiosk-*.whl"))
        system.run(uv, "pip", "sync", "-q", *here, "--require-hashes", runtime, env=env)
        system.run(uv, "pip", "install", "-q", *here, "--no-deps", wheel, env=env)
    # Compiled now: the service may not write here, and would compile at every start, for seconds.
    system.run(
        home / "bin/python", "-m", "compileall", "-q", "-j0", "--invalidation-mode",
        "unchecked-hash", home / "lib",
    )  # fmt: skip
    system.run("chown", "-R", "root:root", home)
    system.run("chmod", "-R", "u=rwX,go=rX", home)


def _uv(system: System, interpreter: str) -> str:
    ours = system.at(_UV / "bin/uv")
    if ours.is_file():
        return str(ours)
    if system.ask("uv", "--version")[0] == 0:
        return "uv"
    system.say("Installing uv, by its hash, for the installation itself.")
    new = _UV.with_name(".uv.new")
    system.remove(new)
    system.run(interpreter, "-m", "venv", system.at(new))
    system.run(
        system.at(new) / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check",
        "--require-hashes", "--only-binary", ":all:",
        "-r", source.here() / "scripts/uv-requirements.txt",
    )  # fmt: skip
    system.directory(_UV / "bin")
    (system.at(new) / "bin/uv").replace(ours)
    system.remove(new)
    return str(ours)


def _environ(system: System) -> dict[str, str]:
    # PYPI=1 makes lgpio's source build carry its own C library: Debian has none. The machine's
    # own authorities: a shop's network may have one more. Older uv knows it as NATIVE_TLS.
    env = {"PYPI": "1", "UV_PYTHON_DOWNLOADS": "never", "UV_SYSTEM_CERTS": "1"}
    env |= {"UV_NATIVE_TLS": "1", "UV_CACHE_DIR": str(system.at(CACHE / "uv")), "UV_NO_CONFIG": "1"}
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
