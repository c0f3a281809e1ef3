"""Bare connects: those that race while the path is in doubt, and the probe between visits."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final

from kiosk.core import link_words as lw
from kiosk.core.retry import DIAL_S
from kiosk.errors import LinkError, LinkRefused, Refusal
from kiosk.ports import LiveService, Spare

log = logging.getLogger(__name__)

PROBE_WITHIN_S: Final = 1.5

Start = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


class Dials:
    """Everything that is being dialled, and the one spare that came of it."""

    def __init__(self, start: Start, post: Callable[[lw.Event], None]) -> None:
        """Take a way to start tasks, and where to post what becomes of them."""
        self._start = start
        self._post = post
        self._under_way: set[asyncio.Task[None]] = set()
        self._spare: Spare | None = None
        self._owner: LiveService | None = None

    def dial(self, service: LiveService) -> None:
        """Start a bare connect beside any that are under way; a success is ``SpareUp``."""
        self._begin(self._dialled(service))

    def probe(self, service: LiveService | None) -> None:
        """See whether a service answers: ``Probed``. One that is not known yet counts as there."""
        self._begin(self._probed(service))

    def take(self, service: LiveService) -> Spare | None:
        """Give up every connect and hand out the spare, if it leads to this service."""
        spare = None
        if self._owner is service:
            spare, self._spare = self._spare, None
        self.stop()
        return spare

    def stop(self) -> None:
        """Give up every connect, and the spare."""
        for task in self._under_way:
            task.cancel()
        if self._spare is not None:
            self._spare.close()
        self._spare = self._owner = None

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._start(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _dialled(self, service: LiveService) -> None:
        now = asyncio.get_running_loop().time
        began = now()
        try:
            spare = await service.dial(DIAL_S)
        except LinkError as err:
            log.debug("no way", extra={"KIOSK_CAUSE": str(err)})
            return
        if self._spare is None:
            self._spare, self._owner = spare, service
        else:
            spare.close()
        self._post(lw.SpareUp(now() - began))

    async def _probed(self, service: LiveService | None) -> None:
        probed = lw.Probed(reached=True)
        try:
            if service is not None:
                await service.probe(PROBE_WITHIN_S)
        except LinkRefused as err:
            early = err.refusal is Refusal.CLOCK
            probed = lw.Probed(reached=False, trusted=False, early=early)
        except LinkError:
            probed = lw.Probed(reached=False)
        self._post(probed)
