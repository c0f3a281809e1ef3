#!/usr/bin/python3 -S
"""Inside the machine: does what the host asks for, over a serial port, a JSON line each.

``{"id", "run", "within_s"}`` runs a shell command; ``{"id", "write": [path, text]}`` writes to a
file that exists, which is how a pin is pulled without starting a program. Requests are
served side by side. ``at`` in the answer is the monotonic time when it was done, ``began`` before.
"""

import json
import os
import signal
import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from time import CLOCK_BOOTTIME, CLOCK_MONOTONIC, clock_gettime
from typing import Any

_MOST = 200_000
_port = os.open("/dev/virtio-ports/hil", os.O_RDWR)
_writing = threading.Lock()


def main() -> None:
    """Serve until the machine ends."""
    _send({"hello": clock_gettime(CLOCK_BOOTTIME)})
    held, pause = b"", threading.Event()
    while True:
        read = os.read(_port, 65536)
        if not read:
            pause.wait(0.05)
            continue
        *lines, held = (held + read).split(b"\n")
        for line in lines:
            with suppress(ValueError):
                threading.Thread(target=_serve, args=(json.loads(line),), daemon=True).start()


def _serve(request: dict[str, Any]) -> None:
    began = clock_gettime(CLOCK_MONOTONIC)
    try:
        if "write" in request:
            path, text = request["write"]
            with Path(path).open("r+") as file:
                file.write(text)
            code, out = 0, ""
        else:
            code, out = _run(request["run"], request["within_s"])
    except OSError as err:
        code, out = 125, f"{type(err).__name__}: {err}"
    at = clock_gettime(CLOCK_MONOTONIC)
    _send({"id": request["id"], "code": code, "out": out, "began": began, "at": at})


def _run(command: str, within_s: float) -> tuple[int, str]:
    # Into a file: a child left in the background would keep a pipe open.
    with tempfile.TemporaryFile(dir="/run") as said:
        process = subprocess.Popen(
            ["/bin/bash", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(within_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            code = 124
        said.seek(0)
        return code, said.read()[-_MOST:].decode("utf-8", "replace")


def _send(answer: dict[str, Any]) -> None:
    whole = f"{json.dumps(answer)}\n".encode()
    with _writing:
        while whole:
            whole = whole[os.write(_port, whole) :]


if __name__ == "__main__":
    main()
