"""The acoustic test: a tone and a voice from the speaker, and what the microphone hears of them.

The tone tells whether both work. The voice tells whether the kiosk would take itself for a
customer: while it would, nobody may interrupt it by voice.
"""

import asyncio
import sys
from typing import Final

from kiosk.adapters.processes import leaving_no_trace, output_of
from kiosk.adapters.vad import SileroDetector, WebRtcDetector
from kiosk.adapters.wav_files import read_wav
from kiosk.core.audio import MIC_FRAME_BYTES, MIC_HZ, SAMPLE_BYTES, SPEAKER_HZ, Frame
from kiosk.core.cascade import CascadeDetector
from kiosk.core.effects import GateMode
from kiosk.core.gate import Gate, GateEvent
from kiosk.core.pcm import to_floats, to_pcm, to_samples, volume_gain
from kiosk.core.sweep import AFTER_S, LEAD_S, SWEEP_S, Echo, echo_in, sweep
from kiosk.doctor.ears import QUESTION
from kiosk.doctor.finding import Examined, Finding, State, status_of
from kiosk.resources import packaged
from kiosk.settings import Settings

VOICE_S: Final = 3.0
_BUSY_TO_DO: Final = "systemctl stop kiosk, kiosk doctor --sound, systemctl start kiosk"


async def check_sound(kiosk: Examined) -> Finding:
    """Play the test and judge what is heard. Takes both devices, so no kiosk may run."""
    if await status_of(kiosk) is not None:
        return Finding(State.OPEN, "the running kiosk has both devices", _BUSY_TO_DO)
    audio = kiosk.settings.audio
    sound = await asyncio.to_thread(_sound, audio.volume)
    command = [sys.executable, "-m", "kiosk.adapters.sound_test", audio.input, audio.output]
    with leaving_no_trace() as env:
        code, heard, said = await output_of(command, sound, env)
    if code:
        *_, sentence = said.decode(errors="replace").splitlines() or [f"exit code {code}"]
        return Finding(State.ILL, f"the sound test could not be made: {sentence}")
    return await asyncio.to_thread(_judged, kiosk.settings, heard)


def _sound(volume: int) -> bytes:
    gain = volume_gain(volume)
    voice = read_wav(packaged(QUESTION), SPEAKER_HZ)[: round(VOICE_S * SPEAKER_HZ) * SAMPLE_BYTES]
    return to_pcm(sweep(SPEAKER_HZ, gain)) + to_pcm(to_floats(to_samples(voice)) * gain)


def _judged(settings: Settings, heard: bytes) -> Finding:
    echo = echo_in(heard)
    if not echo.heard:
        return judged_echo(echo, 0, settings.audio.volume)
    begin = round((LEAD_S + SWEEP_S + AFTER_S + echo.late_s) * MIC_HZ) * SAMPLE_BYTES
    return judged_echo(echo, openings(settings, heard[begin:]), settings.audio.volume)


def openings(settings: Settings, heard: bytes) -> int:
    """Return how often the voice gate would have opened on this."""
    gate = Gate(settings.gate, CascadeDetector(WebRtcDetector(), SileroDetector()))
    gate.arm(GateMode.TAP)
    count = 0
    for end in range(MIC_FRAME_BYTES, len(heard) + 1, MIC_FRAME_BYTES):
        step = gate.push(Frame(heard[end - MIC_FRAME_BYTES : end]))
        count += step.event is GateEvent.SPEECH_STARTED
        if step.event is GateEvent.SPEECH_ENDED:
            gate.arm(GateMode.TAP)
    return count


def judged_echo(echo: Echo, opened: int, volume: int) -> Finding:
    """Return what there is to say of what was heard, and whether barge-in by voice may be."""
    levels = ", ".join(
        f"{round(above):+d} at {hz / 1000:g} kHz" for hz, above in echo.above_noise_db.items()
    )
    above = f"dB above the room: {levels}"
    if not echo.heard:
        says = f"the microphone does not hear the speaker ({above})"
        to_do = f"look at the plugs, at the mutes, and at the volume, which is {volume} %"
        return Finding(State.ILL, says, to_do)
    says = f"the microphone hears the speaker; {above}"
    if opened:
        barge_in = "no barge-in by voice: the kiosk would take itself for a customer"
    else:
        barge_in = "barge-in by voice may be enabled: its own voice does not open the gate"
    says = f"{says}; {barge_in}"
    if echo.overdriven:
        return Finding(State.ILL, f"{says}; the microphone is overdriven", "lower its gain")
    if echo.weak_hz:
        weak = " and ".join(f"{hz / 1000:g} kHz" for hz in echo.weak_hz)
        to_do = "look what covers speaker or microphone, or whether one is broken"
        return Finding(State.ILL, f"{says}; hardly anything at {weak}", to_do)
    return Finding(State.WELL, says)
