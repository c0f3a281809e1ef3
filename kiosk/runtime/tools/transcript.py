"""What was said in the turn that runs: the customer's own words, and the kiosk's."""

import asyncio


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
        """Return the customer's words once they are all there, or what there is by then.

        A pause is no end: "yes" may go on as "yes, but not now" in the service's next piece.
        """
        while not (self._final and self.customer.strip()):
            self._more.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._more.wait()
            except TimeoutError:
                break
        return self.customer
