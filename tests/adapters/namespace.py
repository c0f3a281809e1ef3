"""A network of one's own: what runs in it can drop packets and pull cables, and harms nobody."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from tests.adapters.tls_peer import run

T = TypeVar("T")

CLONE_NEWNET = 0x40000000


def run_apart(scenario: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a scenario on a thread with a network of its own, where only ``lo`` is up.

    The test is skipped where that is not allowed. The network ends with the thread.
    """

    if missing := [tool for tool in ("ip", "nft", "sysctl") if shutil.which(tool) is None]:
        pytest.skip(f"no network of one's own without {', '.join(missing)}")

    def apart() -> T:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNET):
            pytest.skip(f"no network of one's own: {os.strerror(ctypes.get_errno())}")
        sh("ip link set lo up")
        return run(scenario())

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(apart).result()


def sh(*commands: str) -> None:
    """Run commands (``ip``, ``nft``) in the network of the calling thread."""
    for command in commands:
        said(command)


def said(command: str) -> str:
    """Run one command there; return what it printed."""
    done = subprocess.run(command.split(), check=True, capture_output=True, text=True)
    return done.stdout


def drop_everything() -> None:
    """Swallow every packet, as a Wi-Fi that fell silent: nothing is ever refused."""
    sh(
        "nft add table inet hole",
        "nft add chain inet hole swallow { type filter hook input priority 0 ; policy drop ; }",
    )


def let_through() -> None:
    """Undo ``drop_everything``."""
    sh("nft delete table inet hole")
