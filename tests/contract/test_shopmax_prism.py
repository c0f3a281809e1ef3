"""The kiosk's client against Prism: a service that somebody else's tool makes of the document.

As a mock it answers with the document's examples and refuses requests that the document does not
allow. As a proxy it stands between the client and our own service and refuses what either of them
says outside the document. Prism speaks no TLS, so a small relay does that in front of it.
"""

import asyncio
import os
import re
import ssl
import subprocess
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from datetime import date, time
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from kiosk.adapters.http_shop import HttpShop, open_http_shop
from kiosk.errors import ToolError
from kiosk.resources import packaged
from kiosk.shop.goods import Category, Item, Product
from kiosk.shop.orders import Order, OrderStatus, ProofFacts, ReturnStarted
from tests.adapters.tls_peer import Authority, run
from tests.contract.npm import installed
from tests.shopmax.books import Books
from tests.shopmax.server import MAY_CHANGE, shopmax

T = TypeVar("T")
HERE = Path(__file__).resolve().parent / "prism"
CACHE = HERE.parents[2] / ".cache" / "prism"
DOCUMENT = packaged("shopmax-openapi.yaml")
START_S = 60
DEADLINE_S = 20.0  # Prism validates what it says: it is not here for its speed
KEY = "ab" * 32

EXAMPLE = Order(
    order_id="ORD-88421",
    status=OrderStatus.OUT_FOR_DELIVERY,
    placed_on=date(2026, 11, 19),
    due_on=date(2026, 11, 23),
    due_by=time(19),
    items=(
        Item(line=1, category=Category.COFFEE_MACHINE),
        Item(line=2, category=Category.WASHING_MACHINE),
    ),
    returns=(ReturnStarted(reference="R-100001", line=2, started_on=date(2026, 11, 22)),),
    proof=ProofFacts(postcode="94107", phone_end="0142"),
)


@contextmanager
def prism(*arguments: str, **environ: str) -> Iterator[int]:
    """Run Prism and yield its port."""
    program = installed(HERE, CACHE) / "node_modules" / ".bin" / "prism"
    with subprocess.Popen(
        ["node", str(program), *arguments, "--port", "0", "--host", "127.0.0.1"],
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        stop = threading.Timer(START_S, process.kill)  # so that the loop below ends
        stop.start()
        try:
            assert process.stdout is not None
            said = []
            for line in process.stdout:
                said.append(line)
                if found := re.search(r"listening on http://127\.0\.0\.1:(\d+)", line):
                    break
            else:
                raise AssertionError("".join(said))
            stop.cancel()
            rest = threading.Thread(target=process.stdout.read)  # it would stop at a full pipe
            rest.start()
            yield int(found[1])
        finally:
            stop.cancel()
            process.kill()
        rest.join()


@asynccontextmanager
async def with_tls(port: int, tls: ssl.SSLContext, status: int | None) -> AsyncIterator[str]:
    """Speak TLS in front of a port; ``status`` is the answer that Prism is to prefer."""
    prefer = b" HTTP/1.1\r\nPrefer: code=%d\r\n" % status if status else b" HTTP/1.1\r\n"

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with suppress(OSError):  # either end may go first
                while piece := await source.read(65_536):
                    sink.write(piece.replace(b" HTTP/1.1\r\n", prefer))
                    await sink.drain()
            sink.close()

        async with asyncio.TaskGroup() as group:
            group.create_task(pump(reader, back))
            group.create_task(pump(there, writer))

    server = await asyncio.start_server(relay, "localhost", 0, ssl=tls)
    async with server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("prism"))


@pytest.fixture(scope="module")
def mock() -> Iterator[int]:
    with prism("mock", str(DOCUMENT)) as port:
        yield port


def ask(
    port: int,
    authority: Authority,
    work: Callable[[HttpShop], Awaitable[T]],
    *,
    status: int | None = None,
    token: str | None = MAY_CHANGE,
) -> T:
    async def scenario() -> T:
        ca_file = str(authority.ca_file)
        async with (
            with_tls(port, authority.server_context(), status) as url,
            open_http_shop(url, token=token, ca_file=ca_file, deadline_s=DEADLINE_S) as shop,
        ):
            return await work(shop)

    return run(scenario())


async def outcome(work: Awaitable[object]) -> object:
    """Return what came of it; for a refusal its reason."""
    try:
        return await work
    except ToolError as err:
        return err.reason


def test_every_request_is_one_of_the_document_and_every_answer_is_understood(
    mock: int, authority: Authority
) -> None:
    async def all_of_it(shop: HttpShop) -> list[object]:
        return [
            await shop.find("ORD-88421"),
            await shop.find_products(Category.COFFEE_MACHINE),
            await shop.start_return("ORD-88421", 1, KEY),
            await outcome(shop.cancel("ORD-88421", KEY)),
            await shop.check(),
        ]

    assert ask(mock, authority, all_of_it) == [
        EXAMPLE,
        (Product(category=Category.COFFEE_MACHINE, aisle="B4", stock=7),),
        ReturnStarted(reference="R-100002", line=1, started_on=date(2026, 11, 23)),
        None,
        "ShopMax 1.0.0, this token may change orders",
    ]


def test_a_service_that_knows_one_order_only_is_not_believed_about_another(
    mock: int, authority: Authority
) -> None:
    async def others(shop: HttpShop) -> list[object]:
        return [
            await outcome(shop.find("ORD-88422")),
            await outcome(shop.find_products(Category.KETTLE)),
            await outcome(shop.start_return("ORD-88421", 2, KEY)),
            await outcome(shop.cancel("ORD-88422", KEY)),
        ]

    assert ask(mock, authority, others) == ["wrong_shape"] * 4


@pytest.mark.parametrize(
    ("status", "found", "changed"),
    [
        (400, "wrong_shape", "wrong_shape"),
        (401, "not_allowed", "not_allowed"),
        (403, "not_allowed", "not_allowed"),
        (404, None, "not_found"),
        (429, "busy", "busy"),
        (503, "no_answer", "busy"),
    ],
)
def test_every_refusal_of_the_document_has_its_outcome(
    mock: int, authority: Authority, status: int, found: str | None, changed: str
) -> None:
    async def both(shop: HttpShop) -> list[object]:
        return [
            await outcome(shop.find("ORD-88421")),
            await outcome(shop.cancel("ORD-88421", KEY)),
        ]

    assert ask(mock, authority, both, status=status) == [found, changed]


def test_too_late_is_told_apart(mock: int, authority: Authority) -> None:
    async def late(shop: HttpShop) -> object:
        return await outcome(shop.cancel("ORD-88421", KEY))

    assert ask(mock, authority, late, status=409) == "too_late"


def test_prism_refuses_who_has_no_token(mock: int, authority: Authority) -> None:
    async def unknown(shop: HttpShop) -> object:
        return await outcome(shop.find("ORD-88421"))

    assert ask(mock, authority, unknown, token=None) == "not_allowed"


def test_whatever_the_document_allows_is_understood_or_refused_as_a_whole(
    authority: Authority,
) -> None:
    async def many(shop: HttpShop) -> set[str]:
        outcomes = [await outcome(shop.find("ORD-88421")) for _ in range(15)]
        outcomes += [await outcome(shop.find_products(Category.FAN)) for _ in range(15)]
        healths = [await shop.check() for _ in range(5)]
        assert all(health.startswith("ShopMax ") for health in healths)
        return {each for each in outcomes if isinstance(each, str)}

    with prism("mock", "--dynamic", str(DOCUMENT)) as port:
        assert ask(port, authority, many) == {"wrong_shape"}  # made-up orders are never the asked


def test_client_and_service_keep_to_the_document_before_a_referee(
    authority: Authority, tmp_path: Path
) -> None:
    order = Order(
        order_id="ORD-80473",
        status=OrderStatus.PACKED,
        placed_on=date(2026, 11, 22),
        due_on=date(2026, 11, 27),
        due_from=time(9),
        due_by=time(13, 30),
        items=(Item(line=1, category=Category.KETTLE, quantity=2),),
        proof=ProofFacts(postcode="SW1A 1AA"),
    )
    kettles = (Product(category=Category.KETTLE, aisle="12", stock=0),)

    async def a_day(shop: HttpShop) -> list[object]:
        started = await shop.start_return(order.order_id, 1, KEY)
        return [
            started == await shop.start_return(order.order_id, 1, "another key"),
            await outcome(shop.start_return(order.order_id, 2, "a third key")),
            await outcome(shop.find("ORD-00000")),
            await shop.find_products(Category.KETTLE),
            await shop.find_products(Category.TOY),
            await outcome(shop.cancel(order.order_id, "a fourth key")),
            await outcome(shop.cancel("ORD-99999", "a fifth key")),
            getattr(await shop.find(order.order_id), "status", None),
            await shop.check(),
        ]

    with (
        closing(Books(tmp_path / "shopmax.db", lambda: date(2026, 11, 23))) as books,
        shopmax(books, authority.server_context()) as service,
        prism(
            *("proxy", str(DOCUMENT), service.url, "--errors"),
            NODE_EXTRA_CA_CERTS=str(authority.ca_file),
        ) as port,
    ):
        books.stock((order,), kettles)
        seen = ask(port, authority, a_day)
        no_key = httpx.post(
            f"http://127.0.0.1:{port}/v1/orders/ORD-80473/cancellation",
            headers={"Authorization": f"Bearer {MAY_CHANGE}"},
        )

    assert seen == [
        True,
        "not_found",
        None,
        kettles,
        (),
        None,
        "not_found",
        OrderStatus.CANCELLED,
        "ShopMax 1.0.0, this token may change orders",
    ]
    assert no_key.status_code in (400, 422)
    assert len(service.seen.requests) == 10  # what is outside the document does not get through
