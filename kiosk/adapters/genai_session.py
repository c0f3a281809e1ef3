"""One session of the Live API through google-genai."""

import asyncio
import itertools
import logging
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from types import AsyncGeneratorType
from typing import Final, Self

from google.genai import types
from google.genai.live import AsyncSession

from kiosk.adapters.dialling import BareConnection, Dialler
from kiosk.adapters.event_loop import handed_over
from kiosk.adapters.genai_connection import Connection, Peer, Wire, new_client, tuned
from kiosk.adapters.genai_messages import translate, unreadable
from kiosk.adapters.genai_refusals import LIVE_TROUBLE, OPEN_TROUBLE, Attempt, Stage, link_error
from kiosk.adapters.genai_setup import live_config
from kiosk.core.audio import MIC_HZ
from kiosk.core.live import (
    BrokenPiece,
    LiveMessage,
    SessionHandle,
    SessionSetup,
    ToolDeclaration,
    ToolResult,
)
from kiosk.core.path import PathSample
from kiosk.ports import LiveSession

log = logging.getLogger(__name__)

_LOCAL_ID: Final = "kiosk-call-"
_local_ids = itertools.count(1)


def rehearse() -> None:
    """Make a client and a set-up for nothing: the first of each costs 0.1 s (measured)."""
    peer = Peer(name="", url="https://localhost", key="none", api_version="", connect_s=1.0)
    attempt = attempt_at(peer, peer.connect_s)
    new_client(peer, ssl.create_default_context(), attempt, Wire()).close()
    tool = ToolDeclaration("tool", "", {"type": "object"})
    live_config(SessionSetup(model="", voice="", instruction="", tools=(tool,)), None)


@asynccontextmanager
async def open_session(
    peer: Peer,
    trust: ssl.SSLContext,
    setup: SessionSetup,
    handle: SessionHandle | None,
    dial: Callable[[], Awaitable[BareConnection]],
) -> AsyncIterator[LiveSession]:
    """Dial, connect and set up within ``peer.connect_s``; close within ``CLOSE_S`` and a little.

    Raises LinkError or LinkRefused.
    """
    attempt = attempt_at(peer, peer.connect_s, setup.model, handle_used=handle is not None)
    config = live_config(setup, handle)
    wire = Wire()
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(peer.connect_s):
                client = new_client(peer, trust, attempt, wire)
                stack.callback(client.close)
                stack.push_async_callback(client.aio.aclose)
                connecting = client.aio.live.connect(model=setup.model, config=config)
                with handed_over((await dial()).take()):
                    sdk = await stack.enter_async_context(connecting)
        except OPEN_TROUBLE as err:
            raise link_error(err, attempt) from attempt.cause(err)
        if sdk.setup_complete is None:
            raise link_error(ValueError("no setupComplete"), attempt)
        attempt.stage = Stage.SET_UP
        session = _Session(sdk, tuned(wire, trust), attempt)
        stack.push_async_callback(session.close)
        yield session


async def dialled(peer: Peer, dialler: Dialler, within_s: float) -> BareConnection:
    """Open a bare connection. Raises LinkError within ``within_s``."""
    attempt = attempt_at(peer, within_s)
    try:
        async with asyncio.timeout(within_s):
            return await dialler.dial()
    except OPEN_TROUBLE as err:
        raise link_error(err, attempt) from attempt.cause(err)


async def probed(
    peer: Peer, dialler: Dialler, trust: ssl.SSLContext, host: str, within_s: float
) -> None:
    """Shake hands over TLS and hang up. Raises LinkError or LinkRefused within ``within_s``."""
    attempt = attempt_at(peer, within_s)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(within_s):
            with handed_over((await dialler.dial()).take()):
                transport, ended = await loop.create_connection(
                    _Ended, ssl=trust, server_hostname=host
                )
    except OPEN_TROUBLE as err:
        raise link_error(err, attempt) from attempt.cause(err)
    transport.abort()
    await ended.event.wait()


class _Ended(asyncio.Protocol):
    """Notes the end of a connection."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.event.set()


def attempt_at(
    peer: Peer, deadline_s: float, model: str = "", *, handle_used: bool = False
) -> Attempt:
    """Return an attempt at ``peer`` that has not come far yet."""
    return Attempt(
        peer=peer.name,
        key=peer.key,
        model=model,
        api_version=peer.api_version,
        deadline_s=deadline_s,
        handle_used=handle_used,
    )


class _Session:
    """A session that has been set up."""

    def __init__(self, sdk: AsyncSession, connection: Connection, attempt: Attempt) -> None:
        self.resumed = attempt.handle_used
        self._sdk = sdk
        self._connection = connection
        self._attempt = attempt
        self._reading = _Messages(sdk, attempt)

    def path(self) -> PathSample:
        return self._connection.path()

    def reset(self) -> None:
        self._connection.reset()

    async def ping(self) -> None:
        with _translated(self._attempt):
            await self._connection.poke()

    async def send_activity_start(self) -> None:
        with _translated(self._attempt):
            await self._sdk.send_realtime_input(activity_start=types.ActivityStart())

    async def send_audio(self, pcm: bytes) -> None:
        blob = types.Blob(data=pcm, mime_type=f"audio/pcm;rate={MIC_HZ}")
        with _translated(self._attempt):
            await self._sdk.send_realtime_input(audio=blob)

    async def send_activity_end(self) -> None:
        with _translated(self._attempt):
            await self._sdk.send_realtime_input(activity_end=types.ActivityEnd())

    async def send_text(self, text: str) -> None:
        turn = types.Content(role="user", parts=[types.Part(text=text)])
        with _translated(self._attempt):
            await self._sdk.send_client_content(turns=turn, turn_complete=True)

    async def send_tool_result(self, result: ToolResult) -> None:
        call_id = result.call_id
        if call_id.startswith(_LOCAL_ID):
            call_id = ""  # the service gave none and must not be told one
        answer = types.FunctionResponse(
            id=call_id, name=result.name, response=dict(result.response)
        )
        with _translated(self._attempt):
            await self._sdk.send_tool_response(function_responses=answer)

    def messages(self) -> "_Messages":
        return self._reading

    async def close(self) -> None:
        """Close with 1000, whatever ended the context; on a dead path too."""
        await self._sdk.close()
        await self._reading.close()


@contextmanager
def _translated(attempt: Attempt) -> Iterator[None]:
    try:
        yield
    except LIVE_TROUBLE as err:
        raise link_error(err, attempt) from attempt.cause(err)


class _Messages:
    """Every message until the connection ends: one reader, over all turns.

    The SDK's ``receive`` ends after each turn, and the handle of a turn comes after its end.
    """

    def __init__(self, sdk: AsyncSession, attempt: Attempt) -> None:
        self._sdk = sdk
        self._attempt = attempt
        self._turn: AsyncGeneratorType[types.LiveServerMessage, None] | None = None
        self._ready: deque[LiveMessage] = deque()
        self._wondered: set[str] = set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> LiveMessage:
        while not self._ready:
            self._ready.extend(await self._receive())
        message = self._ready.popleft()
        if message == BrokenPiece():
            self._wonder("broken piece of sound dropped", "")
        return message

    async def _receive(self) -> tuple[LiveMessage, ...]:
        """Return what the next frame says; nothing when a turn ended or nobody understands it."""
        if self._turn is None:
            turn = self._sdk.receive()
            assert isinstance(turn, AsyncGeneratorType)
            self._turn = turn
        try:
            with _translated(self._attempt):
                return translate(await anext(self._turn), _new_local_id)
        except StopAsyncIteration:
            self._turn = None
        except (TypeError, ValueError, AttributeError, RecursionError) as err:
            # What the SDK makes of a frame that is not JSON or that it does not know.
            self._turn = None
            if broken := unreadable(err):
                return broken
            self._wonder("unknown message skipped", type(err).__name__)
        return ()

    def _wonder(self, at: str, cause: str) -> None:
        """Log once a connection."""
        if at not in self._wondered:
            self._wondered.add(at)
            fields = {"KIOSK_ENDPOINT": self._attempt.peer, "KIOSK_CAUSE": cause}
            log.warning(at, extra=fields)

    async def close(self) -> None:
        if self._turn is not None and not self._turn.ag_running:
            await self._turn.aclose()  # a reader at work gets the closed connection instead


def _new_local_id() -> str:
    return f"{_LOCAL_ID}{next(_local_ids)}"
