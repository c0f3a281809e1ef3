"""``kiosk ask`` and ``kiosk chat``: the service and the tools, by text, without any device."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from kiosk.adapters.wav_files import check_writable, write_wav
from kiosk.assembly import open_endpoint, open_toolbox, session_setup
from kiosk.core.audio import SAMPLE_BYTES, SPEAKER_HZ
from kiosk.core.live import (
    Caption,
    GenerationComplete,
    LiveMessage,
    ReplyAudio,
    ReplyText,
    ToolCall,
    ToolResult,
    TurnComplete,
)
from kiosk.core.profiles import profile_of
from kiosk.errors import StartError
from kiosk.ports import LiveSession
from kiosk.runtime.tools.toolbox import Toolbox
from kiosk.settings import Settings

REPLY_S = 30.0
"""A service that says nothing for this long has failed the question."""
SETTLE_S = 0.5
"""Words may trail the sound; a service's turn lasts as long as its speech would."""


@dataclass(slots=True)
class Reply:
    """What came back for one question."""

    sound: bytearray = field(default_factory=bytearray)
    chunks: int = 0
    first_chunk_ms: int | None = None
    words: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Talk:
    session: LiveSession
    toolbox: Toolbox
    which: str
    turn: int = 0
    turn_open: bool = False  # we left a turn before the service called it complete

    async def ask(self, text: str) -> AsyncIterator[LiveMessage | ToolResult]:
        """Send a question and yield all that happens until its answer is complete."""
        self.turn += 1
        self.toolbox.begin_turn(self.turn)
        self.toolbox.heard(text, final=True)
        await self.session.send_text(text)
        messages = self.session.messages()
        patience_s = REPLY_S
        while True:
            try:
                async with asyncio.timeout(patience_s):
                    message = await anext(messages)
            except TimeoutError as err:
                if patience_s == SETTLE_S:
                    self.turn_open = True
                    return
                raise StartError(f"No answer came from {self.which} in {REPLY_S:.0f} s.") from err
            if isinstance(message, TurnComplete) and self.turn_open:
                self.turn_open = False  # that was the turn before
                continue
            yield message
            match message:
                case ToolCall():
                    result = await self.toolbox.answer(message, self.turn)
                    await self.session.send_tool_result(result)
                    yield result
                case Caption("kiosk", words) | ReplyText(words):
                    self.toolbox.said(words)
                case GenerationComplete():
                    patience_s = SETTLE_S
                case TurnComplete():
                    return
                case _:
                    pass


@asynccontextmanager
async def _talk(settings: Settings, environ: Mapping[str, str]) -> AsyncIterator[_Talk]:
    async with (
        open_endpoint(settings, environ) as endpoint,
        open_toolbox(settings, environ) as toolbox,
    ):
        print(f"service     {endpoint.which}", flush=True)
        toolbox.begin_visit()
        setup = session_setup(settings, toolbox)
        setup = replace(setup, text_replies=profile_of(setup.model).text_replies)
        await endpoint.live.warm()
        started = asyncio.get_running_loop().time()
        async with endpoint.live.session(setup) as session:
            took_ms = (asyncio.get_running_loop().time() - started) * 1000
            print(
                f"session     opened in {took_ms:.0f} ms, model {setup.model}, voice {setup.voice}",
                flush=True,
            )
            yield _Talk(session, toolbox, endpoint.which)


async def ask(settings: Settings, environ: Mapping[str, str], text: str, wav: Path | None) -> None:
    """Ask one question by text and print everything that comes back.

    Raises StartError when no answer came.
    """
    if wav is not None:
        check_writable(wav)
    now = asyncio.get_running_loop().time
    reply = Reply()
    async with _talk(settings, environ) as talk:
        asked = now()
        async for message in talk.ask(text):
            _count(reply, message, round((now() - asked) * 1000))
    if not reply.chunks:
        raise StartError("The service ended the turn without an answer.")
    length_s = len(reply.sound) / SAMPLE_BYTES / SPEAKER_HZ
    print(f"transcript  {''.join(reply.words).strip()}")
    print(
        f"total       {len(reply.sound)} bytes in {reply.chunks} chunks ({length_s:.2f} s of sound)"
    )
    print(f"first chunk after {reply.first_chunk_ms} ms")
    if wav is not None:
        write_wav(wav, bytes(reply.sound), SPEAKER_HZ)
        print(f"written     {wav}")


def _count(reply: Reply, message: LiveMessage | ToolResult, elapsed_ms: int) -> None:
    match message:
        case ToolCall(name=name, arguments=arguments):
            print(f"tool call   {name} {json.dumps(dict(arguments))}", flush=True)
        case ToolResult(response=response):
            print(f"tool result {json.dumps(dict(response))}", flush=True)
        case ReplyAudio(pcm=piece):
            _chunk(reply, len(piece), elapsed_ms)
            reply.sound += piece
        case ReplyText(text=words):
            _chunk(reply, len(words.encode()), elapsed_ms)
            reply.words.append(words)
        case Caption(who="kiosk", text=words):
            reply.words.append(words)
        case _:
            pass


def _chunk(reply: Reply, size: int, elapsed_ms: int) -> None:
    reply.chunks += 1
    if reply.first_chunk_ms is None:
        reply.first_chunk_ms = elapsed_ms
    print(f"chunk {reply.chunks:<5} {size} bytes at {elapsed_ms} ms", flush=True)


async def chat(settings: Settings, environ: Mapping[str, str]) -> None:
    """Converse by text until the input ends; words appear as they come."""
    async with _talk(settings, environ) as talk:
        print("Type a question; an empty line or Ctrl-D ends.")
        while question := await _line():
            print("kiosk: ", end="", flush=True)
            async for message in talk.ask(question):
                match message:
                    case Caption(who="kiosk", text=words) | ReplyText(text=words):
                        print(words, end="", flush=True)
                    case ToolCall(name=name):
                        print(f"[{name}] ", end="", flush=True)
                    case _:
                        pass
            print(flush=True)


async def _line() -> str:
    """Return the next line typed, or an empty string at the end of the input."""
    if sys.stdin.isatty():
        print("you: ", end="", flush=True)
    line: str = await asyncio.to_thread(sys.stdin.readline)
    return line.strip()
