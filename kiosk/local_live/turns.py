"""The turn engine: which turn runs, what stops it, what comes after it.

A turn is one task: recognise, let the brain decide, call tools, speak, wait until it has
been heard. One turn runs at a time; the customer's voice or a new text stops it, and then
``interrupted`` and ``turnComplete`` follow alone (Live API: interruptions).

A customer who speaks again soon after the end of a question, and before its answer began, has
only paused: the turn is undone and the sound is joined to what follows, because words are
recognised better in one piece. Later than that they have given up the old question, and only
the new one is answered.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from kiosk.core.audio import MIC_HZ, SAMPLE_BYTES
from kiosk.local_live import outgoing
from kiosk.local_live.calls import PendingCall
from kiosk.local_live.parts import Action
from kiosk.local_live.protocol import FunctionResponse, Scheduling
from kiosk.local_live.reply import Answer, Turn, complete, is_silent, learn, reply
from kiosk.local_live.talk import Talk

_MOST_WAITING: Final = 4


@dataclass(frozen=True, slots=True)
class _Unfinished:
    """The part of a question that was said before a pause, and how much of it was captioned."""

    pcm: bytes = b""
    words_sent: int = 0


_Job = Callable[[Turn], Awaitable[None]]


class Turns:
    """Runs the turns of one connection in its task group.

    ``speaking`` tells whether the customer is speaking now.
    """

    def __init__(self, talk: Talk, group: asyncio.TaskGroup, speaking: Callable[[], bool]) -> None:
        self._talk = talk
        self._group = group
        self._speaking = speaking
        self._task: asyncio.Task[None] | None = None
        self._turn: Turn | None = None
        self._waiting: deque[_Job] = deque(maxlen=_MOST_WAITING)
        self._late: deque[Answer] = deque()
        self._unfinished = _Unfinished()
        self._stopping = False

    def hear(self, pcm: bytes, *, marked: bool) -> None:
        """Answer an utterance, 16 kHz PCM16; one that the client marked always ends a turn."""
        ended_s = self._talk.house.now()

        async def job(turn: Turn) -> None:
            turn.ended_s = ended_s
            await self._hear(turn, pcm, marked=marked)

        self._begin(job)

    def ask(self, text: str) -> None:
        """Answer a text; an empty one asks for an answer to the conversation as it stands."""
        talk = self._talk

        async def job(turn: Turn) -> None:
            talk.usage.heard(text=text)
            await reply(talk, turn, talk.hear(text))

        self._unfinished = _Unfinished()
        self._begin(job)

    async def answered(self, response: FunctionResponse) -> None:
        """Take a tool's answer, now or when its scheduling says."""
        call = self._talk.calls.answered(response)
        if call is None:
            return
        turn, interrupts = self._turn, self._may_interrupt(call, response)
        if turn is not None and call.call_id in turn.awaited:
            if not (interrupts and turn.speech.sounding):
                turn.answers.put_nowait((call, response))
                return
        elif is_silent(call, response):
            learn(self._talk, call, response)
            if turn is None:
                await self._talk.issue_handle()
            return
        self._late.append((call, response))
        if interrupts:
            await self.interrupt(by_voice=False)
        if interrupts or not (self._running or self._speaking()):
            self._begin(self._tell_late)

    async def interrupt(self, *, by_voice: bool) -> None:
        """Stop the turn that runs: the customer, or a text, takes the floor."""
        talk, turn = self._talk, self._turn
        await self.stop()
        if turn is None or turn.over:
            return
        turn.over = True
        paused = by_voice and self._only_paused(turn)
        withdrawn = talk.calls.withdraw(turn.awaited if paused else ())
        if withdrawn:
            await talk.send(outgoing.tool_call_cancellation(withdrawn))
        if paused:
            talk.brain.restore(turn.before)
            self._unfinished = _Unfinished(turn.pcm, turn.words_sent)
            if not turn.calls_made:
                return
        elif turn.answering:
            talk.brain.interrupted(turn.speech.spoken)
        await talk.send(outgoing.content(interrupted=True))
        await complete(talk)

    async def stop(self) -> None:
        """End the running task; a turn that is over gets its last messages out."""
        task = self._task
        if task is None or task.done():
            return
        if self._turn is None or not self._turn.over:
            task.cancel()
        self._stopping = True
        await asyncio.wait([task])
        self._stopping = False

    @property
    def _running(self) -> bool:
        return self._task is not None and not self._task.done()

    def _begin(self, job: _Job) -> None:
        self._waiting.append(job)
        if not self._running:
            self._task = self._group.create_task(self._run())

    async def _run(self) -> None:
        talk = self._talk
        try:
            while self._waiting and not self._stopping:
                job = self._waiting.popleft()
                turn = Turn(talk.new_speech(), talk.brain.snapshot())
                self._turn = turn
                await talk.busy()
                await job(turn)
                self._turn = None
                if self._late and not self._waiting and not self._speaking():
                    self._waiting.append(self._tell_late)
        finally:
            self._turn = None

    async def _hear(self, turn: Turn, pcm: bytes, *, marked: bool) -> None:
        talk = self._talk
        before, self._unfinished = self._unfinished, _Unfinished()
        longest = int(talk.house.timing.longest_activity_s * MIC_HZ) * SAMPLE_BYTES
        turn.pcm, turn.words_sent = (before.pcm + pcm)[-longest:], before.words_sent
        talk.usage.heard(audio_s=len(pcm) / SAMPLE_BYTES / MIC_HZ)
        text = (await talk.house.parts.ears.transcribe(turn.pcm)).strip()
        if not text:
            turn.over = True
            if marked:
                await complete(talk, turnCompleteReason="NEED_MORE_INPUT")
            return
        if talk.setup.caption_input:
            await self._caption(turn, text.split())
        await reply(talk, turn, talk.hear(text))

    async def _caption(self, turn: Turn, words: list[str]) -> None:
        """Send the words that were not sent before the customer paused."""
        for index in range(turn.words_sent, len(words)):
            turn.words_sent = index + 1
            last = turn.words_sent == len(words)
            await self._talk.send(outgoing.input_words(f" {words[index]}", last=last))

    async def _tell_late(self, turn: Turn) -> None:
        actions: list[Action] = []
        while self._late:
            actions += learn(self._talk, *self._late.popleft())
        if actions:
            await reply(self._talk, turn, tuple(actions))

    def _may_interrupt(self, call: PendingCall, response: FunctionResponse) -> bool:
        if call.blocking or response.scheduling is not Scheduling.INTERRUPT:
            return False
        return not (self._speaking() and self._talk.profile.interrupt_waits)

    def _only_paused(self, turn: Turn) -> bool:
        soon = self._talk.house.now() - turn.ended_s <= self._talk.house.timing.join_within_s
        return bool(turn.pcm) and soon and not turn.speech.started
