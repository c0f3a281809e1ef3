"""The baseline: a small honest client on the SDK's defaults.

What its examples show and nothing more: the SDK's own connect and pings, sound sent as it
comes, a hand-written reconnect with the newest handle after 1, 2, 4 … 30 s. Sound that was not
handed to a connection yet is kept; what was, is the connection's business.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from google import genai
from google.genai import errors, types
from google.genai.live import AsyncSession
from outage_words import (
    ASKED_FRAMES,
    QUESTION,
    Notes,
    numbers_of,
    spoken,
)
from websockets.exceptions import WebSocketException

from kiosk.core.audio import SPEAKER_FRAME_SAMPLES

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
PIECE_FRAMES = 2
TROUBLE = (WebSocketException, errors.APIError, OSError, TimeoutError)

_START, _END = "start", "end"


class SdkBooth:
    """The baseline client, and a customer before it."""

    noticed = ("lost",)
    patience_s = 60.0

    def __init__(self) -> None:
        self.notes = Notes()
        self.played: list[int] = []
        self.late_s: list[float] = []
        self._now = asyncio.get_running_loop().time
        self._to_send: deque[bytes | str] = deque()
        self._work = asyncio.Event()
        self._handle: str | None = None
        self._in_question = False
        self._speaking: list[asyncio.Task[None]] = []
        self._group: asyncio.TaskGroup | None = None

    @asynccontextmanager
    async def open(self, endpoint: str, ca_file: str) -> AsyncIterator[None]:
        """Run the client until the context ends."""
        async with asyncio.TaskGroup() as self._group:
            task = self._group.create_task(self._run(endpoint, ca_file))
            await self.notes.until(30.0, 0.0, "connected")
            try:
                yield
            finally:
                for each in (task, *self._speaking):
                    each.cancel()

    async def ask(self, question: int, words: int) -> None:
        """Speak."""
        assert self._group is not None
        self._speaking.append(self._group.create_task(self._speak(question, words)))

    async def _speak(self, question: int, words: int) -> None:
        self._report("speech_started")
        self._put(_START)
        began = self._now()
        count = words * ASKED_FRAMES
        for at in range(0, count, PIECE_FRAMES):
            numbers = range(at + 1, min(count, at + PIECE_FRAMES) + 1)
            due = began + numbers[-1] * 0.02
            await asyncio.sleep(max(0.0, due - self._now()))
            self.late_s.append(self._now() - due)
            self._put(b"".join(spoken(question * QUESTION + number) for number in numbers))
        self._put(_END)
        self._report("speech_ended")

    async def spoke(self, since: float) -> None:
        """Return when the customer speaks."""
        await self.notes.until(10.0, since, "speech_started")

    async def finished(self, since: float) -> None:
        """Return when the customer has finished."""
        await self.notes.until(15.0, since, "speech_ended")

    async def answers(self, since: float) -> None:
        """Return when a reply begins."""
        await self.notes.until(15.0, since, "reply_started")

    async def quiet(self, since: float) -> None:
        """Return when the reply is over."""
        await self.notes.until(20.0, since, "turn_ended")

    async def settled(self, deadline: float) -> None:
        """Return at once: this client takes a question at any time."""
        del deadline

    async def answered(self, since: float, within_s: float) -> bool:
        """Whether a turn ends after a moment, with its reply."""
        return await self.notes.until(within_s, since, "turn_ended") is not None

    async def _run(self, endpoint: str, ca_file: str) -> None:
        trust = ssl.create_default_context(cafile=ca_file)
        options = types.HttpOptions(
            base_url=endpoint,
            api_version="v1beta",
            client_args={"verify": trust},
            async_client_args={"ssl": trust},
        )
        client = genai.Client(api_key="none", http_options=options)
        wait_s = FIRST_WAIT_S
        while True:
            self._report("connecting")
            lost = False
            try:
                connecting = client.aio.live.connect(model="gemini-3.8-live", config=self._config())
                async with connecting as session:
                    self._report("connected", resumed=self._handle is not None)
                    wait_s = FIRST_WAIT_S
                    if self._in_question:
                        self._to_send.appendleft(_START)
                    try:
                        async with asyncio.TaskGroup() as group:
                            group.create_task(self._send(session))
                            group.create_task(self._receive(session))
                    finally:
                        lost = True
                        self._report("lost")
            except* TROUBLE:
                if not lost:
                    self._report("refused")
            await asyncio.sleep(wait_s)
            wait_s = min(LONGEST_WAIT_S, 2 * wait_s)

    def _config(self) -> types.LiveConnectConfig:
        detection = types.AutomaticActivityDetection(disabled=True)
        return types.LiveConnectConfig(
            response_modalities=[types.Modality.AUDIO],
            realtime_input_config=types.RealtimeInputConfig(automatic_activity_detection=detection),
            session_resumption=types.SessionResumptionConfig(handle=self._handle),
        )

    async def _send(self, session: AsyncSession) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            while self._to_send:
                match self._to_send.popleft():
                    case bytes(pcm):
                        blob = types.Blob(data=pcm, mime_type="audio/pcm;rate=16000")
                        await session.send_realtime_input(audio=blob)
                    case mark if mark == _START:
                        self._in_question = True
                        await session.send_realtime_input(activity_start=types.ActivityStart())
                    case _:
                        self._in_question = False
                        await session.send_realtime_input(activity_end=types.ActivityEnd())

    async def _receive(self, session: AsyncSession) -> None:
        begun = False
        while True:
            async for message in session.receive():
                update = message.session_resumption_update
                if update is not None and update.resumable and update.new_handle:
                    self._handle = update.new_handle
                if message.data:
                    if not begun:
                        begun = True
                        self._report("reply_started")
                    self.played += numbers_of(message.data, SPEAKER_FRAME_SAMPLES)
                content = message.server_content
                if content is not None and content.turn_complete:
                    begun = False
                    self._report("turn_ended", outcome="answered")

    def _put(self, what: bytes | str) -> None:
        self._to_send.append(what)
        self._work.set()

    def _report(self, event: str, **fields: Any) -> None:  # noqa: ANN401 - as events have them
        self.notes.add({"t": self._now(), "event": event, **fields})
