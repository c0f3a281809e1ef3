"""What customers say and hear in a visit, and what staff see."""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from kiosk.adapters.wav_files import write_wav
from kiosk.core.audio import MIC_HZ
from tests.e2e.voices import said
from tests.hil.board import EVENT_S, Board, tell
from tests.hil.machine import holds

QUESTION: Final = Path(__file__).parents[2] / "config/question-ord-88421.wav"
PAUSE_S: Final = 0.8
"""Dark for longer than between the flashes of one group."""


def tells_where_the_order_is(heard: str) -> bool:
    """Whether the facts of ORD-88421 are in it: out for delivery, due by seven."""
    return "out for delivery" in heard and bool({"7", "7pm", "seven"} & set(heard.split()))


async def is_answered(board: Board) -> None:
    """A customer asks where the order is, and hears it; asked to say it again, they do once."""
    for _ in range(2):
        outcome, heard = await _says(board, QUESTION)
        tell(f"asked for an order: {outcome}: {heard!r}")
        if outcome != "torn":
            break
    assert outcome == "answered"
    assert tells_where_the_order_is(heard), heard


@dataclass(frozen=True)
class Refused:
    """A customer who pressed in vain."""

    after_s: float
    """From the press to the sentence."""
    at: float
    heard: str


async def is_refused(board: Board, code: str) -> Refused:
    """A customer presses and hears why not; the light says ``code`` before and after."""
    board.listen()
    pressed = board.tap()
    sorry = board.story.until("phrase", after=pressed)
    again = board.story.until("light", code=code, after=sorry["t"])
    board.lamps.reach(again["t"] + 0.5)
    heard = await board.words()
    tell(f"pressed while the light says {code}: {heard!r}")
    return Refused(sorry["t"] - pressed, sorry["t"], heard)


async def leaves_a_message(board: Board, place: Path) -> str:
    """A customer leaves word for the staff; return what they hear."""
    message = place / "message.wav"
    write_wav(message, said("Please tell the staff that the light is broken."), MIC_HZ)
    _, heard = await _says(board, message)
    tell(f"left a message: {heard!r}")
    return heard


async def _says(board: Board, wav: Path) -> tuple[str, str]:
    """Return the outcome of the one turn of a visit, and what the customer heard."""
    board.listen()
    pressed = board.ask(wav)
    ended = board.story.until("turn_ended", after=pressed)
    board.story.until("visit_ended", after=ended["t"])
    return ended["outcome"], await board.words()


def restarts_of(board: Board) -> int:
    """Return how often systemd had to start the kiosk again."""
    return int(board.machine.show("kiosk.service", "NRestarts"))


def until_flashing(board: Board, number: int, after: float) -> None:
    """Return when the status light has flashed so often between two pauses."""
    holds(lambda: number in _flashes(board, after), f"{number} flashes, pause", EVENT_S, 1.0)


def _flashes(board: Board, after: float) -> list[int]:
    light = [(at, level > 0.1) for at, level in board.lamps.light() if at > after]
    groups, flashed = [], 0
    for lit, looks in groupby(light, key=lambda look: look[1]):
        times = [at for at, _ in looks]
        flashed += lit
        if not lit and times[-1] - times[0] > PAUSE_S:
            groups.append(flashed)
            flashed = 0
    return groups
