"""The space bar as a push button: from the bytes of a terminal to edges.

Terminals tell of presses, not of releases. Two ways lead around that:

* Terminals with the Kitty keyboard protocol ("progressive enhancement", its event types) do
  tell of releases when asked; then the edges are the keyboard's own.
* The others repeat a key that is held, after a first delay of 0.25 to 0.7 s. A key that is
  not repeated soon was a tap and is released by us, well before a tap would count as a hold.
  Repeats that begin later press again, and that press lasts until the repeats stop.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

ENABLE_RELEASES = "\x1b[>11u"  # disambiguate 1 + event types 2 + all keys as escape codes 8
DISABLE_RELEASES = "\x1b[<u"

LONGEST_TAP_S = 0.25
FIRST_GAP_S = 0.12  # after one repeat: may be a second tap
GAP_S = 0.2  # between repeats: slow links deliver them in bursts

_SPACE = 32
_KEY = re.compile(rb"\x1b\[(\d+)(?::\d+)*(?:;(\d+)?(?::(\d))?)?[;\d:]*u")
_OTHER_SEQUENCE = re.compile(rb"\x1b(?:\[[0-9;:<=>?]*[ -/]*[@-~]|O.)")
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-9;:<=>?]*)?\Z")


class Key(Enum):
    """What a terminal can tell us."""

    TYPED = auto()  # pressed or repeated, who knows
    DOWN = auto()
    REPEATED = auto()
    UP = auto()
    QUIT = auto()


def keys(received: bytes) -> Iterator[Key]:
    """Yield the keys that matter in what a terminal sent. Total: nonsense yields nothing."""
    at = 0
    while at < len(received):
        if match := _KEY.match(received, at):
            yield from _enhanced(int(match[1]), int(match[2] or 1), int(match[3] or 1))
        else:
            match = _OTHER_SEQUENCE.match(received, at)
        if match:
            at = match.end()
            continue
        byte = received[at : at + 1]
        if byte == b" ":
            yield Key.TYPED
        elif byte in b"qQ\x03\x04":
            yield Key.QUIT
        at += 1


def unfinished(received: bytes) -> int:
    """Return how many bytes at the end may be the beginning of a sequence."""
    match = _UNFINISHED.search(received)
    return len(match[0]) if match else 0


def _enhanced(code: int, modifiers: int, kind: int) -> Iterator[Key]:
    control = bool((modifiers - 1) & 4)
    if code == _SPACE and not control:
        yield {1: Key.DOWN, 2: Key.REPEATED, 3: Key.UP}.get(kind, Key.REPEATED)
    elif kind == 1 and (chr(code) in "cd" if control else chr(code) in "qQ"):
        yield Key.QUIT


@dataclass(slots=True)
class SpaceBar:
    """Decides edges. ``deadline`` is when the key counts as released unless it is repeated."""

    edge: Callable[[bool], None]
    longest_tap_s: float = LONGEST_TAP_S
    down: bool = False
    deadline: float | None = None
    _repeats: int = 0

    def key(self, key: Key, now: float) -> None:
        """Take one key that arrived at loop time ``now``."""
        match key:
            case Key.TYPED:
                self._typed(now)
            case Key.DOWN:
                self._to(down=True)
            case Key.UP:
                self._to(down=False)
            case Key.REPEATED | Key.QUIT:
                pass

    def _typed(self, now: float) -> None:
        if not self.down:
            self._repeats = 0
            self._to(down=True)
            self.deadline = now + self.longest_tap_s
            return
        self._repeats += 1
        self.deadline = now + (FIRST_GAP_S if self._repeats == 1 else GAP_S)

    def tick(self, now: float) -> None:
        """Release the key when its time has come."""
        if self.deadline is not None and now >= self.deadline:
            self._to(down=False)

    def _to(self, *, down: bool) -> None:
        self.deadline = None
        if down is not self.down:
            self.down = down
            self.edge(down)
