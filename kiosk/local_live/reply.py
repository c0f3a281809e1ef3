"""One turn, from what the brain decided to the last message: calls, answers, speech.

The order of messages is the Live API's: tool calls, reply, ``generationComplete`` when all is
sent, ``turnComplete`` with the usage when it would have been played.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kiosk.local_live import outgoing
from kiosk.local_live.calls import PendingCall
from kiosk.local_live.parts import Action, Call, Say
from kiosk.local_live.protocol import FunctionResponse, Scheduling
from kiosk.local_live.speech import Speech
from kiosk.local_live.talk import Talk

log = logging.getLogger(__name__)

_MOST_CALLS_A_TURN: Final = 16
_NO_ANSWER: Final = {"error": "The tool did not answer in time."}

Answer = tuple[PendingCall, FunctionResponse]


@dataclass(slots=True)
class Turn:
    """What is known of the turn that runs."""

    speech: Speech
    before: Mapping[str, Any]
    """The brain's snapshot from before the turn."""
    pcm: bytes = b""
    """The sound of the question, when it came by voice, and when it ended."""
    ended_s: float = 0.0
    words_sent: int = 0
    """Words of the question that were captioned."""
    answering: bool = False
    """The brain has been asked."""
    calls_made: int = 0
    awaited: dict[str, PendingCall] = field(default_factory=dict)
    answers: asyncio.Queue[Answer] = field(default_factory=asyncio.Queue)
    over: bool = False
    """Only its last messages remain to be sent."""


async def reply(talk: Talk, turn: Turn, actions: tuple[Action, ...]) -> None:
    """Do what the brain decided, to the end of the turn."""
    turn.answering = True
    if (talk.setup.thinking or {}).get("includeThoughts"):
        await talk.send(outgoing.reply_text("**Considering the question**\n", thought=True))
    await _perform(talk, turn, actions)
    await turn.speech.finish()
    await talk.send(outgoing.content(generationComplete=True))
    await turn.speech.played()
    turn.over = True
    await complete(talk)


async def complete(talk: Talk, **more: str) -> None:
    """Send the end of a turn, and a handle to the conversation after it."""
    if talk.profile.several_turns:
        more["interactionStatus"] = "IN_PROGRESS" if talk.calls.outstanding else "IDLE"
    content = outgoing.content(turnComplete=True, **more)
    await talk.send(content | talk.usage.metadata())
    await talk.issue_handle()


def learn(talk: Talk, call: PendingCall, response: FunctionResponse) -> list[Action]:
    """Give an answer to the brain; returns what it wants to do, unless it must be silent."""
    talk.usage.heard(text=str(response.response))
    actions = list(talk.brain.result(call.name, call.arguments, response.response))
    if is_silent(call, response):
        talk.brain.interrupted("")
        return []
    return actions


def is_silent(call: PendingCall, response: FunctionResponse) -> bool:
    """Tell whether an answer may not be spoken of."""
    return not call.blocking and response.scheduling is Scheduling.SILENT


async def _perform(talk: Talk, turn: Turn, actions: tuple[Action, ...]) -> None:
    # calls that do not block go first: they run while the customer hears the rest
    todo = deque(sorted(actions, key=lambda action: not _runs_aside(talk, action)))
    while todo or turn.awaited:
        if not todo:
            todo.extend(await _any_answer(talk, turn))
            continue
        match todo.popleft():
            case Say(text):
                await turn.speech.say(text)
            case Call() as call:
                if await _call(talk, turn, [call, *_leading_calls(todo)]):
                    todo.extendleft(reversed(await _all_answers(talk, turn)))


def _leading_calls(todo: deque[Action]) -> list[Call]:
    calls = []
    while todo and isinstance(first := todo[0], Call):
        calls.append(first)
        todo.popleft()
    return calls


async def _call(talk: Talk, turn: Turn, calls: list[Call]) -> bool:
    """Send one message with these calls; tells whether any of them blocks."""
    made = []
    for call in calls:
        declaration = talk.declarations.get(call.name)
        if declaration is None or turn.calls_made >= _MOST_CALLS_A_TURN:
            log.warning("tool call left out", extra={"KIOSK_TOOL": call.name})
            continue
        turn.calls_made += 1
        made.append(talk.calls.add(call, blocking=talk.profile.blocks(declaration)))
    if not made:
        return False
    turn.awaited.update((call.call_id, call) for call in made)
    if talk.profile.empty_content:
        await talk.send(outgoing.content())
    message = outgoing.tool_call([(call.call_id, call.name, call.arguments) for call in made])
    await talk.send(message)
    return any(call.blocking for call in made)


async def _all_answers(talk: Talk, turn: Turn) -> list[Action]:
    """Wait for the calls that block; those that nobody answers are withdrawn."""
    actions: list[Action] = []
    try:
        async with asyncio.timeout(talk.house.timing.tool_wait_s):
            while any(call.blocking for call in turn.awaited.values()):
                actions += _next(talk, turn, await turn.answers.get())
    except TimeoutError:
        await talk.send(outgoing.tool_call_cancellation(talk.calls.withdraw()))
        for call in [call for call in turn.awaited.values() if call.blocking]:
            del turn.awaited[call.call_id]
            actions += talk.brain.result(call.name, call.arguments, _NO_ANSWER)
    return actions


async def _any_answer(talk: Talk, turn: Turn) -> list[Action]:
    """Hold the turn open for a call that does not block; afterwards its answer is late."""
    hold_s = 0.0 if talk.profile.several_turns else talk.house.timing.hold_s
    try:
        async with asyncio.timeout(hold_s):
            return _next(talk, turn, await turn.answers.get())
    except TimeoutError:
        turn.awaited.clear()
        return []


def _next(talk: Talk, turn: Turn, answer: Answer) -> list[Action]:
    call, response = answer
    if call.blocking or not response.continues:
        turn.awaited.pop(call.call_id, None)
    return learn(talk, call, response)


def _runs_aside(talk: Talk, action: Action) -> bool:
    if not isinstance(action, Call):
        return False
    return not talk.profile.blocks(talk.declarations.get(action.name, {}))
