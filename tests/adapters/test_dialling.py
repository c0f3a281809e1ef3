"""Calling by known addresses, whatever the name service does: real sockets, real black holes."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from kiosk.adapters import dialling
from kiosk.adapters.address_book import AddressBook
from kiosk.adapters.dialling import Dialler
from tests.adapters.namespace import drop_everything, run_apart, sh
from tests.adapters.tls_peer import run

HOST = "live.shop.example"
WAIT_S = 10.0


class Names:
    """A name service that answers, or keeps everybody waiting."""

    def __init__(self) -> None:
        self.answer: list[str] = []
        self.asked = 0
        self.hangs = threading.Event()
        self.freed = threading.Event()

    def getaddrinfo(self, host: str, *_: object, flags: int = 0, **__: object) -> list[object]:
        if flags & socket.AI_NUMERICHOST or host != HOST:
            return list(_getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=flags))
        self.asked += 1
        if self.hangs.is_set():
            assert self.freed.wait(WAIT_S)
        if not self.answer:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [
            found
            for address in self.answer
            for found in _getaddrinfo(address, 0, type=socket.SOCK_STREAM)
        ]


_getaddrinfo = socket.getaddrinfo


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    service = Names()
    monkeypatch.setattr(socket, "getaddrinfo", service.getaddrinfo)
    yield service
    service.freed.set()
    for thread in threading.enumerate():
        if thread.name == "look-up":
            thread.join(WAIT_S)


@contextmanager
def listening(*addresses: str) -> Iterator[int]:
    """Listen at these addresses, on one port."""
    with ExitStack() as stack:
        port = 0
        for address in addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            server = stack.enter_context(socket.create_server((address, port), family=family))
            port = server.getsockname()[1]
        yield port


async def called(dialler: Dialler, within_s: float = WAIT_S) -> str:
    """Dial once; return whom that reached."""
    async with asyncio.timeout(within_s):
        bare = await dialler.dial()
    sock = bare.take()
    with sock:
        assert sock.getblocking() is False
        return str(sock.getpeername()[0])


def book(*addresses: str, heard: tuple[str, ...] = ()) -> AddressBook:
    """Return a book in which these have worked, the first one last."""
    made = AddressBook(HOST)
    for address in reversed(addresses):
        made.worked(address)
    made.heard = heard
    return made


def test_the_last_one_that_worked_is_called_first_and_both_families_early() -> None:
    known = book("192.0.2.1", "192.0.2.2", "2001:db8::1", heard=("192.0.2.2", "192.0.2.3"))

    assert known.candidates() == ["192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.3"]


def test_a_book_keeps_four_addresses_of_each_family() -> None:
    known = book(*(f"192.0.2.{number}" for number in range(9)), "2001:db8::1")

    assert known.candidates() == [
        "192.0.2.0", "2001:db8::1", "192.0.2.1", "192.0.2.2", "192.0.2.3",
    ]  # fmt: skip


def test_a_name_is_looked_up_when_no_address_is_known(names: Names) -> None:
    names.answer = ["127.0.0.5"]
    with listening("127.0.0.5") as port:
        assert run(called(Dialler(HOST, port, book()))) == "127.0.0.5"


def test_a_literal_address_needs_no_look_up(names: Names) -> None:
    with listening("::1") as port:
        assert run(called(Dialler("::1", port, book()))) == "::1"
    assert names.asked == 0


def test_a_name_service_that_hangs_delays_nobody_who_is_known(names: Names) -> None:
    names.hangs.set()

    async def scenario(port: int) -> float:
        clock = asyncio.get_running_loop().time
        dialler = Dialler(HOST, port, book("127.0.0.5"))
        began = clock()
        for _ in range(5):
            assert await called(dialler) == "127.0.0.5"
        return clock() - began

    with listening("127.0.0.5") as port:
        assert run(scenario(port)) < 0.25
    assert names.asked == 1  # one question is out, however often somebody calls


def test_a_name_service_that_hangs_is_waited_for_within_the_deadline_only(names: Names) -> None:
    names.hangs.set()

    with pytest.raises(TimeoutError):
        run(called(Dialler(HOST, 9, book()), within_s=0.1))


def test_an_answer_that_came_too_late_serves_the_next_call(names: Names) -> None:
    names.hangs.set()
    names.answer = ["127.0.0.5"]

    async def scenario(port: int) -> str:
        dialler = Dialler(HOST, port, book())
        with pytest.raises(TimeoutError):
            await called(dialler, within_s=0.05)
        names.freed.set()
        return await called(dialler)

    with listening("127.0.0.5") as port:
        assert run(scenario(port)) == "127.0.0.5"


def test_an_endpoint_that_moved_is_found_by_its_name(names: Names) -> None:
    names.answer = ["127.0.0.6"]
    known = book("127.0.0.5")
    with listening("127.0.0.6") as port:
        assert run(called(Dialler(HOST, port, known))) == "127.0.0.6"

    assert known.candidates() == ["127.0.0.6", "127.0.0.5"]


def test_a_failed_look_up_is_told_when_there_is_nobody_to_call(names: Names) -> None:
    del names
    with pytest.raises(socket.gaierror):
        run(called(Dialler(HOST, 9, book())))


def test_a_no_tells_more_than_a_failed_look_up(names: Names) -> None:
    del names
    with listening("127.0.0.5") as port:
        pass
    with pytest.raises(ConnectionRefusedError):
        run(called(Dialler(HOST, port, book("127.0.0.5"))))


def test_a_dead_family_costs_its_head_start_and_no_more(names: Names) -> None:
    names.hangs.set()

    async def scenario() -> tuple[str, float]:
        sh(
            "ip -6 addr add 2001:db8::1/128 dev lo nodad",
            "nft add table inet hole",
            "nft add chain inet hole swallow { type filter hook input priority 0 ; }",
            "nft add rule inet hole swallow ip6 daddr 2001:db8::1 drop",
        )
        with listening("127.0.0.5") as port:
            clock = asyncio.get_running_loop().time
            began = clock()
            reached = await called(Dialler(HOST, port, book("2001:db8::1", "127.0.0.5")))
            return reached, clock() - began

    reached, took_s = run_apart(scenario)

    assert reached == "127.0.0.5"
    assert dialling.STAGGER_S <= took_s < dialling.STAGGER_S + 0.2


def test_in_a_black_hole_the_deadline_holds_and_no_socket_is_left(names: Names) -> None:
    names.hangs.set()

    async def scenario() -> None:
        drop_everything()
        with pytest.raises(TimeoutError):
            await called(Dialler(HOST, 9, book("127.0.0.5", "127.0.0.6")), within_s=0.2)

    run_apart(scenario)  # an open socket would be a ResourceWarning, and that an error


def test_the_losers_of_a_race_are_hung_up(names: Names) -> None:
    names.hangs.set()

    async def scenario(port: int) -> list[str]:
        race = dialling._Race(port, ["127.0.0.5", "127.0.0.6"])
        race._next()
        race._next()  # as if the head start were over before the first one answered
        sock, address = await race.won()
        with sock:
            assert race._trying == {}
            return [address]

    with listening("127.0.0.5", "127.0.0.6") as port:
        assert run(scenario(port)) == ["127.0.0.5"]


def test_a_spare_is_for_one_session_and_can_be_given_up() -> None:
    async def scenario(port: int) -> None:
        dialler = Dialler("127.0.0.1", port, book())
        given_up = await dialler.dial()
        given_up.close()
        given_up.close()
        with pytest.raises(AssertionError):
            given_up.take()
        used = await dialler.dial()
        with used.take() as sock:
            used.close()
            assert sock.fileno() >= 0

    with listening("127.0.0.1") as port:
        run(scenario(port))


def test_a_restart_without_a_name_service_calls_whom_it_knew(names: Names, tmp_path: Path) -> None:
    file = tmp_path / "addresses.json"
    names.answer = ["127.0.0.5"]
    with listening("127.0.0.5") as port:
        run(called(Dialler(HOST, port, AddressBook(HOST, file))))
        assert json.loads(file.read_text()) == {HOST: ["127.0.0.5"]}

        names.answer = []
        names.hangs.set()
        assert run(called(Dialler(HOST, port, AddressBook(HOST, file)))) == "127.0.0.5"


def test_the_file_is_written_when_something_is_new_and_only_then(
    names: Names, tmp_path: Path
) -> None:
    file = tmp_path / "addresses.json"
    names.answer = ["127.0.0.5"]

    async def scenario(port: int) -> None:
        for _ in range(2):
            await called(Dialler(HOST, port, AddressBook(HOST, file)))

    with listening("127.0.0.5") as port:
        run(scenario(port))
        file.unlink()
        known = book("127.0.0.5")
        known._file = file
        run(called(Dialler(HOST, port, known)))

    assert not file.exists()


@pytest.mark.parametrize(
    "text",
    ["", "no json", "[]", "7", '{"another.example": ["127.0.0.5"]}']
    + [f'{{"{HOST}": {value}}}' for value in ("null", "7", '"x"', "[7]", '["evil.example"]')],
)
def test_a_file_that_is_no_good_is_an_empty_book(tmp_path: Path, text: str) -> None:
    file = tmp_path / "addresses.json"
    file.write_text(text)

    assert AddressBook(HOST, file).candidates() == []


def test_a_book_that_cannot_be_saved_stops_nobody(names: Names, tmp_path: Path) -> None:
    names.answer = ["127.0.0.5"]
    file = tmp_path / "not there" / "addresses.json"
    with listening("127.0.0.5") as port:
        assert run(called(Dialler(HOST, port, AddressBook(HOST, file)))) == "127.0.0.5"
