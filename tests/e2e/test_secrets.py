"""The API key goes to the Live service, in a header, and nowhere else: two canaries look for ways.

One lies in the file that the configuration names, the other in the environment that the kiosk
was started with. Whatever can be looked at meanwhile and afterwards is searched for both.
"""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from kiosk.local_live.tls import identity
from tests.e2e import voices
from tests.e2e.rig import Kiosk, Site, holds, started
from tests.e2e.voices import said
from tests.misbehaving.script import Welcome
from tests.misbehaving.service import Misbehaving, misbehaving

IN_FILE: Final = "AIzaSyCANARYinTheFile-0123456789abcdefgh"
IN_ENVIRONMENT: Final = "AIzaSyCANARYinTheEnvironment-0123456789"
_CANARY: Final = re.compile(rb"CANARYin\w+")
_GIVEN: Final = re.compile(r" -m kiosk (run|doctor|status|ask) ")
"""Commands that were started with the canary in their environment."""


@dataclass
class Scene:
    """A kiosk with both canaries at a service that overhears everything."""

    kiosk: Kiosk
    service: Misbehaving
    overheard: list[bytes] = field(default_factory=list)
    looked_at: dict[str, bytes] = field(default_factory=dict)

    async def command(self, *arguments: str) -> str:
        """Run a command, and look at all it says."""
        config = str(self.kiosk.site.home / "kiosk.toml")
        done = await self.kiosk.site.command(*arguments, "--config", config)
        self.looked_at[" ".join(arguments)] = (done.out + done.err).encode()
        return done.out + done.err

    async def watch_processes(self) -> None:
        """Look at the command line and the environment of every process, again and again."""
        while True:
            for pid, line in self.kiosk.site.processes():
                self.looked_at[f"command line {pid} {line}"] = line.encode()
                with suppress(OSError):  # it has ended
                    if not _GIVEN.search(line):
                        environ = (Path("/proc") / str(pid) / "environ").read_bytes()
                        self.looked_at[f"environment {pid} {line}"] = environ
            await asyncio.sleep(0.01)

    async def look_everywhere(self) -> None:
        """Look at what is left to look at; ends the kiosk as a watchdog does, stacks and all."""
        self.looked_at["status in words"] = str(await self.kiosk.status()).encode()
        self.kiosk.process.send_signal(signal.SIGABRT)
        await self.kiosk.process.wait()
        self.looked_at["events"] = repr(self.kiosk.events).encode()
        for file in self.kiosk.site.home.rglob("*"):
            if file.is_file() and file.name != "the-key":
                self.looked_at[f"file {file}"] = file.read_bytes()

    @property
    def found(self) -> dict[str, list[bytes]]:
        """Where a canary was seen."""
        seen = {where: _CANARY.findall(what) for where, what in self.looked_at.items()}
        return {where: canaries for where, canaries in seen.items() if canaries}

    @property
    def opening(self) -> bytes:
        """The first request that the service got."""
        return next(data for data in self.overheard if data.startswith(b"GET "))


@asynccontextmanager
async def scene(place: Site, tmp_path: Path, welcome: Welcome, **live: Any) -> AsyncIterator[Scene]:
    key_file = place.home / "the-key"
    key_file.write_text(IN_FILE + "\n")
    key_file.chmod(0o600)
    place = replace(place, env={**place.env, "GEMINI_API_KEY": IN_ENVIRONMENT})
    async with AsyncExitStack() as stack:
        own = identity(tmp_path)
        service = await stack.enter_async_context(misbehaving(own))
        service.otherwise = welcome
        config = place.config(
            live={
                "endpoint": service.url,
                "ca_file": service.ca_file,
                "api_key_file": str(key_file),
                **live,
            },
            log={"level": "debug"},
        )
        tape = await stack.enter_async_context(place.sound.recording())
        overheard: list[bytes] = []
        service.overhear = overheard.append
        kiosk = await stack.enter_async_context(started(place, config, tape))
        scene = Scene(kiosk, service, overheard)
        watching = await stack.enter_async_context(asyncio.TaskGroup())
        watcher = watching.create_task(scene.watch_processes())
        stack.callback(watcher.cancel)
        await kiosk.until("ready")
        yield scene


async def test_a_key_that_is_refused_is_seen_nowhere(place: Site, tmp_path: Path) -> None:
    """By a service that says it aloud, with the service on this machine standing in."""
    body = f"API key {IN_FILE} not valid. Please pass a valid API key."
    refuses = Welcome(status=HTTPStatus.BAD_REQUEST, body=body)
    async with scene(place, tmp_path, refuses, fallback="local") as at:
        await at.kiosk.tap()
        await holds(lambda: len(at.overheard) > 0)
        await at.kiosk.until("mic_open")
        asked = await at.command("ask", "Where is my order?")
        text = await at.command("doctor", "--live")
        listed = await at.command("doctor", "--live", "--json")
        await at.command("status", "--json")
        await at.look_everywhere()

    for refused in (asked, text, listed):
        assert "does not accept the API key" in refused
        assert "[key]" in refused
    assert any("live-server" in where for where in at.looked_at if "environment" in where)
    assert any("sound_list" in where for where in at.looked_at if "environment" in where)
    assert "Fatal Python error: Aborted" in at.kiosk.stderr
    assert IN_FILE.encode() in at.opening
    assert at.found == {}


async def test_a_key_that_is_taken_is_seen_nowhere(place: Site, tmp_path: Path) -> None:
    async with scene(place, tmp_path, Welcome()) as at:
        await at.kiosk.tap()
        await at.kiosk.until("mic_open")
        await at.kiosk.hear(said(voices.QUESTION))
        await at.kiosk.until("speech_started")
        text = await at.command("doctor", "--live")
        await at.command("status")
        await at.look_everywhere()

    request_line, _, headers = at.opening.partition(b"\r\n")
    assert not _CANARY.search(request_line)
    assert IN_FILE.encode() in headers
    assert IN_ENVIRONMENT.encode() not in b"".join(at.overheard)
    assert "takes our key" in text
    assert os.path.sep + "state" in str(list(at.looked_at))
    assert at.found == {}


async def test_a_kiosk_whose_key_everybody_could_read_does_not_start(place: Site) -> None:
    key_file = place.home / "the-key"
    key_file.write_text(IN_FILE)
    key_file.chmod(0o644)
    config = place.config(live={"api_key_file": str(key_file)})
    done = await place.command("run", "--config", str(config))

    assert (done.code, done.out) == (78, "")
    assert done.err == (
        f"kiosk: live.api_key_file: {key_file} is open to everybody; chmod o= {key_file}\n"
    )
