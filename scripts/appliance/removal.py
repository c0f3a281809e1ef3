"""Removes the kiosk, and all that came with it; what was cut goes on when it is said again."""

from pathlib import Path
from typing import Final

from scripts.appliance import account, board, made, sound, source, trial, units, versions
from scripts.appliance.errors import OS, Refused
from scripts.appliance.system import System

_FALLS: Final = Path("/run/kiosk-falls")  # what kiosk.service writes down when it falls
_STOPPED: Final = ("inactive", "failed", "unknown")


def uninstall(system: System, *, keep_data: bool) -> None:
    """Remove the kiosk; with ``keep_data`` not what is the shop's, nor the user it belongs to."""
    trial.refuse_during_trial(system)
    ours = sorted({*units.placed(system), *units.names(source.here())})
    if system.is_running:
        _stop(system, ours)
    units.tidy(system, None)
    trial.remove_settle(system)
    if sound.is_ours(system):
        system.remove(sound.FILE)
    board.remove_amplifier(system)
    board.remove_wifi(system)
    if not keep_data:
        _remove_data(system, ours)
    if system.is_running:
        _forget(system, ours)
    system.remove(_FALLS)
    for link in versions.COMMANDS:  # last, with what they lead to: they do this
        if system.at(link).is_symlink():
            system.remove(link)
    system.remove(versions.HOME)
    if keep_data:
        system.did(
            f"The kiosk is gone. Its configuration and keys ({account.SETTINGS}), what it knew"
            f" ({account.STATE}) and its user stay, as you wished: scripts/install takes them up"
            " again."
        )
    else:
        system.did("The kiosk is gone, with its configuration, its keys and all it knew.")


def _stop(system: System, ours: list[str]) -> None:
    """Stop what runs; an installation that was cut may have left units without a program."""
    if system.dry:
        system.say(f"run systemctl stop {' '.join(ours)}")
        return
    system.note("Stopping the kiosk, and then removing it.")
    _, said = system.ask("systemctl", "stop", *ours)
    _, states = system.ask("systemctl", "is-active", *ours)
    if any(state not in _STOPPED for state in states.split()):
        raise Refused(f"The kiosk could not be stopped: {said.strip()}", OS)


def _forget(system: System, ours: list[str]) -> None:
    system.run("systemctl", "daemon-reload")
    if not system.dry:
        system.ask("systemctl", "reset-failed", *ours)  # most never failed
    system.run("systemctl", "restart", "systemd-journald.service")


def _remove_data(system: System, ours: list[str]) -> None:
    packages = made.noted(system, "package")
    for unit in ours:
        system.remove(units.SYSTEM / f"{unit}.d")  # what 'systemctl edit' left
    for place in (account.STATE, *account.OTHER_STATE, *made.noted(system, "directory")):
        system.remove(place)
    account.remove_user(system)
    system.remove(account.SETTINGS)
    if packages:
        system.note(
            "These Debian packages were installed for it and stay, because others may need them by"
            f" now; to remove them, too: apt-get autoremove --purge {' '.join(packages)}"
        )
