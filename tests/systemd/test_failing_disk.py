"""A card that is full or read-only, under the real units: the kiosk starts, serves and says so.

The card is a file system of the machine's own, in memory, under ``/var/lib``.
"""

from collections.abc import Iterator

import pytest

from tests.systemd.kiosk_unit import UNIT, KioskUnit, show
from tests.systemd.machine import Machine, holds, monotonic_s

LOCAL = "kiosk-local-live.service"
HEALED_S = 20.0
FILL = "cat /dev/zero >/var/lib/filler 2>/dev/null || true"


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
        (FILL, "rm /var/lib/filler"),
        ("mount -o remount,ro /var/lib", "mount -o remount,rw /var/lib"),
    ],
    ids=["full", "read-only"],
)
def test_a_kiosk_on_a_card_that_fails_starts_serves_says_so_and_heals(
    kiosk: KioskUnit, card: Machine, fail: str, mend: str
) -> None:
    card.run("sh", "-ec", fail)
    restarts = kiosk.restarts

    began = monotonic_s()
    card.run("systemctl", "start", "--no-block", LOCAL, UNIT)
    kiosk.until_ready()
    show(f"{fail}: ready after {monotonic_s() - began:.1f} s")

    holds(lambda: kiosk.told()["faults"] == ["storage"], "the fault is told", HEALED_S)
    assert kiosk.status_text.startswith("The board is in trouble: the disk cannot be written")
    assert kiosk.told()["light"] == "F6"
    kiosk.command("press")
    holds(lambda: kiosk.told()["connected"], "a customer is served", HEALED_S)
    assert kiosk.restarts == restarts

    card.run("sh", "-ec", mend)
    began = monotonic_s()
    holds(lambda: kiosk.told()["faults"] == [], "it is healed", HEALED_S)
    show(f"{fail}: healed after {monotonic_s() - began:.1f} s")
    assert kiosk.restarts == restarts
