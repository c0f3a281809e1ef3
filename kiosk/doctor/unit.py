"""What systemd knows of the kiosk: whether it runs, and what it is kept from."""

import re
from collections.abc import Collection
from typing import Final

from kiosk.doctor.finding import (
    Examined,
    Finding,
    NotForUs,
    State,
    TooSlow,
    said_by,
    status_of,
    text_of,
    told_by,
)

UNIT: Final = "kiosk.service"
LOCAL_LIVE: Final = "kiosk-local-live.service"
NO_LOCAL_LIVE: Final = "etc/kiosk/no-local-live"
"""A board without room for it has this file (the unit's ConditionPathExists=)."""
FAULT_LIGHT: Final = "kiosk-fault-light.service"
HELPERS: Final = {
    LOCAL_LIVE: "the Live service of its own is",
    "kiosk-reboot-guard.timer": "the reboot guard is",
    FAULT_LIGHT: "the fault light is",
}
MOST_EXPOSED: Final = 1.5
SAYS_WHY: Final = "journalctl -u kiosk -n 50 says why"
_PROPERTIES: Final = "LoadState,ActiveState,SubState,UnitFileState,NRestarts,Result"


async def check_unit(kiosk: Examined) -> Finding:
    """Look how the unit stands; a kiosk that somebody started by hand counts as well."""
    try:
        status, hidden = await status_of(kiosk), ""
    except NotForUs as err:
        status, hidden = {}, str(err)
    try:
        told = await told_by("systemctl", "show", UNIT, f"--property={_PROPERTIES}")
    except TooSlow as err:
        return judged_unit(None, status, hidden, str(err))
    return judged_unit(told, status, hidden)


def judged_unit(
    told: str | None,
    status: dict[str, object] | None,
    hidden: str = "",
    untold: str = "no systemd here to ask",
) -> Finding:
    """Return what there is to say, given ``systemctl show`` and the running daemon's status.

    ``hidden`` says why one that runs does not tell it, and ``untold`` why systemd does not.
    """
    runs = f'a kiosk answers: "{status.get("doing")}"' if status else hidden or "no kiosk answers"
    if not told:
        if status and status.get("faults"):
            return Finding(State.ILL, f"{untold}; {runs}", SAYS_WHY)
        return Finding(State.OPEN, f"{untold}; {runs}")
    unit = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    if unit.get("LoadState") != "loaded":
        says = f"{UNIT} is not installed; {runs}"
        return Finding(State.OPEN, says, "" if status else "install it: scripts/install")
    says = f"{UNIT} is {unit.get('ActiveState')} ({unit.get('SubState')}), {runs}"
    restarts = unit.get("NRestarts", "0")
    if restarts not in ("", "0"):
        says += f", restarted {restarts} times"
    if unit.get("ActiveState") != "active":
        why = unit.get("Result", "success")
        says += "" if why == "success" else f", ended by {why}"
        return Finding(State.ILL, says, f"{SAYS_WHY}; systemctl start kiosk")
    if unit.get("UnitFileState") not in ("enabled", "enabled-runtime"):
        return Finding(State.ILL, f"{says}, but not at the next boot", "systemctl enable kiosk")
    if hidden:
        return Finding(State.OPEN, says, "run this with sudo")
    if not status:
        return Finding(State.ILL, says, SAYS_WHY)
    if status.get("faults"):
        return Finding(State.ILL, says, f"{SAYS_WHY}; the light's code is {status.get('light')}")
    return Finding(State.WELL, says)


async def check_helpers(kiosk: Examined) -> Finding:
    """Look how the units beside the kiosk's stand: nobody misses them before they are needed."""
    told = await told_by("systemctl", "show", *HELPERS, "--property=Id,LoadState,ActiveState")
    unwanted = text_of(kiosk.root / NO_LOCAL_LIVE) is not None
    return judged_helpers(told, (FAULT_LIGHT, LOCAL_LIVE) if unwanted else (FAULT_LIGHT,))


def judged_helpers(told: str | None, may_rest: Collection[str] = (FAULT_LIGHT,)) -> Finding:
    """Return what there is to say, given ``systemctl show`` and which of them need not run."""
    blocks = (told or "").split("\n\n")
    units = [
        dict(line.split("=", 1) for line in each.splitlines() if "=" in line) for each in blocks
    ]
    there = {unit["Id"]: unit["ActiveState"] for unit in units if unit.get("LoadState") == "loaded"}
    if not there:
        return Finding(State.OPEN, "no systemd here to ask" if not told else "not installed")
    says, ill = [], []
    for name, purpose in HELPERS.items():
        state = there.get(name, "not installed")
        says.append(f"{purpose} {state}")
        if state != "active" and not (state == "inactive" and name in may_rest):
            ill.append(f"systemctl status {name}" if name in there else "scripts/install")
    return Finding(State.ILL if ill else State.WELL, ", ".join(says), "; ".join(ill))


async def check_exposure(_: Examined) -> Finding:
    """Look how much the unit could do to this machine if it were taken over."""
    told = await said_by("systemd-analyze", "security", "--no-pager", UNIT)
    return judged_exposure(told)


def judged_exposure(told: str | None) -> Finding:
    """Return what there is to say, given ``systemd-analyze security``."""
    found = re.search(r"exposure level for \S+: ([\d.]+)", told or "")
    if found is None:
        return Finding(State.OPEN, f"systemd does not tell how {UNIT} is confined")
    says = f"exposure {found[1]} of 10, at most {MOST_EXPOSED} is meant"
    if float(found[1]) > MOST_EXPOSED:
        return Finding(State.ILL, says, "install the unit again: somebody opened it up")
    return Finding(State.WELL, says)
