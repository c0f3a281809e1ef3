"""One connection of the misbehaving service, once it is set up."""

import asyncio
import json
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from websockets.exceptions import ConnectionClosed

from kiosk.local_live import outgoing
from kiosk.local_live.protocol import RealtimeInput, ToolResponse, parse
from kiosk.local_live.wire import Refused
from tests.misbehaving.record import Answering, Asked, Result
from tests.misbehaving.script import (
    FOREVER,
    Abort,
    AwaitResults,
    Call,
    Close,
    Done,
    Generated,
    GoAway,
    Hear,
    Interrupted,
    Pause,
    Say,
    Send,
    Step,
    Steps,
    Turn,
    Withdraw,
)
from tests.misbehaving.spoken import UNIT_S, Take, places

if TYPE_CHECKING:
    from tests.misbehaving.service import Misbehaving, Socket


class Conversation:
    """Reads what the client says and does what the script says."""

    def __init__(self, service: "Misbehaving", socket: "Socket") -> None:
        self._service = service
        self._socket = socket
        self._asked: Asked | None = None
        self._question = 0
        self._attempt = 0
        self._turn = Turn()
        self._frames = 0
        self._listened = False
        self._reply: asyncio.Task[None] | None = None
        self._answering: Answering | None = None
        self._take = Take(0)
        self._audible_until = 0.0
        self._calls: dict[str, str] = {}
        self._answered = asyncio.Event()
        self._tasks: asyncio.TaskGroup
        self._running: set[asyncio.Task[None]] = set()
        self._now = asyncio.get_running_loop().time

    async def run(self) -> None:
        """Serve until the connection ends."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                try:
                    self._start(self._do(self._socket.welcome.silent))
                    async for frame in self._socket:
                        await self._take_in(frame)
                finally:
                    for task in self._running:
                        task.cancel()
        except* ConnectionClosed:
            pass
        except* Refused as refused:
            raise refused.exceptions[0] from None

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._tasks.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    # What the client says

    async def _take_in(self, frame: str | bytes) -> None:
        message = parse(frame)
        match message:
            case RealtimeInput():
                if message.activity_start:
                    await self._activity_start()
                for sound in message.sounds:
                    self._sound(sound.pcm, sound.rate_hz)
                if message.activity_end:
                    self._activity_end()
            case ToolResponse(responses):
                for response in responses:
                    self._result(response.call_id, response.name, dict(response.response))
            case _:
                self._complain(f"nobody expected {type(message).__name__}")

    async def _activity_start(self) -> None:
        if self._asked is not None:
            self._complain("a second activity start")
        self._asked = Asked(self._socket.record.number, self._now())
        self._service.record.asked.append(self._asked)
        self._question = self._attempt = self._frames = 0
        self._listened = False
        interrupted, self._turn = self._turn, Turn()
        if self._reply is not None and not self._reply.done():
            self._reply.cancel()
            if self._calls:
                await self._socket.tell(outgoing.tool_call_cancellation(list(self._calls)))
                self._calls.clear()
            await self._socket.tell(outgoing.content(interrupted=True))
            await self._do(interrupted.when_interrupted)
            await self._end_turn("")

    def _sound(self, pcm: bytes, rate_hz: int) -> None:
        if self._asked is None:
            raise Refused(1007, "sound outside an activity")
        if rate_hz != 16_000:
            self._complain(f"sound at {rate_hz} Hz")
        self._asked.pcm += pcm
        for place in places(pcm):
            self._frames += 1
            if not self._question:
                self._question = place.question
                self._attempt, self._turn = self._service.turn(place.question)
        if self._question and self._frames >= self._turn.listening_from and not self._listened:
            self._listened = True
            self._start(self._do(self._turn.listening))

    def _activity_end(self) -> None:
        if self._asked is None:
            self._complain("an activity end without a start")
            return
        self._asked.ended_at = self._now()
        self._asked = None
        if not self._question:
            return  # nobody spoke: the model stays silent
        self._reply = self._start(self._answer())

    def _result(self, call_id: str, name: str, response: dict[str, Any]) -> None:
        self._service.record.results.append(
            Result(self._socket.record.number, call_id, name, response)
        )
        key = call_id or next((key for key in self._calls if key.startswith("nameless")), "")
        if self._calls.pop(key, None) is None:
            self._complain("a result that nobody waits for")
        self._answered.set()

    def _complain(self, what: str) -> None:
        self._service.record.complaints.append(what)

    # What the script says

    async def _answer(self) -> None:
        answering = Answering(self._socket.record.number, self._question, self._attempt)
        self._answering = answering
        self._service.record.answers.append(answering)
        self._take = Take(self._question, odd=self._attempt % 2 == 1)
        await self._socket.tell(outgoing.resumption(None))
        await asyncio.sleep(self._turn.think_s)
        self._audible_until = self._now()
        await self._do(self._turn.steps)

    async def _do(self, steps: Steps) -> None:
        for step in steps:
            await self._do_step(step)

    async def _do_step(self, step: Step) -> None:
        tell = self._socket.tell
        match step:
            case Hear(times):
                for _ in range(times):
                    await tell(outgoing.input_words(f"question {self._question}", last=True))
            case Say():
                await self._say(step)
            case Pause(seconds):
                await (asyncio.Event().wait() if seconds == FOREVER else asyncio.sleep(seconds))
            case Call():
                await self._call(step)
            case AwaitResults():
                await self._results()
            case Withdraw():
                await tell(outgoing.tool_call_cancellation(list(self._calls)))
                self._calls.clear()
            case Close(code, reason):
                await self._socket.close(code, reason)
            case Abort(reset):
                self._socket.abort(reset=reset)
            case GoAway():
                await tell(outgoing.go_away(step.notice_s))
                self._start(self._hang_up(step))
            case Send(what):
                raw = what if isinstance(what, str | bytes) else json.dumps(what)
                await self._socket.send(raw)
            case Interrupted():
                await tell(outgoing.content(interrupted=True))
            case Generated():
                await tell(outgoing.content(generationComplete=True))
            case Done(reason):
                await asyncio.sleep(self._audible_until - self._now())
                if self._answering:
                    self._answering.complete = True
                await self._end_turn(reason)

    async def _end_turn(self, reason: str) -> None:
        await self._socket.tell(
            outgoing.content(turnComplete=True, turnCompleteReason=reason or None)
        )
        await self._socket.tell(outgoing.resumption(self._service.new_handle(self._socket)))

    async def _hang_up(self, going: GoAway) -> None:
        await asyncio.sleep(going.notice_s)
        await self._socket.close(going.code, outgoing.close_reason(going.reason))

    async def _say(self, say: Say) -> None:
        assert self._answering is not None
        take = Take(self._take.question, say.wording, self._take.odd)
        units = round(say.seconds / UNIT_S)
        first = self._answering.units
        began = self._now()
        self._audible_until = max(self._audible_until, began) + say.seconds
        at_once = units if say.one_frame else 1
        for done in range(0, units, at_once):
            await self._socket.send(_message(take, first + done, at_once, say))
            self._answering.units += at_once
            due = began + (done + at_once) * UNIT_S / say.pace
            if due > self._now():
                await asyncio.sleep(due - self._now())

    async def _call(self, call: Call) -> None:
        call_id = f"fc-{next(self._service.call_ids)}"
        function: dict[str, Any] = {"name": call.name, "args": dict(call.arguments)}
        if call.with_id:
            function["id"] = call_id
        self._calls[call_id if call.with_id else f"nameless-{call_id}"] = call.name
        await self._socket.tell({"toolCall": {"functionCalls": [function]}})
        if call.wait:
            await self._results()

    async def _results(self) -> None:
        while self._calls:
            self._answered.clear()
            await self._answered.wait()


def _message(take: Take, unit: int, units: int, say: Say) -> bytes:
    words = [word for more in range(units) if (word := take.word(unit + more))]
    message = outgoing.reply_sound(take.piece(unit, units), "".join(words) or None)
    blob = message["serverContent"]["modelTurn"]["parts"][0]["inlineData"]
    blob["mimeType"] = say.mime
    if say.broken:
        blob["data"] = "~" + blob["data"][1:]
    if say.filler_bytes:
        message["serverContent"]["somethingNew"] = "x" * say.filler_bytes
    return outgoing.encode(message)
