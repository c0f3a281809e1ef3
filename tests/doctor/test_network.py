"""What a technician is told of Wi-Fi, names, TLS and the key."""

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from pathlib import Path

import pytest

from kiosk import config_file
from kiosk.adapters.event_loop import KioskLoop
from kiosk.doctor import network
from kiosk.doctor.finding import Check, Examined, Finding, State
from kiosk.doctor.live import check_key, check_tls
from kiosk.doctor.network import Profile, check_dns, check_wifi, judged_radio, read_profile
from kiosk.errors import KioskError
from scripts.appliance.board import WIFI_TEXT
from tests.adapters.tls_peer import Authority, live_peer, mute_peer, saying
from tests.doctor.conftest import Kiosk

KEY = "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY"  # of the form, and nobody's
LINK = (
    "Connected to 02:00:00:00:01:00 (on wlan0)\n\tSSID: Shop\n\tfreq: 2412.0\n"
    "\tRX: 5224 bytes (57 packets)\n\tsignal: {dbm} dBm\n\ttx bitrate: 1.0 MBit/s\n"
)
FREE = Profile("1-2", for_ever=True, bound=False)


def look(check: Check, kiosk: Examined) -> Finding:
    async def looked() -> Finding:
        try:
            return await check(kiosk)
        except KioskError as err:  # as whoever examines turns it into a finding
            return Finding(State.ILL, str(err))

    with asyncio.Runner(loop_factory=KioskLoop) as runner:
        return runner.run(looked())


def look_at_peer(
    check: Check, opening: AbstractAsyncContextManager[int], kiosk: Callable[[int], Examined]
) -> Finding:
    async def at(_: Examined) -> Finding:
        async with opening as port:
            return await check(kiosk(port))

    return look(at, kiosk(1))


def test_a_radio_that_is_well_says_so() -> None:
    told = LINK.format(dbm=-48)
    says, to_do = judged_radio("wlan0", "Power save: off\n", told, FREE, routed=True)

    assert says == "wlan0, signal -48 dBm, power save off, tries for ever, free to roam"
    assert to_do == []


def test_what_makes_a_radio_unreliable_is_told_with_the_way_out() -> None:
    bound = Profile("1-2", for_ever=False, bound=True)
    told = LINK.format(dbm=-78)
    says, to_do = judged_radio("wlan0", "Power save: on", told, bound, routed=True)

    assert says == (
        "wlan0, signal -78 dBm, power save on, gives up in the end, bound to one access point"
    )
    assert len(to_do) == 4
    assert "iw dev wlan0 set power_save off" in to_do[1]
    assert "modify 1-2 connection.autoconnect-retries 0 connection.auth-retries 0" in to_do[2]
    assert to_do[3] == "nmcli connection modify 1-2 802-11-wireless.bssid ''"


@pytest.mark.parametrize(
    ("told", "general", "for_ever"),
    [
        ("0 (forever)\n0\n", "", True),
        ("-1 (default)\n-1\n", "", False),
        ("-1 (default)\n-1\n", WIFI_TEXT, True),
        ("3\n-1\n", WIFI_TEXT, False),
        ("0\n3\n", WIFI_TEXT, False),
    ],
)
def test_what_a_profile_leaves_open_is_what_the_installation_set(
    told: str, general: str, *, for_ever: bool
) -> None:
    assert read_profile("1-2", told, general) == Profile("1-2", for_ever=for_ever, bound=False)
    assert read_profile("1-2", f"{told}02\\:00\n", general).bound


def test_a_radio_nobody_can_be_asked_about_is_named_all_the_same() -> None:
    untold = judged_radio("wlan0", None, None, None, routed=True)

    assert untold == ("wlan0, signal not told", [])


def test_a_radio_that_is_connected_to_nothing_is_told_unless_there_is_another_way() -> None:
    cabled = judged_radio("wlan0", None, "Not connected.", None, routed=True)
    alone, to_do = judged_radio("wlan0", None, "Not connected.", None, routed=False)

    assert cabled == ("wlan0, not connected", [])
    assert alone == "wlan0, not connected"
    assert "device wifi connect" in to_do[0]


@pytest.mark.parametrize(
    ("file", "text", "alone"),
    [
        ("proc/net/route", "Iface\tDestination\neth0\t00000000\t0102\n", False),
        ("proc/net/route", "Iface\tDestination\neth0\t000200C0\t0000\n", True),
        ("proc/net/ipv6_route", f"{'0' * 32} 00 {'0' * 32} 00 fe80 00000003     eth0\n", False),
        ("proc/net/ipv6_route", f"{'0' * 32} 00 {'0' * 32} 00 0000 00200200       lo\n", True),
    ],
)
def test_another_way_out_is_a_default_route(
    kiosk: Kiosk, program: Callable[[str, str], None], file: str, text: str, *, alone: bool
) -> None:
    program("iw", '[ "$3" = link ] && echo "Not connected." || echo "Power save: off"')
    found = look(check_wifi, kiosk({file: text, "sys/class/net/wlan9/wireless/x": ""}))

    assert found.state is (State.ILL if alone else State.WELL)


def test_a_kiosk_on_a_cable_has_no_wifi_to_look_at(kiosk: Kiosk) -> None:
    assert look(check_wifi, kiosk({"sys/class/net/eth0/mtu": "1500"})).state is State.OPEN
    untold = look(check_wifi, kiosk({"sys/class/net/wlan9/wireless/x": ""}))
    assert (untold.state, untold.to_do[:18]) == (State.OPEN, "apt-get install iw")


def test_a_name_that_is_known_is_told_with_its_address(kiosk: Kiosk) -> None:
    found = look(check_dns, kiosk(live={"endpoint": "https://localhost:1"}))

    assert found.state is State.WELL
    assert found.says.startswith("localhost is ")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    def written(name: str, script: str) -> None:
        file = tmp_path / "bin" / name
        file.parent.mkdir()
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        monkeypatch.setenv("PATH", f"{file.parent}:{os.environ['PATH']}")

    return written


def test_a_name_that_nobody_knows_is_told_with_who_was_asked(
    kiosk: Kiosk, program: Callable[[str, str], None]
) -> None:
    program("getent", "exit 2")
    asked = kiosk({"etc/resolv.conf": "# by hand\nnameserver 192.0.2.1\n"},
                  live={"endpoint": "https://live.invalid"})  # fmt: skip
    found = look(check_dns, asked)

    assert (found.state, found.says) == (State.ILL, "live.invalid is not known to 192.0.2.1")
    assert "live.endpoint" in found.to_do


def test_a_name_server_that_never_answers_is_waited_for_in_vain_for_moments_only(
    kiosk: Kiosk, program: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "LOOKUP_S", 0.2)
    program("getent", "exec sleep 60")
    found = look(check_dns, kiosk(live={"endpoint": "https://live.invalid"}))

    assert found.state is State.ILL
    assert "from nobody: no name server is set" in found.says


def test_a_service_whose_certificate_holds_is_well(kiosk: Kiosk, authority: Authority) -> None:
    def configured(port: int) -> Examined:
        live = {"endpoint": f"https://localhost:{port}", "ca_file": str(authority.ca_file)}
        return kiosk(live=live)

    peer = mute_peer(authority.server_context())
    found = look_at_peer(check_tls, peer, configured)

    assert found.state is State.WELL
    assert "its certificate holds" in found.says


@pytest.mark.parametrize(
    ("days", "knows", "says"),
    [((-9, -2), True, "has expired"), ((-1, 1), False, "authority this machine does not know")],
)
def test_a_certificate_that_does_not_hold_is_told(
    kiosk: Kiosk, authority: Authority, days: tuple[int, int], says: str, *, knows: bool
) -> None:
    def configured(port: int) -> Examined:
        ca_file = str(authority.ca_file) if knows else ""
        return kiosk(live={"endpoint": f"https://localhost:{port}", "ca_file": ca_file})

    tls = authority.server_context(from_days=days[0], to_days=days[1])
    found = look_at_peer(check_tls, mute_peer(tls), configured)

    assert found.state is State.ILL
    assert says in found.says


def test_a_service_that_is_not_there_is_told(kiosk: Kiosk) -> None:
    found = look(check_tls, kiosk(live={"endpoint": "https://localhost:1"}))

    assert found.state is State.ILL
    assert "nothing listens there" in found.says


def test_without_a_key_the_local_service_is_all_there_is(kiosk: Kiosk) -> None:
    for check in (check_dns, check_tls, check_key):
        assert look(check, kiosk()).state is State.OPEN


def key_file(tmp_path: Path, key: str, mode: int = 0o600, name: str = "key") -> str:
    file = tmp_path / name
    file.write_text(key)
    file.chmod(mode)
    return str(file)


def test_a_key_is_never_tried_unasked_and_never_shown(kiosk: Kiosk, tmp_path: Path) -> None:
    found = look(check_key, kiosk(live={"api_key_file": key_file(tmp_path, KEY)}))

    assert found.state is State.OPEN  # what was not looked at is not well
    assert "was not tried" in found.says
    assert "--live" in found.to_do
    assert KEY not in repr(found)


def test_a_key_of_the_wrong_form_is_told_without_it(kiosk: Kiosk, tmp_path: Path) -> None:
    found = look(check_key, kiosk(live={"api_key_file": key_file(tmp_path, KEY[:-4])}))

    assert found.state is State.OPEN
    assert "does not look like one of Google's" in found.says
    assert KEY[:-4] not in repr(found)


def test_a_key_that_everybody_could_read_is_refused(kiosk: Kiosk, tmp_path: Path) -> None:
    path = key_file(tmp_path, KEY, 0o644)
    found = look(check_key, kiosk(live={"api_key_file": path}))

    assert found.state is State.ILL
    assert found.says == f"live.api_key_file: {path} is open to everybody; chmod o= {path}"


def test_a_key_that_cannot_be_used_keeps_nobody_from_looking_at_the_way_to_its_service(
    kiosk: Kiosk, program: Callable[[str, str], None]
) -> None:
    program("getent", 'echo "192.0.2.7 $2"')
    found = look(check_dns, kiosk(live={"api_key_file": "/nowhere/key"}))

    assert found == Finding(State.WELL, "generativelanguage.googleapis.com is 192.0.2.7")


def test_a_key_of_the_service_that_everybody_could_read_is_told(
    kiosk: Kiosk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config_file, "SERVICE_SECRETS", tmp_path)
    path = key_file(tmp_path, KEY, 0o644, config_file.CREDENTIAL)
    tmp_path.chmod(0o755)
    found = look(check_key, kiosk())
    tmp_path.chmod(0o700)

    assert found == Finding(State.ILL, f"{path} is open to everybody", f"chmod o= {path}")
    assert config_file.open_secret() is None  # nobody gets at it there


def test_who_may_not_see_the_key_is_not_told_that_there_is_none(
    kiosk: Kiosk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config_file, "SERVICE_SECRETS", tmp_path)

    for check in (check_dns, check_tls, check_key):
        assert "not everybody may see" in look(check, kiosk()).says


def tried(kiosk: Kiosk, authority: Authority, tmp_path: Path, status: HTTPStatus | None) -> Finding:
    def configured(port: int) -> Examined:
        live = {
            "endpoint": f"https://localhost:{port}",
            "ca_file": str(authority.ca_file),
            "api_key_file": key_file(tmp_path, KEY),
        }
        return kiosk(live=live, try_key=True)

    body = f"API key {KEY} not valid. Please pass a valid API key." if status else ""
    peer = live_peer(saying(), authority.server_context(), status=status, body=body)
    return look_at_peer(check_key, peer, configured)


def test_a_key_is_tried_when_somebody_wants_that(
    kiosk: Kiosk, authority: Authority, tmp_path: Path
) -> None:
    taken = tried(kiosk, authority, tmp_path, None)
    refused = tried(kiosk, authority, tmp_path, HTTPStatus.BAD_REQUEST)

    assert taken.state is State.WELL
    assert "takes our key and gemini-3.8-live" in taken.says
    assert refused.state is State.ILL
    assert "does not accept the API key" in refused.says
    assert KEY not in repr((taken, refused))
