"""A start, step by step: told to the service manager, and the journal where the time went."""

import gc
import logging
from collections.abc import Callable
from typing import Final

from kiosk.ports import ServiceManager

log = logging.getLogger(__name__)

LONGEST_STEP_S: Final = 90.0
"""Longer than the longest wait of a step, for a local service that is just starting."""


class Start:
    """Takes the time of every step. A slow start may go on; one that hangs in a step may not."""

    def __init__(self, manager: ServiceManager, age_s: Callable[[], float]) -> None:
        """``age_s`` returns how long ago the process was started."""
        self._manager = manager
        self._age_s = age_s
        self._began_s = 0.0
        self._took_s: dict[str, float] = {}
        self._ready = False

    def done(self, step: str) -> None:
        """Note that a step is over, and that the next one begins."""
        if self._ready:
            return  # a local service that ended was started anew: no start of ours
        now_s = self._age_s()
        self._took_s[step] = now_s - self._began_s
        self._began_s = now_s
        self._manager.more_time(LONGEST_STEP_S)

    def is_ready(self) -> None:
        """Tell the service manager, and say once where the time went."""
        self._manager.ready()
        if self._ready:
            return
        self._ready = True
        gc.enable()  # it is off while the kiosk is loaded, see kiosk.cli
        steps = ", ".join(f"{step} {took_s:.2f}" for step, took_s in self._took_s.items())
        log.info("ready after %.2f s: %s", self._age_s(), steps)
