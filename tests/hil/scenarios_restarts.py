"""The machine starts anew and nobody has to do anything."""

import pytest

from tests.hil.board import Board, figure


@pytest.mark.core
def test_after_a_reboot_the_kiosk_is_ready_by_itself(board: Board) -> None:
    board.machine.reboot()
    ready = board.story.until("ready", within_s=300)["t"]
    started = int(board.machine.show("kiosk.service", "ExecMainStartTimestampMonotonic")) / 1e6
    board.be_ready()
    told = board.machine.do("journalctl -b -u kiosk -o cat | grep -m1 '^ready after'").out.strip()
    boot = board.machine.run("systemd-analyze time").splitlines()[0]

    figure("kernel to ready", ready)
    figure("daemon started to ready", ready - started)
    print(f"    {told}\n    {boot}")  # noqa: T201 - what the suite is for
    assert board.machine.show("kiosk.service", "NRestarts") == "0"
