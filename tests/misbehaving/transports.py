"""What is done to a connection below its protocol."""

import asyncio
import socket
import struct


def abort(transport: asyncio.BaseTransport, *, reset: bool) -> None:
    """Drop a connection at once, with a TCP reset or with an end of file in mid-sentence."""
    assert isinstance(transport, asyncio.WriteTransport)
    linger = struct.pack("ii", int(reset), 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


def acknowledge(transport: asyncio.BaseTransport) -> None:
    """Acknowledge all that has come, now and not in up to 40 ms."""
    transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
