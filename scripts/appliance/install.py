"""Installs the kiosk, updates it and removes it: the order in which the parts do their work."""

import platform
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.appliance import (
    account,
    board,
    environment,
    package,
    sound,
    source,
    trial,
    units,
    versions,
)
from scripts.appliance.errors import DATA, NO_INPUT, UNAVAILABLE, Refused
from scripts.appliance.system import System

COMMANDS: Final = {
    Path("/usr/local/bin/kiosk"): versions.CURRENT / "bin/kiosk",
    Path("/usr/local/sbin/kiosk-update"): versions.CURRENT / "source/scripts/update",
    Path("/usr/local/sbin/kiosk-uninstall"): versions.CURRENT / "source/scripts/uninstall",
}
_APT: Final = {"DEBIAN_FRONTEND": "noninteractive"}


@dataclass(frozen=True)
class Wishes:
    """What the technician said on the command line."""

    microphone: str
    speaker: str
    amplifier: str
    update_key: Path | None
    pi: bool


def install(system: System, wishes: Wishes) -> None:
    """Install this source, or bring what is there to it; repeatable."""
    check_machine(system)
    trial.refuse_during_trial(system)
    tree = source.here()
    _, python_version = environment.python(system)
    _place_packages(system, python_version)
    account.place_user(system)
    name = environment.build(system, tree)
    pi = wishes.pi or board.is_pi(system)
    card = board.place_amplifier(system, wishes.amplifier, pi=pi)
    chosen = sound.choose(sound.cards(system), wishes.microphone, wishes.speaker, card)
    usable = sound.place(system, chosen)
    account.place_settings(system, tree, usable, overlay=bool(card))
    _place_update_key(system, wishes.update_key)
    board.place_wifi(system, pi=pi)
    account.place_state(system)
    _place_phrases(system, name)
    trial.place_settle(system)
    if system.dry:
        units_there = ", ".join(sorted(path.name for path in (tree / "systemd").iterdir()))
        system.say(f"link what is in systemd/ into place: {units_there}")
    units.place(system, name)
    versions.prove(system, name)
    system.sync()
    changed = system.link(versions.CURRENT, name)
    for link, to in COMMANDS.items():
        system.link(link, to)
    units.tidy(system, name)
    _start(system, name, changed=changed)
    if not system.dry:
        versions.prune(system)
    system.did(f"Version {name} is installed.")
    if card:
        system.note("Restart the machine once, for the amplifier: systemctl reboot")


def update(system: System, tarball: Path, patience: trial.Patience) -> None:
    """Install the version of a package beside the one that runs, and try it. Raises Refused."""
    name = prepare(system, tarball)
    if name is not None:
        trial.run(system, name, patience)


def prepare(system: System, tarball: Path) -> str | None:
    """Verify a package and build its version, which runs nowhere yet; None for a dry run."""
    check_machine(system)
    trial.refuse_during_trial(system)
    running = versions.linked(system, versions.CURRENT)
    if running is None:
        raise Refused("The kiosk is not installed yet: scripts/install does that.", NO_INPUT)
    version, content = package.verified(system, tarball)
    if (versions.order(version) or ()) <= (versions.order(running) or ()):
        raise Refused(f"{version} is not newer than {running}, which runs.", DATA)
    system.note(f"{tarball.name} is signed and whole.")
    if system.dry:
        system.say(f"build {version} beside {running}, switch to it and watch it")
        return None
    with tempfile.TemporaryDirectory(prefix="kiosk-package-") as scratch:
        tree = package.unpack(content, version, Path(scratch))
        _, python_version = environment.python(system)
        _place_packages(system, python_version)
        name = environment.build(system, tree)
    trial.place_settle(system)
    return name


def uninstall(system: System, *, purge: bool) -> None:
    """Remove the kiosk; with ``purge`` its configuration, state and user too."""
    trial.refuse_during_trial(system)
    running = versions.linked(system, versions.CURRENT)
    if running and system.is_running:
        system.run("systemctl", "stop", *units.names(system, running))
    units.tidy(system, None)
    trial.remove_settle(system)
    for link in COMMANDS:
        if system.at(link).is_symlink():
            system.remove(link)
    if sound.is_ours(system):
        system.remove(sound.FILE)
    board.remove_amplifier(system)
    board.remove_wifi(system)
    if system.is_running:
        system.run("systemctl", "daemon-reload")
    groups = account.made_groups(system)
    system.remove(environment.CACHE)
    if purge:
        for place in (account.SETTINGS, account.STATE, *account.OTHER_STATE):
            system.remove(place)
        account.remove_user(system)
        for name in groups:
            system.run("groupdel", name)
    system.remove(versions.HOME)
    if purge:
        system.did("The kiosk is gone, with its configuration and all it knew.")
    else:
        system.did(
            f"The kiosk is gone. Its configuration ({account.SETTINGS}), what it knew"
            f" ({account.STATE}) and its user stay: 'scripts/uninstall --purge' removes them."
        )
    system.did("Debian packages it needed stay; 'apt-get autoremove' tells of unused ones.")


def doctor(system: System) -> None:
    """Let the doctor have the last word."""
    program = COMMANDS[Path("/usr/local/bin/kiosk")]
    code, said = system.ask(system.at(program), "doctor")
    system.note(f"\n{said.rstrip()}")
    if code:
        system.note("When that is done, 'kiosk doctor' looks again.")


def check_machine(system: System) -> None:
    """Raise Refused for a machine the kiosk is not made for."""
    if platform.machine() not in ("x86_64", "aarch64"):
        raise Refused(f"The kiosk runs on x86_64 and aarch64, and this is {platform.machine()}.")
    release = system.at("/etc/os-release").read_text()
    said = dict(line.split("=", 1) for line in release.splitlines() if "=" in line)
    name, number = said.get("ID", "").strip('"'), said.get("VERSION_ID", "").strip('"')
    if name not in ("debian", "raspbian") or number not in ("12", "13"):
        raise Refused(
            f"This is {said.get('PRETTY_NAME', 'another system')}; the kiosk installs on Debian 12"
            " and 13 and on Raspberry Pi OS (64 bit) made of them.",
            UNAVAILABLE,
        )


def _place_packages(system: System, python_version: str) -> None:
    missing = environment.missing_packages(system, environment.debian_packages(python_version))
    if missing:
        system.note(f"Debian packages to be installed: {', '.join(missing)}.")
        system.run("apt-get", "update", "-q", env=_APT)
        system.run(
            "apt-get", "install", "-q", "-y", "--no-install-recommends", *missing, env=_APT
        )  # fmt: skip


def _place_update_key(system: System, key: Path | None) -> None:
    if key is not None:
        if not key.is_file():
            raise Refused(f"{key} is not there.", NO_INPUT)
        system.write(account.UPDATE_KEY, key.read_text())
    elif not system.at(account.UPDATE_KEY).exists():
        system.note(
            f"No update is taken yet: {account.UPDATE_KEY} is for the public key of who signs them."
        )


def _place_phrases(system: System, name: str) -> None:
    """Have the local voice record the phrases, as the user that plays them."""
    language = "en"
    config = system.at(account.FILE)
    if config.is_file():
        try:
            chosen = tomllib.loads(config.read_text()).get("phrases", {})
            language = str(chosen.get("language", language))
        except ValueError:
            pass  # the doctor says what is wrong with it
    to = account.STATE / "phrases" / language
    there = system.at(to)
    if there.is_dir() and any(there.glob("P*.wav")):
        return
    system.say(f"Recording the phrases into {to}.")
    if system.dry:
        return
    speaker = system.at(versions.HOME / name / "bin/python")
    voice = ("-m", "kiosk.local_live.voice", "--phrases", there, "--language", language)
    home = {"HOME": str(system.at(account.STATE))}
    code, said = system.ask(speaker, *voice, env=home, user=account.NAME)
    if code:
        last = said.strip().splitlines()[-1:] or ["no reason was given"]
        system.note(f"The phrases were not recorded ({last[0]}); the kiosk tries again by itself.")


def _start(system: System, name: str, *, changed: bool) -> None:
    if not system.is_running:
        system.note("There is no running systemd here: the kiosk starts with the machine.")
        return
    started = units.services(system, name) if not system.dry else ["kiosk.service"]
    system.run("systemctl", "daemon-reload")
    if changed:  # its limits are read at its start
        system.run("systemctl", "restart", "systemd-journald.service")
    for unit in started:
        verb = "restart" if changed else "start"
        if system.dry:
            system.say(f"{verb} {unit}")
        elif system.ask("systemctl", verb, unit)[0]:
            system.note(f"{unit} did not start: 'systemctl status {unit}' shows why.")
