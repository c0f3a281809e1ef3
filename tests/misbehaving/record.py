"""What the misbehaving service was sent, for the tests to judge."""

from dataclasses import dataclass, field
from typing import Any

from kiosk.local_live.protocol import Setup
from tests.misbehaving.spoken import places


@dataclass(slots=True)
class Asked:
    """One activity of the client: the sound between its two marks."""

    connection: int
    started_at: float
    ended_at: float | None = None
    pcm: bytearray = field(default_factory=bytearray)

    @property
    def question(self) -> int | None:
        """Which question it was; None when nobody spoke."""
        return next((place.question for place in places(bytes(self.pcm))), None)

    @property
    def frames(self) -> int:
        """How many frames of the question came."""
        return sum(1 for _ in places(bytes(self.pcm)))

    @property
    def whole(self) -> bool:
        """Whether every frame of one question came, once, in order, and the end mark."""
        found = list(places(bytes(self.pcm)))
        if not found or self.ended_at is None:
            return False
        same = {(place.question, place.total) for place in found}
        return len(same) == 1 and [p.index for p in found] == list(range(found[0].total))


@dataclass(slots=True)
class Answering:
    """One reply that was begun."""

    connection: int
    question: int
    attempt: int
    """How often the question had been asked by then; 1 is the first time."""
    units: int = 0
    complete: bool = False
    """``turnComplete`` was sent."""


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to a tool call."""

    connection: int
    call_id: str
    name: str
    response: dict[str, Any]


@dataclass(slots=True)
class Connection:
    """One attempt to connect and all that came of it. Times are the loop's."""

    number: int
    opened_at: float
    setup: Setup | None = None
    refused: int | None = None
    """The HTTP status or the close code it was refused with."""
    set_up_at: float | None = None
    resumed: bool = False
    closed_at: float | None = None
    closed_by_client: int | None = None
    """The close code the client sent, if it did."""
    pings: int = 0

    @property
    def handle(self) -> str:
        """The handle that was presented, or nothing."""
        return (self.setup.handle or "") if self.setup else ""


@dataclass(slots=True)
class Record:
    """Everything. ``complaints`` are breaches of the protocol: there must be none."""

    connections: list[Connection] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    answers: list[Answering] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def askings(self, question: int) -> list[Asked]:
        """Return each time that a question, or a part of it, was asked."""
        return [asked for asked in self.asked if asked.question == question]

    def whole(self, question: int) -> list[Asked]:
        """Return each time that a question came whole."""
        return [asked for asked in self.askings(question) if asked.whole]

    def completed(self, question: int) -> list[Answering]:
        """Return the replies to a question that were brought to their end."""
        return [reply for reply in self.answers if reply.question == question and reply.complete]

    @property
    def handles(self) -> list[str]:
        """What each connection presented."""
        return [connection.handle for connection in self.connections]

    @property
    def set_up(self) -> list[Connection]:
        """Connections whose set-up was confirmed."""
        return [connection for connection in self.connections if connection.set_up_at is not None]

    def forget(self) -> None:
        """Begin anew; connection numbers go on."""
        self.connections.clear()
        self.asked.clear()
        self.answers.clear()
        self.results.clear()
