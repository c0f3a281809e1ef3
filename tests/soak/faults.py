"""Days at the shop, by the dice: what goes mildly wrong in which visit."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from tests.misbehaving.script import (
    EXPIRED,
    FOREVER,
    INTERNAL,
    UNAVAILABLE,
    Abort,
    AwaitResults,
    Call,
    Close,
    Done,
    Generated,
    GoAway,
    Hear,
    Interrupted,
    Pause,
    Say,
    Send,
    Step,
    Turn,
    Welcome,
)

REPLY_S = 0.8
HALF_S = REPLY_S / 2
_OVER = (Generated(), Done())


@dataclass
class Visit:
    """What one customer asks, and what goes wrong meanwhile."""

    questions: tuple[int, ...]
    turns: dict[int, tuple[Turn, ...]] = field(default_factory=dict)
    welcomes: tuple[Welcome, ...] = ()
    faults: list[str] = field(default_factory=list)


def visit(dice: random.Random) -> Visit:
    """Throw a visit of one to three sentences; in most of them something happens."""
    count = dice.choice((1, 1, 2, 2, 3))
    planned = Visit(tuple(dice.sample(range(1, 8), count)))
    greeting = dice.choice(("well", "well", "slow", "never", "busy", "pongs", "going"))
    match greeting:
        case "slow":
            planned.welcomes = (Welcome(setup_s=dice.uniform(0.2, 2.0)),)
        case "never":
            planned.welcomes = (Welcome(setup_s=FOREVER),)
        case "busy":
            status = HTTPStatus.SERVICE_UNAVAILABLE
            refusal = Welcome(refusal=dice.choice(((1011, INTERNAL), (1013, UNAVAILABLE))))
            planned.welcomes = (dice.choice((Welcome(status=status), refusal)),)
        case "pongs":
            planned.welcomes = (Welcome(pong_delay_s=30.0),)
        case "going":
            planned.welcomes = (Welcome(silent=(GoAway(10.0),)),)
        case _:
            greeting = "well"
    planned.faults.append(greeting)
    for number in planned.questions:
        name = dice.choice(tuple(_TURNS))
        planned.turns[number] = (_TURNS[name](dice), _good())
        planned.faults.append(name)
    return planned


def _good(*before: Step) -> Turn:
    return Turn(steps=(*before, Hear(), Say(seconds=REPLY_S), *_OVER))


def _while_listening(step: Step) -> Turn:
    return Turn(listening=(step,), listening_from=10, steps=_good().steps)


def _halves(*between: Step) -> Turn:
    half = Say(seconds=HALF_S)
    return Turn(steps=(Hear(), half, *between, half, *_OVER))


def _end(dice: random.Random) -> Step:
    return dice.choice(
        (
            Abort(reset=True),
            Abort(reset=False),
            Close(1000, "The operation was cancelled."),
            Close(1008, "Operation is not implemented, or supported, or enabled."),
            Close(1011, INTERNAL),
            Close(1011, EXPIRED),
            Close(1013, UNAVAILABLE),
        )
    )


def _going(dice: random.Random) -> GoAway:
    return GoAway(dice.choice((60.0, 10.0, 2.0, 0.3)), dice.choice((1008, 1011)), EXPIRED)


def _nonsense() -> tuple[Step, ...]:
    return (Send({"somethingNew": 1}), Send("no JSON"), Send({"serverContent": {}}))


_TURNS: Mapping[str, Callable[[random.Random], Turn]] = {
    "nothing": lambda _: _good(),
    "nothing at all": lambda _: _good(),
    "a call": lambda _: _good(Call()),
    "calls again and again": lambda _: _good(Call(), Call(wait=False), Call()),
    "a call without an id": lambda _: _good(Call(with_id=False)),
    "lost while listening": lambda dice: _while_listening(_end(dice)),
    "lost while thinking": lambda dice: Turn(steps=(Hear(), _end(dice))),
    "lost while a tool is called": lambda dice: Turn(steps=(Call(wait=False), _end(dice))),
    "lost while speaking": lambda dice: Turn(steps=(Hear(), Say(seconds=HALF_S), _end(dice))),
    "lost after the turn": lambda dice: Turn(
        steps=(Hear(), Say(seconds=REPLY_S), *_OVER, Pause(0.2), _end(dice))
    ),
    "going while listening": lambda dice: _while_listening(_going(dice)),
    "going while thinking": lambda dice: _good(_going(dice), Pause(0.5)),
    "going while a tool is called": lambda dice: _good(
        Call(wait=False), _going(dice), AwaitResults()
    ),
    "going while speaking": lambda dice: _halves(_going(dice)),
    "a pause for thought": lambda dice: _good(Pause(dice.uniform(0.5, 6.0))),
    "a pause in the reply": lambda dice: _halves(Pause(dice.uniform(0.2, 5.0))),
    "transcribed twice": lambda _: _good(Hear(2)),
    "nonsense": lambda _: _halves(*_nonsense()),
    "a phantom interruption": lambda _: _halves(Interrupted()),
    "no sound": lambda _: Turn(steps=(Hear(), Done())),
}
