"""The services that the contract suite runs against, and how to talk to each.

Scripted fake, local Live service, Google's: the suite is the same. What only the fake needs,
the words it shall answer with, is told to it by ``script``; the others think for themselves.
"""

import asyncio
import json
import os
import selectors
import subprocess
import sys
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from kiosk.adapters.event_loop import KioskLoop
from kiosk.adapters.genai_live import GenaiLive
from kiosk.ports import LiveService
from tests.fakes.live import FakeLive, Turn
from tests.virtualtime import run_virtual

T = TypeVar("T")

START_S = 60.0


class Peer(Protocol):
    """A service under contract."""

    model: str
    text_model: str
    """A model that replies in words; empty where there is none any more."""

    @property
    def service(self) -> LiveService: ...

    def script(self, turns: Sequence[Turn]) -> None:
        """Tell a scripted service how to answer the questions to come."""
        ...

    def run(self, scenario: Coroutine[Any, Any, T]) -> T:
        """Run a scenario on this service's kind of time; no task may be left behind."""
        ...


class FakePeer:
    """The scripted fake, on virtual time."""

    model = "gemini-3.8-live"
    text_model = "gemini-live-2.5-flash-preview"

    def __init__(self) -> None:
        self.service = FakeLive()

    def script(self, turns: Sequence[Turn]) -> None:
        self.service.script.extend(turns)

    def run(self, scenario: Coroutine[Any, Any, T]) -> T:
        return run_virtual(scenario)


class RealPeer:
    """A service at the other end of a TLS connection, through the kiosk's adapter."""

    def __init__(self, service: GenaiLive, model: str, text_model: str = "") -> None:
        self.service = service
        self.model = model
        self.text_model = text_model

    def script(self, turns: Sequence[Turn]) -> None:
        del turns

    def run(self, scenario: Coroutine[Any, Any, T]) -> T:
        async def checked() -> T:
            result = await scenario
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert not left, f"tasks left behind: {left}"
            return result

        with asyncio.Runner(loop_factory=KioskLoop) as runner:
            return runner.run(checked())


@contextmanager
def local_service(state: Path) -> Iterator[tuple[str, str]]:
    """Run the local Live service as a process; yield its URL and its authority's file."""
    command = [sys.executable, "-m", "kiosk.local_live", "--port", "0", "--state", str(state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            with selectors.DefaultSelector() as ready:
                ready.register(process.stdout, selectors.EVENT_READ)
                assert ready.select(START_S), f"not ready within {START_S:g} s"
            line = process.stdout.readline()
            assert line, f"the service ended with {process.wait(5)}"
            told = json.loads(line)
            yield told["url"], told["ca_file"]
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def cloud_peer(key: str) -> RealPeer:
    """Return Google's service. ``KIOSK_CLOUD_MODEL`` chooses another model."""
    service = GenaiLive(endpoint="", api_key=key)
    return RealPeer(service, os.environ.get("KIOSK_CLOUD_MODEL", "gemini-3.8-live"))
