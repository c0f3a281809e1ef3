"""A shop's network in three namespaces, and everything that goes wrong with one.

    kiosk                    router                       server
    wlan0 10.77.1.2 -------- shop0      out0 ------------ eth0 10.77.2.2 (the cloud)
                             10.77.1.1  10.77.2.1              10.77.2.53 (names)

Nothing leads out of it. The router holds every packet for half a round trip in user space,
drops by firewall rules and slows down by queues. Faults are methods, may be combined, and last
until they are taken back or ``heal`` takes all of them back.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from tests.netns.namespaces import entering, etc_of, named, run

NAME: Final = "live.kiosk.test"
"""The name of the service in the server's namespace."""
SERVER: Final = "10.77.2.2"
RESOLVER: Final = "10.77.2.53"
GATEWAY: Final = "10.77.1.1"
FIRST_ADDRESS: Final = "10.77.1.2"
SECOND_ADDRESS: Final = "10.77.1.3"
ROUND_TRIP_MS: Final = 50.0

_HERE: Final = Path(__file__).parent
_HELD_BY: Final = "100"
"""The routing table that sends what comes in to the delay."""

_UP, _DOWN = 'iifname "shop0"', 'iifname "out0"'


class Rig:
    """Three connected namespaces. Made by ``rig``."""

    def __init__(
        self, kiosk: str, router: str, server: str, delay: "subprocess.Popen[str]"
    ) -> None:
        self.kiosk = kiosk
        self.router = router
        self.server = server
        self.address = FIRST_ADDRESS
        self.round_trip_ms = ROUND_TRIP_MS
        """What ``heal`` goes back to."""
        self._delay = delay
        self._rules: dict[str, tuple[str, ...]] = {}

    # Where to run things

    @property
    def in_kiosk(self) -> list[str]:
        """The words before a command that is to run on the kiosk."""
        return entering(self.kiosk)

    @property
    def in_server(self) -> list[str]:
        """The words before a command that is to run in the cloud."""
        return entering(self.server)

    # Faults of the path

    def black_hole(self, *, up: bool = True, down: bool = True) -> None:
        """Drop everything that is forwarded, silently: each way or one."""
        ways = (_UP,) * up + (_DOWN,) * down
        self._rule("black hole", *(f"{way} drop" for way in ways))

    def refuse(self) -> None:
        """Answer every TCP packet with a reset, as a router without a way out does."""
        self._rule("refuse", *(f"{way} meta l4proto tcp reject with tcp reset" for way in _WAYS))

    def lose(self, percent: int) -> None:
        """Drop so many packets of a hundred at random, each way."""
        rules = (f"{way} numgen random mod 100 < {percent} drop" for way in _WAYS)
        self._rule("loss", *(rules if percent else ()))

    def kill_names(self) -> None:
        """Drop what goes to the resolver, and nothing else."""
        self._rule("names", f"ip daddr {RESOLVER} drop")

    def slow_down(self, kbit: int | None) -> None:
        """Let so many kbit/s pass each way, with half a second of queue; None for no limit."""
        for device in ("shop0", "out0"):
            if kbit is None:
                run(["tc", "-n", self.router, "qdisc", "del", "dev", device, "root"])
            else:
                run(["tc", "-n", self.router, "qdisc", "replace", "dev", device, "root", "tbf",
                     "rate", f"{kbit}kbit", "burst", "3200", "latency", "500ms"])  # fmt: skip

    def delay(self, round_trip_ms: float, jitter_ms: float = 0.0) -> None:
        """Make every packet take half a round trip, and up to ``jitter_ms`` more."""
        assert self._delay.stdin is not None
        self._delay.stdin.write(f"{round_trip_ms / 2} {jitter_ms}\n")
        self._delay.stdin.flush()

    # Faults near the kiosk

    def carrier(self, *, on: bool) -> None:
        """Let the access point vanish, or come back: the kiosk's interface stays up."""
        state = "up" if on else "down"
        run(["ip", "-n", self.router, "link", "set", "shop0", state])

    def interface(self, *, on: bool) -> None:
        """Take the kiosk's own interface down, or up with its route, as DHCP would."""
        if on:
            self._on_kiosk("link set wlan0 up", f"route replace default via {GATEWAY}")
        else:
            self._on_kiosk("link set wlan0 down")

    def route(self, *, on: bool) -> None:
        """Delete the kiosk's default route, or put it back."""
        self._on_kiosk(f"route replace default via {GATEWAY}" if on else "route del default")

    def change_address(self) -> None:
        """Give the kiosk another address and take the present one away."""
        old = self.address
        self.address = SECOND_ADDRESS if old == FIRST_ADDRESS else FIRST_ADDRESS
        self._on_kiosk(
            f"address del {old}/24 dev wlan0",
            f"address add {self.address}/24 dev wlan0",
            f"route replace default via {GATEWAY}",
        )

    # Faults of the server

    def reset(self) -> None:
        """Let the server's kernel end every connection from the kiosk with a reset."""
        command = ["ss", "-K", "state", "established", "dst", "10.77.1.0/24"]
        subprocess.run([*self.in_server, *command], capture_output=True, check=False)

    # And an end to all of it

    def heal(self) -> None:
        """Take every fault back. The kiosk keeps the address it has."""
        self._rules.clear()
        self._render()
        shaped = run(["tc", "-n", self.router, "qdisc", "show"])
        if "tbf" in shaped:
            self.slow_down(None)
        self.carrier(on=True)
        self.interface(on=True)
        self.delay(self.round_trip_ms)

    def forward_again(self) -> None:
        """Take back what drops or refuses packets; leave interfaces as they are."""
        self._rules.clear()
        self._render()

    def _rule(self, fault: str, *rules: str) -> None:
        self._rules[fault] = rules
        self._render()

    def _render(self) -> None:
        rules = [
            f"add rule ip faults path {rule}" for each in self._rules.values() for rule in each
        ]
        feed = "\n".join(("flush chain ip faults path", *rules, ""))
        run([*_quickly(self.router), "nft", "-f", "-"], feed)

    def _on_kiosk(self, *commands: str) -> None:
        run(["ip", "-n", self.kiosk, "-batch", "-"], "\n".join((*commands, "")))


_WAYS: Final = (_UP, _DOWN)


def _quickly(name: str) -> list[str]:
    return ["nsenter", f"--net=/run/netns/{name}"]


@contextmanager
def rig(round_trip_ms: float = ROUND_TRIP_MS, neighbour_ms: int = 100) -> Iterator[Rig]:
    """Make a shop's network and remove it; ``neighbour_ms`` is the kiosk's ARP probe timer."""
    with named("kiosk", "router", "server") as (kiosk, router, server), ExitStack() as stack:
        for name in (kiosk, router, server):
            (etc_of(name) / "resolv.conf").write_text(
                f"nameserver {RESOLVER}\noptions timeout:5 attempts:2\n"
            )
            off = "net.ipv6.conf.all.disable_ipv6=1"
            run([*_quickly(name), "sysctl", "-qw", off, "net.ipv6.conf.default.disable_ipv6=1"])
        _wire(kiosk, router, server)
        delay = stack.enter_context(_beside([*_quickly(router)], "delay.py", "hold0"))
        _route(kiosk, router, neighbour_ms)
        stack.enter_context(_beside([*_quickly(server)], "resolver.py", RESOLVER, NAME, SERVER))
        made = Rig(kiosk, router, server, delay)
        made.round_trip_ms = round_trip_ms
        made.heal()
        yield made


def _wire(kiosk: str, router: str, server: str) -> None:
    def batch(name: str, *commands: str) -> None:
        run(["ip", "-n", name, "-batch", "-"], "\n".join((*commands, "")))

    batch(
        router,
        f"link add shop0 type veth peer name wlan0 netns {kiosk}",
        f"link add out0 type veth peer name eth0 netns {server}",
        f"address add {GATEWAY}/24 dev shop0",
        "address add 10.77.2.1/24 dev out0",
        "link set lo up",
        "link set shop0 up",
        "link set out0 up",
    )
    batch(
        kiosk,
        "link set lo up",
        f"address add {FIRST_ADDRESS}/24 dev wlan0",
        "link set wlan0 up",
        f"route add default via {GATEWAY}",
    )
    batch(
        server,
        "link set lo up",
        f"address add {SERVER}/24 dev eth0",
        f"address add {RESOLVER}/24 dev eth0",
        "link set eth0 up",
        "route add default via 10.77.2.1",
    )


def _route(kiosk: str, router: str, neighbour_ms: int) -> None:
    """Send what comes in at either side through the delay, and what leaves that on its way."""
    run(
        ["ip", "-n", router, "-batch", "-"],
        "link set hold0 up\n"
        f"route add default dev hold0 table {_HELD_BY}\n"
        f"rule add iif shop0 to 10.77.2.0/24 lookup {_HELD_BY}\n"
        f"rule add iif out0 to 10.77.1.0/24 lookup {_HELD_BY}\n",
    )
    loose = ["net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.hold0.rp_filter=0"]
    quiet = "net.ipv4.conf.all.send_redirects=0"
    run([*_quickly(router), "sysctl", "-qw", "net.ipv4.ip_forward=1", quiet, *loose])
    timer = f"net.ipv4.neigh.wlan0.retrans_time_ms={neighbour_ms}"
    run([*_quickly(kiosk), "sysctl", "-qw", timer])
    chain = "add chain ip faults path { type filter hook forward priority 0; }"
    run([*_quickly(router), "nft", "-f", "-"], f"add table ip faults\n{chain}\n")


@contextmanager
def _beside(where: list[str], script: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Run one of our small programs in a namespace; it ends with its stdin, so also with us."""
    process = subprocess.Popen(
        [*where, sys.executable, "-IS", str(_HERE / script), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            started = process.stdout.readline()
            if started != "ready\n":
                raise RuntimeError(f"{script} did not start: exit {process.wait()}")
            yield process
        finally:
            process.stdin.close()
            process.wait()
