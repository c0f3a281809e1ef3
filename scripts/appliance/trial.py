"""A new version on trial: switched to, watched, and left again by itself if it is not healthy.

There is one way back, and everything takes it: a failed gate, a killed update, a power cut.
While ``/opt/kiosk/before`` is there, the new version is only on trial; ``/opt/kiosk/settle``
turns ``current`` back to it. systemd runs that whenever the trial ends, however it ends, and
at every start before the kiosk. It is a few lines of shell, placed beside the versions.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from scripts.appliance import account, gate, units, versions
from scripts.appliance.errors import DATA, SOFTWARE, TRY_AGAIN, UNAVAILABLE, Refused
from scripts.appliance.system import System

SETTLE: Final = versions.HOME / "settle"
SETTLE_UNIT: Final = units.SYSTEM / "kiosk-settle.service"
_HERE: Final = Path(__file__).parent
_TRIAL_UNIT: Final = Path("/run/systemd/system/kiosk-update.service")
_SAID: Final = Path("/run/kiosk-update.said")
_BACK_S: Final = 60.0

_TRIAL_UNIT_TEXT: Final = """\
[Unit]
Description=In-store voice kiosk: a new version on trial

[Service]
Type=oneshot
Environment=PYTHONPATH={tree}
ExecStart={python} -P -B -m scripts.appliance trial {version} --within {within_s} --steady {steady_s}
ExecStopPost={settle} --restart
StandardOutput=append:{said}
StandardError=inherit
TimeoutStartSec={longest_s}
"""  # noqa: E501 - a line of a unit


Watched = Callable[[System, str, gate.Patience, float], None]
"""Returns when a version is healthy; raises Refused when it is not."""


def place_settle(system: System) -> None:
    """Have the way back in place, started with the machine."""
    system.write(SETTLE, (_HERE / SETTLE.name).read_text(), 0o755)
    system.write(SETTLE_UNIT, (_HERE / SETTLE_UNIT.name).read_text())
    system.link(units.SYSTEM / "multi-user.target.wants" / SETTLE_UNIT.name, SETTLE_UNIT)


def remove_settle(system: System) -> None:
    """Take it away again."""
    wants = units.SYSTEM / "multi-user.target.wants"
    system.remove(wants / SETTLE_UNIT.name)
    system.remove_empty(wants)
    system.remove(SETTLE_UNIT)
    system.remove(_TRIAL_UNIT)
    system.remove(_SAID)


def refuse_during_trial(system: System) -> None:
    """Raise Refused while a version is on trial; end a trial that nobody watches any more."""
    if not system.at(versions.BEFORE).is_symlink():
        return
    _, state = system.ask("systemctl", "is-active", _TRIAL_UNIT.name)
    if state.strip() in ("active", "activating", "deactivating"):
        raise Refused("A version is on trial: it takes a minute or two. Then try again.", TRY_AGAIN)
    system.run(system.at(SETTLE), *(["--restart"] if system.is_running else []))


def check_way_back(system: System, version: str) -> None:
    """Raise Refused when the version that runs could not work with the new one's database.

    Nothing is copied aside and put back: what a customer left during the trial would be lost.
    """
    running = versions.linked(system, versions.CURRENT)
    generations = [_generation(system, name) for name in (running, version) if name]
    if len(set(generations) - {""}) > 1:
        system.remove(versions.HOME / version)
        raise Refused(
            f"{version} keeps the shop's data in a way that {running} cannot read, so that it could"
            " not go back by itself. Install it with scripts/install of its source; a copy of"
            f" {account.STATE} is the way back then.",
            DATA,
        )


def _generation(system: System, version: str) -> str:
    asking = "from kiosk.adapters.sqlite_store import GENERATION; print(GENERATION)"
    python = system.at(versions.HOME / version / "bin/python")
    code, said = system.ask(python, "-I", "-B", "-c", asking)
    return "" if code else said.strip()


def run(system: System, version: str, patience: gate.Patience) -> None:
    """Try a complete version, by systemd and not by us, so that it ends well without us too.

    Raises Refused with the reason when the version before runs again.
    """
    if not system.is_running:
        raise Refused("An update needs a running systemd to watch the new version.", UNAVAILABLE)
    before = versions.linked(system, versions.CURRENT)
    assert before is not None, "there is a version to update"
    text = _TRIAL_UNIT_TEXT.format(
        tree=units.source_of(system, before), python=sys.executable, version=version,
        settle=SETTLE, said=_SAID,
        within_s=patience.within_s, steady_s=patience.steady_s,
        longest_s=round(2 * patience.within_s + patience.steady_s + 120),
    )  # fmt: skip
    system.write(_TRIAL_UNIT, text)
    system.remove(_SAID)
    system.run("systemctl", "daemon-reload")
    system.note(f"Version {version} is on trial; it has {patience.within_s:.0f} s to be healthy.")
    try:
        code, _ = system.ask("systemctl", "start", _TRIAL_UNIT.name)
    except KeyboardInterrupt:
        raise Refused(
            f"The trial of {version} goes on without you, and ends as it should: 'kiosk doctor'"
            " tells in a few minutes which version stayed.",
            TRY_AGAIN,
        ) from None
    said = system.at(_SAID).read_text().strip() if system.at(_SAID).is_file() else ""
    system.ask("systemctl", "reset-failed", _TRIAL_UNIT.name)
    if code or versions.linked(system, versions.CURRENT) != version:
        running = versions.linked(system, versions.CURRENT)
        units.tidy(system, running)
        if version not in (running, versions.linked(system, versions.BEFORE)):
            system.remove(versions.HOME / version)
        why = said or "the trial was cut"
        back = (
            f"{before} runs"
            if _ready_again(system, before)
            else f"{before} is back, but not ready yet"
        )
        raise Refused(f"Version {version} was left again and {back}.\n{why}", SOFTWARE)
    system.note(said)


def _ready_again(system: System, version: str) -> bool:
    deadline_s = gate.monotonic_s() + _BACK_S
    while gate.started(system, version, 0)[1]:
        if gate.monotonic_s() > deadline_s:
            return False
        gate.pause()
    return True


def switch_and_watch(
    system: System, version: str, patience: gate.Patience, watched: Watched | None = None
) -> None:
    """Switch, watch, and only then make it the version that stays."""
    running = versions.linked(system, versions.CURRENT)
    assert running is not None, "there is a version to update"
    system.link(versions.BEFORE, running)
    units.place(system, units.source_of(system, version))
    system.sync()
    system.link(versions.CURRENT, version)
    began_s = gate.monotonic_s()
    units.restart(system, version)
    (watched or gate.watch)(system, version, patience, began_s)
    versions.prove(system, version)
    system.remove(versions.BEFORE)  # from here on it stays
    system.sync()
    units.tidy(system, version)
    versions.prune(system)
    system.note(f"Version {version} is healthy and stays.")
