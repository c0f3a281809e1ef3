"""What one session remembers, and the same as JSON values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

_MOST_LINES: Final = 40
_MOST_RESULTS: Final = 8


@dataclass(slots=True)
class Wanted:
    """A call that waits for a value from the customer.

    ``digits`` and ``letters`` are what was heard of an identifier so far; ``confirming`` when
    the customer was asked whether it is right; ``refused`` when the tool did not know it.
    ``passed`` counts the utterances that were about something else; ``asked`` is the tool's own
    sentence that asks for the value, if it has one.
    """

    tool: str
    parameter: str
    arguments: dict[str, Any] = field(default_factory=dict)
    digits: str = ""
    letters: str = ""
    confirming: bool = False
    refused: bool = False
    tries: int = 0
    passed: int = 0
    asked: str = ""

    def outlasts(self, called: str) -> bool:
        """Tell whether it was read back in the same breath in which another tool was called."""
        return self.confirming and not self.passed and self.tool != called


@dataclass(slots=True)
class Held:
    """A call that was not carried out yet."""

    tool: str
    arguments: dict[str, Any]
    asked: str = ""
    """The sentence that asked for what it waits for."""


@dataclass(slots=True)
class Result:
    """What a tool returned."""

    tool: str
    arguments: dict[str, Any]
    response: dict[str, Any]


@dataclass(slots=True)
class Memory:
    """The conversation so far.

    ``lines`` are (``user`` or ``model``, text); ``subject`` and ``question`` what was talked
    about last; ``known`` the identifiers that the customer gave, by noun; ``plain`` the
    plainest wording of the question that a tool was asked, ``retried`` the calls of this turn
    that were made again; ``unclear`` and ``misses`` count utterances and identifiers in a row
    that led nowhere. ``several`` while more than one identifier is looked up in a turn.

    ``returning`` is what was said of the thing that is to go back. ``held`` is a call that waits
    for a proof, ``read_back`` one that waits for a yes, ``agreed`` the tool of one that had it;
    ``offered`` is a proof that came with this turn. ``change`` is what became of the last change
    that was spoken of: empty when there was none, else ``open``, ``dropped``, ``done`` or
    ``unsure``; ``unheard`` while that was not told because the turn was undone.
    """

    lines: list[list[str]] = field(default_factory=list)
    subject: str = ""
    question: str = ""
    plain: str = ""
    returning: dict[str, Any] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    wanted: Wanted | None = None
    held: Held | None = None
    read_back: Held | None = None
    agreed: str = ""
    offered: str = ""
    change: str = ""
    unheard: bool = False
    results: list[Result] = field(default_factory=list)
    retried: list[str] = field(default_factory=list)
    saying: list[str] = field(default_factory=list)
    unclear: int = 0
    misses: int = 0
    several: bool = False

    @property
    def last_reply(self) -> str:
        """Return the last thing that was said to the customer; empty when nothing was."""
        return next((text for role, text in reversed(self.lines) if role == "model"), "")

    def begin_turn(self) -> None:
        """Take note that the customer has the floor again."""
        self.saying, self.retried, self.several = [], [], False
        self.agreed = self.offered = ""

    def add_line(self, role: str, text: str) -> None:
        """Append a line of the conversation."""
        self.lines = [*self.lines, [role, text]][-_MOST_LINES:]

    def add_reply(self, text: str) -> None:
        """Append to what is said in this turn: one line, however many parts it has."""
        if self.saying and self.lines and self.lines[-1][0] == "model":
            self.lines.pop()
        self.saying.append(text)
        self.add_line("model", " ".join(self.saying))

    def cut_reply(self, spoken: str) -> None:
        """Keep of the last reply only what was spoken; what nobody heard was not read back."""
        if self.lines and self.lines[-1][0] == "model":
            self.lines.pop()
        if spoken.strip():
            self.add_line("model", spoken.strip())
        else:
            self.read_back = None
        self.saying = []

    def add_result(self, result: Result) -> None:
        """Remember what a tool returned, instead of what it returned before."""
        same = (result.tool, result.arguments)
        kept = [each for each in self.results if (each.tool, each.arguments) != same]
        self.results = [*kept, result][-_MOST_RESULTS:]

    def last_result(self, tool: str) -> Result | None:
        """Return what a tool returned last."""
        return next((each for each in reversed(self.results) if each.tool == tool), None)

    def outlast(self, undone: "Memory") -> None:
        """Keep of a turn that is undone what cannot be undone: a change that was agreed to."""
        if undone.agreed:
            self.change, self.unheard = "unsure", True
        elif undone.change != self.change and undone.change in ("done", "unsure"):
            self.change, self.unheard = undone.change, True

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Memory":
        """Take up what ``to_json`` returned; a name it does not know is left out."""
        names = {each.name for each in fields(cls)}
        memory = cls(**{name: value for name, value in values.items() if name in names})
        if isinstance(memory.wanted, Mapping):
            memory.wanted = Wanted(**memory.wanted)
        if isinstance(memory.held, Mapping):
            memory.held = Held(**memory.held)
        if isinstance(memory.read_back, Mapping):
            memory.read_back = Held(**memory.read_back)
        memory.results = [
            Result(**each) if isinstance(each, Mapping) else each for each in memory.results
        ]
        memory.lines = [list(line) for line in memory.lines]
        for name in ("known", "retried", "saying"):
            setattr(memory, name, type(getattr(memory, name))(getattr(memory, name)))
        return memory
