"""The machine hangs and its watchdog resets it; it has no battery, and starts in 1970."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from time import CLOCK_REALTIME, clock_gettime
from typing import Final

import pytest

from tests.hil.board import Board, figure, tell
from tests.hil.dated_service import dated_service
from tests.hil.machine import READY_S, holds
from tests.hil.service import LiveService
from tests.hil.visits import is_answered, is_refused, restarts_of, until_flashing

pytestmark = pytest.mark.story
WATCHDOG: Final = "/sys/class/watchdog/watchdog0"
CLOCK: Final = "/sys/class/rtc/rtc0/since_epoch"
HANG: Final = "echo 1 >/sys/fs/cgroup/init.scope/cgroup.freeze"
"""Stops process 1 and nothing else. A panic of the kernel would do, too, but it waits by reading
a counter, which emulation with counted instructions takes minutes of ours a second for."""


@dataclass(frozen=True)
class Reset:
    """A machine that hung, was reset and has come up in 1970."""

    board: Board
    watchdog: str
    hung_to_kernel_s: float
    ready_s: float
    """Since the new kernel."""
    told_s: float
    """From the hang to QEMU's word of the reset, in seconds of ours."""
    messages: int
    """That waited for the staff when it hung."""


@pytest.fixture(scope="module")
def reset(
    shared: Board, tmp_path_factory: pytest.TempPathFactory, live: LiveService
) -> Iterator[Reset]:
    """Hang it. Its service has a certificate that is not valid before yesterday."""
    board, machine = shared, shared.machine
    board.be_ready()
    boots = machine.boots
    messages = board.status()["messages"]
    armed = machine.run(f"cat {WATCHDOG}/identity {WATCHDOG}/state {WATCHDOG}/timeout").splitlines()
    assert armed[1:] == ["active", "10"], "nobody would end it"
    with dated_service(tmp_path_factory.mktemp("dated"), live.ca_file) as dated:
        shutil.copy(dated.ca_file, machine.share / "dated-ca.pem")
        machine.run(
            "cd /etc/kiosk; cp -p kiosk.toml kept.toml; install -m 644 /hil/dated-ca.pem .;"
            f' sed -i \'s,^endpoint = .*,endpoint = "{dated.endpoint}",;'
            ' s,^ca_file = .*,ca_file = "/etc/kiosk/dated-ca.pem",\' kiosk.toml;'
            " rm -f /var/lib/kiosk/clock* /var/lib/systemd/timesync/clock; sync"
        )
        machine.set_clock(0.0)
        board.begin()
        try:
            with machine.qemu_says("WATCHDOG", READY_S) as told:
                hung = float(machine.run(f"{HANG}; cat {CLOCK}"))
            machine.wait_for_boot(boots)
            ready = board.story.until("ready", within_s=READY_S)["t"]
            clock, uptime = machine.run(f"cat {CLOCK}; cut -d' ' -f1 /proc/uptime").split()
            kernel = float(clock) - float(uptime)
            yield Reset(board, armed[0], kernel - hung, ready, told[0], messages)
        finally:
            machine.set_clock(clock_gettime(CLOCK_REALTIME))
            machine.run(
                "cd /etc/kiosk; mv kept.toml kiosk.toml; rm dated-ca.pem;"
                f" date -s @{int(clock_gettime(CLOCK_REALTIME))};"
                " systemctl restart --no-block kiosk.service"
            )


def test_a_machine_that_hangs_is_reset_by_its_watchdog_and_ready_again(reset: Reset) -> None:
    asked = reset.board.machine.run("systemctl show -pRuntimeWatchdogUSec --value").strip()
    tell(f"watchdog: {reset.watchdog}; RuntimeWatchdogSec={asked}")
    figure("systemd hung to reset and a new kernel", reset.hung_to_kernel_s, "≤ 15 s")
    figure("systemd hung to ready again", reset.hung_to_kernel_s + reset.ready_s,
           "≤ 15 s and a start")  # fmt: skip
    figure("systemd hung to reset, in our seconds", reset.told_s)
    assert asked == "10s"
    assert reset.hung_to_kernel_s <= 15.0 + 1.0  # the board's clock counts whole seconds


async def test_a_kiosk_that_starts_in_1970_says_so_and_heals_when_the_clock_is_set(
    reset: Reset,
) -> None:
    board, machine, story = reset.board, reset.board.machine, reset.board.story
    today = int(clock_gettime(CLOCK_REALTIME))
    tell(
        f"ready {reset.ready_s:.1f} s after the kernel, at {machine.run('date -u +%FT%T').strip()}"
    )
    holds(lambda: machine.do("ip route show default").out, "there is a network", READY_S, 1.0)
    status = machine.show("kiosk.service", "StatusText")
    tell(f"status: {status}; light {board.status()['light']}")
    assert (status[:21], board.status()["light"]) == ("Waiting for the clock", "B")
    refused = await is_refused(board, "B")
    assert re.search("just starting|not available right now", refused.heard)
    assert not story.named("fault", part="account")

    set_at = machine.do(f"date -s @{today}").at
    healed = story.until("light", code="G", after=set_at)["t"]
    figure("clock set to ready", healed - set_at)
    assert board.status()["messages"] == reset.messages
    await is_answered(board)

    wrong = machine.do("date -s @1000000").at
    fault = story.until("fault", part="clock", after=wrong)
    light = story.until("light", code="F6", after=wrong)
    figure("clock wrong to told", fault["t"] - wrong, "≤ 10 s")
    until_flashing(board, 6, light["t"])
    right = machine.do(f"date -s @{today}").at
    healed = story.until("healed", part="clock", after=right)["t"]
    figure("clock right again to healed", healed - right)
    story.until("light", code="G", after=right)
    assert restarts_of(board) == 0
