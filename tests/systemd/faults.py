"""Faults that a test causes in the running daemon, by signal. Loaded by a ``.pth`` file.

Nothing of the kiosk knows of them: they break what is there, as a bug would.
"""

import asyncio
import gc
import os
import signal
import threading
from typing import Any


def block_the_loop(*_: object) -> None:
    """Hold the main thread, and with it the event loop, for ever."""
    threading.Event().wait()


def lose_a_wake_up(*_: object) -> None:
    """Let the control task wait for something that nobody will set again."""
    _the("Inbox")._mailbox._arrived = asyncio.Event()


def kill_the_capture_thread(*_: object) -> None:
    """Hold the microphone's thread for ever at its next frame."""
    _the("_Microphone")._blocks = _Trap()


def leak_files(*_: object) -> None:
    """Open files and never close them, in a kiosk that has run for long."""
    from kiosk.runtime import health

    health.ANEW_AFTER_S = 0.0  # type: ignore[misc]  # it need not have: this is a test
    for _number in range(600):
        os.open(os.devnull, os.O_RDONLY)


class _Trap:
    def __len__(self) -> int:
        return 0

    def append(self, _: object) -> None:
        threading.Event().wait()


def _the(name: str) -> Any:
    return next(each for each in gc.get_objects() if type(each).__name__ == name)


BLOCK = signal.SIGUSR1
LOSE = signal.SIGUSR2
DEAFEN = signal.SIGRTMIN
LEAK = signal.SIGRTMIN + 1

if __name__ == "kiosk_faults":
    signal.signal(BLOCK, block_the_loop)
    signal.signal(LOSE, lose_a_wake_up)
    signal.signal(DEAFEN, kill_the_capture_thread)
    signal.signal(LEAK, leak_files)
