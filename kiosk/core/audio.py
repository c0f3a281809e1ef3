"""Formats of sound inside the kiosk: mono PCM16, little endian.

The microphone side runs at 16 kHz in frames of 20 ms, the speaker side at 24 kHz in
frames of 10 ms: these are the native rates of the Live API (its audio format section)
and the block lengths that keep the way from a press to silence under 50 ms.
"""

from typing import Final, NewType

SAMPLE_BYTES: Final = 2

MIC_HZ: Final = 16_000
MIC_FRAME_MS: Final = 20
MIC_FRAME_SAMPLES: Final = MIC_HZ * MIC_FRAME_MS // 1000
MIC_FRAME_BYTES: Final = MIC_FRAME_SAMPLES * SAMPLE_BYTES

SPEAKER_HZ: Final = 24_000
SPEAKER_FRAME_MS: Final = 10
SPEAKER_FRAME_SAMPLES: Final = SPEAKER_HZ * SPEAKER_FRAME_MS // 1000
SPEAKER_FRAME_BYTES: Final = SPEAKER_FRAME_SAMPLES * SAMPLE_BYTES

Frame = NewType("Frame", bytes)
"""One frame of captured sound: exactly ``MIC_FRAME_BYTES`` bytes."""

SpeakerFrame = NewType("SpeakerFrame", bytes)
"""One frame of played sound: exactly ``SPEAKER_FRAME_BYTES`` bytes."""

SILENCE: Final = SpeakerFrame(bytes(SPEAKER_FRAME_BYTES))
MIC_SILENCE: Final = Frame(bytes(MIC_FRAME_BYTES))
