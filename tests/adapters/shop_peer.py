"""An order service that misbehaves on demand: real sockets, real TLS, whole answers as bytes."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

Turn = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bool]]
"""Answers one request that was read; says whether the connection stays."""

ORDER: Mapping[str, Any] = {
    "order_id": "ORD-88421",
    "status": "out for delivery",
    "placed_on": "2026-11-19",
    "due_on": "2026-11-23",
    "due_from": None,
    "due_by": "19:00",
    "done_on": None,
    "fulfilment": "delivery",
    "items": [{"line": 1, "category": "kettle", "quantity": 2}],
    "returns": [{"reference": "R-100001", "line": 1, "started_on": "2026-11-22"}],
    "proof": {"postcode": "94107", "phone_end": None},
}


def response(status: int, facts: object = None, body: bytes | None = None, **headers: str) -> bytes:
    """Write a whole answer; further keywords are headers, ``_`` for ``-``."""
    content = json.dumps(facts).encode() if body is None else body
    kind = "application/json" if status < 400 else "application/problem+json"
    fields = {"content_type": kind, "content_length": str(len(content)), **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + content


def problem(status: int, code: str, **headers: str) -> bytes:
    return response(status, {"status": status, "code": code}, None, **headers)


def order(**changes: object) -> bytes:
    return response(200, {**ORDER, **changes})


def saying(*answers: bytes, stay: bool = True) -> Turn:
    """Give these answers in turn, the last one for ever."""
    left = list(answers)

    async def turn(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(left.pop(0) if len(left) > 1 else left[0])
        await writer.drain()
        return stay

    return turn


async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> bool:
    """Say nothing until the client goes."""
    await reader.read()
    return False


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Tear the connection down without a goodbye."""
    writer.transport.abort()
    return False


class Peer:
    """What a service saw."""

    def __init__(self, port: int) -> None:
        self.url = f"https://localhost:{port}"
        self.connections = 0
        self.requests: list[bytes] = []


@asynccontextmanager
async def peer(turn: Turn, tls: ssl.SSLContext) -> AsyncIterator[Peer]:
    """Serve on a free port of this machine, one turn a request."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.connections += 1
        try:
            while await _request(reader, seen) and await turn(reader, writer):
                pass
        except (ConnectionError, ssl.SSLError):
            pass  # the client went away
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "localhost", 0, ssl=tls)
    seen = Peer(server.sockets[0].getsockname()[1])
    async with server:
        yield seen
    await asyncio.gather(*_others(), return_exceptions=True)


def _others() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {asyncio.current_task()}


async def _request(reader: asyncio.StreamReader, seen: Peer) -> bool:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return False
    lines = head.lower().split(b"\r\n")
    lengths = [int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")]
    seen.requests.append(head + await reader.readexactly(sum(lengths)))
    return True
