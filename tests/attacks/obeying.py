"""A model that does whatever it was asked, at a real toolbox with a real store behind it.

It calls what the dialogue says, through the same errands as a Live session; what would be sent
back to the service, and everything the kiosk wrote down meanwhile, is kept for the judge.
"""

import asyncio
import json
import logging
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kiosk.adapters.sqlite_store import Store, open_store
from kiosk.core.live import ToolCall, ToolResult
from kiosk.resources import packaged
from kiosk.runtime.errands import Errands
from kiosk.runtime.stream import Stream
from kiosk.runtime.tools.toolbox import Toolbox
from kiosk.settings import Shop
from kiosk.shop.goods import Category, Product
from kiosk.shop.ledger import Entry
from kiosk.shop.messages import Message
from kiosk.shop.orders import Order, ReturnStarted
from kiosk.shop.policy_file import load_policy
from kiosk.shop.ports import Ledger, ShopBackend
from tests.attacks.corpus import Dialogue, Turn, Wish
from tests.attacks.floor import NOW, OWN_PROOF, Rows, rows

POLICY: Final = load_policy(packaged("policy.toml"))
SHOP: Final = Shop(allow_changes=True)
WITHIN_S: Final = 60.0
PIECE_S: Final = 0.2
"""Between two pieces of a sentence that does not arrive whole."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer that went to the model, and the call it is for."""

    turn: int
    wish: Wish
    result: ToolResult
    proved: str = ""
    """The order that the customer had proved at the beginning, while that still counts."""

    @property
    def status(self) -> str:
        """Return how the call went."""
        return str(self.result.response["status"])

    @property
    def raw(self) -> str:
        """Return the answer as it goes over the wire."""
        return json.dumps(dict(self.result.response), ensure_ascii=False)


@dataclass(slots=True)
class Evidence:
    """All that came of a visit."""

    dialogue: Dialogue
    told: list[Told] = field(default_factory=list)
    asked: list[tuple[int, str, tuple[Any, ...]]] = field(default_factory=list)
    """What the backend was asked: turn, method, arguments."""
    calls: int = 0
    visits: int = 1
    turn: int = 0
    """The one that runs."""
    events: list[Mapping[str, Any]] = field(default_factory=list)
    facts: list[object] = field(default_factory=list)
    journal: list[str] = field(default_factory=list)
    ledger: list[Entry] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    before: Rows = field(default_factory=dict)
    after: Rows = field(default_factory=dict)

    def of_turn(self, turn: int) -> list[str]:
        """Return the statuses of a turn's answers, as they came."""
        return [told.status for told in self.told if told.turn == turn]


class _Watched:
    """A backend, and a note of every question it was asked."""

    def __init__(self, backend: ShopBackend, evidence: Evidence) -> None:
        self._backend, self._evidence = backend, evidence

    def _note(self, method: str, arguments: tuple[Any, ...]) -> None:
        self._evidence.asked.append((self._evidence.turn, method, arguments))

    async def find(self, order_id: str) -> Order | None:
        self._note("find", (order_id,))
        return await self._backend.find(order_id)

    async def find_products(self, category: Category) -> tuple[Product, ...]:
        if category is not Category.OTHER:  # the kiosk looks for itself whether the shop is there
            self._note("find_products", (category,))
        return await self._backend.find_products(category)

    async def start_return(self, order_id: str, line: int, key: str) -> ReturnStarted:
        self._note("start_return", (order_id, line, key))
        return await self._backend.start_return(order_id, line, key)

    async def cancel(self, order_id: str, key: str) -> None:
        self._note("cancel", (order_id, key))
        await self._backend.cancel(order_id, key)

    async def check(self) -> str:
        return await self._backend.check()


class _KeptLedger:
    """A ledger, and what was noted in it."""

    def __init__(self, ledger: Ledger, entries: list[Entry]) -> None:
        self._ledger, self._entries = ledger, entries

    async def note(self, entry: Entry) -> None:
        await self._ledger.note(entry)
        self._entries.append(entry)


class _Pages(logging.Handler):
    """Everything that is logged, with all that hangs on it."""

    def __init__(self, pages: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._pages = pages

    def emit(self, record: logging.LogRecord) -> None:
        fields = {key: value for key, value in record.__dict__.items() if key.startswith("KIOSK_")}
        self._pages.append(f"{self.format(record)} {words_of(fields)}")


def words_of(fields: Mapping[str, Any]) -> str:
    """Return what is said in words: counts, times and ports of this machine are chance."""
    said = {key: value for key, value in fields.items() if type(value) not in (int, float)}
    return re.sub(r"(localhost|127\.0\.0\.1):\d+", r"\1", repr(said))


@contextmanager
def reading_the_journal(pages: list[str]) -> Iterator[None]:
    """Read all that is logged at the level that tells most, as ``journal.set_up`` would have it."""
    handler = _Pages(pages)
    root, ours = logging.getLogger(), logging.getLogger("kiosk")
    levels = root.level, ours.level
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    ours.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(levels[0])
        ours.setLevel(levels[1])


Backend = Callable[[Store], ShopBackend]
"""Makes the shop that is asked out of the store, or instead of it."""


def the_store(store: Store) -> ShopBackend:
    """Let the store be the shop."""
    return store.shop


async def obey(
    dialogue: Dialogue,
    shop_file: Path,
    directory: Path,
    *,
    settings: Shop = SHOP,
    backend: Backend = the_store,
) -> Evidence:
    """Play a visit at a copy of the shop in ``shop_file``; ``backend`` may put another in front."""
    file = directory / "shopmax.db"
    shutil.copyfile(shop_file, file)
    evidence = Evidence(dialogue, before=rows(file))
    with reading_the_journal(evidence.journal):
        async with (
            open_store(file, lambda: NOW) as store,
            _visit(evidence, store, backend(store), settings) as visit,
        ):
            if dialogue.own:
                proof = {"order_id": dialogue.own, "proof": OWN_PROOF}
                proved = Turn(say="Two four six eight.", wishes=(Wish("verify_customer", proof),))
                await visit.turn(proved)
                assert evidence.told[-1].status == "ok", evidence.told[-1]
            for turn in dialogue.turns:
                await visit.turn(turn)
            _, waiting = await store.messages.waiting(100)
            evidence.messages = list(waiting)
    evidence.after = rows(file)
    return evidence


class _Visit:
    def __init__(
        self, evidence: Evidence, toolbox: Toolbox, errands: Errands, group: asyncio.TaskGroup
    ) -> None:
        self._evidence, self._toolbox, self._errands = evidence, toolbox, errands
        self._group = group
        self._proved, self._first = evidence.dialogue.own, 0
        self._waiting: dict[str, asyncio.Future[ToolResult]] = {}
        errands.on_result = lambda result: self._waiting.pop(result.call_id).set_result(result)

    async def turn(self, turn: Turn) -> None:
        """Let the customer speak, and do what the model makes of it."""
        if turn.after == "next customer":
            self._errands.forget()
            self._evidence.visits += 1
            self._first = self._evidence.turn
        elif turn.after == "lost":
            self._toolbox.forget_proof()
        self._proved = "" if turn.after else self._proved
        self._evidence.turn += 1
        self._errands.turn = self._evidence.turn - self._first
        self._toolbox.begin_turn(self._errands.turn)
        hearing = self._group.create_task(self._hear(turn))
        await asyncio.sleep(0)
        if turn.together:
            await asyncio.gather(*map(self._call, turn.wishes))
        else:
            for wish in turn.wishes:
                await self._call(wish)
        told = [each for each in self._evidence.told if each.turn == self._evidence.turn]
        last = str(told[-1].result.response["say"]) if told else ""
        self._toolbox.said(last if turn.reply is None else turn.reply)
        await hearing

    async def _hear(self, turn: Turn) -> None:
        if not turn.pieces:
            self._toolbox.heard(turn.say, final=True)
        for piece in turn.pieces:
            self._toolbox.heard(piece)
            await asyncio.sleep(PIECE_S)

    async def _call(self, wish: Wish) -> None:
        self._evidence.calls += 1
        call_id = f"call-{self._evidence.calls}"
        answered = self._waiting[call_id] = asyncio.get_running_loop().create_future()
        self._errands.run(ToolCall(call_id, wish.tool, wish.arguments))
        async with asyncio.timeout(WITHIN_S):
            result = await answered
        self._evidence.told.append(Told(self._evidence.turn, wish, result, self._proved))


def toolbox_on(store: Store, backend: ShopBackend, settings: Shop, evidence: Evidence) -> Toolbox:
    """Make a toolbox, and note what it asks of the shop and writes into the ledger."""
    return Toolbox(
        settings,
        _Watched(backend, evidence),
        POLICY,
        store.messages,
        tries=store.tries,
        ledger=_KeptLedger(store.ledger, evidence.ledger),
        wall_clock=lambda: NOW,
        on_fact=evidence.facts.append,
    )


@asynccontextmanager
async def _visit(
    evidence: Evidence, store: Store, backend: ShopBackend, settings: Shop
) -> AsyncIterator[_Visit]:
    toolbox = toolbox_on(store, backend, settings, evidence)
    errands = Errands(toolbox, Stream(evidence.events.append))
    serving = asyncio.get_running_loop().create_task(errands.serve())
    await asyncio.sleep(0)
    errands.forget()
    try:
        async with asyncio.TaskGroup() as group:
            yield _Visit(evidence, toolbox, errands, group)
    finally:
        serving.cancel()
        await asyncio.wait([serving])


def statuses(evidence: Evidence) -> Sequence[Sequence[str]]:
    """Return how the calls of each turn of the dialogue went."""
    first = 2 if evidence.dialogue.own else 1
    return [evidence.of_turn(first + at) for at in range(len(evidence.dialogue.turns))]
