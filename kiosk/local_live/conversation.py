"""What each message of the client does, on a connection that is set up."""

import asyncio
from collections.abc import Sequence
from typing import Final

from kiosk.local_live import outgoing
from kiosk.local_live.endpointing import Ended, Started
from kiosk.local_live.listening import Listening
from kiosk.local_live.protocol import (
    ClientContent,
    ContextUpdate,
    Line,
    Message,
    RealtimeInput,
    Setup,
    Sound,
    ToolResponse,
    parse,
)
from kiosk.local_live.talk import LONGEST_TEXT, Talk
from kiosk.local_live.turns import Turns
from kiosk.local_live.wire import invalid

_LARGE_FRAME: Final = 64 * 1024


async def read(frame: str | bytes) -> Message:
    """Parse one frame, a large one on a thread; raises ``Refused``."""
    if len(frame) <= _LARGE_FRAME:
        return parse(frame)
    return await asyncio.to_thread(parse, frame)


class Conversation:
    """Feeds messages to the turns, in the order in which they came."""

    def __init__(self, talk: Talk, group: asyncio.TaskGroup) -> None:
        self._talk = talk
        self._listening = Listening(talk.setup.detection, talk.house.timing.longest_activity_s)
        self._turns = Turns(talk, group, lambda: self._listening.speaking)
        self._history_first = talk.setup.history_first
        self._unanswered: list[str] = []

    async def take(self, message: Message) -> None:
        """Act on one message; raises ``Refused`` for one that may not come now."""
        match message:
            case Setup():
                raise invalid("Setup has been sent already.")
            case ClientContent(lines, complete):
                await self._content(lines, complete=complete)
            case RealtimeInput():
                await self._realtime(message)
            case ToolResponse(responses):
                for response in responses:
                    self._talk.profile.check_response(response)
                    await self._turns.answered(response)
            case ContextUpdate(instruction, tools):
                if tools is not None:
                    self._talk.profile.check_tools(tools)
                await self._talk.change(instruction, tools)

    async def stop(self) -> None:
        """Stop the turn that runs; the client has gone."""
        await self._turns.stop()

    async def _content(self, lines: Sequence[Line], *, complete: bool) -> None:
        if complete and not self._history_first:
            await self._turns.interrupt(by_voice=False)
        for line in lines:
            await asyncio.sleep(0)  # a long history must not hold up the others
            if line.role == "user":
                self._unanswered.append(line.text)
            else:
                self._remember_unanswered()
                self._remember("model", line.text)
        if not complete:
            return
        if self._history_first:
            self._history_first = False
        else:
            self._ask("")

    async def _realtime(self, message: RealtimeInput) -> None:
        if message.activity_start:
            await self._decided(self._listening.start())
        for sound in message.sounds:
            await self._hear(sound)
        if message.text is not None:
            await self._turns.interrupt(by_voice=False)
            self._ask(message.text)
        if message.stream_end and self._talk.profile.stream_end_ends_turn:
            await self._decided(self._listening.stream_end())
        if message.activity_end:
            await self._decided(self._listening.end())

    async def _hear(self, sound: Sound) -> None:
        for decided in self._listening.hear(sound):
            if decided is None:
                await asyncio.sleep(0)  # a long piece must not hold up the others
            else:
                await self._decided(decided)

    async def _decided(self, decided: Started | Ended | None) -> None:
        match decided:
            case None:
                return
            case Started(offset_s):
                await self._tell_activity(started=True, offset_s=offset_s)
                if self._talk.setup.interrupts:
                    await self._turns.interrupt(by_voice=True)
            case Ended(pcm, offset_s):
                await self._tell_activity(started=False, offset_s=offset_s)
                self._remember_unanswered()
                self._turns.hear(pcm, marked=self._listening.manual)

    async def _tell_activity(self, *, started: bool, offset_s: float) -> None:
        if self._talk.profile.voice_activity and not self._listening.manual:
            await self._talk.send(outgoing.voice_activity(started=started, offset_s=offset_s))

    def _ask(self, text: str) -> None:
        """Ask with what was seeded and never answered, and this."""
        parts = [part for part in (*self._unanswered, text) if part.strip()]
        self._unanswered.clear()
        self._turns.ask("\n".join(parts))

    def _remember_unanswered(self) -> None:
        for text in self._unanswered:
            self._remember("user", text)
        self._unanswered.clear()

    def _remember(self, role: str, text: str) -> None:
        self._talk.usage.heard(text=text)
        self._talk.brain.remember(role, text[-LONGEST_TEXT:])
