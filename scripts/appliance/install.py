"""Installs the kiosk: the order in which the parts do their work."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.appliance import (
    account,
    board,
    debian,
    environment,
    gate,
    made,
    package,
    sound,
    source,
    trial,
    units,
    versions,
)
from scripts.appliance.errors import DATA, NO_INPUT, Refused
from scripts.appliance.system import System

_BEGUN: Final = versions.HOME / ".begun"
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


def install(system: System, wishes: Wishes) -> str:
    """Install this source, or bring what is there to it; repeatable. Return what is left to do."""
    debian.check_machine(system)
    named, cards = sound.Choice(wishes.microphone, wishes.speaker), sound.cards(system)
    sound.check(system, cards, named)
    update_key = _update_key(wishes.update_key)
    trial.refuse_during_trial(system)
    installed = versions.linked(system, versions.CURRENT) is not None
    tree = source.here()
    versions.check_home(system, tree)
    _, python_version = environment.python(system)
    debian.place_packages(system, python_version)
    begun = system.write(_BEGUN, "")  # else one was cut, and who runs may not know what changed
    account.place_user(system)
    name = environment.build(system, tree)
    before = _settings(system)
    pi = wishes.pi or board.is_pi(system)
    amplifier = wishes.amplifier or board.amplifier_of(system, again=installed)
    card = board.place_amplifier(system, amplifier, pi=pi)
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
    for link, to in versions.COMMANDS.items():
        system.link(link, to)
    units.tidy(system, name)
    _start(system, changed=changed or not begun or before != _settings(system))
    system.remove(_BEGUN)
    if not system.dry:
        versions.prune(system)
    system.did(f"Version {name} is installed.")
    if card and card not in [there.id for there in cards]:
        return "First restart the machine, once, for the amplifier: sudo systemctl reboot"
    return ""


def doctor(system: System, left: str) -> None:
    """Let the doctor tell how it is, and then say what is ``left`` to do."""
    if system.dry:
        system.say("run kiosk doctor")
        if left:
            system.note(left)
        return
    program = versions.COMMANDS[Path("/usr/local/bin/kiosk")]
    with tempfile.TemporaryDirectory(prefix="kiosk-doctor-") as home:  # what a sound library leaves
        code, said = system.ask(system.at(program), "doctor", env={"HOME": home})
    system.note(f"\n{said.rstrip()}")
    if code:
        system.note("When that is done, 'sudo kiosk doctor' looks again.")
    if left:
        system.note(left)


def _settings(system: System) -> tuple[str, str]:
    """Return what the kiosk reads only at its start."""
    return system.read(account.FILE), system.read(sound.FILE)


def _update_key(file: Path | None) -> str:
    """Return the public key of who signs updates; empty when none was given. Raises Refused."""
    if file is None:
        return ""
    if not file.is_file():
        raise Refused(
            f"{file} is no file that is there: --update-key wants the file of a public key.",
            NO_INPUT,
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
    language = account.language(system)
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
    system.note("Waiting for the kiosk to be ready, a minute at most.")
    deadline_s = gate.monotonic_s() + _READY_S
    while gate.monotonic_s() < deadline_s:
        _, state = system.ask("systemctl", "show", "-P", "ActiveState", gate.UNIT)
        _, fell = system.ask("systemctl", "show", "-P", "NRestarts", gate.UNIT)
        if state.strip() in ("active", "failed") or fell.strip() not in ("", "0"):
            return
        gate.pause()
    system.note("It is still starting, which a busy or a small board takes longer for.")
