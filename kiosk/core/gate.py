"""The voice gate: which captured frames leave the device, and where an utterance ends.

Disarmed, it keeps nothing and asks no detector. Armed, it keeps what it hears from that
frame on and opens when enough of the newest frames are voiced; what it then sends begins
shortly before the first voice it heard. While open it sends everything but long silence:
after a short tail the frames wait, and either follow in one burst when speech resumes
(nothing is lost, no pause shortened) or are dropped because it was the end.

    DISARMED --arm--> LISTENING --onset--> OPEN --finished (tap)--> DISARMED
        ^                 |                  |
        '--- disarm, release ----------------'

Time is counted in frames of 20 ms and answers are finished values. Who ends the utterance
is the mode: the gate (tap) or the button (hold). How long an utterance may last is not
the gate's business.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from kiosk import settings
from kiosk.core.audio import MIC_FRAME_MS, Frame
from kiosk.core.cascade import Detector
from kiosk.core.effects import GateMode
from kiosk.core.levelling import LOUDER_DB, LevelledDetector

LEAD_FRAMES: Final = 10
"""Frames sent at most from before the first voiced one: soft consonants are heard late."""
LAG_FRAMES: Final = 5
"""Frames still voiced after the sound has ended (measured): they are part of the tail."""
TAP_KEPT_FRAMES: Final = 100
"""Frames kept while waiting for a voice: a tap may yet turn out to be a hold."""
HOLD_KEPT_FRAMES: Final = 3000
"""Frames kept while the button is down and nothing clear was heard: a minute."""
MURMUR_FRAMES: Final = 10
"""With so many voiced frames somebody may be speaking, be it too quietly to open the gate.

Noise of most kinds has fewer in six seconds; talkers who were missed mostly have more (measured).
"""


class GateEvent(StrEnum):
    """What the gate found out with the frame just pushed."""

    VOICE_SUSPECTED = "voice_suspected"
    SPEECH_STARTED = "speech_started"
    SPEECH_ENDED = "speech_ended"


@dataclass(frozen=True, slots=True)
class GateStep:
    """What one frame led to: frames to send now, oldest first, and an event."""

    send: tuple[Frame, ...] = ()
    event: GateEvent | None = None


@dataclass(frozen=True, slots=True)
class GateRelease:
    """What the end of an utterance led to: frames still to send, and whether any voice was heard.

    ``heard`` is false when nothing was sent since the gate was armed: there is no speech
    and the service has nothing to answer.
    """

    send: tuple[Frame, ...]
    heard: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """What there is to judge by whether the customer has finished. Lengths in frames."""

    voiced_frames: int
    """Voiced frames since the onset."""
    quiet_frames: int
    """Frames since the last voiced one."""
    probability: float
    """Of speech in the newest frame."""


class Finished(Protocol):
    """The decision that the customer has finished; asked for each frame of an open tap."""

    def __call__(self, heard: Heard) -> bool:
        """Return whether the utterance is over."""
        ...


def after_hangover(hangover_ms: int) -> Finished:
    """Finish after so much silence, whatever was said before."""
    hangover_frames = frames_of(hangover_ms)

    def finished(heard: Heard) -> bool:
        return heard.quiet_frames >= hangover_frames

    return finished


def frames_of(ms: int) -> int:
    """Return how many whole frames a length of time takes."""
    return -(-ms // MIC_FRAME_MS)


@dataclass(frozen=True, slots=True)
class _Kept:
    frame: Frame
    voiced: bool


class Gate:
    """One microphone's gate. ``finished`` replaces the plain hangover with something smarter."""

    def __init__(
        self,
        rules: settings.Gate,
        detector: Detector,
        finished: Finished | None = None,
        *,
        louder_db: float = LOUDER_DB,
    ) -> None:
        self._rules = rules
        self._detector = LevelledDetector(detector, louder_db)
        self._finished = finished or after_hangover(rules.hangover_ms)
        self._hangover_frames = frames_of(rules.hangover_ms)
        # the pre-roll includes the frames whose votes open the gate: those are always sent
        spare_frames = max(0, frames_of(rules.pre_roll_ms) - rules.open_window)
        self._lead_frames = min(LEAD_FRAMES, spare_frames)
        self._tail_frames = max(0, frames_of(rules.tail_ms) - LAG_FRAMES)
        self._mode: GateMode | None = None
        self._heard = False
        self._murmur_frames = 0
        self._suspected = False
        self._forget()

    @property
    def armed(self) -> bool:
        """Whether frames are kept or sent at all."""
        return self._mode is not None

    @property
    def open(self) -> bool:
        """Whether an utterance is under way."""
        return self._open

    def arm(self, mode: GateMode) -> None:
        """Listen from the next frame on.

        When armed already, change who ends the utterance and lose nothing.
        """
        if self._mode is None:
            self._detector.reset()
            self._forget()
            self._heard = False
        self._mode = mode

    def disarm(self) -> None:
        """Stop listening and drop what was not sent."""
        self._mode = None
        self._forget()

    def release(self) -> GateRelease:
        """End the utterance here and disarm; return what is still to be sent.

        An open gate has sent everything but the silence at the end. A hold in which the
        voice was too short or too quiet to open the gate is sent whole; one without any
        voice is not sent. Asked after the gate itself ended the utterance, it says so again.
        """
        send: tuple[Frame, ...] = ()
        if self._mode is GateMode.HOLD and any(kept.voiced for kept in self._kept):
            send = tuple(kept.frame for kept in self._kept)
            self._heard = True
        self.disarm()
        return GateRelease(send, self._heard)

    def push(self, frame: Frame) -> GateStep:
        """Take the next captured frame."""
        if self._mode is None:
            return GateStep()
        if self._open:
            return self._follow(frame, self._mode)
        return self._wait(frame, self._mode)

    def _wait(self, frame: Frame, mode: GateMode) -> GateStep:
        probability = self._detector.probability(frame)
        self._kept.append(_Kept(frame, probability >= self._rules.stay_probability))
        self._votes.append(probability >= self._rules.open_probability)
        if sum(self._votes) < self._rules.open_votes:
            self._murmur_frames += self._kept[-1].voiced
            if len(self._kept) > (TAP_KEPT_FRAMES if mode is GateMode.TAP else HOLD_KEPT_FRAMES):
                self._kept.popleft()
            return self._suspect(mode)
        kept = tuple(self._kept)
        voiced = self._first_words(kept)
        self._forget()
        self._open = self._heard = True
        self._voiced_frames = len(voiced)
        self._detector.talker(kept[index].frame for index in voiced)
        start = max(0, voiced[0] - self._lead_frames)
        return GateStep(tuple(each.frame for each in kept[start:]), GateEvent.SPEECH_STARTED)

    def _suspect(self, mode: GateMode) -> GateStep:
        """Tell once, of a hold, that somebody may be speaking."""
        if mode is GateMode.TAP or self._suspected or self._murmur_frames < MURMUR_FRAMES:
            return GateStep()
        self._suspected = True
        return GateStep((), GateEvent.VOICE_SUSPECTED)

    def _first_words(self, kept: tuple[_Kept, ...]) -> list[int]:
        """Return where the voiced frames are that belong to the one that opens the gate.

        A quiet beginning is part of the utterance, however far back, as long as no pause
        in it is longer than one that would have ended the utterance.
        """
        voiced = [index for index, each in enumerate(kept) if each.voiced]
        for place in range(len(voiced) - 1, 0, -1):
            if voiced[place] - voiced[place - 1] > self._hangover_frames:
                return voiced[place:]
        return voiced

    def _follow(self, frame: Frame, mode: GateMode) -> GateStep:
        probability = self._detector.probability(frame)
        if probability >= self._rules.stay_probability:
            send = (*self._withheld, frame)
            self._withheld.clear()
            self._voiced_frames += 1
            self._quiet_frames = 0
            return GateStep(send)
        self._quiet_frames += 1
        heard = Heard(self._voiced_frames, self._quiet_frames, probability)
        if mode is GateMode.TAP and self._finished(heard):
            self.disarm()
            return GateStep((), GateEvent.SPEECH_ENDED)
        if self._quiet_frames <= self._tail_frames:
            return GateStep((frame,))
        self._withheld.append(frame)
        return GateStep()

    def _forget(self) -> None:
        self._open = False
        self._kept: deque[_Kept] = deque()
        self._votes: deque[bool] = deque(maxlen=self._rules.open_window)
        self._withheld: list[Frame] = []
        self._murmur_frames = 0
        self._suspected = False
        self._voiced_frames = 0
        self._quiet_frames = 0
