"""Programs from npm for the tests: fetched once, exactly as their ``package-lock.json`` says."""

import shutil
import subprocess
from pathlib import Path

import pytest

INSTALL_S = 110


def installed(named_in: Path, cache: Path) -> Path:
    """Return the directory that holds what ``named_in`` names; skip the test when it cannot.

    Nothing of it runs while it is installed, and it is fetched again only when the lock changes.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not on this machine")
    wanted = (named_in / "package-lock.json").read_text()
    here = cache / "package-lock.json"
    if here.is_file() and here.read_text() == wanted and (cache / "installed").is_file():
        return cache
    cache.mkdir(parents=True, exist_ok=True)
    (cache / "installed").unlink(missing_ok=True)
    (cache / "package.json").write_text((named_in / "package.json").read_text())
    here.write_text(wanted)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(
        command, cwd=cache, capture_output=True, text=True, timeout=INSTALL_S, check=False
    )
    if done.returncode:
        pytest.skip(f"it could not be fetched: {done.stderr.strip().splitlines()[-1:]}")
    (cache / "installed").touch()
    return cache
