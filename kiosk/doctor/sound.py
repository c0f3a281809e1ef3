"""Microphone and speaker: which devices there are, and whether the configured ones are."""

import json
import sys
from typing import Any, Final, Literal

from kiosk.adapters.processes import leaving_no_trace, output_of
from kiosk.doctor.finding import Check, Examined, Finding, State, status_of
from kiosk.doctor.unit import SAYS_WHY

Part = Literal["microphone", "speaker"]

_FRAMES: Final = {"microphone": "frames_captured", "speaker": "frames_played"}


def check_device(part: Part) -> Check:
    """Return the check that looks whether the configured device is there, and what it takes."""

    async def check(kiosk: Examined) -> Finding:
        audio = kiosk.settings.audio
        name = audio.input if part == "microphone" else audio.output
        command = [sys.executable, "-m", "kiosk.adapters.sound_list", f"{part}={name}"]
        with leaving_no_trace() as env:
            code, out, _ = await output_of(command, env=env)
        if code:
            return Finding(State.OPEN, "the sound library cannot be asked")
        status = await status_of(kiosk)
        return judged_device(part, name, json.loads(out)[part], status)

    return check


def judged_device(
    part: Part, name: str, told: dict[str, Any], status: dict[str, Any] | None
) -> Finding:
    """Return what there is to say of a part, given what ``sound_list`` and the daemon told.

    A daemon that runs has its devices open: what it hears and plays is the evidence then.
    """
    chosen = told.get("chosen")
    others = ", ".join(f'"{one}"' for one in told["devices"] if one != chosen)
    also = f"; there is also {others}" if others else ""
    held = " and ".join(told["held"])
    frames = (status or {}).get(_FRAMES[part])
    faults = (status or {}).get("faults", ())
    if part == "microphone" and "speaker" in faults and chosen:
        return Finding(State.OPEN, f'"{chosen}" is there, and waits for the speaker to be mended')
    if part in faults:
        says = told.get(
            "trouble", f'"{chosen}" is there, and the running kiosk says it is at fault'
        )
        return Finding(State.ILL, says, f"look at its plug and its switches; {SAYS_WHY}")
    if frames:
        says = f'"{chosen or name}" is open in the running kiosk'
        return Finding(State.WELL, f"{says}, {frames} frames so far{also}")
    if chosen is None:
        says, _, to_do = told["trouble"].partition(". ")
        return Finding(State.ILL, says, to_do)
    rates = ", ".join(f"{rate_hz / 1000:g}" for rate_hz in told["rates_hz"])
    says = f'"{chosen}"'
    if rates:
        return Finding(State.WELL, f"{says} takes {rates} kHz{also}")
    if held:
        return Finding(State.ILL, f"{says} is in use by {held}", "end that one")
    return Finding(State.ILL, f"{says} takes no usual rate{also}", "choose another in [audio]")
