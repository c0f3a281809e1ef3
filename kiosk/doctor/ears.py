"""The voice gate's two models, tried on a question that comes with the kiosk."""

import asyncio
from typing import Final

from kiosk.adapters.vad import SileroDetector, WebRtcDetector
from kiosk.adapters.wav_files import read_wav
from kiosk.core.audio import MIC_FRAME_BYTES, MIC_HZ, Frame
from kiosk.doctor.finding import Examined, Finding, State
from kiosk.resources import packaged

QUESTION: Final = "question-ord-88421.wav"
LEAST_SHARE: Final = 0.3
"""Of the frames of the question that must sound like a voice; measured: 0.83 and 0.91."""


async def check_ears(kiosk: Examined) -> Finding:
    """Look whether both models load and hear the voice in a recorded question."""
    return await asyncio.to_thread(_tried, kiosk.settings.gate.open_probability)


def _tried(enough: float) -> Finding:
    pcm = read_wav(packaged(QUESTION), MIC_HZ)
    ends = range(MIC_FRAME_BYTES, len(pcm) + 1, MIC_FRAME_BYTES)
    frames = [Frame(pcm[end - MIC_FRAME_BYTES : end]) for end in ends]
    heard = {}
    for name, detector in (("WebRTC's", WebRtcDetector()), ("Silero's", SileroDetector())):
        votes = sum(detector.probability(frame) >= enough for frame in frames)
        heard[name] = votes / len(frames)
    told = " and ".join(f"{name} in {share:.0%}" for name, share in heard.items())
    says = f"a voice in the recorded question: {told} of its frames"
    if min(heard.values()) < LEAST_SHARE:
        return Finding(State.ILL, says, "install the kiosk again: a model does not work")
    return Finding(State.WELL, says)
