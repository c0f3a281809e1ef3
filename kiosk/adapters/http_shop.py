"""The ShopMax order service over HTTPS, through httpx: ``config/shopmax-openapi.yaml``.

Certificates are always verified. Redirects are not followed, cookies not kept, proxies and other
things in the environment not looked at: the kiosk talks to the one address it was given.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx

from kiosk import __version__
from kiosk.adapters.http_answers import (
    Health,
    ProblemCode,
    WrongShape,
    check_cancellation,
    read_health,
    read_order,
    read_problem,
    read_products,
    read_return,
)
from kiosk.adapters.http_failures import (
    busy,
    declined,
    pause_s,
    refusal,
    too_slow,
    unreachable,
    wrong_shape,
)
from kiosk.errors import ConfigError, ToolError
from kiosk.shop.goods import Category, Product
from kiosk.shop.orders import Order, ReturnStarted

LARGEST_BODY_BYTES: Final = 64 * 1024
_READ_SHARE: Final = 0.45
_CHANGE_SHARE: Final = 0.9
"""Of the deadline: two reads fit into it, and one change, each with a tenth to spare."""
_MOST_AT_ONCE: Final = 4
"""Requests under way: as many as a turn may have calls."""
# Both alike: httpcore counts busy connections as kept ones and would close one after every answer.
_CONNECTIONS: Final = httpx.Limits(
    max_connections=2 * _MOST_AT_ONCE,
    max_keepalive_connections=2 * _MOST_AT_ONCE,
    keepalive_expiry=30.0,
)

_log = logging.getLogger(__name__)


@asynccontextmanager
async def open_http_shop(
    url: str, *, token: str | None, ca_file: str, deadline_s: float
) -> AsyncIterator["HttpShop"]:
    """Open the service at ``url``; nothing is sent before the first question.

    ``ca_file`` is one more authority to trust. Each request ends within its share of
    ``deadline_s``, so that a read can be made twice in it. Raises ConfigError.
    """
    headers = {
        "Accept": "application/json, application/problem+json",
        "Accept-Encoding": "identity",  # a small answer that unpacks to a large one is none
        "User-Agent": f"kiosk/{__version__}",
    }
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    async with httpx.AsyncClient(
        base_url=url,
        headers=headers,
        verify=_trust(ca_file),
        trust_env=False,
        follow_redirects=False,
        timeout=None,  # noqa: S113 - there is one deadline for a request as a whole, in _ask
        limits=_CONNECTIONS,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
    ) as client:
        yield HttpShop(client, deadline_s)


def _trust(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file:
        try:
            context.load_verify_locations(Path(ca_file))
        except OSError as err:  # ssl.SSLError is one
            raise ConfigError(
                [
                    f"shop.ca_file: the certificate authority in {ca_file} cannot be read"
                    f" ({err.strerror or err}); it must be a PEM file the kiosk may read"
                ]
            ) from err
    return context


_NO_RETURN: Final = (ProblemCode.NOT_FOUND, ProblemCode.TOO_LATE, ProblemCode.ALREADY)
_NO_CANCELLATION: Final = (ProblemCode.NOT_FOUND, ProblemCode.TOO_LATE)


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes
    problem: ProblemCode | None

    def content(self, *good: HTTPStatus) -> bytes:
        """Return the body when the status is a good one. Raises WrongShape."""
        if self.status not in good:
            raise WrongShape(f"status {self.status}")
        return self.body


class _HalfOpen:
    """Closes a connection whose TLS handshake was given up: httpcore leaves that one open.

    httpx tells of it through the ``trace`` extension of a request.
    """

    def __init__(self) -> None:
        self._stream: Any = None

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            self._stream = info["return_value"]
        elif event == "connection.start_tls.failed":
            await self._stream.aclose()


class HttpShop:
    """A ShopBackend on an open client."""

    def __init__(self, client: httpx.AsyncClient, deadline_s: float) -> None:
        self._client = client
        self._deadline_s = deadline_s
        self._not_before = 0.0
        # Nobody waits inside httpcore (1.0.9): a request that is given up there, just when a
        # connection becomes free for it, leaves one behind that is never used and never closed.
        self._lanes = asyncio.Semaphore(_MOST_AT_ONCE)

    async def find(self, order_id: str) -> Order | None:
        """Look an order up. Raises ToolError."""
        reply = await self._ask("GET", _order_path(order_id))
        with _contract():
            if reply.problem is ProblemCode.NOT_FOUND:
                return None
            return read_order(reply.content(HTTPStatus.OK), order_id)

    async def find_products(self, category: Category) -> tuple[Product, ...]:
        """Look up where goods of a kind stand. Raises ToolError."""
        reply = await self._ask("GET", "/v1/products", params={"category": category.value})
        with _contract():
            return read_products(reply.content(HTTPStatus.OK), category)

    async def start_return(self, order_id: str, line: int, key: str) -> ReturnStarted:
        """Start the return of one line, once. Raises ToolError."""
        path = f"{_order_path(order_id)}/returns"
        reply = await self._ask("POST", path, key=key, json={"line": line})
        with _contract():
            if reply.problem in _NO_RETURN:
                raise declined(reply.problem)
            content = reply.content(HTTPStatus.OK, HTTPStatus.CREATED)
            return read_return(content, order_id, line)

    async def cancel(self, order_id: str, key: str) -> None:
        """Cancel an order, once. Raises ToolError."""
        reply = await self._ask("POST", f"{_order_path(order_id)}/cancellation", key=key)
        with _contract():
            if reply.problem in _NO_CANCELLATION:
                raise declined(reply.problem)
            if reply.problem is not ProblemCode.ALREADY:
                check_cancellation(reply.content(HTTPStatus.OK), order_id)

    async def check(self) -> str:
        """Ask the service how it is. Raises ToolError."""
        health = await self.health()
        may = "may change orders" if health.may_change else "may only read"
        return f"ShopMax {health.version}, this token {may}"

    async def health(self) -> Health:
        """Ask the service how it is, and what the token may do. Raises ToolError."""
        reply = await self._ask("GET", "/v1/health")
        with _contract():
            return read_health(reply.content(HTTPStatus.OK))

    async def _ask(self, method: str, path: str, *, key: str = "", **content: Any) -> _Reply:  # noqa: ANN401 - httpx's
        """Return an answer that was read to its end; raise ToolError for what is none."""
        now = asyncio.get_running_loop().time
        if now() < self._not_before:
            raise busy()
        headers = {"Idempotency-Key": key} if key else {}
        within_s = self._deadline_s * (_CHANGE_SHARE if key else _READ_SHARE)
        try:
            async with (
                asyncio.timeout(within_s),
                self._lanes,
                self._client.stream(
                    method, path, headers=headers, extensions={"trace": _HalfOpen()}, **content
                ) as response,
            ):
                status = response.status_code
                if (failure := refusal(status)) is not None:  # what it says to that is not read
                    after = response.headers.get("Retry-After")
                    if after is not None or failure.reason == "busy":
                        self._not_before = now() + pause_s(after)
                    raise _told(failure, status=status)
                body = await _body(response)
                problem = read_problem(body, status) if status >= HTTPStatus.BAD_REQUEST else None
                return _Reply(status, body, problem)
        except TimeoutError:
            raise _told(too_slow()) from None
        except httpx.HTTPError as err:  # no cause: it knows the address
            raise _told(unreachable(err)) from None
        except WrongShape as err:
            raise _told(wrong_shape(), place=str(err)) from None


async def _body(response: httpx.Response) -> bytes:
    """Read a body of JSON of a reasonable size. Raises WrongShape."""
    status = response.status_code
    wanted = "application/problem+json" if status >= HTTPStatus.BAD_REQUEST else "application/json"
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != wanted:
        raise WrongShape(f"status {status}: not {wanted}")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise WrongShape("it is packed")
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > LARGEST_BODY_BYTES:
            raise WrongShape(f"more than {LARGEST_BODY_BYTES} bytes")
    return bytes(body)


def _order_path(order_id: str) -> str:
    return f"/v1/orders/{quote(order_id, safe='')}"


@contextmanager
def _contract() -> Iterator[None]:
    """Turn what stands outside the contract into a ToolError, and say where in the journal."""
    try:
        yield
    except WrongShape as err:
        raise _told(wrong_shape(), place=str(err)) from None


def _told(error: ToolError, **where: object) -> ToolError:
    fields = {f"KIOSK_{name.upper()}": value for name, value in where.items()}
    _log.warning("ShopMax gave no answer", extra={"KIOSK_CAUSE": error.reason, **fields})
    return error
