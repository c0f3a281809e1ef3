"""A Live service that misbehaves by script, over real TLS and WebSockets, and notes all it got.

It answers each question with sound that can be told apart (``spoken``), as its script says
(``script``): for each attempt to connect and for each time a question is asked. Besides, it
is a Live service: it hands a handle out after each turn and none during one, refuses a handle
while the old connection of its session is still open, is interrupted by an activity, wants
sound between the two marks and nowhere else. Breaches of that go into the record.
"""

import asyncio
import itertools
import math
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from kiosk.local_live import outgoing
from kiosk.local_live.pongs import LatePongs
from kiosk.local_live.protocol import Setup, parse
from kiosk.local_live.tls import Identity
from kiosk.local_live.wire import Refused
from tests.misbehaving.conversation import Conversation
from tests.misbehaving.record import Connection, Record
from tests.misbehaving.script import FOREVER, NO_SESSION, STILL_OPEN, Turn, Welcome
from tests.misbehaving.transports import abort, acknowledge


@dataclass(slots=True)
class _Session:
    """What lives on over several connections."""

    number: int
    open_until: float = -math.inf
    """The service regards its newest connection as open until then."""


@dataclass
class Misbehaving:
    """The service. What is in ``welcomes`` and ``turns`` may change at any time."""

    url: str
    ca_file: str
    welcomes: deque[Welcome] = field(default_factory=deque)
    """Each attempt to connect takes the next one; none left: ``otherwise``."""
    otherwise: Welcome = field(default_factory=Welcome)
    turns: dict[int, Sequence[Turn]] = field(default_factory=dict)
    """For each question: its first asking, its second, …; the last holds for all that follow.
    A question without any is answered as it should be."""
    lingers_s: float = 0.0
    """How long a connection that ended is still regarded as open."""
    overhear: Callable[[bytes], None] = lambda _: None
    """Gets everything that a client sends: the opening request, then each frame's payload."""
    record: Record = field(default_factory=Record)
    asked_times: dict[int, int] = field(default_factory=dict)
    call_ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    open_connections: int = 0
    _sessions: dict[str, _Session] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def forget_handles(self) -> None:
        """Let every handle issued so far expire."""
        self._sessions.clear()

    def forget(self) -> None:
        """Begin anew: script, record and handles."""
        self.record.forget()
        self.asked_times.clear()
        self.turns = {}
        self.welcomes.clear()
        self.otherwise = Welcome()
        self.lingers_s = 0.0
        self.forget_handles()

    def turn(self, question: int) -> tuple[int, Turn]:
        """Note that a question is being asked; return the how manieth time, and what to do."""
        times = self.asked_times[question] = self.asked_times.get(question, 0) + 1
        script = self.turns.get(question) or (Turn(),)
        return times, script[min(times, len(script)) - 1]

    def new_handle(self, connection: "Socket") -> str:
        """Issue a handle to all that was said on a connection."""
        session = connection.session
        handle = f"h-{session.number}-{next(self._numbers)}"
        self._sessions[handle] = session
        return handle

    # The connections

    def _greet(self, socket: ServerConnection, request: Request) -> Response | None:
        assert isinstance(socket, Socket)
        now = asyncio.get_running_loop().time()
        socket.welcome = self.welcomes.popleft() if self.welcomes else self.otherwise
        socket.record = Connection(next(self._numbers), now)
        socket.overhear = self.overhear
        self.overhear(request.serialize())
        self.record.connections.append(socket.record)
        status = socket.welcome.status
        if status is None:
            return None
        socket.record.refused = status.value
        socket.record.closed_at = now
        return socket.respond(status, socket.welcome.body)

    async def _converse(self, socket: ServerConnection) -> None:
        assert isinstance(socket, Socket)
        self.open_connections += 1
        now = asyncio.get_running_loop().time
        try:
            if await self._set_up(socket):
                await Conversation(self, socket).run()
        except ConnectionClosed:
            pass
        except Refused as err:
            self.record.complaints.append(f"{err.code}: {err.reason}")
            await socket.close(err.code, err.reason)
        finally:
            self.open_connections -= 1
            socket.record.closed_at = now()
            socket.record.closed_by_client = (
                socket.protocol.close_rcvd.code if socket.protocol.close_rcvd else None
            )
            if socket.record.set_up_at is not None:
                socket.session.open_until = now() + self.lingers_s

    async def _set_up(self, socket: "Socket") -> bool:
        """Take the set-up; return whether there is a session now."""
        setup = parse(await socket.recv())
        if not isinstance(setup, Setup):
            raise Refused(1007, "The first message must be setup.")
        record, welcome = socket.record, socket.welcome
        record.setup = setup
        if welcome.handles_only and not record.handle:
            welcome = socket.welcome = self.otherwise
        if welcome.setup_s == FOREVER:
            await socket.wait_closed()
            return False
        await asyncio.sleep(welcome.setup_s)
        refusal = welcome.refusal or self._no_session(socket)
        if refusal:
            record.refused = refusal[0]
            await socket.close(*refusal)
            return False
        socket.pong_delay(welcome.pong_delay_s)
        socket.session.open_until = math.inf
        record.resumed = bool(record.handle)
        record.set_up_at = asyncio.get_running_loop().time()
        await socket.tell(outgoing.setup_complete())
        return True

    def _no_session(self, socket: "Socket") -> tuple[int, str] | None:
        """Find or begin the session; return why there is none."""
        if not socket.record.handle:
            socket.session = _Session(next(self._numbers))
            return None
        session = self._sessions.get(socket.record.handle)
        if session is None:
            return 1008, NO_SESSION
        if asyncio.get_running_loop().time() < session.open_until:
            return 1011, STILL_OPEN
        socket.session = session
        return None


class Socket(LatePongs):
    """A connection and what belongs to it."""

    welcome: Welcome
    record: Connection
    session: _Session
    overhear: Callable[[bytes], None]

    def __init__(
        self,
        protocol: ServerProtocol,
        server: Server,
        **options: Any,
    ) -> None:
        super().__init__(protocol, server, pong_delay_s=0.0, **options)
        self._receive_frame_now = protocol.recv_frame
        protocol.recv_frame = self._receive_frame  # type: ignore[method-assign]  # to count pings

    def pong_delay(self, seconds: float) -> None:
        """Answer pings so late from now on."""
        self._pong_delay_s = seconds

    def data_received(self, data: bytes) -> None:
        """Acknowledge at once: the kernel would wait 40 ms, which a hurried clock makes long."""
        super().data_received(data)
        if not self.transport.is_closing():
            acknowledge(self.transport)

    async def tell(self, message: Mapping[str, Any]) -> None:
        """Send a message."""
        await self.send(outgoing.encode(dict(message)))

    def abort(self, *, reset: bool) -> None:
        """End without a goodbye."""
        abort(self.transport, reset=reset)

    def _receive_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.PING:
            self.record.pings += 1
        self.overhear(bytes(frame.data))
        self._receive_frame_now(frame)


@asynccontextmanager
async def misbehaving(identity: Identity) -> AsyncIterator[Misbehaving]:
    """Serve on a free port for as long as the context lasts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity.load_into(context)
    service = Misbehaving("", str(identity.ca_file))
    async with serve(
        service._converse,
        "127.0.0.1",
        0,
        ssl=context,
        create_connection=Socket,
        process_request=service._greet,
        ping_interval=None,
        compression=None,
        close_timeout=0.2,
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        service.url = f"https://127.0.0.1:{port}"
        yield service
        for connection in server.connections:
            connection.transport.abort()
