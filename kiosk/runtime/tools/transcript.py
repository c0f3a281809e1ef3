"""What was said in the turn that runs: the customer's own words, and the kiosk's."""

import asyncio
from typing import Final

SETTLES_S: Final = 0.3
"""After so long without another word the customer's sentence is whole."""


class Transcript:
    """One turn's words, as they come. Personal data: it goes nowhere."""

    def __init__(self) -> None:
        self.customer = self.kiosk = ""
        self._final = False
        self._more = asyncio.Event()

    def heard(self, piece: str, *, final: bool) -> None:
        """Take more of the customer's words; ``final``: there will be no more."""
        self.customer += piece
        self._final = final
        self._more.set()

    async def whole(self, deadline: float) -> str:
        """Return the customer's words once they are all there, or what there is by then."""
        while not (self._final and self.customer.strip()):
            quiet = deadline
            if self.customer.strip():
                quiet = min(deadline, asyncio.get_running_loop().time() + SETTLES_S)
            self._more.clear()
            try:
                async with asyncio.timeout_at(quiet):
                    await self._more.wait()
            except TimeoutError:
                break
        return self.customer
