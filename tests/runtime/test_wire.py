"""What a session says and takes, message by message: whose it is and what becomes of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from kiosk.core.effects import GateMode
from kiosk.core.events import Event, ReplyFinished, ReplyStarted, Tick
from kiosk.core.gate import Gate
from kiosk.core.live import (
    HandleIssued,
    LiveMessage,
    ReplyAudio,
    ReplyInterrupted,
    SessionHandle,
    ToolCall,
    ToolResult,
    ToolWithdrawn,
    TurnComplete,
)
from kiosk.core.path import PathSample
from kiosk.resources import packaged
from kiosk.runtime.claim_guard import ClaimGuard
from kiosk.runtime.control import Inbox
from kiosk.runtime.downlink import Downlink
from kiosk.runtime.errands import Errands
from kiosk.runtime.playout import Player
from kiosk.runtime.stream import Stream
from kiosk.runtime.uplink import Uplink
from kiosk.settings import Settings
from kiosk.shop.policy_file import load_policy
from kiosk.shop.ports import ShopBackend
from tests.fakes.shop import PaperShop, paper_toolbox
from tests.fakes.sound import FakeMicrophone
from tests.runtime.house import Marks
from tests.virtualtime import run_virtual

PIECE = ReplyAudio(b"\x01\x10" * 960)


@dataclass
class Wire:
    """A session that says what the test tells it to, and how its reader takes it."""

    downlink: Downlink
    inbox: Inbox
    events: list[dict[str, Any]]
    _messages: asyncio.Queue[LiveMessage] = field(default_factory=asyncio.Queue)

    async def say(self, *messages: LiveMessage) -> list[Event]:
        """Say something; return what the conversation hears of it."""
        for message in messages:
            self._messages.put_nowait(message)
        await asyncio.sleep(0.1)
        heard: list[Event] = []
        while (event := await self.inbox.next(0.0)) != Tick():
            heard.append(event)
        return heard

    resumed = False

    async def messages(self) -> AsyncIterator[LiveMessage]:
        while True:
            yield await self._messages.get()

    def path(self) -> PathSample:
        return PathSample(0, 0.0)

    def reset(self) -> None: ...

    async def ping(self) -> None: ...

    async def send_activity_start(self) -> None: ...

    async def send_audio(self, pcm: bytes) -> None: ...

    async def send_activity_end(self) -> None: ...

    async def send_text(self, text: str) -> None: ...

    async def send_tool_result(self, result: ToolResult) -> None: ...


@asynccontextmanager
async def wire(book: ShopBackend | None = None) -> AsyncIterator[Wire]:
    events: list[dict[str, Any]] = []
    inbox, stream = Inbox(), Stream(lambda event: events.append(dict(event)))
    shop = paper_toolbox(load_policy(packaged("policy.toml")), backend=book)
    errands = Errands(shop, stream)
    guard = ClaimGuard(errands, inbox)
    line = Wire(Downlink(inbox, Player({}, inbox, stream), errands, guard, stream), inbox, events)
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(work) for work in (errands.serve(), line.downlink.read(line))]
    await asyncio.sleep(0)
    try:
        yield line
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def test_the_next_customer_never_gets_the_handle_of_the_last() -> None:
    async def scenario() -> None:
        async with wire() as line:
            line.downlink.forget()
            await line.say(HandleIssued(SessionHandle("the last customer's")))

            assert line.downlink.handle is None

    run_virtual(scenario())


def test_an_old_reply_stays_unheard_though_the_customer_first_said_nothing() -> None:
    async def scenario() -> None:
        async with wire() as line:
            line.downlink.asked()
            assert await line.say(PIECE) == [ReplyStarted()]
            line.downlink.mute()  # a barge-in
            line.downlink.mute()  # a hold without a word: "could you say that again?"
            line.downlink.asked()
            assert await line.say(PIECE, ToolCall("1", "search_policy", {"question": "x"})) == []
            assert await line.say(ReplyInterrupted(), TurnComplete()) == []
            assert await line.say(PIECE, TurnComplete()) == [
                ReplyStarted(),
                ReplyFinished(audible=True),
            ]
            assert [event["event"] for event in line.events] == []

    run_virtual(scenario())


def test_a_call_given_up_is_told_as_withdrawn() -> None:
    async def scenario() -> None:
        async with wire(PaperShop(takes_s=1.0)) as line:
            line.downlink.asked()
            await line.say(ToolCall("1", "get_order_status", {"order_id": "ORD-88421"}))
            await line.say(ToolWithdrawn(("1",)))
            await asyncio.sleep(3.0)

            told = [(event["event"], event.get("status")) for event in line.events]
            assert told == [("tool_call", None), ("tool_result", "withdrawn")]

    run_virtual(scenario())


class Stuck(Wire):
    """A session whose socket is full when the end mark comes."""

    async def send_activity_end(self) -> None:
        await asyncio.Event().wait()


def test_a_press_while_the_end_mark_waits_in_the_socket_is_known_to_be_about_its_reply() -> None:
    async def scenario() -> None:
        async with wire() as line:
            uplink = Uplink(Gate(Settings().gate, Marks()), line.inbox)
            asked: list[str] = []
            uplink.on_end_mark = lambda: asked.append("asked")
            microphone = FakeMicrophone()
            loop = asyncio.get_running_loop()
            tasks = [loop.create_task(work) for work in (uplink.capture(microphone), uplink.send())]
            uplink.attach(Stuck(line.downlink, line.inbox, []))
            uplink.arm(GateMode.TAP)
            microphone.say(1.0)
            await asyncio.sleep(3.0)
            uplink.end_utterance()
            await asyncio.sleep(0.1)
            assert asked == ["asked"]
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    run_virtual(scenario())
