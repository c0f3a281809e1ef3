#!/usr/bin/python3 -S
"""Inside the machine: ``hold_thread.py PID DEVICE`` makes one thread of a program hang.

It is the thread that waits for a device file, found by what it polls; a debugger's stop holds it
while the others go on, until this program ends. Prints the thread it holds.
"""

import ctypes
import os
import platform
import struct
import sys
import threading
from contextlib import suppress
from pathlib import Path
from time import CLOCK_MONOTONIC, clock_gettime

_POLLS = {"x86_64": ("7", "271"), "aarch64": ("73",)}[platform.machine()]  # poll, ppoll
_PTRACE_SEIZE, _PTRACE_INTERRUPT = 0x4206, 0x4207
_WALL = 0x40000000
_LOOK_S, _LOOKS = 0.002, 5000
_libc = ctypes.CDLL(None, use_errno=True)


def main(pid: int, device: str) -> None:
    """Find the thread and hold it."""
    pause = threading.Event()
    for _ in range(_LOOKS):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError, ValueError, IndexError):
                if device in _polled(pid, task):
                    _hold(int(task.name))
                    print(task.name, clock_gettime(CLOCK_MONOTONIC), flush=True)  # noqa: T201
                    _until_dead(int(task.name))
                    return
        pause.wait(_LOOK_S)
    sys.exit(f"no thread of {pid} waits for {device}")


def _polled(pid: int, task: Path) -> list[str]:
    number, pointer, count, *_ = (task / "syscall").read_text().split()
    if number not in _POLLS:
        return []
    with Path(f"/proc/{pid}/mem").open("rb") as memory:
        memory.seek(int(pointer, 16))
        fds = [fd for fd, _, _ in struct.iter_unpack("ihh", memory.read(8 * int(count, 16)))]
    return [str(Path(f"/proc/{pid}/fd/{fd}").readlink()) for fd in fds]


def _hold(thread: int) -> None:
    for request in (_PTRACE_SEIZE, _PTRACE_INTERRUPT):
        if _libc.ptrace(request, thread, None, None) != 0:
            raise OSError(ctypes.get_errno(), "ptrace")


def _until_dead(thread: int) -> None:
    """Wait until the program has ended; it cannot before its debugger has seen this thread end."""
    status = 0x7F
    while not (os.WIFEXITED(status) or os.WIFSIGNALED(status)):
        _, status = os.waitpid(thread, _WALL)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
