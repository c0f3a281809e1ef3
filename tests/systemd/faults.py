"""Faults that a test causes in the running daemon, by signal. Loaded by a ``.pth`` file.

Nothing of the kiosk knows of them: they break what is there, as a bug would.
"""

import asyncio
import gc
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

if __name__ == "kiosk_faults":
    signal.signal(BLOCK, block_the_loop)
    signal.signal(LOSE, lose_a_wake_up)
    signal.signal(DEAFEN, kill_the_capture_thread)
