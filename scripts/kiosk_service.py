"""A Live service that does as the benchmark tells it, and notes when what arrived.

TLS, WebSocket and messages are real, in the benchmark's own process: one clock. Each end mark
is answered with a tone; the start of the next activity interrupts it.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kiosk_tapes import tone
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from kiosk.core.audio import SAMPLE_BYTES, SPEAKER_HZ
from kiosk.local_live import outgoing, tls
from kiosk.local_live.protocol import RealtimeInput, parse

PIECE_S = 0.04
BURST_S = 0.6
SPEED = 6.0
THINK_S = 0.05


@dataclass
class ScriptedService:
    """What the service does and what it noted. Times are the loop's."""

    url: str = ""
    ca_file: Path = field(default_factory=Path)
    reply_s: float = 6.0
    real_time: bool = False
    """Send sound at the pace at which it is played, instead of a burst and then faster."""
    end_marks: list[float] = field(default_factory=list)
    first_pieces: list[float] = field(default_factory=list)
    """When the first piece of each reply was handed to the socket."""
    uploaded_bytes: int = 0

    def end_mark(self, after: float) -> float | None:
        """Return when the first end mark after a moment arrived."""
        return next((at for at in self.end_marks if at > after), None)

    def first_piece(self, after: float) -> float | None:
        """Return when the first reply after a moment began to be sent."""
        return next((at for at in self.first_pieces if at > after), None)

    async def converse(self, socket: ServerConnection) -> None:
        """Serve one session."""
        try:
            parse(await socket.recv())
            await socket.send(outgoing.encode(outgoing.setup_complete()))
            async with asyncio.TaskGroup() as group:
                await self._turns(socket, group)
        except* ConnectionClosed:
            pass

    async def _turns(self, socket: ServerConnection, group: asyncio.TaskGroup) -> None:
        now = asyncio.get_running_loop().time
        reply: asyncio.Task[None] | None = None
        try:
            async for frame in socket:
                arrived_at = now()
                message = parse(frame)
                if not isinstance(message, RealtimeInput):
                    continue
                self.uploaded_bytes += sum(len(sound.pcm) for sound in message.sounds)
                if message.activity_start and reply is not None and not reply.done():
                    reply.cancel()
                    for sign in ("interrupted", "turnComplete"):
                        await socket.send(outgoing.encode(outgoing.content(**{sign: True})))
                if message.activity_end:
                    self.end_marks.append(arrived_at)
                    reply = group.create_task(self._reply(socket))
        finally:
            if reply is not None:
                reply.cancel()

    async def _reply(self, socket: ServerConnection) -> None:
        now = asyncio.get_running_loop().time
        sound = tone(self.reply_s)
        size = round(PIECE_S * SPEAKER_HZ) * SAMPLE_BYTES
        pieces = [
            outgoing.encode(outgoing.reply_sound(sound[at : at + size]))
            for at in range(0, len(sound), size)
        ]
        await asyncio.sleep(THINK_S)
        began = now()
        self.first_pieces.append(began)
        for number, piece in enumerate(pieces):
            await socket.send(piece)
            sent_s = (number + 1) * PIECE_S
            due_s = sent_s if self.real_time else max(0.0, sent_s - BURST_S) / SPEED
            await asyncio.sleep(max(0.0, began + due_s - now()))
        await socket.send(outgoing.encode(outgoing.content(generationComplete=True)))
        await asyncio.sleep(max(0.0, began + self.reply_s - now()))
        await socket.send(outgoing.encode(outgoing.content(turnComplete=True)))


@asynccontextmanager
async def scripted_service(state: Path) -> AsyncIterator[ScriptedService]:
    """Serve on a free port for as long as the context lasts."""
    identity = tls.identity(state)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity.load_into(context)
    service = ScriptedService(ca_file=identity.ca_file)
    async with serve(service.converse, "127.0.0.1", 0, ssl=context, close_timeout=0.2) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        service.url = f"https://127.0.0.1:{port}"
        yield service


@asynccontextmanager
async def silent_peer() -> AsyncIterator[str]:
    """Take connections and never say a word: the network of a bad day."""
    open_transports: list[asyncio.BaseTransport] = []

    class Silent(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            open_transports.append(transport)

    server = await asyncio.get_running_loop().create_server(Silent, "127.0.0.1", 0)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for transport in open_transports:
            transport.close()
