"""The rig itself: every fault has its effect, and nothing is left of a rig, however it ends."""

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

import pytest

from tests.netns.inside import tcp_client, tcp_listener, udp
from tests.netns.namespaces import PREFIX, available, leftovers, of_process, remove, run
from tests.netns.rig import GATEWAY, NAME, SECOND_ADDRESS, SERVER, Rig, rig

pytestmark = pytest.mark.skipif(bool(available()), reason=available() or "they can be made")

SOON_S = 0.5
WITHIN_S = 5.0


@pytest.fixture
def shop() -> Iterator[Rig]:
    with rig() as made:
        yield made


@pytest.fixture
def connect(shop: Rig) -> Iterator[Callable[[], tuple[socket.socket, socket.socket]]]:
    """Connect the kiosk to the cloud; returns both ends."""
    with ExitStack() as stack:
        listener = stack.enter_context(tcp_listener(shop.server, SERVER))
        listener.settimeout(WITHIN_S)

        def connected() -> tuple[socket.socket, socket.socket]:
            near = stack.enter_context(tcp_client(shop.kiosk))
            near.connect(listener.getsockname())
            far = stack.enter_context(listener.accept()[0])
            far.settimeout(WITHIN_S)
            near.settimeout(SOON_S)
            return near, far

        yield connected


Connect = Callable[[], tuple[socket.socket, socket.socket]]


def hears(far: socket.socket, within_s: float = SOON_S) -> bytes:
    """Return what arrives soon, or nothing."""
    far.settimeout(within_s)
    try:
        return far.recv(100)
    except TimeoutError:
        return b""


def test_a_round_trip_takes_fifty_milliseconds_for_all_traffic(shop: Rig, connect: Connect) -> None:
    connect()  # neighbours know each other from here on
    began = perf_counter()
    connect()
    took_ms = (perf_counter() - began) * 1000

    assert 49 < took_ms < 100
    with tcp_client(shop.kiosk) as near, pytest.raises(OSError, match=r"refused|Refused"):
        near.connect((SERVER, 9))


def test_a_black_hole_swallows_both_ways_and_nobody_is_told(shop: Rig, connect: Connect) -> None:
    near, far = connect()
    shop.black_hole()
    near.sendall(b"question")
    far.sendall(b"answer")
    assert hears(far) == hears(near) == b""
    with tcp_client(shop.kiosk, SOON_S) as another, pytest.raises(TimeoutError):
        another.connect(far.getsockname())
    shop.forward_again()
    assert hears(far, WITHIN_S) == b"question"
    assert hears(near, WITHIN_S) == b"answer"


def test_a_black_hole_may_swallow_one_way_only(shop: Rig, connect: Connect) -> None:
    near, far = connect()
    shop.black_hole(down=False)
    far.sendall(b"answer")
    near.sendall(b"question")
    assert hears(near) == b"answer"
    assert hears(far) == b""
    shop.forward_again()
    assert hears(far, WITHIN_S) == b"question"
    shop.black_hole(up=False)
    near.sendall(b"another")
    assert hears(far) == b"another"


def test_the_carrier_is_lost_and_comes_back(shop: Rig, connect: Connect) -> None:
    near, far = connect()
    shop.carrier(on=False)
    assert "NO-CARRIER" in run(["ip", "-n", shop.kiosk, "link", "show", "wlan0"])
    near.sendall(b"question")
    assert hears(far) == b""
    shop.carrier(on=True)
    assert "NO-CARRIER" not in run(["ip", "-n", shop.kiosk, "link", "show", "wlan0"])
    assert hears(far, WITHIN_S) == b"question"


def test_an_interface_that_is_down_reaches_nobody_until_it_is_up(
    shop: Rig, connect: Connect
) -> None:
    shop.interface(on=False)
    with pytest.raises(OSError, match="unreachable"):
        connect()
    shop.interface(on=True)
    connect()


def test_a_kiosk_without_a_route_knows_its_neighbours_only(shop: Rig, connect: Connect) -> None:
    shop.route(on=False)
    with pytest.raises(OSError, match="unreachable"):
        connect()
    with tcp_client(shop.kiosk) as near, pytest.raises(ConnectionRefusedError):
        near.connect((GATEWAY, 9))
    shop.route(on=True)
    connect()


def test_another_address_leaves_the_old_connection_behind(shop: Rig, connect: Connect) -> None:
    old, _ = connect()
    shop.change_address()
    near, far = connect()

    assert near.getsockname()[0] == far.getpeername()[0] == SECOND_ADDRESS == shop.address
    old.sendall(b"question")
    shop.change_address()
    connect()


def test_the_server_resets_what_is_open(shop: Rig, connect: Connect) -> None:
    near, _ = connect()
    shop.reset()
    near.settimeout(WITHIN_S)
    with pytest.raises(ConnectionResetError):
        near.recv(1)
    connect()


def test_a_router_that_refuses_answers_with_resets(shop: Rig, connect: Connect) -> None:
    near, _ = connect()
    shop.refuse()
    near.sendall(b"question")
    near.settimeout(WITHIN_S)
    with pytest.raises(ConnectionResetError):
        near.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connect()
    shop.forward_again()
    connect()


@pytest.mark.parametrize("percent", [2, 5, 10])
def test_packets_are_lost_each_way_at_the_given_rate(shop: Rig, percent: int) -> None:
    count = 1500
    lost = {}
    with udp(shop.kiosk) as near, udp(shop.server) as far:
        near.bind((shop.address, 0))
        far.bind((SERVER, 0))
        near.connect(far.getsockname())
        far.connect(near.getsockname())
        shop.delay(0.0)
        shop.lose(percent)
        for way, sender, receiver in (("up", near, far), ("down", far, near)):
            arrived = 0
            for _ in range(count):  # a few at a time: a queue that overflows is not what is tried
                sender.send(b"packet")
                receiver.settimeout(0.01)
                try:
                    receiver.recv(100)
                    arrived += 1
                except TimeoutError:
                    pass
            lost[way] = 100 * (count - arrived) / count

    spread = 5 * (percent * (100 - percent) / count) ** 0.5
    assert lost == {way: pytest.approx(percent, abs=spread) for way in ("up", "down")}


@pytest.mark.parametrize("kbit", [64, 512])
def test_a_narrow_path_passes_no_more_than_it_should(
    shop: Rig, connect: Connect, kbit: int
) -> None:
    near, far = connect()
    shop.slow_down(kbit)
    size = kbit * 125 * 2 // 1
    for sender, receiver in ((near, far), (far, near)):
        sender.settimeout(20.0)
        receiver.settimeout(20.0)
        began = perf_counter()
        sender.sendall(bytes(size))
        arrived = 0
        while arrived < size:
            arrived += len(receiver.recv(65536))
        rate = size * 8 / 1000 / (perf_counter() - began)
        assert kbit * 0.6 < rate < kbit * 1.1
    shop.slow_down(None)
    near.sendall(bytes(size))


def test_jitter_spreads_the_packets_and_keeps_their_order(shop: Rig) -> None:
    with udp(shop.kiosk) as near, udp(shop.server) as far:
        far.bind((SERVER, 0))
        near.connect(far.getsockname())
        shop.delay(20.0, 40.0)
        took_ms = []
        for number in range(40):
            began = perf_counter()
            near.send(bytes([number]))
            assert far.recv(1) == bytes([number])
            took_ms.append((perf_counter() - began) * 1000)
        for number in range(40):
            near.send(bytes([number]))
        arrived = [far.recv(1)[0] for _ in range(40)]

    assert min(took_ms) > 9.5
    assert max(took_ms) - min(took_ms) > 10
    assert arrived == sorted(arrived)


def resolves(shop: Rig, name: str = NAME) -> str:
    """Ask as programs on the kiosk do, for at most a second."""
    command = [*shop.in_kiosk, "timeout", "1", "getent", "ahostsv4", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.partition(" ")[0]


def test_names_die_while_the_server_is_reached(shop: Rig, connect: Connect) -> None:
    assert resolves(shop) == SERVER
    assert resolves(shop, "elsewhere.test") == ""
    shop.kill_names()
    assert resolves(shop) == ""
    connect()
    shop.forward_again()
    assert resolves(shop) == SERVER


def test_faults_add_up_and_heal_takes_all_of_them_back(shop: Rig, connect: Connect) -> None:
    shop.kill_names()
    shop.lose(5)
    shop.slow_down(64)
    shop.black_hole()
    shop.interface(on=False)
    shop.carrier(on=False)
    shop.heal()

    near, far = connect()
    near.sendall(b"question")
    assert hears(far) == b"question"
    assert resolves(shop) == SERVER
    assert "drop" not in run(["ip", "netns", "exec", shop.router, "nft", "list", "ruleset"])
    assert "tbf" not in run(["tc", "-n", shop.router, "qdisc", "show"])


def test_nothing_leads_out_of_the_rig_or_into_another(shop: Rig, connect: Connect) -> None:
    with rig() as other, tcp_client(other.kiosk) as stranger:
        _, far = connect()
        with pytest.raises(ConnectionRefusedError):  # its own server, where nobody listens
            stranger.connect(far.getsockname())
    with tcp_client(shop.kiosk) as near, pytest.raises(OSError, match="unreachable"):
        near.connect(("192.0.2.1", 443))
    assert shop.kiosk in of_process(os.getpid())
    assert other.kiosk not in of_process(os.getpid())


_MAKER = """
import sys
from tests.netns.rig import rig
with rig() as made:
    print(made.kiosk, flush=True)
    sys.stdin.read()
"""


def maker() -> "subprocess.Popen[str]":
    """Start a process that makes a rig and holds it."""
    return subprocess.Popen(
        [sys.executable, "-c", _MAKER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def reapers(pid: int) -> list[int]:
    """Return the reapers that a process has."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (entry / "stat").exists():
            parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == pid and b"namespaces.py" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def gone(pid: int, reaper: int | None) -> bool:
    """Wait for the end of the reaper, by its own pid, and look whether anything is left."""
    if reaper is not None:
        end = os.pidfd_open(reaper)
        select.select([end], [], [], WITHIN_S)
        os.close(end)
    return not [at for at in ("/run/netns", "/etc/netns") if [*Path(at).glob(f"{PREFIX}.{pid}.*")]]


def test_nothing_is_left_of_a_rig_whose_process_was_killed() -> None:
    with maker() as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        (reaper,) = reapers(process.pid)
        guest = subprocess.Popen(
            [*("ip", "netns", "exec", name), "cat"], stdin=subprocess.PIPE, start_new_session=True
        )
        process.kill()
        process.wait()

        assert gone(process.pid, reaper)
        with guest:
            assert guest.wait(WITHIN_S) == -signal.SIGKILL


def test_what_a_killed_reaper_leaves_is_removed_at_the_next_start() -> None:
    with maker() as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        (reaper,) = reapers(process.pid)
        os.kill(reaper, signal.SIGKILL)
        process.kill()
        process.wait()
    assert name in leftovers()

    with rig():
        assert gone(process.pid, None)
    remove(name)  # of one that is gone: nothing happens
