"""The kiosk's real runtime and Live adapter in a cell, with a customer of numbered words.

Sound devices are clocks, the rest is what ships. ``stack`` is the one place that knows how a
kiosk is put together.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from outage_words import CountingMicrophone, Notes, numbers_of

from kiosk.adapters.genai_live import GenaiLive
from kiosk.adapters.netlink import watch_network
from kiosk.core.audio import SPEAKER_FRAME_SAMPLES
from kiosk.core.effects import Phrase
from kiosk.core.events import KioskReady
from kiosk.core.gate import Gate
from kiosk.resources import packaged
from kiosk.runtime.front import Front
from kiosk.runtime.kiosk import Kiosk
from kiosk.runtime.stream import Stream
from kiosk.settings import Button, Live, Talk
from kiosk.settings import Gate as GateSettings
from kiosk.shop.policy_file import load_policy
from tests.fakes.shop import paper_toolbox
from tests.fakes.sound import FakeSpeaker
from tests.runtime.house import (
    NOW,
    SETUP,
    FakeMemory,
    Marks,
    NobodyPresses,
    ShownLamps,
)

PHRASE = (-8000).to_bytes(2, "little", signed=True) * 12_000  # half a second that is no number
FOLLOW_UP_S = 60.0
POLICY = load_policy(Path(packaged("policy.toml")))
"""Read once, for all cells."""

Event = Mapping[str, Any]


async def stack(endpoint: str, ca_file: str, publish: Callable[[Event], None]) -> Kiosk:
    """Put a kiosk together that opens its sessions at an endpoint."""
    patience_s = Live().connect_s
    live = GenaiLive(endpoint=endpoint, api_key="none", ca_file=ca_file, connect_s=patience_s)
    await live.warm()
    front = Front(
        phrases={phrase: PHRASE for phrase in Phrase if phrase is not Phrase.TICK},
        lamps=ShownLamps(),
        stream=Stream(publish),
        talk=Talk(follow_up_s=FOLLOW_UP_S),
        button=Button(),
    )
    kiosk = Kiosk(
        front,
        gate=Gate(GateSettings(), Marks()),
        toolbox=paper_toolbox(POLICY, now=NOW),
        memory=FakeMemory(),
    )
    kiosk.link.use(live, SETUP)
    return kiosk


class KioskBooth:
    """A kiosk, and a customer before it."""

    noticed = ("suspect", "path_down", "connecting")
    """The first of these after a fault is when the kiosk knew."""
    patience_s = 25.0
    """Longer than an idle kiosk takes to look whether its service is there."""

    def __init__(self) -> None:
        self.notes = Notes()
        self.microphone = CountingMicrophone()
        self.speaker = FakeSpeaker()
        self._kiosk: Kiosk | None = None
        self._now = asyncio.get_running_loop().time

    @asynccontextmanager
    async def open(self, endpoint: str, ca_file: str) -> AsyncIterator[None]:
        """Run the kiosk until the context ends."""
        kiosk = self._kiosk = await stack(endpoint, ca_file, self.notes.add)
        async with watch_network() as network, asyncio.TaskGroup() as group:
            works = (
                *kiosk.front.work(self.speaker, NobodyPresses()),
                *kiosk.work(self.microphone, network),
            )
            tasks = [group.create_task(work) for work in works]
            kiosk.front.inbox.post(KioskReady())
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()

    @property
    def late_s(self) -> list[float]:
        """How late the cell's own clock was, again and again."""
        return self.microphone.late_s

    @property
    def played(self) -> list[int]:
        """The number of every frame that came out of the speaker."""
        self.speaker.sounded()
        sound = b"".join(frame for _, frame in self.speaker.played)
        return [number for number in numbers_of(sound, SPEAKER_FRAME_SAMPLES) if number]

    async def ask(self, question: int, words: int) -> None:
        """Speak; tap first unless the kiosk listens anyway."""
        assert self._kiosk is not None
        if not self._listens:
            await self._kiosk.front.presses.press(0.1)
        self.microphone.say(question, words)

    async def spoke(self, since: float) -> None:
        """Return when the kiosk has noticed that somebody speaks."""
        await self.notes.until(10.0, since, "speech_started")

    async def finished(self, since: float) -> None:
        """Return when the kiosk has noticed that the customer has finished."""
        await self.notes.until(15.0, since, "speech_ended")

    async def answers(self, since: float) -> None:
        """Return when a reply begins to sound."""
        await self.notes.until(15.0, since, "reply_started")

    async def quiet(self, since: float) -> None:
        """Return when the kiosk waits for the next question."""
        await self.notes.until(20.0, since, "turn_ended")
        await self.notes.until(2.0, since, "mic_open")

    async def settled(self, deadline: float) -> None:
        """Return when the next question can be asked: in the visit, or after it, light back."""
        while self._now() < deadline and not (self._listens or self._ready):
            left_s = max(0.0, deadline - self._now())
            await self.notes.until(left_s, self._now(), "light", "mic_open")

    async def answered(self, since: float, within_s: float) -> bool:
        """Whether a turn that ends after a moment was answered."""
        ended = await self.notes.until(within_s, since, "turn_ended", "visit_ended")
        return ended is not None and ended.get("outcome") == "answered"

    @property
    def _listens(self) -> bool:
        return self._last("mic_open", "mic_close") == "mic_open"

    @property
    def _ready(self) -> bool:
        lights = [event["code"] for event in self.notes.events if event["event"] == "light"]
        return bool(lights) and lights[-1] in "GA"

    def _last(self, *names: str) -> str:
        told = [event["event"] for event in self.notes.events if event["event"] in names]
        return told[-1] if told else ""
