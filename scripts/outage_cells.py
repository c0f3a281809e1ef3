"""The cells of the outage benchmark: what happens in each, on both sides of the network.

A cell is one kiosk, or one client of the baseline, in a process and a network of its own, and
one customer. The parent breaks the network and mends it; the child lives through it.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.connection import Connection
from typing import Any, Literal

from outage_kiosk import KioskBooth
from outage_sdk import SdkBooth

from kiosk.adapters.event_loop import KioskLoop
from tests.netns.inside import live_in
from tests.netns.rig import NAME, Rig

Phase = Literal["listening", "thinking", "speaking", "silent"]
Stack = Literal["kiosk", "sdk"]

PHASES: tuple[Phase, ...] = ("listening", "thinking", "speaking", "silent")
ASKED_WORDS = {"listening": 20, "thinking": 5, "speaking": 5, "silent": 5}
REPLY_WORDS = {"listening": 5, "thinking": 5, "speaking": 20, "silent": 5}
THINK_S = {"listening": 0.3, "thinking": 1.5, "speaking": 0.3, "silent": 0.3}
INTO_S = {"listening": 2.0, "thinking": 0.3, "speaking": 1.5, "silent": 1.0}
"""How far into the phase the fault comes, at the earliest."""
NEXT_WORDS = 5
ANSWER_S = 20.0
"""How long the answer to the next question may take."""
TALK_WORDS = 13
PAUSE_S = 2.0
MOST_QUESTIONS = 31


def _reset(net: Rig) -> None:
    """End what is open, and refuse what comes."""
    net.reset()
    net.refuse()


BREAK: dict[str, Callable[[Rig], None]] = {
    "black hole": Rig.black_hole,
    "carrier": lambda net: net.carrier(on=False),
    "interface": lambda net: net.interface(on=False),
    "reset": _reset,
}
MEND: dict[str, Callable[[Rig], None]] = {
    "black hole": Rig.forward_again,
    "carrier": lambda net: net.carrier(on=True),
    "interface": lambda net: net.interface(on=True),
    "reset": Rig.forward_again,
}
KINDS = tuple(BREAK)


@dataclass(frozen=True)
class Outage:
    """The network is broken in one way, for so long, in one phase of a visit."""

    stack: Stack
    kind: str
    length_s: float
    phase: Phase

    @property
    def reply_words(self) -> int:
        """How long the service's replies are."""
        return REPLY_WORDS[self.phase]

    @property
    def think_s(self) -> float:
        """How long the service takes before it replies."""
        return THINK_S[self.phase]

    @property
    def about_s(self) -> float:
        """Roughly how long the cell takes: the longest go first."""
        return self.length_s + (15 if self.stack == "kiosk" else 50)

    @property
    def waits(self) -> bool:
        """Whether nothing happens most of the time, so that many fit on one core."""
        return self.about_s > 40


@dataclass(frozen=True)
class Weather:
    """The network is bad in one way all the time, and customers talk on."""

    stack: Stack
    loss_percent: int = 0
    kbit: int | None = None
    lasts_s: float = 120.0
    reply_words: int = 5
    think_s: float = 0.3
    waits: bool = False

    @property
    def name(self) -> str:
        """How it is called."""
        return f"{self.kbit} kbit/s" if self.kbit else f"{self.loss_percent} % loss each way"

    @property
    def about_s(self) -> float:
        """Roughly how long the cell takes."""
        return self.lasts_s + 20

    def begin(self, net: Rig) -> None:
        """Make the weather."""
        if self.kbit:
            net.slow_down(self.kbit)
        else:
            net.lose(self.loss_percent)


@dataclass
class Story:
    """What one customer and one client lived through. Times are of the machine's clock."""

    events: list[Any] = field(default_factory=list)
    played: list[int] = field(default_factory=list)
    answered: list[bool] = field(default_factory=list)
    """Of each question, in order."""
    asked_at: list[float] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    """How late the cell's own clock was, again and again."""


class Wire:
    """One end of a pipe between parent and child, waited for on the loop."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def send(self, what: object) -> None:
        """Send anything that can be pickled."""
        self._connection.send(what)

    async def receive(self) -> Any:  # noqa: ANN401 - whatever the other end sent
        """Return what comes next. Raises EOFError when the other end has died."""
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._connection.fileno(), ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self._connection.fileno())
        return self._connection.recv()


def play(
    cell: Outage | Weather, namespace: str, port: int, ca_file: str, connection: Connection
) -> None:
    """Live through a cell, as a process of its own; sends its story at the end."""
    logging.disable()  # a broken network is what it is about
    live_in(namespace)
    with asyncio.Runner(loop_factory=KioskLoop) as runner:
        runner.run(_play(cell, f"https://{NAME}:{port}", ca_file, Wire(connection)))


async def _play(cell: Outage | Weather, endpoint: str, ca_file: str, parent: Wire) -> None:
    booth = KioskBooth() if cell.stack == "kiosk" else SdkBooth()
    async with booth.open(endpoint, ca_file):
        story = Story(events=booth.notes.events)
        parent.send("ready")
        await parent.receive()
        if isinstance(cell, Outage):
            await _outage(booth, cell, story, parent)
        else:
            await _weather(booth, cell, story, parent)
        story.played = booth.played
        story.late_s = booth.late_s
        parent.send(story)


async def _outage(booth: KioskBooth | SdkBooth, cell: Outage, story: Story, parent: Wire) -> None:
    now = asyncio.get_running_loop().time
    began = now()
    story.asked_at.append(began)
    await booth.ask(1, ASKED_WORDS[cell.phase])
    match cell.phase:
        case "listening":
            await booth.spoke(began)
        case "thinking":
            await booth.finished(began)
        case "speaking":
            await booth.answers(began)
        case "silent":
            await booth.quiet(began)
    await asyncio.sleep(INTO_S[cell.phase])
    there_at = now()
    parent.send("there")
    deadline = await parent.receive() + booth.patience_s
    first = cell.phase == "silent" or await booth.answered(there_at, deadline - now())
    await booth.settled(deadline)
    story.asked_at.append(now())
    await booth.ask(2, NEXT_WORDS)
    second = await booth.answered(story.asked_at[1], max(ANSWER_S, deadline - now()))
    story.answered += [first, second]


async def _weather(booth: KioskBooth | SdkBooth, cell: Weather, story: Story, parent: Wire) -> None:
    now = asyncio.get_running_loop().time
    parent.send("there")
    await parent.receive()
    ends = now() + cell.lasts_s
    for question in count(1):
        if now() > ends or question > MOST_QUESTIONS:
            return
        story.asked_at.append(now())
        await booth.ask(question, TALK_WORDS)
        story.answered.append(await booth.answered(story.asked_at[-1], 2 * ANSWER_S))
        await booth.settled(now() + 2 * ANSWER_S)
        await asyncio.sleep(PAUSE_S)
