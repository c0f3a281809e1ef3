"""The local Live service as a child process, for machines that have no unit for it.

Whoever runs it gets its address from the one line it prints; it ends with its context, and
with us however we end.
"""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from kiosk.adapters.processes import child_command, last_words
from kiosk.config_file import writable
from kiosk.errors import StartError

START_S = 60.0
"""A small board loads the recogniser in this time, with room."""
END_S = 2.0
_UNAVAILABLE = 69  # EX_UNAVAILABLE


@dataclass(frozen=True, slots=True)
class LocalEndpoint:
    """Where a local Live service listens, and the authority that signs its certificate."""

    url: str
    ca_file: str
    process: asyncio.subprocess.Process


@asynccontextmanager
async def local_service(state: Path) -> AsyncIterator[LocalEndpoint]:
    """Start the service on a free port of this machine; end it with the context.

    Raises StartError with the service's own sentence when it does not start.
    """
    log = writable(state) / "live-server.log"
    command = [sys.executable, "-m", "kiosk", "live-server", "--port", "0", "--state", str(state)]
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *child_command(command),
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
        said = json.loads(line)
        return LocalEndpoint(said["url"], said["ca_file"], process)
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
