"""What the kiosk relies on in a Live service, in sentences.

The same suite holds for the scripted fake, the local Live service and Google's: whatever the
runtime tests prove on the fake is thereby true of the services.
"""

import asyncio
import re
from dataclasses import dataclass, field, replace

import pytest

from kiosk.core.audio import SAMPLE_BYTES, SPEAKER_HZ
from kiosk.core.live import (
    Caption,
    GenerationComplete,
    HandleIssued,
    LiveMessage,
    ReplyAudio,
    ReplyInterrupted,
    ReplyText,
    SessionHandle,
    SessionSetup,
    ToolCall,
    ToolDeclaration,
    ToolResult,
    ToolWithdrawn,
    TurnComplete,
)
from kiosk.errors import LinkError, LinkRefused
from kiosk.ports import LiveSession
from tests.contract.peers import Peer
from tests.contract.speech import frames, spoken
from tests.fakes.live import Call, FakeLive, Memory, Say, Turn

TURN_S = 60.0

ORDER_STATUS = ToolDeclaration(
    "get_order_status",
    "Look up the status and delivery time of an order of ShopMax by its number.",
    {
        "type": "object",
        "properties": {
            "order_id": {"type": "string", "description": "The order number, like ORD-12345."}
        },
        "required": ["order_id"],
    },
)
POLICY = ToolDeclaration(
    "search_policy",
    "Look up ShopMax's rules: returns, refunds, large appliances, opening hours.",
    {
        "type": "object",
        "properties": {"question": {"type": "string", "description": "The customer's question."}},
        "required": ["question"],
    },
)
INSTRUCTION = (
    "You are the voice kiosk of the shop ShopMax. Answer in one or two short sentences. Look"
    " every order up with get_order_status and every rule with search_policy; never make a fact"
    " up. A follow-up question about an order that was looked up is answered from what is known."
)
ORDER_ANSWER = {
    "status": "ok",
    "retryable": False,
    "say": "Order ORD-88421, a coffee machine, is out for delivery and due today by 7 pm.",
    "order_id": "ORD-88421",
    "item": "coffee machine",
    "order_status": "out for delivery",
    "due": "today by 7 pm",
}
POLICY_ANSWER = {
    "status": "ok",
    "retryable": False,
    "say": (
        "You can return an item within 7 days of delivery, unused and in its original packaging."
        " Large appliances are picked up free of charge, smaller items can be dropped at any"
        " ShopMax store, and refunds take 3 to 5 business days."
    ),
}

ASK_ORDER = "Where is my order, O R D, 8 8 4 2 1?"
ASK_WHEN = "And when will it arrive?"
ASK_RETURNS = "What is your return policy?"


def last_answer(memory: Memory) -> str:
    """What a scripted service says: what its tool told it, or that it knows nothing."""
    if not memory.results:
        return "Which order do you mean?"
    return str(memory.results[-1].response["say"])


ORDER_TURN = Turn(
    heard=ASK_ORDER,
    steps=(Call("get_order_status", {"order_id": "ORD-88421"}), Say(last_answer)),
)
RETURNS_TURN = Turn(
    heard=ASK_RETURNS, steps=(Call("search_policy", {"question": "returns"}), Say(last_answer))
)


@dataclass(slots=True)
class Heard:
    """One turn as the kiosk got it."""

    messages: list[LiveMessage] = field(default_factory=list)
    audio: bytes = b""
    customer: str = ""
    kiosk: str = ""
    words: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    interrupted: bool = False

    def add(self, message: LiveMessage) -> None:
        self.messages.append(message)
        match message:
            case ReplyAudio(pcm):
                self.audio += pcm
            case Caption("customer", text):
                self.customer += text
            case Caption("kiosk", text):
                self.kiosk += text
            case ToolCall():
                self.calls.append(message)
            case ReplyText(text):
                self.words += text
            case ReplyInterrupted():
                self.interrupted = True
            case _:
                pass

    @property
    def seconds(self) -> float:
        return len(self.audio) / (SPEAKER_HZ * SAMPLE_BYTES)


def setup(peer: Peer) -> SessionSetup:
    return SessionSetup(
        model=peer.model, voice="Aoede", instruction=INSTRUCTION, tools=(ORDER_STATUS, POLICY)
    )


async def ask_aloud(session: LiveSession, question: str) -> None:
    """Press, speak, release."""
    await session.send_activity_start()
    for frame in frames(spoken(question)):
        await session.send_audio(frame)
    await session.send_activity_end()


async def turn(session: LiveSession, *, until: type[LiveMessage] | None = None) -> Heard:
    """Listen until the turn is over (or ``until`` comes), answering every tool call."""
    heard = Heard()
    async with asyncio.timeout(TURN_S):
        async for message in session.messages():
            heard.add(message)
            if isinstance(message, ToolCall):
                await session.send_tool_result(answer_to(message))
            if isinstance(message, until or TurnComplete):
                return heard
    raise AssertionError("the messages ended by themselves")


def answer_to(call: ToolCall) -> ToolResult:
    answers = {"get_order_status": ORDER_ANSWER, "search_policy": POLICY_ANSWER}
    return ToolResult(call.call_id, call.name, answers[call.name])


async def handle_after(session: LiveSession) -> SessionHandle:
    """Wait for the handle that comes after a turn."""
    async with asyncio.timeout(TURN_S):
        async for message in session.messages():
            if isinstance(message, HandleIssued):
                return message.handle
    raise AssertionError("the messages ended by themselves")


def digits(text: str) -> str:
    return "".join(re.findall(r"\d", text))


def tells_the_time(text: str) -> bool:
    return re.search(r"\b(7|seven)\b", text, re.IGNORECASE) is not None


def test_a_spoken_question_is_answered_with_sound_and_both_transcripts(peer: Peer) -> None:
    peer.script([RETURNS_TURN])

    async def scenario() -> Heard:
        async with peer.service.session(setup(peer)) as session:
            assert not session.resumed
            await ask_aloud(session, ASK_RETURNS)
            return await turn(session)

    heard = peer.run(scenario())

    assert "return" in heard.customer.lower()
    assert "return" in heard.kiosk.lower()
    assert heard.seconds > 1.0
    assert any(heard.audio), "the sound is silence"
    kinds = [type(message) for message in heard.messages]
    assert kinds.index(GenerationComplete) > kinds.index(ReplyAudio)
    assert kinds[-1] is TurnComplete


def test_a_tool_is_called_with_the_spoken_number_and_its_answer_is_spoken(peer: Peer) -> None:
    peer.script([ORDER_TURN])

    async def scenario() -> Heard:
        async with peer.service.session(setup(peer)) as session:
            await ask_aloud(session, ASK_ORDER)
            return await turn(session)

    heard = peer.run(scenario())

    assert [call.name for call in heard.calls] == ["get_order_status"]
    assert digits(str(heard.calls[0].arguments["order_id"])) == "88421"
    assert heard.calls[0].call_id
    assert tells_the_time(heard.kiosk), heard.kiosk
    assert heard.seconds > 1.0


def test_a_press_in_mid_reply_interrupts_and_the_next_question_is_answered(peer: Peer) -> None:
    peer.script([RETURNS_TURN, ORDER_TURN])

    async def scenario() -> tuple[Heard, Heard, Heard]:
        async with peer.service.session(setup(peer)) as session:
            await ask_aloud(session, ASK_RETURNS)
            begun = await turn(session, until=ReplyAudio)
            await ask_aloud(session, ASK_ORDER)
            stopped = await turn(session)
            return begun, stopped, await turn(session)

    begun, stopped, after = peer.run(scenario())

    assert begun.audio
    assert stopped.interrupted
    assert not stopped.calls, "the second question was answered before the first one ended"
    assert not after.interrupted
    assert [call.name for call in after.calls] == ["get_order_status"]
    assert tells_the_time(after.kiosk), after.kiosk
    assert after.seconds > 1.0


def test_a_second_question_on_the_same_session_is_answered_from_the_first(peer: Peer) -> None:
    peer.script([ORDER_TURN, Turn(heard=ASK_WHEN, steps=(Say(last_answer),))])

    async def scenario() -> tuple[Heard, Heard]:
        async with peer.service.session(setup(peer)) as session:
            await ask_aloud(session, ASK_ORDER)
            first = await turn(session)
            await ask_aloud(session, ASK_WHEN)
            return first, await turn(session)

    first, second = peer.run(scenario())

    assert first.seconds > 1.0
    assert second.seconds > 0.5
    assert tells_the_time(second.kiosk), second.kiosk


def test_a_handle_brings_the_conversation_back_on_another_connection(peer: Peer) -> None:
    peer.script([ORDER_TURN, Turn(heard=ASK_WHEN, steps=(Say(last_answer),))])

    async def scenario() -> Heard:
        async with peer.service.session(setup(peer)) as session:
            await ask_aloud(session, ASK_ORDER)
            await turn(session)
            handle = await handle_after(session)
        async with peer.service.session(setup(peer), handle) as session:
            assert session.resumed
            await ask_aloud(session, ASK_WHEN)
            return await turn(session)

    heard = peer.run(scenario())

    assert tells_the_time(heard.kiosk), heard.kiosk


def test_a_fresh_session_knows_nothing_of_the_one_before(peer: Peer) -> None:
    peer.script([ORDER_TURN, Turn(heard=ASK_WHEN, steps=(Say(last_answer),))])

    async def scenario() -> Heard:
        async with peer.service.session(setup(peer)) as session:
            await ask_aloud(session, ASK_ORDER)
            await turn(session)
        async with peer.service.session(setup(peer)) as session:
            await ask_aloud(session, ASK_WHEN)
            return await turn(session)

    heard = peer.run(scenario())

    assert not any("88421" in digits(str(call.arguments)) for call in heard.calls)
    assert not tells_the_time(heard.kiosk), heard.kiosk


def test_a_handle_nobody_issued_is_refused(peer: Peer) -> None:
    async def scenario() -> None:
        async with peer.service.session(setup(peer), SessionHandle("no-such-handle")):
            pass

    with pytest.raises(LinkRefused):
        peer.run(scenario())


def test_a_typed_question_is_answered_aloud(peer: Peer) -> None:
    peer.script([ORDER_TURN])

    async def scenario() -> Heard:
        async with peer.service.session(setup(peer)) as session:
            await session.send_text("Where is my order ORD-88421?")
            return await turn(session)

    heard = peer.run(scenario())

    assert "88421" in digits(str(heard.calls[0].arguments))
    assert tells_the_time(heard.kiosk), heard.kiosk
    assert heard.seconds > 1.0


def test_a_typed_question_is_answered_in_words_where_a_model_can(peer: Peer) -> None:
    if not peer.text_model:
        pytest.skip("the service has no model that replies in words")
    peer.script([ORDER_TURN])
    in_words = replace(setup(peer), model=peer.text_model, text_replies=True)

    async def scenario() -> Heard:
        async with peer.service.session(in_words) as session:
            await session.send_text("Where is my order ORD-88421?")
            return await turn(session)

    heard = peer.run(scenario())

    assert "88421" in digits(str(heard.calls[0].arguments))
    assert tells_the_time(heard.words), heard.words
    assert not heard.audio


def test_a_press_while_a_tool_works_withdraws_the_call(peer: Peer) -> None:
    peer.script([ORDER_TURN, RETURNS_TURN])

    async def scenario() -> tuple[list[ToolCall], list[str], Heard]:
        async with peer.service.session(setup(peer)) as session:
            await ask_aloud(session, ASK_ORDER)
            pending, _ = await _until(session, ToolCall)
            await ask_aloud(session, ASK_RETURNS)
            _, withdrawn = await _until(session, ToolWithdrawn)
            after = await turn(session)
            while not after.calls:  # the turn that was broken off ends first
                after = await turn(session)
            return pending, withdrawn, after

    pending, withdrawn, after = peer.run(scenario())

    assert [call.call_id for call in pending] == withdrawn
    # A service may also go back to the first question, which nobody answered.
    assert "search_policy" in [call.name for call in after.calls]
    assert not set(withdrawn) & {call.call_id for call in after.calls}
    assert after.seconds > 1.0


async def _until(session: LiveSession, last: type[LiveMessage]) -> tuple[list[ToolCall], list[str]]:
    """Listen without answering calls; return the calls and the ids of the withdrawn."""
    calls: list[ToolCall] = []
    withdrawn: list[str] = []
    async with asyncio.timeout(TURN_S):
        async for message in session.messages():
            match message:
                case ToolCall():
                    calls.append(message)
                case ToolWithdrawn(call_ids):
                    withdrawn.extend(call_ids)
                case _:
                    pass
            if isinstance(message, last):
                return calls, withdrawn
    raise AssertionError("the messages ended by themselves")


def test_sound_outside_the_two_marks_ends_the_connection(peer: Peer) -> None:
    async def scenario() -> None:
        async with peer.service.session(setup(peer)) as session:
            async with asyncio.timeout(TURN_S):
                await session.send_audio(frames(spoken(ASK_WHEN))[0])
                async for _ in session.messages():
                    pass

    with pytest.raises(LinkRefused) as refused:
        peer.run(scenario())

    assert refused.value.code == 1007


def test_closing_in_mid_reply_is_quick_and_leaves_nothing(peer: Peer) -> None:
    peer.script([RETURNS_TURN])

    async def scenario() -> float:
        clock = asyncio.get_running_loop().time
        async with peer.service.session(setup(peer)) as session:
            await ask_aloud(session, ASK_RETURNS)
            await turn(session, until=ReplyAudio)
            closing = clock()
        with pytest.raises(LinkError):
            await session.send_activity_start()
        return clock() - closing

    took_s = peer.run(scenario())

    assert took_s < 1.5
    if isinstance(peer.service, FakeLive):
        assert peer.service.open_sessions == 0
