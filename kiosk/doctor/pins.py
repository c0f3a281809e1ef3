"""The talk button and the lights: the chip by its label, the lines, and a press."""

import asyncio
import os
from dataclasses import replace
from typing import Final

from kiosk.adapters.fault_light import SOCKET
from kiosk.adapters.gpio import open_button, open_pins
from kiosk.adapters.gpio_chips import Chip, chips, chosen_chip
from kiosk.adapters.pin_look import Line, lines, program_of
from kiosk.doctor.finding import Examined, Finding, State, status_of
from kiosk.settings import Settings

PRESS_S: Final = 5.0


async def check_button(kiosk: Examined) -> Finding:
    """Look whether the button's line is free, and where somebody stands at it, for a press."""
    button = kiosk.settings.button
    if button.kind != "gpio":
        return Finding(State.OPEN, f'button.kind is "{button.kind}": no line is needed')
    found = await _lines(kiosk, (button.pin,))
    if isinstance(found, Finding):
        return found
    chip, (line,) = found
    runs = await status_of(kiosk) is not None
    finding = judged_lines(chip.label, [line], kiosk_runs=runs)
    if kiosk.say is None or line.used or finding.state is not State.WELL:
        return finding
    kiosk.say(f"Press the button within {PRESS_S:.0f} s.")
    if await _pressed(kiosk.settings):
        return replace(finding, says=f"{finding.says}; pressed and let go")
    to_do = "look at its two wires: one to the line, one to ground"
    return Finding(State.ILL, f"{finding.says}; no press within {PRESS_S:.0f} s", to_do)


async def check_lights(kiosk: Examined) -> Finding:
    """Look whether the lines of the status light and the microphone lamp are free."""
    if kiosk.settings.button.kind != "gpio":
        return Finding(State.OPEN, f'button.kind is "{kiosk.settings.button.kind}": no lights')
    found = await _lines(kiosk, kiosk.settings.lamp.pins)
    if isinstance(found, Finding):
        return found
    chip, of_lights = found
    runs = await status_of(kiosk) is not None
    stands_in = "" if runs else await asyncio.to_thread(_fault_light, kiosk)
    return judged_lines(chip.label, of_lights, kiosk_runs=runs, stands_in=stands_in)


def _fault_light(kiosk: Examined) -> str:
    there = os.path.exists(kiosk.root / SOCKET.relative_to("/"))  # noqa: PTH110 - hidden is not there
    return "the fault light, as long as the kiosk is down" if there else ""


async def _lines(kiosk: Examined, pins: tuple[int, ...]) -> tuple[Chip, list[Line]] | Finding:
    there, denied = await asyncio.to_thread(chips, kiosk.root / "dev")
    chip = chosen_chip(there, kiosk.settings.button.chip)
    if chip is None:
        return no_chip(there, denied, kiosk.settings.button.chip)
    if max(pins) >= chip.lines:
        says = f'chip "{chip.label}" has no GPIO {max(pins)}, only 0 to {chip.lines - 1}'
        return Finding(State.ILL, says, "choose another pin in [button] or [lamp]")
    return chip, await asyncio.to_thread(_with_programs, kiosk, chip, pins)


def _with_programs(kiosk: Examined, chip: Chip, pins: tuple[int, ...]) -> list[Line]:
    told = lines(chip, pins, kiosk.root / "dev")
    return [
        replace(line, program=program_of(chip.device, line.pin, kiosk.root / "proc"))
        if line.used
        else line
        for line in told
    ]


def no_chip(there: list[Chip], denied: list[str], label: str) -> Finding:
    """Return what there is to say when the chip is not there."""
    named = f'GPIO chip "{label}"' if label else "the board's GPIO chip"
    if denied:
        says = f"{named} is not among those that may be opened; {', '.join(denied)} may not"
        return Finding(State.ILL, says, 'run this with sudo, or join the group "gpio"')
    if there:
        labels = ", ".join(f'"{chip.label}"' for chip in there)
        return Finding(State.ILL, f"{named} is not there; there is {labels}", "set button.chip")
    to_do = 'without pins: kind = "keyboard" or "none" in [button]'
    return Finding(State.ILL, f"{named} is not there: this machine has no pins", to_do)


def judged_lines(label: str, told: list[Line], *, kiosk_runs: bool, stands_in: str = "") -> Finding:
    """Return what there is to say of the lines of one part of the kiosk.

    ``stands_in`` says who has them instead of a kiosk that does not run.
    """
    pins = " and ".join(f"GPIO {line.pin}" for line in told)
    says = f'{pins} of chip "{label}"'
    taken = [line for line in told if line.used]
    if not taken:
        free = "free, although the kiosk runs" if kiosk_runs else "free"
        state = State.ILL if kiosk_runs else State.WELL
        return Finding(state, f"{says}: {free}", "systemctl restart kiosk" if kiosk_runs else "")
    who = " and ".join(
        dict.fromkeys(line.program or line.consumer or "another program" for line in taken)
    )
    if kiosk_runs:
        return Finding(State.WELL, f"{says}: held by {who} while the kiosk runs")
    if stands_in:
        return Finding(State.WELL, f"{says}: held by {who}, which is {stands_in}")
    to_do = "end that one, or choose another pin in the configuration"
    return Finding(State.ILL, f"{says}: in use by {who}", to_do)


async def _pressed(settings: Settings) -> bool:
    """Whether the button is pressed and let go in time."""
    with open_pins(settings.button.chip) as pins:
        async with open_button(settings.button, pins) as button:
            try:
                async with asyncio.timeout(PRESS_S):
                    async for edge in button.edges():
                        if not edge.pressed:
                            return True
            except TimeoutError:
                pass
    return False
