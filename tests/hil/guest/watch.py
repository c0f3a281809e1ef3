#!/usr/bin/python3 -S
"""Inside the machine: what button, lamps and event stream did, with the same clock for all.

Appends JSON lines to /hil/events.jsonl, each event of the kiosk as it came, and to
/hil/lamps.jsonl: ``{"t", "pin", "value"}`` for each change of button and microphone lamp;
for the status light, which is dimmed by switching fast, ``{"t", "level"}`` for each tenth of
a second: the share of looks at which it was lit. ``{"boot": T}`` in both begins a start.
"""

import json
import os
import select
import socket
import threading
from pathlib import Path
from time import CLOCK_MONOTONIC, clock_gettime
from typing import Any, Final

_LOOK_MS: Final = 16
"""Meets the dimmed light, which is switched on every 10 ms, at all its moments in turn."""
_WINDOW_S: Final = 0.1
_AGAIN_S: Final = 0.05
_BUTTON, _STATUS, _MICROPHONE = 17, 18, 27
_SOCKET: Final = "/run/kiosk/control.sock"
_OUT: Final = Path("/hil")


def main() -> None:
    """Watch until the machine ends."""
    threading.Thread(target=_follow_events, daemon=True).start()
    _watch_lamps()


def _now() -> float:
    return clock_gettime(CLOCK_MONOTONIC)


def _watch_lamps() -> None:
    chip = next(Path("/sys/devices/platform/gpio-sim.0").glob("gpiochip*"))
    handles = {
        pin: os.open(chip / f"sim_gpio{pin}/value", os.O_RDONLY)
        for pin in (_BUTTON, _STATUS, _MICROPHONE)
    }
    last: dict[int, str] = {}
    pause, lit, looks, since = select.poll(), 0, 0, _now()
    with (_OUT / "lamps.jsonl").open("a", buffering=1) as out:
        _tell(out, boot=since)
        while True:
            now = _now()
            for pin in (_BUTTON, _MICROPHONE):
                value = os.pread(handles[pin], 8, 0).decode().strip()
                if last.get(pin) != value:
                    last[pin] = value
                    _tell(out, t=now, pin=pin, value=int(value))
            lit += os.pread(handles[_STATUS], 8, 0).startswith(b"1")
            looks += 1
            if now - since >= _WINDOW_S:
                _tell(out, t=now, level=round(lit / looks, 2))
                lit, looks, since = 0, 0, now
            pause.poll(_LOOK_MS)  # for nothing: the cheapest way to wait


def _follow_events() -> None:
    pause = threading.Event()
    with (_OUT / "events.jsonl").open("a", buffering=1) as out:
        _tell(out, boot=_now())
        while True:
            try:
                with socket.socket(socket.AF_UNIX) as stream:
                    stream.connect(_SOCKET)
                    stream.sendall(b'{"command": "captions", "on": true}\n')
                    for line in stream.makefile():
                        out.write(line)
            except OSError:
                pass  # it is not there yet, or was
            pause.wait(_AGAIN_S)


def _tell(out: Any, **what: float) -> None:
    out.write(f"{json.dumps(what)}\n")


if __name__ == "__main__":
    main()
