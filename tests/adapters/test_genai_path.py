"""A session and its path: spares, samples, pings, resets and probes, over real TLS."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import pytest
from google.genai import types
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from kiosk.adapters.dialling import BareConnection
from kiosk.adapters.genai_live import GenaiLive
from kiosk.core.live import SessionSetup
from kiosk.core.path import PathSample
from kiosk.errors import LinkError, LinkRefused, Refusal
from kiosk.ports import LiveSession, Spare
from tests.adapters.namespace import drop_everything, let_through, run_apart
from tests.adapters.tls_peer import Authority, Handler, accept, live_peer, mute_peer, run, saying

SETUP = SessionSetup(model="gemini-3.8-live", voice="Aoede", instruction="You are a kiosk.")
WAIT_S = 10.0


def live(port: int, authority: Authority, *, host: str = "localhost") -> GenaiLive:
    return GenaiLive(
        endpoint=f"https://{host}:{port}", api_key="secret-key", ca_file=authority.ca_file
    )


class Diary:
    """A server that writes down, in order, what becomes of its connections."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.callers: set[tuple[str, int]] = set()
        self.changed = asyncio.Event()

    def _note(self, line: str) -> None:
        self.lines.append(line)
        self.changed.set()

    async def handler(self, ws: ServerConnection) -> None:
        self.callers.add(ws.remote_address[:2])
        await accept(ws)
        self._note("set up")
        try:
            async for frame in ws:
                self._note(next(iter(json.loads(frame))))
        except ConnectionClosed as closed:
            self._note("reset" if isinstance(closed.__cause__, ConnectionResetError) else "broken")
        else:
            self._note("goodbye")

    async def until(self, count: int) -> list[str]:
        async with asyncio.timeout(WAIT_S):
            while len(self.lines) < count:
                self.changed.clear()
                await self.changed.wait()
        return self.lines


async def sample_when(session: LiveSession, *, pending: bool) -> PathSample:
    """Return the first sample with something pending, or with nothing."""
    return await sample_that(session, lambda sample: bool(sample.pending_bytes) is pending)


async def sample_that(session: LiveSession, fits: Callable[[PathSample], bool]) -> PathSample:
    async with asyncio.timeout(WAIT_S):
        while not fits(sample := session.path()):  # noqa: ASYNC110 - only the kernel knows when
            await asyncio.sleep(0.005)
    return sample


async def send_until_nothing_moves(session: LiveSession) -> None:
    while True:
        async with asyncio.timeout(0.2):
            await session.send_audio(bytes(64_000))


@asynccontextmanager
async def session_with(handler: Handler, authority: Authority) -> AsyncIterator[LiveSession]:
    """Open a session with a server that does this."""
    async with (
        live_peer(handler, authority.server_context()) as port,
        live(port, authority).session(SETUP) as session,
    ):
        yield session


def test_a_session_is_opened_on_the_spare(authority: Authority) -> None:
    async def scenario() -> None:
        diary = Diary()
        async with live_peer(diary.handler, authority.server_context()) as port:
            service = live(port, authority)
            spare = await service.dial(WAIT_S)
            assert isinstance(spare, BareConnection)
            assert spare._sock is not None
            ours = spare._sock.getsockname()[:2]
            async with service.session(SETUP, None, spare):
                pass
            spare.close()  # nothing left to give up
            assert await diary.until(2) == ["set up", "goodbye"]
        assert diary.callers == {ours}

    run(scenario())


def test_a_spare_is_used_up_even_when_no_session_comes_of_it() -> None:
    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            endpoint = f"https://127.0.0.1:{server.getsockname()[1]}"
            service = GenaiLive(endpoint=endpoint, api_key="two words")
            spare = await service.dial(WAIT_S)
            with server.accept()[0] as theirs:
                with pytest.raises(LinkRefused):
                    async with service.session(SETUP, None, spare):
                        pass
                theirs.settimeout(WAIT_S)
                assert theirs.recv(1) == b""

    run(scenario())


def test_a_spare_that_died_meanwhile_is_a_lost_connection(authority: Authority) -> None:
    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            service = live(server.getsockname()[1], authority, host="127.0.0.1")
            spare: Spare = await service.dial(WAIT_S)
            server.accept()[0].close()
            with pytest.raises(LinkError, match="broke the connection off"):
                async with service.session(SETUP, None, spare):
                    pass

    run(scenario())


def test_a_service_that_sends_us_elsewhere_is_not_followed(authority: Authority) -> None:
    asked: list[str] = []

    async def scenario() -> LinkError:
        def redirect(connection: ServerConnection, request: Request) -> Response:
            asked.append(request.path)
            answer = connection.respond(HTTPStatus.FOUND, "")
            answer.headers["Location"] = f"wss://localhost:{port}/elsewhere"
            return answer

        tls = authority.server_context()
        async with serve(accept, "localhost", 0, ssl=tls, process_request=redirect) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            try:
                async with live(port, authority).session(SETUP):
                    raise AssertionError
            except LinkError as err:
                return err

    assert "another address" in str(run(scenario()))
    assert len(asked) == 1


def test_sessions_need_the_loop_that_takes_sockets_over(authority: Authority) -> None:
    async def scenario() -> None:
        async with session_with(accept, authority):
            pass

    with pytest.raises(AssertionError, match="loop_factory=KioskLoop"):
        asyncio.run(scenario())


def test_a_reset_reaches_the_peer_before_the_next_session(authority: Authority) -> None:
    async def scenario() -> list[str]:
        diary = Diary()
        async with live_peer(diary.handler, authority.server_context()) as port:
            service = live(port, authority)
            async with service.session(SETUP) as old:
                spare = await service.dial(WAIT_S)
                await old.send_activity_start()
                await diary.until(2)
                old.reset()
                old.reset()  # once more is nothing
                async with service.session(SETUP, None, spare) as new:
                    await new.send_activity_start()
                    with pytest.raises(LinkError, match="was lost"):
                        await anext(aiter(old.messages()))
                    with pytest.raises(LinkError):
                        await old.ping()
                    assert old.path() == PathSample(0, 0.0)
            return await diary.until(6)

    lines = run(scenario())

    assert lines == ["set up", "realtime_input", "reset", "set up", "realtime_input", "goodbye"]


def test_a_reset_drops_what_was_not_sent_yet(authority: Authority) -> None:
    async def deaf(ws: ServerConnection) -> None:
        await accept(ws)
        ws.transport.pause_reading()
        try:
            await ws.wait_closed()
        finally:
            ws.transport.abort()

    async def scenario() -> float:
        clock = asyncio.get_running_loop().time
        async with session_with(deaf, authority) as session:
            with pytest.raises(TimeoutError):
                await send_until_nothing_moves(session)
            assert session.path().pending_bytes > 64_000
            session.reset()
            assert session.path() == PathSample(0, 0.0)
            began = clock()
        return clock() - began

    assert run(scenario()) < 0.2  # no goodbye is waited for


def test_the_peers_acknowledgements_are_seen_and_their_absence(authority: Authority) -> None:
    async def scenario() -> None:
        diary = Diary()
        async with session_with(diary.handler, authority) as session:
            await session.ping()
            healthy = await sample_when(session, pending=False)
            assert healthy.ack_age_s < 0.5
            assert 0 <= healthy.data_age_s < WAIT_S
            drop_everything()
            await session.send_audio(bytes(640))
            stalled = await sample_when(session, pending=True)
            await session.ping()
            age_s = stalled.ack_age_s + 0.3
            later = await sample_that(session, lambda sample: sample.ack_age_s >= age_s)
            assert later.pending_bytes > stalled.pending_bytes
            let_through()
            back = await sample_when(session, pending=False)
            assert back.ack_age_s < later.ack_age_s

    run_apart(scenario)


def test_ping_frames_arrive_and_leave_nothing_behind(authority: Authority) -> None:
    async def scenario() -> None:
        async with session_with(saying(), authority) as session:
            for _ in range(20):
                await session.ping()
            connection = session._connection  # type: ignore[attr-defined]  # no public way
            assert connection.pending_pings == {}
            await sample_when(session, pending=False)
            await session.send_text("still there?")

    run(scenario())


def test_a_sample_costs_microseconds(authority: Authority) -> None:
    async def scenario() -> float:
        clock = asyncio.get_running_loop().time
        async with session_with(saying(), authority) as session:
            session.path()
            began = clock()
            for _ in range(1000):
                session.path()
            return (clock() - began) / 1000

    assert run(scenario()) < 100e-6


@pytest.mark.parametrize("dropped", ["ping_interval", "max_queue", "create_connection"])
def test_an_sdk_that_no_longer_hands_a_setting_on_is_found_out(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, dropped: str
) -> None:
    real = types.HttpOptions

    def forgetful(**options: object) -> types.HttpOptions:
        arguments = options["async_client_args"]
        assert isinstance(arguments, dict)
        del arguments[dropped]
        return real(**options)  # type: ignore[arg-type]  # as they came

    async def scenario() -> None:
        async with session_with(saying(), authority):
            pass

    monkeypatch.setattr(types, "HttpOptions", forgetful)
    with pytest.raises(AssertionError, match=f"no longer passes .*{dropped}"):
        run(scenario())


@asynccontextmanager
async def peers(kind: str, authority: Authority) -> AsyncIterator[int]:
    """Be an endpoint of some kind; yield its port."""
    if kind == "nobody":
        with socket.create_server(("localhost", 0)) as taken:
            port = int(taken.getsockname()[1])
        yield port
    elif kind == "silent":
        async with mute_peer() as port:
            yield port
    else:
        expired = {"from_days": -9, "to_days": -2} if kind == "expired" else {}
        names = ("kiosk.example",) if kind == "another name" else ()
        context = authority.server_context(*names, **expired)
        async with live_peer(accept, context) as port:
            yield port


@pytest.mark.parametrize(
    ("kind", "refusal", "sentence"),
    [
        ("fine", None, ""),
        ("nobody", None, "refuses connections"),
        ("silent", None, "cannot be reached within 0.5 s"),
        ("expired", Refusal.TRUST, "has expired"),
        ("another name", Refusal.TRUST, "is for another name"),
        ("unknown authority", Refusal.TRUST, "does not know"),
    ],
)
def test_the_verdict_of_a_probe(
    authority: Authority, tmp_path: Path, kind: str, refusal: Refusal | None, sentence: str
) -> None:
    async def scenario() -> LinkError | None:
        trusted = Authority(tmp_path) if kind == "unknown authority" else authority
        async with peers(kind, authority) as port:
            service = live(port, trusted)
            await service.warm()
            try:
                await service.probe(0.5)
            except LinkError as err:
                return err
        return None

    failed = run(scenario())

    assert sentence in str(failed or "")
    assert (failed is None) is (kind == "fine")
    assert getattr(failed, "refusal", None) is refusal


def test_a_probe_sends_nothing_after_the_handshake(authority: Authority) -> None:
    heard = bytearray()
    gone = asyncio.Event()

    class Ear(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            heard.extend(data)

        def connection_lost(self, exc: Exception | None) -> None:
            del exc
            gone.set()

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        tls = authority.server_context()
        async with await loop.create_server(Ear, "localhost", 0, ssl=tls) as server:
            await live(server.sockets[0].getsockname()[1], authority).probe(WAIT_S)
            async with asyncio.timeout(WAIT_S):
                await gone.wait()

    run(scenario())
    assert heard == b""


def test_dialling_into_a_black_hole_ends_at_its_deadline(authority: Authority) -> None:
    async def scenario() -> float:
        service = live(9, authority, host="127.0.0.1")
        await service.warm()
        drop_everything()
        clock = asyncio.get_running_loop().time
        began = clock()
        with pytest.raises(LinkError, match=r"cannot be reached within 0\.3 s"):
            await service.dial(0.3)
        return clock() - began

    assert 0.25 < run_apart(scenario) < 0.6
