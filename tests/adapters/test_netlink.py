"""The network watch, on real interfaces in a network of their own."""

import asyncio
import logging
import subprocess
from typing import NoReturn

import pytest

from kiosk.adapters import netlink
from kiosk.adapters.netlink import watch_network
from kiosk.core.path import NetworkChange
from tests.adapters.namespace import run_apart, said, sh

DOWN, UP = NetworkChange.DOWN, NetworkChange.UP

CABLE = (
    "ip link add wlan9 type veth peer name far9",
    "ip link set far9 up",
    "ip link set wlan9 up",
    "ip addr add 192.0.2.2/24 dev wlan9",
)
GATEWAY = "ip route add default via 192.0.2.1 dev wlan9"
QUIET = (
    "sysctl -qw net.ipv6.conf.default.disable_ipv6=1",
    "sysctl -qw net.ipv6.conf.all.disable_ipv6=1",
)
A_MARK = "ip route add 198.51.100.0/24 via 192.0.2.1 dev wlan9"
"""Something that is always a change: what came before it has been heard by then."""


WAIT_S = 10.0

BOTH_DOWN, BOTH_UP = [DOWN, DOWN], [UP, UP]
"""Both ends of the cable are interfaces of this network."""

Step = tuple[str, list[NetworkChange]]


async def lay_out(*commands: str) -> None:
    """Run commands, and wait until the kernel has seen the carrier at both ends of the cable."""
    sh(*commands)
    async with asyncio.timeout(WAIT_S):
        while said("ip link show type veth").count("state UP") < 2:  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.005)


async def follow(before: tuple[str, ...], *steps: Step) -> None:
    """Watch while commands are run, each followed by its changes and by no others."""
    await lay_out(*before)
    async with watch_network() as watch:
        changes = watch.changes()
        for command, expected in (*steps, (A_MARK, [UP])):
            sh(command)
            assert [await anext(changes) for _ in expected] == expected, command
        sh(A_MARK.replace("add", "del"))
        assert await anext(changes) is DOWN


@pytest.mark.parametrize(
    ("command", "changes", "undo", "back"),
    [
        ("ip link set far9 down", BOTH_DOWN, "ip link set far9 up", BOTH_UP),
        ("ip addr add 192.0.2.9/24 dev wlan9", [UP], "ip addr del 192.0.2.9/24 dev wlan9", [DOWN]),
        (GATEWAY, [UP], GATEWAY.replace("add", "del"), [DOWN]),
    ],
    ids=["carrier", "address", "route"],
)
def test_what_comes_and_what_goes_is_told_once_each(
    command: str, changes: list[NetworkChange], undo: str, back: list[NetworkChange]
) -> None:
    run_apart(lambda: follow((*QUIET, *CABLE), (command, changes), (undo, back)))


def test_an_interface_that_is_switched_off_comes_back_with_its_routes() -> None:
    off = ("ip link set wlan9 down", BOTH_DOWN)
    on = ("ip link set wlan9 up", [*BOTH_UP, UP])  # and the interface's own route
    gateway = (GATEWAY, [UP])

    run_apart(lambda: follow((*QUIET, *CABLE, GATEWAY), off, on, gateway))


def test_an_interface_that_is_pulled_out_is_gone() -> None:
    async def scenario() -> list[NetworkChange]:
        await lay_out(*QUIET, *CABLE)
        async with watch_network() as watch:
            sh("ip link del wlan9")
            return [await anext(watch.changes())]

    assert run_apart(scenario) == [DOWN]


@pytest.mark.parametrize(
    "command",
    [
        "ip link set wlan9 mtu 1400",
        "ip link set wlan9 alias shop",
        "ip addr change 192.0.2.2/24 dev wlan9 valid_lft 900 preferred_lft 900",
        "ip route replace 192.0.2.0/24 dev wlan9 proto kernel scope link src 192.0.2.2",
        "ip addr add 127.0.0.9/8 dev lo",
        "ip route add 203.0.113.0/24 dev lo",
        "ip link add spare9 type veth peer name spare8",
    ],
)
def test_news_that_changes_nothing_is_no_change(command: str) -> None:
    run_apart(lambda: follow((*QUIET, *CABLE), (command, [])))


def test_another_gateway_is_a_change() -> None:
    other = "ip route replace default via 192.0.2.3 dev wlan9"

    run_apart(lambda: follow((*QUIET, *CABLE, GATEWAY), (other, [UP])))


def test_an_ipv6_address_counts_and_a_link_local_one_does_not() -> None:
    local = ("ip -6 addr add fe80::9/64 dev wlan9 nodad", list[NetworkChange]())
    world = ("ip -6 addr add 2001:db8::9/64 dev wlan9 nodad", [UP, UP])  # and its route

    run_apart(lambda: follow(CABLE, local, world))


def test_news_that_was_lost_means_look_again() -> None:
    async def scenario() -> list[NetworkChange]:
        await lay_out(*QUIET, *CABLE)
        async with watch_network() as watch:
            changes = watch.changes()
            _more_news_than_the_socket_holds()
            lost = [await anext(changes), await anext(changes)]
            sh("ip link set far9 down")
            return [*lost, await anext(changes)]

    assert run_apart(scenario) == [DOWN, UP, DOWN]


def _more_news_than_the_socket_holds() -> None:
    batch = "".join(f"route add 10.{n // 250}.{n % 250}.0/24 dev wlan9\n" for n in range(2000))
    subprocess.run(["ip", "-batch", "-"], input=batch, text=True, check=True)


def test_where_netlink_is_denied_that_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def denied() -> NoReturn:
        raise PermissionError(1, "Operation not permitted")

    async def scenario() -> None:
        async with watch_network() as watch:
            changes = watch.changes()
            sh(*CABLE)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await anext(changes)

    monkeypatch.setattr(netlink, "_netlink", denied)  # as an address family that is restricted
    with caplog.at_level(logging.WARNING, logger="kiosk"):
        run_apart(scenario)

    assert [record.getMessage() for record in caplog.records] == ["network changes cannot be seen"]
