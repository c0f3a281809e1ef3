"""The health gate of a new version: ready, hearing, speaking, answering, and so for a while."""

import json
import re
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.appliance import account, units, versions
from scripts.appliance.errors import SOFTWARE, Refused
from scripts.appliance.system import System

UNIT: Final = "kiosk.service"
_LOOK_S: Final = 1.0
_ASK_S: Final = 45
_ROOM_MB: Final = 700
_STANDING: Final = Path("/run/kiosk-local-live")
_QUESTION: Final = "When do you open tomorrow?"


@dataclass(frozen=True)
class Patience:
    """How long a new version may take to be healthy, and how long it must stay so."""

    within_s: float = 60.0
    steady_s: float = 15.0


def watch(system: System, version: str, patience: Patience, began_s: float) -> None:
    """Return when the new version is healthy and stayed so. Raises Refused with what is not."""
    deadline_s = began_s + patience.within_s
    ill = "it did not start"
    while monotonic_s() < deadline_s:
        pid, ill = started(system, version, began_s)
        if not ill:
            ill = _sounds(system, version) or answers(system, version)
        if not ill:
            _watch_steady(system, version, patience, pid, began_s)
            return
        pause()
    raise Refused(f"after {patience.within_s:.0f} s {ill}", SOFTWARE)


def started(system: System, version: str, began_s: float) -> tuple[int, str]:
    """Return its process, if it was started since then and is ready; else 0, and what is not."""
    _, said = system.ask(
        "systemctl", "show", UNIT,
        "-pActiveState,MainPID,ExecMainStartTimestampMonotonic",
    )  # fmt: skip
    shown = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    since_s = int(shown.get("ExecMainStartTimestampMonotonic", 0)) / 1e6
    if shown.get("ActiveState") != "active" or since_s < began_s:
        return 0, f"{UNIT} is not ready: 'journalctl -u kiosk' shows why"
    for unit in units.services(units.source_of(system, version)):
        _, said = system.ask("systemctl", "show", unit, "-pActiveState,ConditionResult")
        meant = "ConditionResult=no" not in said  # else the technician switched it off
        if meant and "ActiveState=active" not in said.split():
            return 0, f"{unit} does not run: 'journalctl -u {unit}' shows why"
    return int(shown["MainPID"]), ""


def answers(system: System, version: str) -> str:
    """Have one turn with the local service, apart from the shop's books; return what is wrong."""
    if not _has_room_to_answer(system):
        system.note(
            f"No question was asked: this board has less than {_ROOM_MB} MB of memory, and no Live"
            " service of its own stands."
        )
        return ""
    with tempfile.TemporaryDirectory(prefix="kiosk-gate-") as scratch:
        place = Path(scratch)
        place.chmod(0o755)
        config, state = place / "kiosk.toml", place / "state"
        config.write_text("")
        state.mkdir()
        shutil.chown(state, account.NAME, account.NAME)
        env = {"STATE_DIRECTORY": str(state), "HOME": str(state), "GEMINI_API_KEY": ""}
        asking = (_kiosk(system, version), "ask", "--config", config, _QUESTION)
        code, said = system.ask(
            "timeout", str(_ASK_S), *asking, env=env, user=account.NAME
        )  # fmt: skip
    last = said.strip().splitlines()[-1:] or ["no answer came"]
    return f"a question got no answer: {last[0]}" if code else ""


def monotonic_s() -> float:
    """Return the time on the clock of systemd's time stamps."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def pause() -> None:
    """Wait for a moment between two looks."""
    threading.Event().wait(_LOOK_S)


def _watch_steady(
    system: System, version: str, patience: Patience, pid: int, began_s: float
) -> None:
    until_s = monotonic_s() + patience.steady_s
    while monotonic_s() < until_s:
        now, ill = started(system, version, began_s)
        if not ill and now != pid:
            ill = "it fell over and was started again"
        if ill := ill or _sounds(system, version):
            raise Refused(f"it was healthy, and then {ill}", SOFTWARE)


def _sounds(system: System, version: str) -> str:
    """Return what does not move between two looks at it; empty when all does."""
    first = _status(system, version)
    pause()
    second = _status(system, version)
    for key, what in (("frames_captured", "the microphone"), ("frames_played", "the speaker")):
        if key not in first or key not in second:
            return "the kiosk does not say what it is doing ('kiosk status')"
        if second[key] <= first[key]:
            return f"{what} stands still"
    return ""


def _status(system: System, version: str) -> dict[str, int]:
    code, said = system.ask(_kiosk(system, version), "status", "--json")
    try:
        status = json.loads(said) if code == 0 else {}
    except ValueError:
        status = {}
    return {key: value for key, value in status.items() if isinstance(value, int)}


def _has_room_to_answer(system: System) -> bool:
    """Whether a local service stands, or one more beside the kiosk would not push it out."""
    if system.at(_STANDING).is_dir():
        return True
    total = re.search(r"(?m)^MemTotal: +(\d+) kB", system.read("/proc/meminfo"))
    return total is None or int(total[1]) >= _ROOM_MB * 1024


def _kiosk(system: System, version: str) -> Path:
    return system.at(versions.HOME / version / "bin/kiosk")
