"""Installs the kiosk, updates it and removes it: the order in which the parts do their work."""

import platform
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.appliance import (
    account,
    board,
    environment,
    made,
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
_APT_WAITS_S: Final = 300  # a machine that was just started updates itself first
_NO_PACKAGES: Final = (
    "The Debian packages could not be installed: look at the network, and at 'apt-get update', and"
    " run this again."
)
_PACKAGE: Final = versions.HOME / ".package"
_READY_S: Final = 60.0
_JOURNAL: Final = Path("/var/log/journal")


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
    named, cards = sound.Choice(wishes.microphone, wishes.speaker), sound.cards(system)
    sound.check(system, cards, named)
    update_key = _update_key(wishes.update_key)
    trial.refuse_during_trial(system)
    tree = source.here()
    _, python_version = environment.python(system)
    _place_packages(system, python_version)
    account.place_user(system)
    name = environment.build(system, tree)
    pi = wishes.pi or board.is_pi(system)
    card = board.place_amplifier(system, wishes.amplifier, pi=pi)
    usable = sound.place(system, sound.choose(cards, named, sound.chosen(system), card))
    amplifies = pi and (bool(card) or board.takes_i2s_pins(system))
    account.place_settings(system, tree, usable, overlay=amplifies)
    _place_update_key(system, update_key)
    board.place_wifi(system, pi=pi)
    account.place_state(system)
    _place_phrases(system, name)
    trial.place_settle(system)
    if not system.at(_JOURNAL).exists():
        made.note(system, "directory", str(_JOURNAL))  # journald makes it, as our drop-in asks
    units.place(system, tree)
    versions.prove(system, name)
    system.sync()
    changed = system.link(versions.CURRENT, name)
    for link, to in COMMANDS.items():
        system.link(link, to)
    units.tidy(system, name)
    _start(system, changed=changed)
    if not system.dry:
        versions.prune(system)
    system.did(f"Version {name} is installed.")
    if card and card not in [there.id for there in cards]:
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
    with _unpacking(system) as scratch:
        copy = None if system.dry else scratch / "package.tar.gz"
        version = package.verified(system, tarball, copy)
        if (versions.order(version) or ()) <= (versions.order(running) or ()):
            raise Refused(f"{version} is not newer than {running}, which runs.", DATA)
        system.note(f"{tarball.name} is signed and whole.")
        if copy is None:
            system.say(f"build {version} beside {running}, switch to it and watch it")
            return None
        tree = package.unpack(copy, version, scratch)
        copy.unlink()
        _, python_version = environment.python(system)
        _place_packages(system, python_version)
        name = environment.build(system, tree)
    trial.check_way_back(system, name)
    trial.place_settle(system)
    return name


def uninstall(system: System, *, keep_data: bool) -> None:
    """Remove the kiosk; with ``keep_data`` not what is the shop's, nor the user it belongs to."""
    trial.refuse_during_trial(system)
    ours = units.placed(system)
    if ours and system.is_running:
        system.run("systemctl", "stop", *ours)
    units.tidy(system, None)
    trial.remove_settle(system)
    for link in COMMANDS:
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


@contextmanager
def _unpacking(system: System) -> Iterator[Path]:
    """Have a place for a package: on the card, since memory may be too small, and root's alone."""
    if system.dry:
        yield _PACKAGE
        return
    system.remove(_PACKAGE)  # of an update that was cut
    system.directory(_PACKAGE, 0o700)
    try:
        yield system.at(_PACKAGE)
    finally:
        system.remove(_PACKAGE)


def doctor(system: System) -> None:
    """Let the doctor have the last word."""
    if system.dry:
        system.say("run kiosk doctor")
        return
    program = COMMANDS[Path("/usr/local/bin/kiosk")]
    with tempfile.TemporaryDirectory(prefix="kiosk-doctor-") as home:  # what a sound library leaves
        code, said = system.ask(system.at(program), "doctor", env={"HOME": home})
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
    if not missing:
        return
    system.note(f"Debian packages to be installed: {', '.join(missing)}.")
    made.note(system, "package", *missing)
    apt = ("apt-get", "-q", "-o", f"DPkg::Lock::Timeout={_APT_WAITS_S}")
    if not system.dry and system.ask("dpkg", "--audit")[1]:  # somebody was interrupted
        system.run("dpkg", "--configure", "-a", env=_APT, failing=_NO_PACKAGES)
    system.run(*apt, "update", env=_APT, failing=_NO_PACKAGES)
    how = ("install", "-y", "--no-install-recommends")
    system.run(*apt, *how, *missing, env=_APT, failing=_NO_PACKAGES)


def _update_key(file: Path | None) -> str:
    """Return the public key of who signs updates; empty when none was given. Raises Refused."""
    if file is None:
        return ""
    if not file.is_file():
        raise Refused(
            f"{file} is not there: --update-key wants the file of a public key.", NO_INPUT
        )
    try:
        text = file.read_text()
    except OSError as err:
        raise Refused(f"{file} cannot be read ({err.strerror}).", NO_INPUT) from err
    except ValueError:
        text = ""
    if not package.public_keys(text):
        raise Refused(
            f"{file} is no public key: --update-key wants the file that ends in .pub, which"
            " ssh-keygen made beside the private one. The private one stays away from kiosks.",
            DATA,
        )
    return text


def _place_update_key(system: System, key: str) -> None:
    if key:
        system.write(account.UPDATE_KEY, key)
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


def _start(system: System, *, changed: bool) -> None:
    if not system.is_running:
        system.note("There is no running systemd here: the kiosk starts with the machine.")
        return
    started = units.services(source.here())
    system.run("systemctl", "daemon-reload")
    if changed:  # its limits are read at its start
        system.run("systemctl", "restart", "systemd-journald.service")
    verb = "restart" if changed else "start"
    system.run("systemctl", verb, "--no-block", *started)
    if not system.dry:
        _await_ready(system)


def _await_ready(system: System) -> None:
    """Give it the time it takes; what stands in its way is the doctor's to say."""
    deadline_s = trial.monotonic_s() + _READY_S
    while trial.monotonic_s() < deadline_s:
        _, state = system.ask("systemctl", "show", "-P", "ActiveState", trial.UNIT)
        _, fell = system.ask("systemctl", "show", "-P", "NRestarts", trial.UNIT)
        if state.strip() in ("active", "failed") or fell.strip() not in ("", "0"):
            return
        trial.pause()
