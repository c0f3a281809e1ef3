"""A command for a running kiosk loads next to nothing: on a small board a second is a second.

Asserted by what a process of its own has loaded at the end, not by time.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ASK = """
import json, sys
from kiosk.cli import main
try:
    code = main(sys.argv[1:])
except SystemExit as left:
    code = left.code
print(json.dumps([code, sorted(sys.modules)]))
"""

HEAVY = {
    "google", "websockets", "httpx", "numpy", "pydantic", "onnxruntime", "soxr", "pyaudio",
    "sqlite3", "kiosk.settings", "kiosk.daemon", "kiosk.assembly", "kiosk.shop", "kiosk.runtime",
}  # fmt: skip


def loaded_by(tmp_path: Path, *arguments: str) -> tuple[int, set[str]]:
    """Run ``kiosk …``; return its exit code and every module that was loaded."""
    env = {"HOME": str(tmp_path), "RUNTIME_DIRECTORY": str(tmp_path), "PYTHONPATH": sys.path[0]}
    done = subprocess.run(
        [sys.executable, "-c", ASK, *arguments],
        env=env, cwd=tmp_path, check=True, capture_output=True, text=True,
    )  # fmt: skip
    code, modules = json.loads(done.stdout.splitlines()[-1])
    return code, set(modules)


@pytest.mark.parametrize(
    "command",
    [
        ["status"], ["events"], ["press"], ["volume", "50"], ["mute"], ["unmute"], ["messages"],
        ["status", "--config", "kiosk.toml"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_command_for_a_running_kiosk_is_light(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "kiosk.toml").write_text("[audio]\nvolume = 30\n")
    code, modules = loaded_by(tmp_path, *command)

    assert code == 69  # it went as far as to find that nobody listens
    assert "kiosk.adapters.control_socket" in modules
    assert not HEAVY & modules


@pytest.mark.parametrize("command", [["--help"], ["--version"], ["doctor", "--help"], ["pres"]])
def test_who_asks_for_help_waits_for_nothing(tmp_path: Path, command: list[str]) -> None:
    code, modules = loaded_by(tmp_path, *command)

    assert code in (0, 64)
    assert not HEAVY & modules


def test_the_fault_light_needs_no_settings_and_no_sound(tmp_path: Path) -> None:
    (tmp_path / "kiosk.toml").write_text('[button]\nkind = "none"\n')
    code, modules = loaded_by(tmp_path, "fault-light", "--config", "kiosk.toml")

    assert code == 0
    assert "kiosk.adapters.gpio_chips" in modules
    assert not (HEAVY | {"gpiozero"}) & modules
