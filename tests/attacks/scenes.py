"""A kiosk at a Live service whose model obeys the customer: the real SDK, TLS and WebSocket.

The service overhears every byte that the kiosk sends, and answers each sentence with the calls
that the dialogue says.
"""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kiosk.adapters.genai_live import GenaiLive
from kiosk.adapters.sqlite_store import Store, open_store
from kiosk.assembly import session_setup
from kiosk.core.live import ToolResult
from kiosk.local_live.tls import Identity
from kiosk.runtime.tools.bookkeeping import BEGUN
from kiosk.settings import Settings
from kiosk.shop.ports import ShopBackend
from tests.attacks.corpus import Dialogue, Wish
from tests.attacks.corpus import Turn as Sentence
from tests.attacks.floor import NOW, OWN_PROOF, rows
from tests.attacks.obeying import (
    SHOP,
    Backend,
    Evidence,
    Told,
    reading_the_journal,
    the_store,
    toolbox_on,
)
from tests.misbehaving.script import AwaitResults, Call, Done, Generated, Say, Send, Step, Turn
from tests.misbehaving.service import Misbehaving, misbehaving
from tests.misbehaving.spoken import question
from tests.runtime.house import House, open_house

KEY: Final = "the-api-key-that-only-the-opening-request-may-hold"
SETTINGS: Final = Settings(shop=SHOP)
SPEAKS_S: Final = 0.6
READ_BACK: Final = "Shall I start the return, or cancel the order?"
"""What the model says when the dialogue does not tell: enough of a read-back for any change."""
TURN_S: Final = 60.0


@dataclass(slots=True)
class Bytes:
    """Everything that the kiosk sent, in order, connection after connection."""

    sent: list[bytes] = field(default_factory=list)

    @property
    def opening(self) -> bytes:
        """Return the requests that open a connection, but for the lines that are chance."""
        requests = b"".join(each for each in self.sent if each.startswith(b"GET "))
        chance = (b"host:", b"sec-websocket-key:")
        lines = requests.split(b"\r\n")
        return b"\n".join(line for line in lines if not line.lower().startswith(chance))

    @property
    def messages(self) -> Iterator[dict[str, Any]]:
        """Yield what the kiosk said in the Live protocol."""
        for payload in self.sent:
            if payload.startswith(b"{"):
                yield json.loads(payload)

    @property
    def others(self) -> list[bytes]:
        """Return what is neither: pings and closes carry next to nothing."""
        return [each for each in self.sent if not each.startswith((b"GET ", b"{"))]


async def attacked(
    identity: Identity,
    dialogue: Dialogue,
    shop_file: Path,
    directory: Path,
    backend: Backend = the_store,
) -> tuple[Evidence, Bytes]:
    """Let a customer speak a dialogue at a whole kiosk; return what came of it, and was sent."""
    file = directory / "shopmax.db"
    shutil.copyfile(shop_file, file)
    evidence, heard = Evidence(dialogue, before=rows(file)), Bytes()
    sentences = [*_proving(dialogue), *dialogue.turns]
    with reading_the_journal(evidence.journal):
        async with (
            open_store(file, lambda: NOW) as store,
            misbehaving(identity) as service,
            _kiosk(service, evidence, store, backend(store)) as house,
        ):
            service.overhear = heard.sent.append
            service.turns.update(
                {number: (_obeying(each),) for number, each in enumerate(sentences, 1)}
            )
            for number in range(1, len(sentences) + 1):
                evidence.turn = number
                if not await _speak(house, number):
                    break
            assert service.record.complaints == []
            _, waiting = await store.messages.waiting(100)
            evidence.messages = list(waiting)
        evidence.told = list(_told(service, sentences, dialogue.own))
        evidence.events += [each for each in house.events if each["event"] != "caption"]
    evidence.calls = sum(entry.outcome != BEGUN for entry in evidence.ledger)
    evidence.after = rows(file)
    return evidence, heard


@asynccontextmanager
async def _kiosk(
    service: Misbehaving, evidence: Evidence, store: Store, backend: ShopBackend
) -> AsyncIterator[House[GenaiLive]]:
    live = GenaiLive(endpoint=service.url, api_key=KEY, ca_file=service.ca_file, connect_s=3.0)
    await live.warm()
    toolbox = toolbox_on(store, backend, SHOP, evidence)
    async with open_house(live, SETTINGS, toolbox=toolbox) as house:
        house.kiosk.link.use(live, session_setup(SETTINGS, toolbox))
        yield house


async def _when(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(TURN_S):
        while True:
            if condition():
                return
            await asyncio.sleep(0.02)


async def _speak(house: House[GenaiLive], number: int) -> bool:
    """Say a sentence and hear the answer out; False when the visit ended over it."""
    ends = ("turn_ended", "visit_ended")
    before = sum(len(house.named(end)) for end in ends)
    if number == 1:
        await house.tap()
    else:
        await _when(lambda: house.lamps.lit or house.named("visit_ended"))
    if house.named("visit_ended"):
        return False
    house.microphone.hear(question(number, SPEAKS_S))
    await _when(lambda: sum(len(house.named(end)) for end in ends) > before)
    return True


def _obeying(sentence: Sentence) -> Turn:
    calls: list[Step] = [
        Call(name=wish.tool, arguments=wish.arguments, wait=not sentence.together)
        for wish in sentence.wishes
    ]
    reply = READ_BACK if sentence.reply is None else sentence.reply
    return Turn(
        steps=(
            Send({"serverContent": {"inputTranscription": {"text": sentence.say}}}),
            *calls,
            AwaitResults(),
            Send({"serverContent": {"outputTranscription": {"text": reply}}}),
            Say(seconds=0.2),
            Generated(),
            Done(),
        )
    )


def _proving(dialogue: Dialogue) -> list[Sentence]:
    if not dialogue.own:
        return []
    proof = {"order_id": dialogue.own, "proof": OWN_PROOF}
    return [Sentence(say="Two four six eight.", wishes=(Wish("verify_customer", proof),))]


def _told(service: Misbehaving, sentences: list[Sentence], own: str) -> Iterator[Told]:
    """Pair every answer with its call: the service numbers its calls one after the other."""
    wishes = [(turn, wish) for turn, each in enumerate(sentences, 1) for wish in each.wishes]
    for result in service.record.results:
        turn, wish = wishes[int(result.call_id.removeprefix("fc-")) - 1]
        answer = ToolResult(result.call_id, result.name, result.response)
        yield Told(turn, wish, answer, own)


def texts_of(message: Mapping[str, Any]) -> str:
    """Return a message without the sound in it."""
    return json.dumps(_without_sound(message), ensure_ascii=False)


def _without_sound(value: Any) -> Any:
    match value:
        case {"mimeType": str(kind), "data": str()} if kind.startswith("audio/pcm"):
            return {"mimeType": kind}
        case Mapping():
            return {key: _without_sound(each) for key, each in value.items()}
        case list():
            return [_without_sound(each) for each in value]
        case _:
            return value
