"""Names microphone and amplifier by the id of their card, which no plugging changes.

Written as ``kiosk_microphone`` and ``kiosk_speaker`` with the resampler that speech needs:
ALSA's own is the linear one. A sound configuration that is not ours is left alone.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.appliance.errors import USAGE, Refused
from scripts.appliance.system import System

FILE: Final = Path("/etc/asound.conf")
ASIDE: Final = Path("/etc/kiosk/asound.conf")
MICROPHONE: Final = "kiosk_microphone"
SPEAKER: Final = "kiosk_speaker"
MARK: Final = "# Written by the installation of the kiosk; what you change here is kept only"
_TEXT: Final = f"""{MARK}
# without this line. The cards are named by their ids: 'cat /proc/asound/cards' lists them.
"""
_PCM: Final = """
pcm.{name} {{
    type plug
    slave.pcm "hw:CARD={card}"
    rate_converter "speexrate_medium"
    hint {{ show on description "{what} of the kiosk" }}
}}
"""
_ID: Final = re.compile(r"(?!\d+$)[A-Za-z0-9_-]{1,15}")
_NAMED: Final = re.compile(r'(?m)^pcm\.(\w+) \{\s*type plug\s*slave\.pcm "hw:CARD=([^",]+)')
_AMPLIFIERS: Final = ("max98357a", "hifiberry", "googlevoicehat", "i2s", "dac")


@dataclass(frozen=True)
class Card:
    """A sound card of the machine."""

    id: str
    kind: str
    hears: bool
    speaks: bool


@dataclass(frozen=True)
class Choice:
    """The ids of the cards to use; empty where none is there to be chosen."""

    microphone: str
    speaker: str


def cards(system: System) -> list[Card]:
    """Return the sound cards there are."""
    found = []
    for path in sorted(system.at("/proc/asound").glob("card[0-9]*")):
        usb = "USB" if (path / "usbid").exists() else ""
        hears, speaks = any(path.glob("pcm*c")), any(path.glob("pcm*p"))
        found.append(Card((path / "id").read_text().strip(), usb, hears, speaks))
    return found


def choose(there: list[Card], named: Choice, before: Choice, overlay_card: str) -> Choice:
    """Choose: what was named; what was chosen before; a USB microphone; an I2S amplifier.

    Without an amplifier a USB speaker, else any. ``overlay_card`` is the amplifier that will be
    there after the next start. What was chosen before stays as long as it is there.
    """
    hears = [card.id for card in sorted(there, key=lambda card: card.kind != "USB") if card.hears]
    speaks = [card for card in there if card.speaks and "hdmi" not in card.id.lower()]
    speaks.sort(key=lambda card: (not _amplifies(card.id), card.kind != "USB"))
    out = speaks[0].id if speaks else ""
    if overlay_card and not _amplifies(out):
        out = overlay_card
    kept = before.speaker and (not out or before.speaker in [card.id for card in speaks])
    kept = kept and (_amplifies(before.speaker) or not overlay_card)
    heard = before.microphone and (not hears or before.microphone in hears)
    return Choice(
        named.microphone or (before.microphone if heard else hears[0] if hears else ""),
        named.speaker or (before.speaker if kept else out),
    )


def check(system: System, there: list[Card], named: Choice) -> None:
    """Raise Refused for what cannot be the id of a card, or is one without that direction."""
    _check(system, there, "microphone", named.microphone, lambda card: card.hears)
    _check(system, there, "speaker", named.speaker, lambda card: card.speaks)


def _check(
    system: System, there: list[Card], what: str, named: str, fits: Callable[[Card], bool]
) -> None:
    if not named:
        return
    usable = ", ".join(card.id for card in there if fits(card)) or "none"
    listed = f"the cards with a {what} are: {usable} ('cat /proc/asound/cards' lists all)."
    if not _ID.fullmatch(named):
        raise Refused(f"--{what} wants the id of a card and not {named!r}; {listed}", USAGE)
    card = next((card for card in there if card.id == named), None)
    if card is None:
        system.note(f"There is no card {named} now; it is used as soon as there is; {listed}")
    elif not fits(card):
        raise Refused(f"The card {named} has no {what}; {listed}", USAGE)


def chosen(system: System) -> Choice:
    """Return what our configuration names now."""
    if not is_ours(system):
        return Choice("", "")
    named = dict(_NAMED.findall(system.read(FILE)))
    return Choice(named.get(MICROPHONE, ""), named.get(SPEAKER, ""))


def _amplifies(card: str) -> bool:
    return any(word in card.lower() for word in _AMPLIFIERS)


def text(choice: Choice) -> str:
    """Return the configuration for what was chosen."""
    whole = _TEXT
    if choice.microphone:
        whole += _PCM.format(name=MICROPHONE, card=choice.microphone, what="Microphone")
    if choice.speaker:
        whole += _PCM.format(name=SPEAKER, card=choice.speaker, what="Speaker")
    return whole


def is_ours(system: System) -> bool:
    """Whether /etc/asound.conf was written here."""
    return system.read(FILE).startswith(MARK)


def place(system: System, choice: Choice) -> Choice:
    """Write the configuration; return which names may be used now."""
    missing = [
        what
        for what, card in (("microphone", choice.microphone), ("speaker", choice.speaker))
        if not card
    ]
    for what in missing:
        system.note(
            f"There is no {what} yet: the system's default is used. Plug it in and run this again,"
            f" or name its card with --{what} (the names are in /proc/asound/cards)."
        )
    if len(missing) == 2:
        return Choice("", "")
    if system.at(FILE).exists() and not is_ours(system):
        system.write(ASIDE, text(choice))
        system.note(
            f"{FILE} is not ours and was left alone. Ours is {ASIDE}: add the line"
            f" '<{ASIDE}>' to yours, and name {MICROPHONE} and {SPEAKER} in /etc/kiosk/kiosk.toml."
        )
        return Choice("", "")
    if system.write(FILE, text(choice)):
        system.did(f"{FILE} names {_names(choice)}.")
    return Choice(
        MICROPHONE if choice.microphone else "default", SPEAKER if choice.speaker else "default"
    )


def _names(choice: Choice) -> str:
    named = [("microphone", choice.microphone), ("speaker", choice.speaker)]
    return " and ".join(f"the card {card} as {what}" for what, card in named if card)
