"""The control socket: JSON lines on a Unix socket that only its owner may open.

Every connection hears the event stream from the moment it connects, without captions until
it asks for them. It may send requests, one object a line, ``{"command": "press", …}``, and
finds the answers among the events: ``{"reply": "press", "ok": true, …}``. A reader that does
not keep up is hung up on: nobody slows the daemon.
"""

import asyncio
import json
import os
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from kiosk.errors import KioskError, StartError

Command = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Carries out one request and returns the fields of its answer. ValueError or a
KioskError say in a sentence why not."""

LONGEST_LINE_BYTES = 4096
MOST_CLIENTS = 32
BACKLOG_BYTES = 256 * 1024  # about a visit's worth of events
ANSWER_WITHIN_S = 10.0

_CANT_CREATE = 73  # EX_CANTCREAT of sysexits(3)
_UNAVAILABLE = 69
_LONGEST_PATH_BYTES = 107  # sun_path of unix(7)


class Control:
    """The daemon's end: publishes events to everybody who listens."""

    def __init__(self, commands: Mapping[str, Command]) -> None:
        self._commands = commands
        self._clients: dict[asyncio.StreamWriter, bool] = {}  # and whether it wants captions

    def publish(self, event: Mapping[str, Any]) -> None:
        """Send one event to every client; returns at once. A ``caption`` goes to who asked."""
        if not self._clients:
            return
        line = _line(event)
        is_caption = event.get("event") == "caption"
        for client, captions in tuple(self._clients.items()):
            if captions or not is_caption:
                self._send(client, line)

    def _send(self, client: asyncio.StreamWriter, line: bytes) -> None:
        if client.transport.get_write_buffer_size() + len(line) > BACKLOG_BYTES:
            client.transport.abort()
        elif not client.transport.is_closing():
            client.write(line)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client until it goes."""
        if len(self._clients) >= MOST_CLIENTS:
            writer.close()
            return
        self._clients[writer] = False
        try:
            while True:
                line = await reader.readuntil(b"\n")
                self._send(writer, _line(await self._answer(line, writer)))
        except asyncio.LimitOverrunError:
            self._send(writer, _line(_refusal("", "a request is one short line of JSON")))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client went
        except asyncio.CancelledError:
            pass  # we are going; before 3.12, asyncio logs a cancelled server task as an error
        finally:
            del self._clients[writer]
            writer.close()

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> dict[str, Any]:
        try:
            request = json.loads(line)
        except ValueError:
            return _refusal("", "this line is not JSON")
        if not isinstance(request, dict) or not isinstance(request.get("command"), str):
            return _refusal("", 'a request is an object with a "command"')
        name = request["command"]
        if name == "captions":
            if not isinstance(request.get("on"), bool):
                return _refusal(name, '"on" must be true or false')
            self._clients[writer] = request["on"]
            return {"reply": name, "ok": True}
        command = self._commands.get(name)
        if command is None:
            there = ", ".join(sorted((*self._commands, "captions")))
            return _refusal(name[:40], f"there is no such command; there are {there}")
        try:
            return {"reply": name, "ok": True, **await command(request)}
        except (ValueError, KioskError) as err:
            return _refusal(name, str(err))

    def hang_up(self) -> None:
        """Close every connection, once what is queued for it has been sent."""
        for client in self._clients:
            client.close()


def _refusal(name: str, sentence: str) -> dict[str, Any]:
    return {"reply": name, "ok": False, "error": sentence}


def _line(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


@asynccontextmanager
async def open_control(path: Path, commands: Mapping[str, Command]) -> AsyncIterator[Control]:
    """Listen on ``path``, mode 0600, for as long as the context lasts.

    A socket that nobody listens on any more is replaced. Raises StartError when somebody
    does, or when the place cannot be used.
    """
    control = Control(commands)
    server = await asyncio.start_unix_server(
        control.serve, sock=_listening_socket(path), limit=LONGEST_LINE_BYTES
    )
    try:
        yield control
    finally:
        server.close()
        control.hang_up()
        _remove(path)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _listening_socket(path: Path) -> socket.socket:
    if len(os.fsencode(path)) > _LONGEST_PATH_BYTES:
        raise StartError(
            f"control socket {path}: the path is too long for a socket; set control.socket",
            _CANT_CREATE,
        )
    try:
        _make_private(path.parent)
        taken = _somebody_listens(path)
        if not taken:
            return _bound(path)
    except OSError as err:
        raise StartError(
            f"control socket {path} cannot be made: {err.strerror}; "
            "set control.socket to a place this user may write",
            _CANT_CREATE,
        ) from err
    raise StartError(
        f"already running: a kiosk listens on {path}; "
        "stop it first, or set control.socket to another place",
        _UNAVAILABLE,
    )


def _bound(path: Path) -> socket.socket:
    _remove(path)
    listening = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        listening.bind(os.fspath(path))
    except OSError:
        listening.close()
        raise
    finally:
        os.umask(mask)
    return listening


def _make_private(directory: Path) -> None:
    """Make the directory for us alone; in a shared place, refuse somebody else's."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.stat()
    if found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
        raise PermissionError(0, f"everybody may write to {directory}")
    if directory.name.startswith("kiosk") and found.st_uid not in (os.getuid(), 0):
        raise PermissionError(0, f"{directory} belongs to another user")


def _somebody_listens(path: Path) -> bool:
    if not path.exists():
        return False
    if not path.is_socket():
        raise FileExistsError(0, "a file that is not a socket is there")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            return False
        except (TimeoutError, BlockingIOError):  # its backlog is full: it lives
            return True
    return True


async def ask(path: Path, request: Mapping[str, Any]) -> dict[str, Any]:
    """Send one request to the running daemon and return its answer.

    Raises StartError when no daemon listens or it does not answer in time.
    """
    async with _connected(path) as (reader, writer):
        writer.write(_line(request))
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S + float(request.get("for_s") or 0)):
                async for message in _messages(reader):
                    if message.get("reply") == request.get("command"):
                        return message
        except TimeoutError as err:
            raise StartError(
                f"the kiosk on {path} does not answer; `systemctl status kiosk` says why",
                _UNAVAILABLE,
            ) from err
    raise StartError(f"the kiosk on {path} hung up before it answered", _UNAVAILABLE)


async def events(path: Path, *, captions: bool) -> AsyncIterator[dict[str, Any]]:
    """Yield the running daemon's events until it stops. Raises StartError when none runs."""
    async with _connected(path) as (reader, writer):
        if captions:
            writer.write(_line({"command": "captions", "on": True}))
        async for message in _messages(reader):
            if "event" in message:
                yield message


async def _messages(reader: asyncio.StreamReader) -> AsyncIterator[dict[str, Any]]:
    try:
        while line := await reader.readline():
            yield json.loads(line)
    except ConnectionError:
        return


@asynccontextmanager
async def _connected(
    path: Path,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    try:
        reader, writer = await asyncio.open_unix_connection(path, limit=BACKLOG_BYTES)
    except PermissionError as err:
        raise StartError(
            f"{path} belongs to another user: run this as the kiosk's user or with sudo", 77
        ) from err
    except (OSError, ValueError) as err:
        raise StartError(
            f"no kiosk is running: nobody listens on {path}; start one with `kiosk run`, an"
            " installed one with `sudo systemctl start kiosk`",
            _UNAVAILABLE,
        ) from err
    try:
        yield reader, writer
    finally:
        writer.close()
