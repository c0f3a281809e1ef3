"""A card that is full or read-only, under the real units: the kiosk starts, serves and says so.

The card is a file system of the machine's own, in memory, under ``/var/lib``.
"""

from collections.abc import Iterator

import pytest

from tests.systemd.kiosk_unit import UNIT, KioskUnit, show
from tests.systemd.machine import Machine, holds, monotonic_s

PYTHON = "/opt/kiosk/current/bin/python"
LOCAL = "kiosk-local-live.service"
HEALED_S = 20.0
FILL = "cat /dev/zero >/var/lib/filler 2>/dev/null || true"
REMOUNT = """
import ctypes, sys
call = ctypes.CDLL(None, use_errno=True).syscall
card = call(433, -100, b"/var/lib", 0)  # fspick
done = call(431, card, 0, sys.argv[1].encode(), None, 0) or call(431, card, 7, None, None, 0)
sys.exit(card < 0 or done != 0)  # fsconfig: set the flag, reconfigure
"""
"""As the kernel does it to a card that fails: to the file system, not to one mount of it."""


@pytest.fixture
def card(kiosk: KioskUnit) -> Iterator[Machine]:
    """A machine whose kiosk ran on a card of its own, and is stopped."""
    machine = kiosk.machine
    machine.run("systemctl", "stop", UNIT, LOCAL)
    machine.run(
        "sh",
        "-ec",
        "cp -a /var/lib /var/lib.kept; mount -t tmpfs -o size=96m,mode=755 card /var/lib;"
        " cp -a /var/lib.kept/. /var/lib/; rm -rf /var/lib.kept",
    )
    machine.run("systemctl", "start", LOCAL, UNIT)
    machine.run("systemctl", "stop", UNIT, LOCAL)
    yield machine
    machine.run("systemctl", "stop", UNIT, LOCAL)
    machine.run("umount", "-l", "/var/lib")


@pytest.mark.parametrize(
    ("fail", "mend"),
    [
        (("sh", "-c", FILL), ("rm", "/var/lib/filler")),
        ((PYTHON, "-c", REMOUNT, "ro"), (PYTHON, "-c", REMOUNT, "rw")),
    ],
    ids=["full", "read-only"],
)
def test_a_kiosk_on_a_card_that_fails_starts_serves_says_so_and_heals(
    kiosk: KioskUnit, card: Machine, fail: tuple[str, ...], mend: tuple[str, ...]
) -> None:
    card.run(*fail)
    restarts = kiosk.restarts

    began = monotonic_s()
    card.run("systemctl", "start", "--no-block", LOCAL, UNIT)
    kiosk.until_ready()
    show(f"{fail[-1]}: ready after {monotonic_s() - began:.1f} s")

    holds(lambda: kiosk.told()["faults"] == ["storage"], "the fault is told", HEALED_S)
    told = "The board is in trouble: the disk cannot be written"
    holds(lambda: kiosk.status_text.startswith(told), "systemd is told of it", HEALED_S)
    assert kiosk.told()["light"] == "F6"
    kiosk.command("press")
    holds(lambda: kiosk.told()["connected"], "a customer is served", HEALED_S)
    assert kiosk.restarts == restarts

    card.run(*mend)
    began = monotonic_s()
    holds(lambda: kiosk.told()["faults"] == [], "it is healed", HEALED_S)
    show(f"{fail[-1]}: healed after {monotonic_s() - began:.1f} s")
    assert kiosk.restarts == restarts
