"""The kiosk in trouble: no network, no room, a card that fails, a program that does harm."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import pytest

from tests.hil.board import Board, figure, tell
from tests.hil.machine import READY_S, Done, Machine, holds
from tests.hil.visits import (
    is_answered,
    is_refused,
    leaves_a_message,
    restarts_of,
    until_flashing,
)
from tests.systemd.test_sandbox import ALLOWED_TO, DENIED_TO

PYTHON = "/opt/kiosk/current/bin/python"
TRYING = Path(__file__).parents[1] / "systemd/trying.py"
FILL = "cat /dev/zero >>/filler; mkdir /filler-$RANDOM"


def fill(machine: Machine) -> float:
    """Take what is left on the card, also what others give back meanwhile; return when."""

    def filled() -> Done | None:
        done = machine.do(FILL)
        return done if "mkdir: cannot create" in done.out else None

    done: Done = holds(filled, "not a byte is free", 60)
    return done.at


@contextmanager
def full_card(machine: Machine) -> Iterator[float]:
    """Have not a byte free on the card, not for root either, for a while."""
    machine.run(
        "sync; fallocate -l $(( ($(stat -f -c %f /) - 64) * $(stat -f -c %S /) )) /filler-most"
        " || true"  # the rest is filled in any case
    )
    try:
        yield fill(machine)
    finally:
        machine.run("rm -rf /filler*; sync")


@contextmanager
def read_only_card(machine: Machine) -> Iterator[float]:
    """Have the kernel refuse every write to the card, as it does to one that fails."""
    began = machine.do("echo u >/proc/sysrq-trigger").began
    holds(lambda: machine.do("touch /tried").code, "the card takes no write", 60)
    try:
        yield began
    finally:
        machine.run("mount -o remount,rw /; touch /tried; rm /tried")


@pytest.mark.core
async def test_a_kiosk_that_starts_again_where_there_is_no_network_says_so_and_heals_by_itself(
    board: Board,
) -> None:
    story, machine = board.story, board.machine
    (machine.share / "air-off").touch()
    machine.reboot()
    board.begin()
    ready = story.until("ready", within_s=READY_S)["t"]
    offline = story.until("light", code="R", within_s=READY_S)["t"]
    lit = next(at for at, level in board.lamps.light() if level > 0)
    started = int(machine.show("kiosk.service", "ExecMainStartTimestampMonotonic")) / 1e6
    figure("kernel to light B", lit)
    figure("kernel to ready", ready)
    figure("daemon started to ready", ready - started)
    tell(machine.do("journalctl -b -u kiosk -o cat | grep -m1 '^ready after'").out.strip())
    figure("ready to the true light, R", offline - ready, "≤ 5 s")
    pid = machine.show("kiosk.service", "MainPID")

    board.lamps.reach(offline + 5)
    blinks = [lit for lit, _ in groupby(level > 0.5 for at, level in board.lamps.light()
              if offline + 1 < at < offline + 5)]  # fmt: skip
    tell(f"light: {sum(blinks)} blinks in 4 s")
    assert 4 <= sum(blinks) <= 5
    refused = await is_refused(board, "R")
    figure("pressed to the sentence", refused.after_s)
    assert "lost my connection" in refused.heard
    assert not any(lit for at, lit in board.lamps.microphone() if at > refused.at)

    (machine.share / "air-off").unlink()
    came = board.air_on()
    healed = story.until("light", code="G", after=came)["t"]
    figure("access point there to ready", healed - came)
    await is_answered(board)
    assert machine.show("kiosk.service", "MainPID") == pid
    assert restarts_of(board) == 0


async def test_a_kiosk_whose_card_is_full_answers_says_so_and_heals(
    board: Board, tmp_path: Path
) -> None:
    story, machine, restarts = board.story, board.machine, restarts_of(board)
    with full_card(machine) as filled:
        fault = story.until("fault", part="storage", after=filled)
        figure("card full to told", fault["t"] - filled, "≤ 10 s")
        light = story.until("light", code="F6", after=filled)
        until_flashing(board, 6, light["t"])
        await is_answered(board)
        heard = await leaves_a_message(board, tmp_path)
        assert "written that down" not in heard
        assert board.status()["messages"] == 0
        assert restarts_of(board) == restarts
        began = machine.do(f"{FILL}; systemctl restart --no-block kiosk.service").began
        again = story.until("ready", after=began)
        fill(machine)
        figure("started on a full card to ready", again["t"] - began)
        story.until("light", code="F6", after=again["t"])
        assert restarts_of(board) == 0
    freed = machine.do("true").at
    healed = story.until("healed", part="storage", after=freed)
    figure("room again to healed", healed["t"] - freed)
    board.be_ready()
    assert "written that down" in await leaves_a_message(board, tmp_path)
    assert board.status()["messages"] == 1


async def test_a_kiosk_whose_card_turns_read_only_answers_says_so_starts_and_heals(
    board: Board, tmp_path: Path
) -> None:
    story, machine = board.story, board.machine
    restarts, waiting = restarts_of(board), board.status()["messages"]
    with read_only_card(machine) as failed:
        fault = story.until("fault", part="storage", after=failed)
        figure("card read-only to told", fault["t"] - failed, "≤ 10 s")
        assert fault["cause"] == "read_only"
        light = story.until("light", code="F6", after=failed)
        until_flashing(board, 6, light["t"])
        assert "written that down" not in await leaves_a_message(board, tmp_path)
        assert board.status()["messages"] == waiting
        assert restarts_of(board) == restarts
        began = machine.do("systemctl restart --no-block kiosk.service").began
        again = story.until("ready", after=began)
        figure("started on a read-only card to ready", again["t"] - began)
        story.until("light", code="F6", after=again["t"])
        await is_answered(board)
        assert restarts_of(board) == 0
    mended = machine.do("true").at
    healed = story.until("healed", part="storage", after=mended)
    figure("writable again to healed", healed["t"] - mended)
    board.be_ready()


def test_a_kiosk_that_grows_without_end_is_stopped_by_the_kernel(board: Board) -> None:
    machine = board.machine
    began = machine.do("true").at
    grow = "held = [bytearray(b'x') * 2**24 for _ in range(100)]"
    inside(machine, "inside-growing", f'{PYTHON} -c "{grow}"', "MemoryHigh=infinity\n")
    grown = machine.do("systemctl start inside-growing.service")
    result = machine.show("inside-growing.service", "Result")
    limit = int(machine.show("inside-growing.service", "MemoryMax"))
    fork = "import os, signal\nn = 1\ntry:\n    while os.fork(): n += 1\n    signal.pause()\n"
    (machine.share / "forking.py").write_text(f"{fork}except BlockingIOError: print(n)\n")
    inside(machine, "inside-forking", f"{PYTHON} -S /hil/forking.py", "")
    machine.run("systemctl start inside-forking.service")
    tasks = int(machine.run("cat /run/inside-forking.out"))

    tell(f"more than {limit / 2**20:.0f} MiB: {result} after {grown.at - began:.1f} s")
    tell(f"tasks: {tasks} of {machine.show('inside-forking.service', 'TasksMax')}")
    assert result == "oom-kill"
    assert tasks == int(machine.show("inside-forking.service", "TasksMax"))


@pytest.mark.core
def test_a_program_in_the_kiosks_place_can_do_no_harm_to_a_real_kernel(board: Board) -> None:
    machine = board.machine
    shutil.copy(TRYING, machine.share)
    machine.run(
        "cp /usr/bin/id /opt/kiosk/setuid-id; chmod 4755 /opt/kiosk/setuid-id; umask 077;"
        " mkdir -p /etc/kiosk/credentials; echo canary >/etc/kiosk/credentials/shopmax-token"
    )
    try:
        kiosk = tries(machine, "inside-kiosk")
        root = tries(machine, "inside-as-root", "User=root\nSupplementaryGroups=")
    finally:
        machine.run("rm /opt/kiosk/setuid-id /etc/kiosk/credentials/shopmax-token")
    free: dict[str, str] = json.loads(
        machine.run("env STATE_DIRECTORY=/tmp RUNTIME_DIRECTORY=/tmp python3 /hil/trying.py")
    )
    real = [name for name in free if name.startswith(("open ", "send "))]
    for name in real:
        tell(f"{name}: kiosk {kiosk[name]}, root in its place {root[name]}, outside {free[name]}")

    harm = {name: kiosk[name] for name, ends in DENIED_TO["kiosk"].items()
            if kiosk[name] not in ends}  # fmt: skip
    assert harm == {}
    assert {name: kiosk[name] for name in ALLOWED_TO["kiosk"] if kiosk[name] != "done"} == {}
    *blocked, allowed = real
    for name in blocked:
        assert kiosk[name] in ("EPERM", "EACCES"), name
        assert root[name] == "EPERM", name
        assert free[name] == "done", name
    assert kiosk[allowed] == "done"


def inside(machine: Machine, name: str, program: str, settings: str) -> None:
    """Have a unit like the kiosk's, but for its program and settings."""
    text = f"""\
[Service]
Type=oneshot
Restart=no
WatchdogSec=0
ExecStart=
ExecStart={program}
ExecStopPost=
StateDirectory=
StateDirectory=%p
RuntimeDirectory=
RuntimeDirectory=%p
StandardOutput=truncate:/run/%p.out
{settings}"""
    (machine.share / f"{name}.conf").write_text(text)
    units = "/run/systemd/system"
    machine.run(
        f"mkdir -p {units}/{name}.service.d; cp /hil/{name}.conf {units}/{name}.service.d/;"
        f" cp /etc/systemd/system/kiosk.service {units}/{name}.service; systemctl daemon-reload"
    )


def tries(machine: Machine, name: str, settings: str = "") -> dict[str, str]:
    """Return how every try to do harm ends inside a unit like the kiosk's."""
    inside(machine, name, f"{PYTHON} /hil/trying.py", f"{settings}\n")
    machine.run(f"systemctl start {name}.service")
    how: dict[str, str] = json.loads(machine.run(f"cat /run/{name}.out"))
    return how
