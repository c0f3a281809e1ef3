"""A Live service that misbehaves on demand: real sockets, real TLS, a CA made for the test."""

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from kiosk.adapters.event_loop import KioskLoop

T = TypeVar("T")
Handler = Callable[[ServerConnection], Awaitable[None]]

DAY = datetime.timedelta(days=1)
SETUP_COMPLETE = b'{\n  "setupComplete": {}\n}\n'
"""As Google sends it: a binary frame, printed over several lines."""


class Authority:
    """A certificate authority in a directory; ``ca_file`` is what the kiosk is given."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Test authority")
        self._serial = 1
        now = _now()
        certificate = (
            self._builder(self._name, self._key.public_key(), 1)
            .not_valid_before(now - 20 * DAY)
            .not_valid_after(now + 20 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_signs_certificates(), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.ca_file = directory / "ca.pem"
        self.ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, serial: int
    ) -> x509.CertificateBuilder:
        """Begin a certificate with all that strict verification, Python 3.13's, asks for."""
        issuer_key = self._key.public_key()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(serial)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
            )
        )

    def server_context(self, *names: str, from_days: int = -1, to_days: int = 1) -> ssl.SSLContext:
        """Issue a leaf for these names, valid from and to so many days from now."""
        now = _now()
        key = ec.generate_private_key(ec.SECP256R1())
        self._serial += 1
        certificate = (
            self._builder(_name("Test leaf"), key.public_key(), self._serial)
            .not_valid_before(now + from_days * DAY)
            .not_valid_after(now + to_days * DAY)
            .add_extension(_alternatives(names or ("localhost", "127.0.0.1")), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pem = self._directory / f"leaf-{self._serial}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context


@asynccontextmanager
async def live_peer(
    handler: Handler, tls: ssl.SSLContext, *, status: HTTPStatus | None = None, body: str = ""
) -> AsyncIterator[int]:
    """Serve WebSockets over TLS on a free port; with ``status`` refuse every upgrade."""

    def refuse(connection: ServerConnection, request: Request) -> Response | None:
        del request
        return connection.respond(status, body) if status else None

    async with serve(
        handler, "localhost", 0, ssl=tls, process_request=refuse, close_timeout=0.2
    ) as server:
        yield next(iter(server.sockets)).getsockname()[1]


@asynccontextmanager
async def mute_peer(tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Accept connections, with or without TLS, and never say a word."""

    transports: list[asyncio.BaseTransport] = []

    class Mute(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            transports.append(transport)

    server = await asyncio.get_running_loop().create_server(Mute, "localhost", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for transport in transports:
            transport.close()


async def accept(ws: ServerConnection) -> None:
    """Take the set-up."""
    await ws.recv()
    await ws.send(SETUP_COMPLETE)


def saying(*frames: str | bytes) -> Handler:
    """Take the set-up, send these frames, and listen until the client goes."""

    async def handler(ws: ServerConnection) -> None:
        await accept(ws)
        for frame in frames:
            await ws.send(frame)
        async for _ in ws:
            pass

    return handler


def closing(code: int, reason: str, *, at_setup: bool) -> Handler:
    """Close with a code, instead of ``setupComplete`` or right after it."""

    async def handler(ws: ServerConnection) -> None:
        await ws.recv()
        if not at_setup:
            await ws.send(SETUP_COMPLETE)
        await ws.close(code, reason)

    return handler


def run(scenario: Coroutine[Any, Any, T]) -> T:
    """Run on real time and fail when a task is left behind."""

    async def checked() -> T:
        result = await scenario
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks left behind: {left}"
        return result

    with asyncio.Runner(loop_factory=KioskLoop) as runner:
        return runner.run(checked())


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)  # noqa: TID251 -- a certificate has real dates


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def _alternatives(names: Sequence[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_alternative(name) for name in names])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
