"""Pongs that come late, as Google's are reported to: 8 to 30 s (Live API: dead links).

A client must not take that for a dead connection. The protocol object answers a ping by itself
and has no hook for it, so its ``send_frame`` is stood in for.
"""

from typing import Any

from websockets.asyncio.server import Server, ServerConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol


class LatePongs(ServerConnection):
    """A connection that answers every ping ``pong_delay_s`` later."""

    def __init__(
        self,
        protocol: ServerProtocol,
        server: Server,
        *,
        pong_delay_s: float,
        **options: Any,  # noqa: ANN401 - the library's own
    ) -> None:
        super().__init__(protocol, server, **options)
        self._pong_delay_s = pong_delay_s
        self._send_frame_now = protocol.send_frame
        protocol.send_frame = self._send_frame  # type: ignore[method-assign]  # see above

    def _send_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.PONG:
            self.loop.call_later(self._pong_delay_s, self._pong, frame)
        else:
            self._send_frame_now(frame)

    def _pong(self, frame: Frame) -> None:
        if self.protocol.state is State.OPEN:
            self._send_frame_now(frame)
            self.send_data()
