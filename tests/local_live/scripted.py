"""Ears, voice and brain that do as they are told, and a stage without sockets to play on."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from kiosk.local_live.conversation import Conversation
from kiosk.local_live.house import House, Parts, ServeOptions, Timing
from kiosk.local_live.parts import Action, Call, Say
from kiosk.local_live.profiles import profile_for
from kiosk.local_live.protocol import Setup, parse
from kiosk.local_live.sessions import SessionStore
from kiosk.local_live.talk import Talk

PIECE = b"\x10\x00" * 960  # 40 ms
PIECES_A_WORD = 8
LOOKUP = {"name": "look_up", "parameters": {"type": "OBJECT", "properties": {}}}


class ScriptedEars:
    """Hears the next text of a list; each decode takes ``takes_s``."""

    def __init__(self, texts: Sequence[str] = (), takes_s: float = 0.3) -> None:
        self.texts = list(texts)
        self.takes_s = takes_s
        self.clips: list[bytes] = []

    async def transcribe(self, pcm: bytes) -> str:
        self.clips.append(pcm)
        await asyncio.sleep(self.takes_s)
        return self.texts.pop(0) if self.texts else ""


class ScriptedVoice:
    """Speaks a third of a second of the same sound for every word."""

    def __init__(self) -> None:
        self.names: list[str] = []

    async def speak(self, text: str, voice: str = "") -> AsyncIterator[bytes]:
        self.names.append(voice)
        for _ in range(PIECES_A_WORD * len(text.split())):
            yield PIECE

    def sentences(self, text: str) -> list[str]:
        return [f"{part}." for part in text.rstrip(".").split(". ")] if text else []


class ScriptedBrain:
    """Answers as its script says; otherwise says what it heard, or what the tool told it to say.

    ``note`` collects everything that happened to it, in order.
    """

    def __init__(
        self,
        declarations: Sequence[Mapping[str, Any]],
        instruction: str,
        script: Mapping[str, tuple[Action, ...]] | None = None,
    ) -> None:
        self.tools = [declaration["name"] for declaration in declarations]
        self.instruction = instruction
        self.script = script or {}
        self.note: list[str] = []

    def hear(self, text: str) -> tuple[Action, ...]:
        self.note.append(f"heard {text}")
        return self.script.get(text, (Say(f"You said {text or 'nothing'}."),))

    def result(
        self, name: str, arguments: Mapping[str, Any], response: Mapping[str, Any]
    ) -> tuple[Action, ...]:
        del arguments
        self.note.append(f"{name} gave {json.dumps(response)}")
        return (Say(str(response.get("say", "It failed."))),)

    def interrupted(self, spoken: str) -> None:
        self.note.append(f"interrupted after {spoken}")

    def remember(self, role: str, text: str) -> None:
        self.note.append(f"{role}: {text}")

    def snapshot(self) -> dict[str, Any]:
        return {"note": list(self.note)}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        self.note = list(snapshot["note"])


SCRIPT: Mapping[str, tuple[Action, ...]] = {
    "order": (Call("look_up", {"order_id": "ORD-1"}),),
    "slow order": (Say("Let me check."), Call("look_up")),
    "unknown tool": (Call("nobody_declared_me"), Say("I cannot.")),
    "two": (Call("look_up", {"n": 1}), Call("look_up", {"n": 2})),
    "silence": (),
    "story": (Say("One two three four five. Six seven eight nine ten."),),
}


def scripted_parts(texts: Sequence[str] = (), takes_s: float = 0.3) -> Parts:
    """Parts for a server; the brain answers by ``SCRIPT``."""
    return Parts(
        ScriptedEars(texts, takes_s),
        ScriptedVoice(),
        lambda tools, instruction: ScriptedBrain(tools, instruction, SCRIPT),
    )


class Stage:
    """A conversation whose messages are collected with their times."""

    def __init__(self, conversation: Conversation, talk: Talk, ears: ScriptedEars) -> None:
        self.conversation = conversation
        self.talk = talk
        self.ears = ears
        self.sent: list[tuple[float, dict[str, Any]]] = []
        self.news = asyncio.Event()

    @property
    def brain(self) -> ScriptedBrain:
        assert isinstance(self.talk.brain, ScriptedBrain)
        return self.talk.brain

    async def take(self, message: dict[str, Any]) -> None:
        await self.conversation.take(parse(json.dumps(message)))

    async def speak(self, seconds: float = 1.0) -> None:
        """Say something as a client with marks does."""
        await self.take({"realtimeInput": {"activityStart": {}}})
        await self.take(sound(seconds))
        await self.take({"realtimeInput": {"activityEnd": {}}})

    async def answer(self, say: str, index: int = -1, **fields: Any) -> None:
        """Answer the call with this index."""
        call = self.calls[index]
        response = {"id": call["id"], "name": call["name"], "response": {"say": say}, **fields}
        await self.take({"toolResponse": {"functionResponses": [response]}})

    @property
    def calls(self) -> list[dict[str, Any]]:
        return [
            call
            for _, message in self.sent
            for call in message.get("toolCall", {}).get("functionCalls", [])
        ]

    @property
    def spoken(self) -> str:
        """All words of all replies."""
        return "".join(
            message["serverContent"]["outputTranscription"]["text"]
            for _, message in self.sent
            if "outputTranscription" in message.get("serverContent", {})
        )

    def times(self, kind: str) -> list[float]:
        return [when for when, message in self.sent if kind in kinds(message)]

    def order(self) -> list[str]:
        """The kinds of all messages, repeats in a row once."""
        flat = [kind for _, message in self.sent for kind in kinds(message)]
        return [kind for i, kind in enumerate(flat) if i == 0 or flat[i - 1] != kind]

    async def until(self, kind: str, count: int = 1) -> None:
        """Wait until ``count`` messages of a kind were sent."""
        async with asyncio.timeout(300):
            while len(self.times(kind)) < count:
                self.news.clear()
                await self.news.wait()


def kinds(message: Mapping[str, Any]) -> list[str]:
    """Name what a message holds."""
    content = message.get("serverContent")
    names = [name for name in message if name not in ("serverContent", "usageMetadata")]
    if content is not None:
        names += list(content) or ["empty"]
    return names


def sound(seconds: float, rate: int = 16_000) -> dict[str, Any]:
    """A message with sound."""
    data = base64.b64encode(b"\x01\x02" * round(seconds * rate)).decode()
    return {"realtimeInput": {"audio": {"data": data, "mimeType": f"audio/pcm;rate={rate}"}}}


def setup_message(model: str = "gemini-3.8-live", **more: Any) -> dict[str, Any]:
    """A kiosk's setup."""
    return {
        "setup": {
            "model": f"models/{model}",
            "generationConfig": {"responseModalities": ["AUDIO"]},
            "inputAudioTranscription": {},
            "outputAudioTranscription": {},
            "realtimeInputConfig": {"automaticActivityDetection": {"disabled": True}},
            "tools": [{"functionDeclarations": [LOOKUP]}],
            **more,
        }
    }


@asynccontextmanager
async def stage(
    texts: Sequence[str] = (),
    *,
    model: str = "gemini-3.8-live",
    timing: Timing | None = None,
    takes_s: float = 0.3,
    **setup: Any,
) -> AsyncIterator[Stage]:
    """Open a session on the running loop, without a socket."""
    now = asyncio.get_running_loop().time
    parts = scripted_parts(texts, takes_s)
    house = House(parts, SessionStore(now), ServeOptions(state_dir=Path()), timing or Timing(), now)
    message = parse(json.dumps(setup_message(model, **setup)))
    assert isinstance(message, Setup)
    profile = profile_for(message.model, "v1beta")
    profile.check_setup(message, "v1beta")
    collected: list[Stage] = []

    async def send(outgoing: dict[str, Any]) -> None:
        collected[0].sent.append((now(), outgoing))
        collected[0].news.set()

    talk = await Talk.begin(
        house, profile, message, house.store.open(profile.model, None, lambda: True), send
    )
    async with asyncio.TaskGroup() as group:
        assert isinstance(parts.ears, ScriptedEars)
        played = Stage(Conversation(talk, group), talk, parts.ears)
        collected.append(played)
        yield played
        await played.conversation.stop()
