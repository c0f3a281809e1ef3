"""A ShopMax order service of our own, after ``config/shopmax-openapi.yaml``: HTTPS, and it stores.

It runs in threads beside the test, so that a loop that hangs cannot make it look slow.
"""

import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, cast
from urllib.parse import parse_qs, unquote, urlsplit

from kiosk.shop.goods import Category
from tests.shopmax.books import NOT_FOUND, Answer, Books, problem

MAY_CHANGE: Final = "token-that-may-change-things"
MAY_READ: Final = "token-that-may-only-read"
INVALID: Final = problem(400, "invalid")
_ORDER: Final = re.compile(r"/v1/orders/([^/]+)")
_RETURNS: Final = re.compile(r"/v1/orders/([^/]+)/returns")
_CANCELLATION: Final = re.compile(r"/v1/orders/([^/]+)/cancellation")
_ORDER_ID: Final = re.compile(r"ORD-[0-9]{5}")
_KEY: Final = re.compile(r"[!-~]([ -~]{0,126}[!-~])?")
_LARGEST_BODY: Final = 4096
_IDLE_S: Final = 20


@dataclass
class Seen:
    """What came in: enough to tell how often, over how many connections, with which headers."""

    requests: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    connections: int = 0
    opened: list[ssl.SSLSocket] = field(default_factory=list, repr=False)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, tls: ssl.SSLContext, books: Books, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        # The handshake is made by the thread of the connection, at its first read.
        self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.books = books
        self.seen = Seen()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that went away or that does not trust us."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_S
    wbufsize = -1  # an answer leaves in one piece …
    disable_nagle_algorithm = True  # … at once

    def setup(self) -> None:
        super().setup()
        self._house.seen.connections += 1
        self._house.seen.opened.append(self.connection)

    @property
    def _house(self) -> _Server:
        return cast("_Server", self.server)

    def _serve(self) -> None:
        self._house.seen.requests.append((self.command, self.path))
        self._house.seen.headers.append(dict(self.headers))
        body = self._body()
        self._say(INVALID if body is None else self._answer(body))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_TRACE = _serve  # noqa: N815 - the library's names
    do_QUERY = _serve  # noqa: N815

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            self.close_connection = True
            return None
        if int(length) > _LARGEST_BODY:
            self.close_connection = True
            return None
        return self.rfile.read(int(length))

    def _answer(self, body: bytes) -> Answer:
        parts = urlsplit(self.path)
        books = self._house.books
        if parts.path == "/v1/health":
            return self._refusal("GET") or Answer(
                200, {"status": "ok", "version": "1.0.0", "may_change": self._token == MAY_CHANGE}
            )
        if parts.path == "/v1/products":
            return self._refusal("GET") or self._products(parts.query)
        if found := _ORDER.fullmatch(parts.path):
            return self._refusal("GET") or _order_id(found, books.order)
        if found := _RETURNS.fullmatch(parts.path):
            return self._refusal("POST") or self._start_return(found, body)
        if found := _CANCELLATION.fullmatch(parts.path):
            key = self._key
            return self._refusal("POST") or (
                _order_id(found, lambda asked: books.cancel(asked, key)) if key else INVALID
            )
        return NOT_FOUND

    @property
    def _token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    @property
    def _key(self) -> str:
        key = self.headers.get("Idempotency-Key", "")
        return key if _KEY.fullmatch(key) else ""

    def _refusal(self, method: str) -> Answer | None:
        if self.command != method:
            return Answer(405, {"allow": method})
        if self._token not in (MAY_CHANGE, MAY_READ):
            return problem(401, "unauthorized")
        if method == "POST" and self._token != MAY_CHANGE:
            return problem(403, "forbidden")
        return None

    def _products(self, query: str) -> Answer:
        asked = parse_qs(query, keep_blank_values=True).get("category", [])
        if len(asked) != 1 or asked[0] not in list(Category):
            return INVALID
        return self._house.books.products(asked[0])

    def _start_return(self, found: re.Match[str], body: bytes) -> Answer:
        key, line = self._key, _line(body) if self._is_json else None
        if not key or line is None:
            return INVALID
        return _order_id(found, lambda asked: self._house.books.start_return(asked, line, key))

    @property
    def _is_json(self) -> bool:
        return self.headers.get("Content-Type", "").partition(";")[0].strip() == "application/json"

    def _say(self, answer: Answer) -> None:
        body = json.dumps(answer.facts).encode()
        kind = "application/json" if answer.status < 400 else "application/problem+json"
        self.send_response(answer.status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if answer.status == 405:
            self.send_header("Allow", answer.facts["allow"])
        if answer.status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what the library could not read as a request of ours."""
        del code, message, explain
        self.close_connection = True
        self._say(INVALID)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Write no log."""


def _order_id(found: re.Match[str], ask: Any) -> Answer:
    asked = unquote(found[1])
    return cast("Answer", ask(asked)) if _ORDER_ID.fullmatch(asked) else INVALID


def _line(body: bytes) -> int | None:
    try:
        wish = json.loads(body)
    except ValueError:
        return None
    if not isinstance(wish, dict) or wish.keys() != {"line"}:
        return None
    line = wish["line"]
    if isinstance(line, bool) or not isinstance(line, int | float) or not 1 <= line <= 999:
        return None
    return int(line) if line == int(line) else None


@dataclass(frozen=True)
class ShopMax:
    """A service that runs: where, and what came in."""

    url: str
    books: Books
    seen: Seen

    def hang_up(self) -> None:
        """End every connection, as a service does that begins anew or has waited long enough."""
        while self.seen.opened:
            with suppress(OSError):  # it has ended by itself
                self.seen.opened.pop().shutdown(socket.SHUT_RDWR)


@contextmanager
def shopmax(books: Books, tls: ssl.SSLContext, port: int = 0) -> Iterator[ShopMax]:
    """Serve these books on a port of this machine, 0 for any free one; hang up at the end."""
    server = _Server(tls, books, port)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="shopmax"
    )
    thread.start()
    serving = ShopMax(f"https://127.0.0.1:{server.server_address[1]}", books, server.seen)
    try:
        yield serving
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        serving.hang_up()
