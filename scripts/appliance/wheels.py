"""Gathers the locked Python packages for a machine, so that a package can carry them.

What has no wheel for that machine comes as its source, which the machine builds. All of it is
of the lock, by its hash.
"""

import re
import sys
import tempfile
from pathlib import Path
from typing import Final

from scripts.appliance import source
from scripts.appliance.errors import USAGE, Refused
from scripts.appliance.system import System

_MACHINE: Final = re.compile(r"(x86_64|aarch64)-(3\.1[123])")
_GLIBC: Final = {"3.11": 36, "3.12": 39, "3.13": 41}
"""Of the Debian that has this Python."""
_OLDEST: Final = 5
_FAILING: Final = "The locked packages could not be fetched: look at the network."


def gather(system: System, tree: Path, machine: str, to: Path) -> None:
    """Fetch all that the environment of such a machine is built of. Raises Refused."""
    match = _MACHINE.fullmatch(machine)
    if match is None:
        raise Refused(
            f"{machine!r} is no machine: such as aarch64-3.13 for a Raspberry Pi with Debian 13,"
            " aarch64-3.11 with Debian 12.",
            USAGE,
        )
    lock = (tree / "requirements.lock").read_text()
    with tempfile.TemporaryDirectory(prefix="kiosk-wheels-") as scratch:
        builders, wanted = Path(scratch, "builders.txt"), Path(scratch, "wanted.txt")
        builders.write_text(source.builders_lock(lock))
        parts = (source.runtime_lock(lock), source.builders_lock(lock))
        ours = source.without_markers(_together(*parts), match[1], match[2])
        wanted.write_text(ours + (tree / "scripts/uv-requirements.txt").read_text())
        system.run(sys.executable, "-m", "venv", Path(scratch, "venv"))
        pip = (Path(scratch, "venv/bin/python"), "-m", "pip", "-q", "--no-cache-dir")
        locked = ("--no-deps", "--require-hashes")
        system.run(*pip, "install", *locked, "-r", builders, failing=_FAILING)
        system.run(
            *pip, "download", *locked, "--no-build-isolation", *_tags(match[1], match[2]),
            "-d", to / machine, "-r", wanted, env={"PYPI": "1"}, failing=_FAILING,
        )  # fmt: skip


def _together(runtime: str, builders: str) -> str:
    """Return both locks as one, what is in both once."""
    return runtime + "".join(block for block in source.blocks(builders) if block not in runtime)


def _tags(machine: str, python: str) -> list[str]:
    tags = ["--implementation", "cp", "--python-version", python]
    platforms = [f"manylinux_2_{glibc}_{machine}" for glibc in range(_OLDEST, _GLIBC[python] + 1)]
    for platform in (*platforms, f"manylinux2014_{machine}", f"linux_{machine}"):
        tags += ["--platform", platform]
    return tags
