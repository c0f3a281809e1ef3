"""The way to the Live service: Wi-Fi, and names."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kiosk.adapters.processes import output_of
from kiosk.doctor.finding import Examined, Finding, State, said_by, text_of
from kiosk.doctor.live import remote_host

WEAK_DBM: Final = -70
LOOKUP_S: Final = 3.0


_ASKED: Final = (
    "connection.autoconnect-retries", "connection.auth-retries", "802-11-wireless.bssid",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Profile:
    """What NetworkManager is to do with the network that a radio is connected to."""

    uuid: str
    for_ever: bool
    bound: bool


async def check_wifi(kiosk: Examined) -> Finding:
    """Look at each radio: power save, signal, and what NetworkManager may do with it."""
    radios = await asyncio.to_thread(_radios, kiosk.root)
    if not radios:
        return Finding(State.OPEN, "no Wi-Fi here")
    says, to_do = [], []
    untold = False
    routed = await asyncio.to_thread(_is_routed, kiosk.root)
    for radio in radios:
        saves = await said_by("iw", "dev", radio, "get", "power_save")
        link = await said_by("iw", "dev", radio, "link")
        told, todo = judged_radio(radio, saves, link, await _profile(radio), routed=routed)
        says.append(told)
        to_do += todo
        untold |= saves is None or link is None
    if to_do:
        return Finding(State.ILL, "; ".join(says), "; ".join(dict.fromkeys(to_do)))
    if untold:
        return Finding(State.OPEN, "; ".join(says), "apt-get install iw, and run this again")
    return Finding(State.WELL, "; ".join(says))


def judged_radio(
    radio: str, saves: str | None, link: str | None, profile: Profile | None, *, routed: bool
) -> tuple[str, list[str]]:
    """Return what there is to say of a radio, and what to do, given what the programs told.

    Each is None when it could not be told. ``routed``: this machine has a way out.
    """
    says, to_do = [radio], []
    signal = re.search(r"signal:\s*(-?\d+)", link or "")
    if link is None:
        says.append("signal not told")
    elif "Not connected" in link:
        says.append("not connected")
        if not routed:
            to_do.append("nmcli --ask device wifi connect NAME-OF-THE-NETWORK")
    elif signal:
        says.append(f"signal {signal[1]} dBm")
        if int(signal[1]) < WEAK_DBM:
            to_do.append("move the access point or the kiosk: the signal is weak")
    if saves is not None:
        sleeps = saves.rstrip().endswith("on")
        says.append(f"power save {'on' if sleeps else 'off'}")
        if sleeps:
            to_do.append(
                f"iw dev {radio} set power_save off, and for good 802-11-wireless.powersave 2"
            )
    if profile:
        says.append("tries for ever" if profile.for_ever else "gives up in the end")
        says.append("bound to one access point" if profile.bound else "free to roam")
        modify = f"nmcli connection modify {profile.uuid}"
        if not profile.for_ever:
            to_do.append(f"{modify} connection.autoconnect-retries 0 connection.auth-retries 0")
        if profile.bound:
            to_do.append(f"{modify} 802-11-wireless.bssid ''")
    return ", ".join(says), to_do


def _is_routed(root: Path) -> bool:
    """Return whether there is a default route, by IPv4 or IPv6."""
    four = re.search(r"^\S+\s+0{8}\s", text_of(root / "proc/net/route") or "", re.MULTILINE)
    six = text_of(root / "proc/net/ipv6_route") or ""
    return bool(four or re.search(r"^0{32} 00 .* (?!lo$)\S+$", six, re.MULTILINE))


def _radios(root: Path) -> list[str]:
    found = (root / "sys/class/net").glob("*")
    return sorted(one.name for one in found if (one / "wireless").exists())


async def _profile(radio: str) -> Profile | None:
    uuid = await said_by("nmcli", "-g", "GENERAL.CON-UUID", "device", "show", radio)
    if not uuid:
        return None
    told = await said_by("nmcli", "-g", ",".join(_ASKED), "connection", "show", "uuid", uuid)
    general = await said_by("NetworkManager", "--print-config")
    return read_profile(uuid, told, general or "") if told else None


def read_profile(uuid: str, told: str, general: str) -> Profile:
    """Read what nmcli told of the ``_ASKED``; where a profile leaves it open, ``general`` holds."""
    retries, auth_retries, bssid = (*told.splitlines(), "", "", "")[:3]
    always = r"^{}\s*=\s*0\s*$"
    for_ever = all(
        value.startswith("0")
        or (value.startswith("-1") and bool(re.search(always.format(name), general, re.MULTILINE)))
        for value, name in (
            (retries, "autoconnect-retries-default"),
            (auth_retries, r"connection\.auth-retries"),
        )
    )
    return Profile(uuid, for_ever=for_ever, bound=bool(bssid))


async def check_dns(kiosk: Examined) -> Finding:
    """Look the Live service's name up, as any program does."""
    host = await remote_host(kiosk)
    if host is None:
        return Finding(State.OPEN, "the kiosk's own Live service needs no name")
    try:
        async with asyncio.timeout(LOOKUP_S):
            # A process: a look-up of our own could not be ended when nobody answers.
            code, out, _ = await output_of(["getent", "ahosts", host])
    except FileNotFoundError:
        return Finding(State.OPEN, "getent is not here to ask")
    except TimeoutError:
        servers = await asyncio.to_thread(_name_servers, kiosk.root)
        says = f"{host}: no answer within {LOOKUP_S:.0f} s from {servers}"
        return Finding(State.ILL, says, "look at the network and its name server")
    addresses = list(dict.fromkeys(line.split()[0] for line in out.decode().splitlines()))
    if code or not addresses:
        servers = await asyncio.to_thread(_name_servers, kiosk.root)
        to_do = "look at the network, at its name server, and at live.endpoint"
        return Finding(State.ILL, f"{host} is not known to {servers}", to_do)
    more = f" and {len(addresses) - 1} more" if len(addresses) > 1 else ""
    return Finding(State.WELL, f"{host} is {addresses[0]}{more}")


def _name_servers(root: Path) -> str:
    servers = re.findall(
        r"^nameserver\s+(\S+)", text_of(root / "etc/resolv.conf") or "", re.MULTILINE
    )
    return " and ".join(servers) or "nobody: no name server is set"
