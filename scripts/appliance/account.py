"""The user the service runs as, and the directories that are the technician's and its own."""

import grp
import pwd
import re
import tomllib
from itertools import product
from pathlib import Path
from typing import Final

from scripts.appliance import made, sound
from scripts.appliance.errors import CONFIG, Refused
from scripts.appliance.system import System

NAME: Final = "kiosk"
STATE: Final = Path("/var/lib/kiosk")
SETTINGS: Final = Path("/etc/kiosk")
FILE: Final = SETTINGS / "kiosk.toml"
CREDENTIALS: Final = SETTINGS / "credentials"
UPDATE_KEY: Final = SETTINGS / "update-key"
OTHER_STATE: Final = (Path("/var/lib/kiosk-local-live"), Path("/var/lib/private/kiosk-local-live"),
                      Path("/var/lib/private/kiosk"),
                      Path("/var/lib/kiosk-reboot-guard"))  # fmt: skip
_NEEDED: Final = ("audio", "gpio")  # the units name them; Raspberry Pi OS has both
_GROUPS: Final = (*_NEEDED, "video")
_FIRST_PERSON: Final = 1000
_FREE_STATUS_PIN: Final = 23  # an I2S amplifier takes 18


def place_user(system: System) -> None:
    """Have the system user, in the groups of the devices. Raises Refused for a person's name."""
    for name in _NEEDED:
        if not _has_group(name):
            made.note(system, "group", name)
            system.run("groupadd", "--system", name)
    groups = [name for name in _GROUPS if name in _NEEDED or _has_group(name)]
    try:
        user = pwd.getpwnam(NAME)
    except KeyError:
        made.note(system, "user", NAME)
        system.run(
            "useradd", "--system", "--user-group", "--home-dir", STATE, "--no-create-home",
            "--shell", "/usr/sbin/nologin", *(("--groups", ",".join(groups)) if groups else ()),
            NAME,
        )  # fmt: skip
        system.did(f"The user {NAME} is there, in the groups {', '.join(groups) or '(none)'}.")
        return
    if user.pw_uid >= _FIRST_PERSON:
        raise Refused(
            f"There is a person's account called {NAME}; the service needs that name for itself."
            " Rename the account, or install under another login.",
            CONFIG,
        )
    missing = [name for name in groups if NAME not in _members(name)]
    if missing:
        system.run("usermod", "--append", "--groups", ",".join(missing), NAME)


def remove_user(system: System) -> None:
    """Remove the system user and the groups, as far as they were made by the installation."""
    if made.noted(system, "user") and _is_service():
        system.run("userdel", NAME)
    for name in (*made.noted(system, "user"), *made.noted(system, "group")):
        if _has_group(name):
            system.run("groupdel", name)


def place_settings(system: System, tree: Path, choice: sound.Choice, *, overlay: bool) -> None:
    """Have the configuration, unless there is one, and the directory of the credentials."""
    system.directory(SETTINGS)
    system.directory(CREDENTIALS, 0o700)
    if system.at(CREDENTIALS).is_dir() and not system.dry:
        system.at(CREDENTIALS).chmod(0o700)
    template = (tree / "config/kiosk.toml").read_text()
    text = _settings(template, choice, overlay=overlay)
    if system.at(FILE).exists() and system.read(FILE) not in _written_before(template):
        system.note(f"{FILE} was kept as it is.")
        for name in (choice.microphone, choice.speaker):
            if name not in ("", "default") and name not in system.read(FILE):
                system.note(f"It does not name {name}, which /etc/asound.conf has: see [audio].")
        if overlay and re.search(r"(?m)^status *= *18\b", system.read(FILE)):
            system.note(
                "Its lamp.status is on GPIO 18, which the amplifier needs: move the light to"
                f" {_FREE_STATUS_PIN}, and name that there."
            )
        return
    if overlay:
        system.note(f"The status light is on GPIO {_FREE_STATUS_PIN}: the amplifier needs 18.")
    if system.write(FILE, text):
        system.did(f"{FILE} is written; every key is explained in it.")


def _settings(template: str, choice: sound.Choice, *, overlay: bool) -> str:
    text = template
    if choice.microphone:
        text = text.replace('\ninput = "default"\n', f'\ninput = "{choice.microphone}"\n')
    if choice.speaker:
        text = text.replace('\noutput = "default"\n', f'\noutput = "{choice.speaker}"\n')
    if overlay:
        text = text.replace("\nstatus = 18\n", f"\nstatus = {_FREE_STATUS_PIN}\n")
    return text


def _written_before(template: str) -> set[str]:
    """Return all that the installation may have written, and nobody changed."""
    choices = product(("", sound.MICROPHONE), ("", sound.SPEAKER), (False, True))
    return {
        _settings(template, sound.Choice(microphone, speaker), overlay=overlay)
        for microphone, speaker, overlay in choices
    }


def language(system: System) -> str:
    """Return what the shop speaks; what is wrong with its configuration is the doctor's to say."""
    try:
        phrases = tomllib.loads(system.read(FILE)).get("phrases")
    except ValueError:
        phrases = None
    language = phrases.get("language") if isinstance(phrases, dict) else None
    return language if re.fullmatch(r"[a-z]{2}", str(language)) else "en"


def place_state(system: System) -> None:
    """Have the state directory, for the service alone."""
    place = system.at(STATE)
    if place.is_symlink() or (place.exists() and place.stat().st_uid != 0):
        return
    system.directory(STATE, 0o700)
    system.run("chown", f"{NAME}:{NAME}", place)


def _members(group: str) -> list[str]:
    return grp.getgrnam(group).gr_mem if _has_group(group) else []


def _has_group(name: str) -> bool:
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def _is_service() -> bool:
    try:
        return pwd.getpwnam(NAME).pw_uid < _FIRST_PERSON
    except KeyError:
        return False
