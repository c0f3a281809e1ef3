"""The owner of the sound devices: a lost one is found again, and the kiosk stays up.

Any change closes both devices and opens them anew, because the list of devices is made when
the first is opened. While one is missing the other works: a speaker alone says that nobody is
heard, but without a speaker there is no microphone either, for a deaf-mute talk is worse.

A microphone is told to be healed when it delivers sound, not when it could be opened.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from typing import Final, Self

from kiosk.core.deadness import Verdict
from kiosk.core.events import Event, Part, PartFailed, PartHealed
from kiosk.errors import DeviceLost
from kiosk.ports import OpenSound, SoundCard
from kiosk.runtime.control import Inbox
from kiosk.runtime.sound import LastingMicrophone, LastingSpeaker
from kiosk.runtime.watchdog import WatchedPart

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
"""Between two looks for a device that is missing."""
REVIVE_S: Final = 30.0
"""Between two openings of a microphone that hears nothing: a speaker may click at each."""
EXPLAIN_S: Final = 10.0
"""After so long the log is told why a lost device cannot be opened, and who has it."""
CLOSABLE_LOOK_S: Final = 0.05


class Devices:
    """Both devices, open or looked for. A context that begins and ends before the tasks."""

    def __init__(
        self, card: SoundCard, *, silence_is_fault: bool = True, may_be_missing: bool = True
    ) -> None:
        self.microphone = LastingMicrophone(silence_is_fault=silence_is_fault)
        self.speaker = LastingSpeaker()
        self._card = card
        self._may_be_missing = may_be_missing
        self._inbox: Inbox | None = None
        self._opened = ExitStack()
        self._sound = OpenSound(None, None, {})
        self._openings = 0
        self._lost: list[DeviceLost] = []
        self._failed: dict[Part, float] = {}
        self._told: set[str] = set()
        self._revive_at: float | None = None
        self._news = asyncio.Event()
        self._now = asyncio.get_running_loop().time
        self.microphone.on_verdict = self._news.set

    async def __aenter__(self) -> Self:
        """Open what is there. Raises StartError when something is not and has to be."""
        self._open()
        if self._sound.missing and not self._may_be_missing:
            self._opened.close()
            raise next(iter(self._sound.missing.values()))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close everything that can be closed."""
        self._opened.close()

    def evidence(self) -> Mapping[str, int]:
        """Return a count for every part that should move at this moment.

        A device that is known to be away, or was just opened, should not: a new one is given
        its own deadline.
        """
        counts = {}
        lost = {one.part for one in self._lost}
        if self.microphone.delivers and "microphone" not in lost:
            counts["microphone"] = self.microphone.frames_captured + self._openings
        if self.speaker.plays and "speaker" not in lost:
            counts["speaker"] = self.speaker.frames_played + self._openings
        return counts

    def watched(self) -> tuple[WatchedPart, ...]:
        """Return both devices for the watchdog."""

        def part(name: str) -> WatchedPart:
            return WatchedPart(
                name=name,
                count=lambda: self.evidence().get(name, -1),
                should_move=lambda: name in self.evidence(),
            )

        return part("microphone"), part("speaker")

    async def run(self, inbox: Inbox) -> None:
        """Keep the devices open until cancelled.

        Raises DeviceLost when one hangs: the process cannot close it and must end.
        """
        self._inbox = inbox
        self._tell_missing()
        while True:
            await self._change()
            await self._until_closable()
            self._open()
            self._tell_missing()

    async def _change(self) -> None:
        """Return when the devices are to be opened anew."""
        while True:
            self._judge_microphone()
            if self._lost:
                return
            if self._revive_at is not None and self._now() >= self._revive_at:
                self._revive_at = self._now() + REVIVE_S
                return
            if not self._sound.missing:
                await self._news_until(self._revive_at)
                continue
            await self._news_until(self._now() + LOOK_S)
            part = Part.SPEAKER if "speaker" in self._sound.missing else Part.MICROPHONE
            trouble = await self._card.trouble([part.value])
            if trouble is None:
                return
            self._tell_trouble(part, trouble)

    async def _news_until(self, deadline: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                await self._news.wait()
        self._news.clear()

    async def _until_closable(self) -> None:
        """Tell what is lost, and wait until the rest is seen to live or to be lost as well."""
        while True:
            for lost in self._lost:
                if lost.frozen:
                    raise lost
                self._fail(Part(lost.part), "lost", lost.cause)
            if self._sound.closable():
                return
            await asyncio.sleep(CLOSABLE_LOOK_S)

    def _open(self) -> None:
        """Close both and open what is there. Nothing of the loop runs meanwhile."""
        self.microphone.fit(None)
        self.speaker.hold()
        self._opened.close()
        self._lost.clear()
        self._openings += 1
        self._sound = self._opened.enter_context(self._card.open(self._on_lost))
        self.microphone.fit(self._sound.microphone)
        self.speaker.fit(self._sound.speaker)

    def _on_lost(self, lost: DeviceLost) -> None:
        self._lost.append(lost)
        self._news.set()

    def _judge_microphone(self) -> None:
        """Tell what its frames say of it."""
        match self.microphone.deadness.verdict:
            case Verdict.ALIVE:
                self._revive_at = None
                self._heal(Part.MICROPHONE)
            case Verdict.DEAD if self._revive_at is None:
                silent = self.microphone.deadness.silent
                why = (
                    "nothing but zeros for 2 s; if it is meant to be silent, set [audio] "
                    "silence_is_fault = false"
                    if silent
                    else "the same 20 ms again and again"
                )
                self._fail(Part.MICROPHONE, "silent" if silent else "stuck", why)
                self._revive_at = self._now()  # at once; later ones wait
            case _:
                pass

    def _tell_missing(self) -> None:
        """Tell what an opening brought."""
        missing = self._sound.missing
        for name, error in missing.items():
            self._tell_trouble(Part(name), str(error))
        if self._sound.speaker is not None:
            self._heal(Part.SPEAKER)
        elif "microphone" not in missing:
            self._fail(Part.MICROPHONE, "no_speaker")

    def _tell_trouble(self, part: Part, sentence: str) -> None:
        """Log why a part cannot be opened: once a sentence, and not for a short loss."""
        if part not in self._failed:
            self._fail(part, "missing", sentence)
        elif sentence in self._told or self._now() < self._failed[part] + EXPLAIN_S:
            return
        else:
            log.warning("sound device not found", extra=_fields(part, KIOSK_CAUSE=sentence))
        self._told.add(sentence)

    def _fail(self, part: Part, cause: str, sentence: str = "") -> None:
        if part in self._failed:
            return
        self._failed[part] = self._now()
        if sentence:
            log.warning("sound device failed", extra=_fields(part, KIOSK_CAUSE=sentence))
        self._post(PartFailed(part, cause))

    def _heal(self, part: Part) -> None:
        since = self._failed.pop(part, None)
        if since is None:
            return
        self._told.clear()
        took_s = round(self._now() - since, 2)
        log.info("sound device works again", extra=_fields(part, KIOSK_TOOK_S=took_s))
        self._post(PartHealed(part))

    def _post(self, event: Event) -> None:
        assert self._inbox is not None, "it runs"
        self._inbox.post(event)


def _fields(part: Part, **more: object) -> dict[str, object]:
    return {"KIOSK_PART": part.value, **more}
