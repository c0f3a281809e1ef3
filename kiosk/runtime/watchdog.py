"""The watchdog: a sign of life only on evidence that the parts move.

It runs on the event loop and nowhere else, so a loop that is blocked gives no sign either.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kiosk.ports import ServiceManager

log = logging.getLogger(__name__)

LOOKS = 8
"""So often within the rest of the period a part that stood still gets another look."""


def _nothing() -> None:
    """Leave a part alone that moves by itself."""


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WatchedPart:
    """A part that must move: evidence, not a timer.

    ``count`` returns a number that changes whenever the part does its work. ``nudge`` makes a
    part that may be idle for hours come round once, soon. ``should_move`` is false while it is
    known to stand still for a reason, for example because its device is being opened again.
    All three are quick and raise nothing.
    """

    name: str
    count: Callable[[], int]
    nudge: Callable[[], None] = _nothing
    should_move: Callable[[], bool] = _always


async def watch(
    manager: ServiceManager,
    period_s: float,
    parts: Sequence[WatchedPart],
    on_wedged: Callable[[tuple[str, ...]], None],
) -> None:
    """Pet the watchdog every ``period_s`` if every part that should move has moved since.

    ``parts`` may grow meanwhile: not all of a kiosk starts at once.
    Parts that stand still are named once, in the journal and to ``on_wedged``, which is told
    of an empty tuple if they go on after all. Until then there is no sign of life, and systemd
    restarts us.
    """
    while True:
        owed = {part: part.count() for part in parts if part.should_move()}
        for part in owed:
            part.nudge()
        await asyncio.sleep(period_s)
        wedged = _still(owed)
        if wedged:
            log.error("part stands still", extra={"KIOSK_PART": ",".join(wedged)})
            on_wedged(wedged)
            # It may be slow, or about to be known as lost: in time that is no harm.
            while _still(owed):  # noqa: ASYNC110 - counters on other threads have no event
                await asyncio.sleep(period_s / LOOKS)
            log.warning("part moves again", extra={"KIOSK_PART": ",".join(wedged)})
            on_wedged(())
        manager.alive()


def _still(owed: Mapping[WatchedPart, int]) -> tuple[str, ...]:
    return tuple(
        part.name for part, count in owed.items() if part.should_move() and part.count() == count
    )
