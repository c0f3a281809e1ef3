"""A Live service that knows which words it was told, and answers with words that are numbered.

Real TLS, WebSocket and messages. A session has a memory: the questions it heard to their end.
A handle is issued after each turn and brings the memory of that moment back, on a connection
that follows the old one; while the service holds that one, it refuses (1011).
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from outage_words import QUESTION, numbers_of, told
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from kiosk.core.audio import MIC_FRAME_SAMPLES
from kiosk.local_live import outgoing
from kiosk.local_live.protocol import RealtimeInput, Setup, parse
from kiosk.local_live.sessions import Session, SessionStore
from kiosk.local_live.wire import Refused
from tests.netns.inside import tcp_listener
from tests.netns.rig import SERVER

PIECE_FRAMES = 4
BURST_S = 0.3
"""Sound sent ahead of its time: a service that sent all at once would hide most cuts."""


@dataclass
class Connection:
    """One connection, as the service saw it. Times are the loop's."""

    opened_at: float
    resumed: bool
    memory: list[list[int]]
    """The questions that the session knows, each as the numbers of its frames."""


@dataclass
class WordService:
    """One endpoint for one kiosk."""

    reply_words: int
    think_s: float
    port: int = 0
    connections: list[Connection] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)
    """When each message arrived."""

    def __post_init__(self) -> None:
        self._now = asyncio.get_running_loop().time
        self._store = SessionStore(self._now)

    async def converse(self, socket: ServerConnection) -> None:
        """Serve one connection."""
        try:
            setup = parse(await socket.recv())
            assert isinstance(setup, Setup)

            def is_open() -> bool:
                return socket.state in (State.OPEN, State.CLOSING)

            try:
                session = self._store.open(setup.model, setup.handle, is_open)
            except Refused as err:
                await socket.close(err.code, err.reason)
                return
            try:
                await self._session(socket, session)
            finally:
                self._store.close(session, is_open)
        except* ConnectionClosed:
            pass

    async def _session(self, socket: ServerConnection, session: Session) -> None:
        restored = session.restored
        memory = list(restored["memory"]) if restored is not None else []
        self.connections.append(Connection(self._now(), restored is not None, memory))
        await socket.send(outgoing.encode(outgoing.setup_complete()))
        hearing: list[int] = []
        reply: asyncio.Task[None] | None = None
        async with asyncio.TaskGroup() as group:
            try:
                async for frame in socket:
                    self.arrivals.append(self._now())
                    message = parse(frame)
                    if not isinstance(message, RealtimeInput):
                        continue
                    if message.activity_start:
                        hearing.clear()
                        if reply is not None and not reply.done():
                            reply.cancel()
                            for sign in ("interrupted", "turnComplete"):
                                await socket.send(outgoing.encode(outgoing.content(**{sign: True})))
                    for sound in message.sounds:
                        heard = numbers_of(sound.pcm, MIC_FRAME_SAMPLES)
                        hearing += [number for number in heard if number]
                    if message.activity_end:
                        memory.append(hearing.copy())
                        reply = group.create_task(self._reply(socket, session, memory))
            finally:
                if reply is not None:
                    reply.cancel()

    async def _reply(
        self, socket: ServerConnection, session: Session, memory: list[list[int]]
    ) -> None:
        await asyncio.sleep(self.think_s)
        question = memory[-1][-1] // QUESTION if memory[-1] else 0
        numbers = reply_numbers(question, self.reply_words)
        began = self._now()
        for at in range(0, len(numbers), PIECE_FRAMES):
            piece = numbers[at : at + PIECE_FRAMES]
            begun = range(-(-at // WORD_FRAMES), -(-(at + len(piece)) // WORD_FRAMES))
            words = "".join(f" {question} and {word}" for word in begun) or None
            await socket.send(outgoing.encode(outgoing.reply_sound(told(piece), words)))
            ahead_s = (at + PIECE_FRAMES) / 100 - BURST_S
            await asyncio.sleep(max(0.0, began + ahead_s - self._now()))
        await socket.send(outgoing.encode(outgoing.content(generationComplete=True)))
        await asyncio.sleep(max(0.0, began + len(numbers) / 100 - self._now()))
        await socket.send(outgoing.encode(outgoing.content(turnComplete=True)))
        handle = self._store.issue(session, {"memory": memory})
        await socket.send(outgoing.encode(outgoing.resumption(handle)))


WORD_FRAMES = 30


def reply_numbers(question: int, words: int) -> range:
    """Return the numbers of the frames with which a question is answered."""
    return range(question * QUESTION + 1, question * QUESTION + 1 + words * WORD_FRAMES)


@asynccontextmanager
async def word_service(
    namespace: str, trust: ssl.SSLContext, reply_words: int, think_s: float
) -> AsyncIterator[WordService]:
    """Serve in a namespace for as long as the context lasts."""
    service = WordService(reply_words, think_s)
    listener = tcp_listener(namespace, SERVER)
    service.port = listener.getsockname()[1]
    async with serve(service.converse, sock=listener, ssl=trust, close_timeout=0.2):
        yield service
