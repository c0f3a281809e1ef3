"""The kiosk as systemd sees it: ready, hung, killed, ready again."""

import json
import signal
import sys
from dataclasses import dataclass, field
from typing import Any

from tests.systemd.machine import PROGRAM, Machine, holds, monotonic_s

UNIT = "kiosk.service"
START_S = 60.0
PROMISED_S = 4.0


def show(line: str) -> None:
    """Say something that is worth reading when a test fails, or with ``pytest -s``."""
    sys.stdout.write(f"{line}\n")


@dataclass(frozen=True)
class Recovery:
    """From a fault to a kiosk that is ready again; times in seconds after the fault."""

    ended_s: float
    ready_s: float
    journal: list[dict[str, Any]] = field(repr=False)
    lines: list[str]

    def says(self, text: str) -> bool:
        """Whether a line of the journal holds this."""
        return any(text in line for line in self.lines)


class KioskUnit:
    """kiosk.service on a machine."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def until_ready(self) -> None:
        holds(lambda: self._is_up("active"), "the kiosk is ready", START_S)

    @property
    def status_text(self) -> str:
        return self.machine.show(UNIT, "StatusText")[0]

    @property
    def restarts(self) -> int:
        return int(self.machine.show(UNIT, "NRestarts")[0])

    def until_status(self, begins: str, within_s: float = 20.0) -> str:
        """Return STATUS= as soon as it begins like this."""
        return str(
            holds(
                lambda: self.status_text.startswith(begins) and self.status_text,
                f"STATUS={begins}…",
                within_s,
            )
        )

    def command(self, *arguments: str) -> str:
        """Run ``kiosk …`` inside."""
        return self.machine.run(PROGRAM, *arguments)

    def connects(self) -> None:
        """Let a customer press, see that a session opens, and let them go."""
        self.command("press")
        holds(lambda: self.told()["connected"], "a session is open", START_S)
        self.command("mute")
        self.command("unmute")

    def told(self) -> dict[str, Any]:
        """Return what ``kiosk status`` tells."""
        status: dict[str, Any] = json.loads(self.command("status", "--json"))
        return status

    def recovery_from(self, fault: signal.Signals | int, saying: str = "") -> Recovery:
        """Cause a fault and wait until systemd has a new kiosk that is ready.

        Before it ends, the old one must say in STATUS= what begins with ``saying``.
        """
        pid, cursor = self.machine.pid(UNIT), self.machine.cursor(UNIT)
        began = monotonic_s()
        self.machine.signal(UNIT, fault)
        if saying:
            self.until_status(saying)
        holds(lambda: self._is_up("active", other_than=pid), f"ready again after {fault}", START_S)
        started, ready = self.machine.show(
            UNIT, "ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic"
        )
        self.machine.run("journalctl", "--sync")
        journal = self.machine.journal(UNIT, cursor)
        lines = [str(line.get("MESSAGE")) for line in journal]
        recovery = Recovery(int(started) / 1e6 - began, int(ready) / 1e6 - began, journal, lines)
        show(
            f"{fault}: started again after {recovery.ended_s:.2f} s,"
            f" ready after {recovery.ready_s:.2f} s; promised {PROMISED_S:g} s"
        )
        return recovery

    def _is_up(self, state: str, other_than: int = 0) -> bool:
        now, pid = self.machine.show(UNIT, "ActiveState", "MainPID")
        return now == state and int(pid) not in (0, other_than)
