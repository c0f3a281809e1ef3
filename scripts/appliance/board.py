"""What is set on the board itself: the amplifier's overlay, and a Wi-Fi that never gives up."""

import re
from pathlib import Path
from typing import Final

from scripts.appliance.system import System

_BOOT: Final = (Path("/boot/firmware/config.txt"), Path("/boot/config.txt"))
_MARK: Final = "# The kiosk's I2S amplifier"
_I2S: Final = re.compile(r"(?m)^\s*dtoverlay=(max98357a|hifiberry|googlevoicehat|i2s|iqaudio)")
_OURS: Final = re.compile(rf"\n?{_MARK}\n\[all\]\ndtoverlay=\S+\n")
CARDS: Final = {"max98357a": "MAX98357A", "hifiberry-dac": "sndrpihifiberry"}
USUAL: Final = "max98357a"
WIFI: Final = Path("/etc/NetworkManager/conf.d/90-kiosk.conf")
NEIGHBOURS: Final = Path("/etc/sysctl.d/90-kiosk.conf")
WIFI_TEXT: Final = """\
# The kiosk: no sleeping radio, and no end of trying. A profile that sets these itself wins.
[main]
autoconnect-retries-default=0

[connection]
wifi.powersave=2
connection.auth-retries=0

[device]
wifi.scan-rand-mac-address=no
"""
_NEIGHBOURS_TEXT: Final = """\
# The kiosk: after a gap the neighbour is asked again every 100 ms and not every second.
-net.ipv4.neigh.default.retrans_time_ms = 100
-net.ipv4.neigh.wlan0.retrans_time_ms = 100
"""
_DEFAULTS: Final = (("", "default", "disable", "0", "2"), ("", "-1", "0"), ("", "-1", "0"))
"""What a profile may say, nothing of its own or what we want: nmcli has words or numbers for it."""


def is_pi(system: System) -> bool:
    """Whether this is a Raspberry Pi, by what gpiozero goes by."""
    model = system.at("/proc/device-tree/model")
    if model.exists():
        return "Raspberry Pi" in model.read_text(errors="replace")
    info = system.at("/proc/cpuinfo")
    return info.exists() and bool(re.search(r"(?m)^Revision\s*:", info.read_text()))


def place_amplifier(system: System, amplifier: str, *, pi: bool) -> str:
    """Have the overlay of the amplifier in config.txt; return its card, if it comes by one."""
    if amplifier == "none":
        remove_amplifier(system)
        return ""
    file = next((path for path in _BOOT if system.at(path).is_file()), None)
    if not pi or file is None:
        system.note(
            "The board was left alone: this is not a Raspberry Pi with a config.txt. On one, an I2S"
            f" amplifier needs the line 'dtoverlay={amplifier}' in /boot/firmware/config.txt."
        )
        return ""
    without = _OURS.sub("", system.read(file))
    if _I2S.search(without):
        return ""  # somebody chose one; its card speaks for itself
    newline = "" if without.endswith("\n") or not without else "\n"
    if system.write(file, f"{without}{newline}\n{_MARK}\n[all]\ndtoverlay={amplifier}\n"):
        system.did(
            f"The amplifier's overlay {amplifier} is in {file}; it works from the next start."
        )
    return CARDS[amplifier]


def amplifier_of(system: System, *, again: bool) -> str:
    """Return the amplifier where nobody names one: the usual one, or that of the last time."""
    if not again:
        return USUAL
    ours = "".join(found[0] for path in _BOOT if (found := _OURS.search(system.read(path))))
    return next((name for name in CARDS if f"dtoverlay={name}\n" in ours), "none")


def takes_i2s_pins(system: System) -> bool:
    """Whether an I2S amplifier has the pins it needs, ours or another."""
    return any(_I2S.search(system.read(file)) for file in _BOOT)


def remove_amplifier(system: System) -> None:
    """Take our lines out of config.txt again."""
    for file in _BOOT:
        there = system.read(file)
        if _MARK in there:
            system.write(file, _OURS.sub("", there))


def place_wifi(system: System, *, pi: bool) -> None:
    """Have NetworkManager keep the radio awake and never give up; or explain how."""
    manager = system.at(WIFI.parent).is_dir()
    if not (pi and manager):
        system.note(
            "Wi-Fi was left alone: this is not a Raspberry Pi with NetworkManager. Where it is"
            " used, switch its power save off and let it retry for ever: nmcli connection modify"
            " NAME 802-11-wireless.powersave 2 connection.autoconnect-retries 0"
            " connection.auth-retries 0."
        )
        return
    changed = system.write(WIFI, WIFI_TEXT)
    changed |= system.write(NEIGHBOURS, _NEIGHBOURS_TEXT)
    if changed and system.is_running:
        if not system.dry:
            system.ask("nmcli", "general", "reload")
            system.ask("sysctl", "-q", "-p", system.at(NEIGHBOURS))
        system.did("Wi-Fi keeps awake and never gives up, from its next connection on.")
    _warn_of_profiles(system)


def remove_wifi(system: System) -> None:
    """Leave the network as it was."""
    changed = system.remove(WIFI)
    changed |= system.remove(NEIGHBOURS)
    if changed and system.is_running and not system.dry:
        system.ask("nmcli", "general", "reload")


def _warn_of_profiles(system: System) -> None:
    fields = "802-11-wireless.powersave,connection.autoconnect-retries,connection.auth-retries"
    code, said = system.ask("nmcli", "-t", "-f", "UUID,TYPE,NAME", "connection", "show")
    for line in said.splitlines() if code == 0 else []:
        uuid, kind, name = line.split(":", 2)
        if kind != "802-11-wireless":
            continue
        _, values = system.ask("nmcli", "-g", fields, "connection", "show", uuid)
        own = [value.partition(" ")[0] for value in values.splitlines()]
        if any(value not in allowed for value, allowed in zip(own, _DEFAULTS, strict=False)):
            system.note(
                f"The Wi-Fi profile '{name}' has settings of its own: nmcli connection modify"
                f" {uuid} 802-11-wireless.powersave 2 connection.autoconnect-retries 0"
                " connection.auth-retries 0"
            )
