"""What goes into the audit ledger, and what becomes of a call when nothing can."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from kiosk.errors import ToolError
from kiosk.runtime.tools.deadline import within
from kiosk.shop.ledger import Entry
from kiosk.shop.ports import Ledger

PATIENCE_S: Final = 0.5
BEGUN: Final = "begun"
"""The outcome of a change that is about to be made. Alone, nobody knows what became of it."""

_log = logging.getLogger(__name__)


class Bookkeeper:
    """Writes entries. What only reads goes on without them, a change is not made."""

    def __init__(self, ledger: Ledger, wall_clock: Callable[[], datetime]) -> None:
        self._ledger, self._wall_clock = ledger, wall_clock
        self._failed = False

    async def begin(self, visit: str, tool: str, clause: str, key: str) -> None:
        """Return once a change is written down that is about to be made. Raises ToolError."""
        await self._write(
            Entry(at=self._now, visit=visit, tool=tool, outcome=BEGUN, clause=clause, key=key)
        )

    async def note(self, visit: str, tool: str, outcome: str, clause: str, key: str) -> None:
        """Write down what came of a call, if that can be."""
        try:
            await self._write(
                Entry(at=self._now, visit=visit, tool=tool, outcome=outcome, clause=clause, key=key)
            )
        except ToolError as err:
            if not self._failed:
                _log.error("the ledger cannot be written", extra={"KIOSK_ERROR": err.reason})
            self._failed = True
        else:
            self._failed = False

    @property
    def _now(self) -> datetime:
        return self._wall_clock()

    async def _write(self, entry: Entry) -> None:
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        await within(self._ledger.note(entry), deadline)
