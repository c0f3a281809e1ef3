"""The daemon hangs, dies, or goes deaf: it is back by itself, and the light never lies."""

import shutil
import signal
from pathlib import Path

import pytest

from tests.hil.board import Board, figure
from tests.hil.machine import holds

READY_AGAIN = "≤ 4 s"
LIES_AT_MOST_S = 3.0
NOTICED_S = 2.0
_LOOKS, _DIM, _FULL = 10, 0.35, 0.95
"""Dim or bright for a second without a change: taken for ready from across the aisle."""


def last_time_it_looked_ready(board: Board, died: float, ready: float) -> float:
    """Return when the light was steady last before the kiosk was ready again."""
    light = [(at, level) for at, level in board.lamps.light() if died - 2 < at < ready]
    last = died
    for end in range(_LOOKS, len(light) + 1):
        levels = [level for _, level in light[end - _LOOKS : end]]
        if min(levels) > 0 and (max(levels) <= _DIM or min(levels) >= _FULL):
            last = max(last, light[end - 1][0])
    return last


@pytest.mark.core
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_a_kiosk_whose_daemon_dies_or_hangs_is_ready_again_and_the_light_does_not_lie(
    board: Board, number: signal.Signals
) -> None:
    pid = board.machine.show("kiosk.service", "MainPID")
    died = board.machine.do(f"kill -{int(number)} {pid}").began
    ready = board.story.until("ready", after=died)["t"]
    board.lamps.reach(ready + 0.5)
    lied = last_time_it_looked_ready(board, died, ready)

    figure(f"{number.name} to ready again", ready - died, READY_AGAIN)
    figure(f"{number.name} to a light that no longer says ready", lied - died, "≤ 3 s")
    assert board.machine.show("kiosk.service", "MainPID") != pid
    assert lied - died <= LIES_AT_MOST_S


@pytest.mark.core
def test_a_kiosk_whose_capture_thread_hangs_is_ready_again_and_hears(board: Board) -> None:
    story, machine = board.story, board.machine
    shutil.copy(Path(__file__).with_name("hold_thread.py"), machine.share)
    pid = machine.show("kiosk.service", "MainPID")
    hold = f"python3 -S /hil/hold_thread.py {pid} /dev/snd/pcmC0D0c"
    machine.run(f"rm -f /run/held; systemd-run -q --unit=hil-hold sh -c '{hold} >/run/held'")
    said = holds(
        lambda: machine.do("cat /run/held 2>/dev/null").out.strip(), "the thread is held", 60
    )
    held = float(said.split()[1])
    hung = story.until("ready", after=held)["t"]
    light = story.until("light", code="G", after=hung)["t"]
    first = board.status()["frames_captured"]
    holds(lambda: board.status()["frames_captured"] > first, "it hears again", 60)
    board.lamps.reach(light)
    lied = last_time_it_looked_ready(board, held, hung)

    figure("capture thread hung to ready again", hung - held, "noticed in 2 s, ready 4 s later")
    figure("to a light that no longer says ready", lied - held, "≤ 2 + 3 s")
    assert machine.show("kiosk.service", "MainPID") != pid
    assert lied - held <= NOTICED_S + LIES_AT_MOST_S
