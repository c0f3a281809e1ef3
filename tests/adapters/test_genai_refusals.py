"""What a person is told when a Live connection fails: real sockets, real TLS, one sentence."""

import asyncio
import socket
import traceback
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection

from kiosk.adapters.genai_live import GenaiLive
from kiosk.core.live import SessionHandle, SessionSetup
from kiosk.errors import LinkError, LinkRefused, Refusal
from tests.adapters.tls_peer import (
    Authority,
    Handler,
    accept,
    closing,
    live_peer,
    mute_peer,
    run,
    saying,
)

SETUP = SessionSetup(model="gemini-3.8-live", voice="Kore", instruction="You are a kiosk.")
HANDLE = SessionHandle("h-1")
KEY = "secret-key"

INVALID = "Request contains an invalid argument."
NO_MODEL = (
    "models/gemini-9 is not found for API version v1beta, or is not supported for"
    " bidiGenerateContent. Call ListModels"
)
QUOTA = "You exceeded your current quota, please check your plan and billing details."
NO_SESSION = "BidiGenerateContent session not found"
BAD_KEY = "API key not valid. Please pass a valid API key."
DEADLINE = "Deadline expired before operation could complete."
GO_AWAY = (
    "Connection aborted because the client failed to close the connection after receiving a"
    " GoAway signal once the session duration expired"
)[
    # cut to 123 bytes by the WebSocket protocol
    :123
]
NOT_ENABLED = "Operation is not implemented, or supported, or enabled."
NO_THINKING = "Thinking level is not supported for this model"
DOWN = "The service is currently unavailable."


async def attempt(
    port: int,
    ca_file: str | Path,
    *,
    host: str = "localhost",
    handle: SessionHandle | None = None,
    connect_s: float = 8.0,
) -> LinkError:
    """Open a session and listen; return how that failed."""
    live = GenaiLive(
        endpoint=f"https://{host}:{port}", api_key=KEY, ca_file=ca_file, connect_s=connect_s
    )
    await live.warm()
    try:
        async with asyncio.timeout(10), live.session(SETUP, handle) as session:
            async for _ in session.messages():
                pass
    except LinkError as failed:
        return failed
    raise AssertionError("the messages ended by themselves")


def failure_of(
    handler: Handler,
    authority: Authority,
    *,
    handle: SessionHandle | None = None,
    status: HTTPStatus | None = None,
    body: str = "",
) -> LinkError:
    async def scenario() -> LinkError:
        context = authority.server_context()
        async with live_peer(handler, context, status=status, body=body) as port:
            return await attempt(port, authority.ca_file, handle=handle)

    return run(scenario())


def assert_sentence(failed: LinkError, *parts: str) -> None:
    """One line, one sentence, with these parts, and not the key."""
    text = str(failed)
    for part in ("localhost", *parts):
        assert part in text
    assert text.endswith(".")
    assert "\n" not in text
    assert KEY not in text
    shown = "".join(traceback.format_exception(failed))
    assert KEY not in shown


@pytest.mark.parametrize(
    ("status", "body", "refusal", "way_out"),
    [
        (HTTPStatus.UNAUTHORIZED, "", Refusal.ACCOUNT, "live.api_key_file"),
        (HTTPStatus.FORBIDDEN, "", Refusal.ACCOUNT, "live.api_key_file"),
        (HTTPStatus.BAD_REQUEST, BAD_KEY, Refusal.ACCOUNT, "live.api_key_file"),
        (HTTPStatus.NOT_FOUND, "", Refusal.CONTRACT, "live.api_version (v1beta)"),
        (HTTPStatus.BAD_REQUEST, "", Refusal.CONTRACT, "live.model (gemini-3.8-live)"),
        (HTTPStatus.TOO_MANY_REQUESTS, "", Refusal.QUOTA, "raise the quota"),
        (HTTPStatus.TOO_MANY_REQUESTS, QUOTA, Refusal.QUOTA, "raise the quota"),
        (HTTPStatus.INTERNAL_SERVER_ERROR, "", Refusal.BUSY, "try again later"),
        (HTTPStatus.SERVICE_UNAVAILABLE, "", Refusal.BUSY, "try again later"),
    ],
)
def test_a_refused_upgrade(
    authority: Authority, status: HTTPStatus, body: str, refusal: Refusal, way_out: str
) -> None:
    failed = failure_of(accept, authority, status=status, body=body)

    assert isinstance(failed, LinkRefused)
    assert (failed.refusal, failed.code) == (refusal, status)
    assert_sentence(failed, str(int(status)), way_out)


Meaning = Refusal | None
"""None: the connection ended, and trying again is right."""


@pytest.mark.parametrize("at_setup", [True, False])
@pytest.mark.parametrize("handle", [None, HANDLE])
@pytest.mark.parametrize(
    ("code", "reason", "fresh", "resumed"),
    [
        (1000, "The operation was cancelled.", None, None),
        (1001, "", None, None),
        (1007, INVALID, Refusal.CONTRACT, Refusal.HANDLE),
        (1007, NO_THINKING, Refusal.CONTRACT, Refusal.CONTRACT),
        (1007, BAD_KEY, Refusal.ACCOUNT, Refusal.ACCOUNT),
        (1008, NO_MODEL, Refusal.CONTRACT, Refusal.CONTRACT),
        (1008, NO_SESSION, Refusal.CONTRACT, Refusal.HANDLE),
        (1011, "Internal error encountered.", Refusal.BUSY, Refusal.BUSY),
        (1011, DOWN, Refusal.BUSY, Refusal.BUSY),
        (1011, QUOTA, Refusal.QUOTA, Refusal.QUOTA),
        (1011, DEADLINE, None, None),
        (1013, "", Refusal.BUSY, Refusal.BUSY),
    ],
)
def test_the_meaning_of_a_close(
    authority: Authority,
    at_setup: bool,
    handle: SessionHandle | None,
    code: int,
    reason: str,
    fresh: Meaning,
    resumed: Meaning,
) -> None:
    failed = failure_of(closing(code, reason, at_setup=at_setup), authority, handle=handle)

    assert _meaning(failed) is (resumed if handle else fresh)
    if isinstance(failed, LinkRefused):
        assert failed.code == code
    assert_sentence(failed, reason[:40])


@pytest.mark.parametrize("reason", [GO_AWAY, NOT_ENABLED])
def test_a_session_that_outlived_its_connection_is_resumed(
    authority: Authority, reason: str
) -> None:
    in_session = failure_of(closing(1008, reason, at_setup=False), authority, handle=HANDLE)
    at_setup = failure_of(closing(1008, reason, at_setup=True), authority)

    assert _meaning(in_session) is None
    assert _meaning(at_setup) is Refusal.CONTRACT


def _meaning(failed: LinkError) -> Meaning:
    return failed.refusal if isinstance(failed, LinkRefused) else None


def test_an_error_in_place_of_a_message(authority: Authority) -> None:
    frame = '{"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}'

    failed = failure_of(saying(frame), authority)

    assert _meaning(failed) is Refusal.QUOTA
    assert_sentence(failed, "429: slow down")


@pytest.mark.parametrize("shown", [KEY, "AIzaSyA-1234567890_abcdefg"])
def test_a_key_in_the_reason_is_blanked(authority: Authority, shown: str) -> None:
    reason = f"Consumer 'api_key:{shown}' has been suspended."

    failed = failure_of(closing(1008, reason, at_setup=True), authority)

    assert _meaning(failed) is Refusal.ACCOUNT
    assert_sentence(failed, "'api_key:[key]' has been suspended.")
    assert shown not in "".join(traceback.format_exception(failed))


@pytest.mark.parametrize(
    "first_frame", ['{"serverContent": {}}', '{"error": {"code": 3}}', "<html>"]
)
def test_something_that_is_no_live_service(authority: Authority, first_frame: str) -> None:
    async def handler(ws: ServerConnection) -> None:
        await ws.recv()
        await ws.send(first_frame)
        await ws.wait_closed()

    failed = failure_of(handler, authority)

    assert _meaning(failed) is None
    assert_sentence(failed, "not as a Live service", "live.endpoint")


def test_a_connection_that_breaks(authority: Authority) -> None:
    async def handler(ws: ServerConnection) -> None:
        await accept(ws)
        ws.transport.abort()

    failed = failure_of(handler, authority)

    assert _meaning(failed) is None
    assert_sentence(failed, "was lost", "check the network")


def test_a_service_that_never_confirms_the_set_up(authority: Authority) -> None:
    async def silent(ws: ServerConnection) -> None:
        await ws.recv()
        ws.transport.pause_reading()  # a goodbye is not answered either
        try:
            await ws.wait_closed()
        finally:
            ws.transport.abort()

    async def scenario() -> tuple[LinkError, float]:
        clock = asyncio.get_running_loop().time
        await GenaiLive(endpoint="", api_key="").warm()
        async with live_peer(silent, authority.server_context()) as port:
            began = clock()
            failed = await attempt(port, authority.ca_file, connect_s=0.5)
            return failed, clock() - began

    failed, took_s = run(scenario())

    assert_sentence(failed, "did not confirm the session within 0.5 s")
    assert 0.45 < took_s < 1.2


def test_a_peer_that_never_answers_the_upgrade(authority: Authority) -> None:
    async def scenario() -> LinkError:
        async with mute_peer(authority.server_context()) as port:
            return await attempt(port, authority.ca_file, connect_s=0.5)

    assert_sentence(run(scenario()), "did not answer within 0.5 s", "live.endpoint")


def test_a_peer_that_never_shakes_hands(authority: Authority) -> None:
    async def scenario() -> LinkError:
        async with mute_peer() as port:
            return await attempt(port, authority.ca_file, connect_s=0.5)

    assert_sentence(run(scenario()), "cannot be reached within 0.5 s", "check the network")


def assert_no_trust(failed: LinkError) -> None:
    """A certificate that does not hold is no path failure: nobody races against it."""
    assert isinstance(failed, LinkRefused)
    assert (failed.refusal, failed.code) == (Refusal.TRUST, 0)


@pytest.mark.parametrize(
    ("from_days", "to_days", "state"), [(-9, -2, "has expired"), (2, 9, "is not valid yet")]
)
def test_a_certificate_out_of_its_time(
    authority: Authority, from_days: int, to_days: int, state: str
) -> None:
    async def scenario() -> LinkError:
        context = authority.server_context(from_days=from_days, to_days=to_days)
        async with live_peer(accept, context) as port:
            return await attempt(port, authority.ca_file)

    failed = run(scenario())

    # Who lives in the past is told apart: its clock will be set, and then everything holds.
    assert isinstance(failed, LinkRefused)
    assert failed.refusal is (Refusal.CLOCK if from_days > 0 else Refusal.TRUST)
    assert_sentence(failed, "certificate of localhost:", state, "clock", "timedatectl")


@pytest.mark.parametrize("name", ["kiosk.example", "127.0.0.1"])
def test_a_certificate_for_another_name(authority: Authority, name: str) -> None:
    async def scenario() -> LinkError:
        async with live_peer(accept, authority.server_context(name)) as port:
            return await attempt(port, authority.ca_file)

    failed = run(scenario())

    assert_no_trust(failed)
    assert_sentence(failed, "is for another name", "live.endpoint")


def test_a_certificate_for_another_address(authority: Authority) -> None:
    async def scenario() -> LinkError:
        async with live_peer(accept, authority.server_context("localhost")) as port:
            return await attempt(port, authority.ca_file, host="127.0.0.1")

    assert "is for another name" in str(run(scenario()))


def test_an_authority_nobody_told_the_kiosk_about(authority: Authority) -> None:
    async def scenario() -> LinkError:
        async with live_peer(accept, authority.server_context()) as port:
            return await attempt(port, "")

    failed = run(scenario())

    assert_no_trust(failed)
    assert_sentence(failed, "this machine does not know", "live.ca_file")


def test_a_plain_text_port(authority: Authority) -> None:
    async def scenario() -> LinkError:
        async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 mail.example ready\r\n" * 3)
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(greet, "localhost", 0) as server:
            return await attempt(server.sockets[0].getsockname()[1], authority.ca_file)

    assert_sentence(run(scenario()), "does not speak TLS", "live.endpoint")


def test_a_port_where_nobody_listens(authority: Authority) -> None:
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]

    assert_sentence(
        run(attempt(port, authority.ca_file)), "refuses connections", "start the service"
    )


def test_a_name_that_does_not_exist(authority: Authority) -> None:
    failed = run(attempt(443, authority.ca_file, host="live.localhost.invalid"))

    assert_sentence(failed, "live.localhost.invalid", "cannot be looked up", "DNS")


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (lambda: OSError(101, "Network is unreachable"), "Network is unreachable"),
        (lambda: OSError("Multiple exceptions: [Errno 111] a, [Errno 111] b"), "refuses"),
        (lambda: TimeoutError(110, "Connection timed out"), "Connection timed out"),
        (lambda: ConnectionResetError(104, "reset"), "broke the connection off"),
    ],
)
def test_what_the_system_says_of_a_path(error: Callable[[], OSError], part: str) -> None:
    from kiosk.adapters.genai_refusals import Attempt, link_error  # the SDK comes with it

    attempted = Attempt(
        peer="localhost",
        key=KEY,
        model="m",
        api_version="v1beta",
        deadline_s=8.0,
        handle_used=False,
    )

    assert_sentence(link_error(error(), attempted), part)
