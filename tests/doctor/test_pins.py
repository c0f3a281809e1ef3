"""What a technician is told of the button's line and of the lights'."""

import asyncio
import struct
from pathlib import Path

import pytest

from kiosk.adapters.gpio_chips import Chip, chosen_chip, read_chip
from kiosk.adapters.pin_look import Line, program_of, read_line
from kiosk.doctor.finding import Check, Examined, Finding, State
from kiosk.doctor.pins import (
    check_button,
    check_lights,
    judged_lines,
    no_chip,
)
from tests.doctor.conftest import Kiosk

PI_5 = [
    Chip("gpiochip0", "pinctrl-rp1", 54),
    Chip("gpiochip10", "gpio-brcmstb@107d508500", 32),
    Chip("gpiochip4", "pinctrl-rp1-old", 54),
]


def look(check: Check, kiosk: Examined) -> Finding:
    async def looked() -> Finding:
        return await check(kiosk)

    return asyncio.run(looked())


def test_the_kernel_s_own_structures_are_read() -> None:
    chip = struct.pack("32s32sI", b"gpiochip0", b"pinctrl-rp1", 54)
    line = struct.pack("32s32sIIQ", b"GPIO17", b"lg", 17, 0, 0x5) + bytes(176)

    assert read_chip("gpiochip0", chip) == PI_5[0]
    assert read_line(line) == Line(17, used=True, consumer="lg")
    assert not read_line(struct.pack("32s32sIIQ", b"", b"", 17, 0, 0x4) + bytes(176)).used


def test_the_chip_is_found_by_its_label_whatever_its_number() -> None:
    assert chosen_chip(PI_5[::-1], "") == PI_5[0]
    assert chosen_chip(PI_5, "gpio-brcmstb@107d508500") == PI_5[1]
    assert chosen_chip(PI_5[1:], "") is None


def test_a_chip_that_is_not_there_is_told_with_what_there_is() -> None:
    missing = no_chip(PI_5[1:2], [], "gpio-sim")
    denied = no_chip([], ["gpiochip0"], "")

    assert missing.says.endswith('is not there; there is "gpio-brcmstb@107d508500"')
    assert denied.to_do == 'run this with sudo, or join the group "gpio"'


def test_free_lines_are_well_unless_a_kiosk_should_hold_them() -> None:
    lines = [Line(18, used=False), Line(27, used=False)]
    alone = judged_lines("c", lines, kiosk_runs=False)
    beside = judged_lines("c", lines, kiosk_runs=True)

    assert alone == Finding(State.WELL, 'GPIO 18 and GPIO 27 of chip "c": free')
    assert (beside.state, beside.to_do) == (State.ILL, "systemctl restart kiosk")


def test_who_holds_a_line_is_named() -> None:
    lines = [Line(18, used=True, consumer="lg", program="python3 (process 7)")]
    theirs = judged_lines("c", lines, kiosk_runs=False)
    ours = judged_lines("c", lines, kiosk_runs=True)
    fault_light = judged_lines("c", lines, kiosk_runs=False, stands_in="the fault light")
    kernel_s = judged_lines("c", [Line(18, used=True, consumer="led0")], kiosk_runs=False)

    assert theirs.state is State.ILL
    assert "in use by python3 (process 7)" in theirs.says
    assert "in use by led0" in kernel_s.says
    assert ours.state is fault_light.state is State.WELL
    assert "held by python3 (process 7), which is the fault light" in fault_light.says


def test_the_program_is_found_by_the_lines_of_its_descriptors(tmp_path: Path) -> None:
    for number, chip in ((41, "gpiochip1"), (42, "gpiochip0")):
        process = tmp_path / str(number)
        (process / "fdinfo").mkdir(parents=True)
        (process / "comm").write_text("blinker\n")
        told = f"pos:\t0\nflags:\t02000002\ngpio-chip:\t{chip}\ngpio-line:\t17\ngpio-line:\t18\n"
        (process / "fdinfo" / "9").write_text(told)

    assert program_of("gpiochip0", 18, tmp_path) == "blinker (process 42)"
    assert program_of("gpiochip0", 7, tmp_path) == ""


def test_a_machine_without_pins_is_told_what_else_can_be_the_button(kiosk: Kiosk) -> None:
    found = look(check_button, kiosk())

    assert found.state is State.ILL
    assert "this machine has no pins" in found.says
    assert look(check_lights, kiosk()).state is State.ILL


@pytest.mark.parametrize("kind", ["keyboard", "none"])
def test_a_kiosk_that_needs_no_pins_is_not_asked_for_any(kiosk: Kiosk, kind: str) -> None:
    for check in (check_button, check_lights):
        assert look(check, kiosk(button={"kind": kind})).state is State.OPEN
