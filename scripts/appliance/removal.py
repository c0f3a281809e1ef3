"""Removes the kiosk, and all that came with it."""

from scripts.appliance import account, board, made, sound, trial, units, versions
from scripts.appliance.system import System


def uninstall(system: System, *, keep_data: bool) -> None:
    """Remove the kiosk; with ``keep_data`` not what is the shop's, nor the user it belongs to."""
    trial.refuse_during_trial(system)
    ours = units.placed(system)
    if ours and system.is_running:
        system.run("systemctl", "stop", *ours)
    units.tidy(system, None)
    trial.remove_settle(system)
    for link in versions.COMMANDS:
        if system.at(link).is_symlink():
            system.remove(link)
    if sound.is_ours(system):
        system.remove(sound.FILE)
    board.remove_amplifier(system)
    board.remove_wifi(system)
    if not keep_data:
        _remove_data(system, ours)
    if system.is_running:
        system.run("systemctl", "daemon-reload")
        system.run("systemctl", "reset-failed")
        system.run("systemctl", "restart", "systemd-journald.service")
    system.remove(versions.HOME)
    if keep_data:
        system.did(
            f"The kiosk is gone. Its configuration and keys ({account.SETTINGS}), what it knew"
            f" ({account.STATE}) and its user stay, as you wished: scripts/install takes them up"
            " again."
        )
    else:
        system.did("The kiosk is gone, with its configuration, its keys and all it knew.")


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
