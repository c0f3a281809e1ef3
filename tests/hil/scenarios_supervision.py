"""The daemon hangs, dies, or goes deaf: it is back by itself, and the light never lies."""

import signal

import pytest

from tests.hil.board import Board, figure
from tests.hil.machine import holds

READY_AGAIN = "≤ 4 s"
LIES_AT_MOST_S = 3.0
_LOOKS = 10  # of a tenth of a second each: steady for as long is what people take for ready


def last_time_it_looked_ready(board: Board, died: float, ready: float) -> float:
    """Return when the light last was steady and dim before the kiosk was ready again."""
    light = [(at, level) for at, level in board.lamps.light() if died - 2 < at < ready]
    last = died
    for end in range(_LOOKS, len(light) + 1):
        levels = [level for _, level in light[end - _LOOKS : end]]
        if min(levels) > 0 and max(levels) < 0.6:
            last = light[end - 1][0]
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
    figure(f"{number.name} to a light that no longer says ready", max(0.0, lied - died), "≤ 3 s")
    assert board.machine.show("kiosk.service", "MainPID") != pid
    assert lied - died <= LIES_AT_MOST_S


@pytest.mark.core
def test_a_kiosk_whose_capture_thread_hangs_says_so_and_hears_again(board: Board) -> None:
    story, machine = board.story, board.machine
    pid = machine.show("kiosk.service", "MainPID")
    hold = f"/usr/local/lib/hil/hold_thread.py {pid} /dev/snd/pcmC0D0c"
    machine.run(f"rm -f /run/held; systemd-run -q --unit=hil-hold sh -c '{hold} >/run/held'")
    held = float(
        holds(lambda: machine.do("cat /run/held").out, "the thread is held", 60).split()[1]
    )
    noticed = story.until("light", code="F2", after=held)["t"]
    machine.run("systemctl stop hil-hold.service")
    healed = story.until("light", code="G", after=noticed)["t"]

    figure("capture thread hung to light F2", noticed - held)
    figure("to hearing again", healed - held)
