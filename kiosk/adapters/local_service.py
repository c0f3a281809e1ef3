"""The local Live service: the one that stands on this machine, else a child process.

A service with a unit of its own puts up where it is in a file of its runtime directory, which
systemd takes away with it. A child tells us in the one line it prints; it ends with its context,
and with us however we end.
"""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from kiosk.adapters.processes import child_command, last_words, without_secrets
from kiosk.config_file import is_of_the_disk, runtime_directory, writable
from kiosk.errors import StartError

START_S = 60.0
"""A small board loads the recogniser in this time, with room."""
END_S = 1.0
"""One that hangs is killed then: the kiosk itself is to be gone in 2 s."""
ANNOUNCEMENT = Path("/run/kiosk-local-live/endpoint.json")
"""What kiosk-local-live.service puts up; its directory is there as long as the unit runs."""
LOOK_S = 0.1
GONE_LOOK_S = 1.0
_UNAVAILABLE = 69  # EX_UNAVAILABLE


@dataclass(frozen=True, slots=True)
class LocalEndpoint:
    """Where a local Live service listens, and the authority that signs its certificate."""

    url: str
    ca_file: str
    process: asyncio.subprocess.Process | None = None
    """Ours; None when it stands by itself."""
    announced_in: Path | None = field(default=None, compare=False)

    async def taken_down(self) -> str:
        """Wait until its announcement is gone or another one, and return that in words."""
        assert self.announced_in is not None, "it stands by itself"
        while _announcement(self.announced_in) == self:  # noqa: ASYNC110 - another process's file
            await asyncio.sleep(GONE_LOOK_S)
        return "its unit took it down"


@asynccontextmanager
async def local_service(state: Path, environ: Mapping[str, str]) -> AsyncIterator[LocalEndpoint]:
    """Use the service that stands on this machine, waiting for one that is just starting.

    Without one start our own, on a free port and with its files in ``state``, or in memory where
    the disk fails, and end it with the context. $KIOSK_LOCAL_LIVE is another place to look for
    the announcement. Raises StartError: with the service's own sentence when ours does not start.
    """
    standing = await _standing(Path(environ.get("KIOSK_LOCAL_LIVE") or ANNOUNCEMENT))
    if standing is not None:
        yield standing
        return
    async with _child(_usable(state, environ)) as endpoint:
        yield endpoint


def _usable(state: Path, environ: Mapping[str, str]) -> Path:
    try:
        return writable(state)
    except StartError as err:
        if not is_of_the_disk(err.__cause__):
            raise
        return writable(runtime_directory(environ) / "live")


async def _standing(file: Path) -> LocalEndpoint | None:
    """Return the service that is announced there; None when none runs, nor starts."""
    try:
        async with asyncio.timeout(START_S):
            while (announced := _announcement(file)) is None:
                if not file.parent.is_dir():
                    return None
                await asyncio.sleep(LOOK_S)
    except TimeoutError as err:
        raise StartError(
            f"The local Live service of this machine was not ready after {START_S:.0f} s:"
            " 'systemctl status kiosk-local-live' shows whether it runs; if so, this machine is"
            " too busy or too small for it.",
            _UNAVAILABLE,
        ) from err
    return announced


def _announcement(file: Path) -> LocalEndpoint | None:
    try:
        return replace(_endpoint(file.read_bytes()), announced_in=file)
    except (OSError, ValueError, KeyError, TypeError):  # not there, or not all of it yet
        return None


def _endpoint(line: bytes, process: asyncio.subprocess.Process | None = None) -> LocalEndpoint:
    said = json.loads(line)
    return LocalEndpoint(str(said["url"]), str(said["ca_file"]), process)


@asynccontextmanager
async def _child(state: Path) -> AsyncIterator[LocalEndpoint]:
    log = state / "live-server.log"
    command = [sys.executable, "-m", "kiosk", "live-server", "--port", "0", "--state", str(state)]
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *child_command(command),
            env=without_secrets(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    try:
        yield await _announced(process, log)
    finally:
        await _end(process)


async def _announced(process: asyncio.subprocess.Process, log: Path) -> LocalEndpoint:
    assert process.stdout is not None, "it was given a pipe"
    try:
        async with asyncio.timeout(START_S):
            line = await process.stdout.readline()
        return _endpoint(line, process)
    except TimeoutError as err:
        raise StartError(
            f"The local Live service was not ready after {START_S:.0f} s:"
            " run 'kiosk live-server' by itself to see why.",
            _UNAVAILABLE,
        ) from err
    except (ValueError, KeyError) as err:
        sentence = f"The local Live service did not start: {last_words(log) or 'it said nothing'}"
        raise StartError(sentence, _UNAVAILABLE) from err


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(END_S):
            await process.communicate()
    except TimeoutError:
        process.send_signal(signal.SIGKILL)
        await process.communicate()
