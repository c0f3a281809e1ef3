"""The watchdog: a sign of life only on evidence that the parts move."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from kiosk.ports import ServiceManager

log = logging.getLogger(__name__)


async def watch(
    manager: ServiceManager, period_s: float, evidence: Callable[[], Mapping[str, int]]
) -> None:
    """Pet the watchdog every ``period_s`` if every counter of ``evidence`` has moved since.

    A part that stands still is named in the journal, and systemd restarts us.
    """
    before = evidence()
    while True:
        await asyncio.sleep(period_s)
        after = evidence()
        wedged = [part for part, count in after.items() if count == before.get(part)]
        if wedged:
            log.error("part stands still", extra={"KIOSK_PART": ",".join(wedged)})
        else:
            manager.alive()
        before = after
