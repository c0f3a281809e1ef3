"""The real server with scripted parts, and a client that speaks plain WebSocket to it."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from kiosk.local_live.house import Parts, ServeOptions, Timing
from kiosk.local_live.server import serve
from tests.local_live.scripted import setup_message, sound

METHOD = "google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
DEADLINE_S = 20.0
QUICK = Timing(burst_s=60.0)
"""All of a reply goes out at once."""


@dataclass(frozen=True)
class Service:
    """A running server."""

    url: str
    ca_file: str

    @property
    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca_file)

    def dial(self, path: str = f"/ws/{METHOD}?key=k", **options: Any) -> connect:
        address = self.url.replace("https://", "wss://") + path
        return connect(address, ssl=self.context, max_size=None, proxy=None, **options)

    @asynccontextmanager
    async def session(self, **setup: Any) -> AsyncIterator["Client"]:
        """A session whose setup was accepted."""
        async with self.dial() as socket:
            client = Client(socket)
            await client.send(setup_message(**setup))
            assert await client.receive() == {"setupComplete": {}}
            yield client

    async def refused(self, *frames: dict[str, Any] | str) -> tuple[int, str]:
        """Send frames and return the close they lead to."""
        async with self.dial() as socket:
            for frame in frames:
                await socket.send(frame if isinstance(frame, str) else json.dumps(frame))
            async with asyncio.timeout(DEADLINE_S):
                with suppress(ConnectionClosedError):
                    async for _ in socket:
                        pass
            assert socket.close_code is not None
            return socket.close_code, socket.close_reason or ""


@dataclass
class Client:
    """One client's end."""

    socket: ClientConnection

    async def send(self, message: dict[str, Any]) -> None:
        await self.socket.send(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE_S):
            frame = await self.socket.recv()
        assert isinstance(frame, bytes)  # as Google sends
        message: dict[str, Any] = json.loads(frame)
        return message

    async def speak(self, seconds: float = 0.5) -> None:
        await self.send({"realtimeInput": {"activityStart": {}}})
        await self.send(sound(seconds))
        await self.send({"realtimeInput": {"activityEnd": {}}})

    async def until(self, kind: str) -> list[dict[str, Any]]:
        """Receive up to and with the first message of a kind."""
        messages = []
        while True:
            messages.append(await self.receive())
            if kind in messages[-1] or kind in messages[-1].get("serverContent", {}):
                return messages


@asynccontextmanager
async def service(
    state: Path, parts: Parts, timing: Timing = QUICK, options: ServeOptions | None = None
) -> AsyncIterator[Service]:
    """Run a server on the running loop."""
    ready: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
    chosen = replace(options or ServeOptions(), state_dir=state)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(serve(chosen, ready.set_result, parts, timing))
        told = await ready
        try:
            yield Service(**told)
        finally:
            task.cancel()
