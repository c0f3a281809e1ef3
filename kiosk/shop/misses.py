"""Order numbers that did not do: say it again, then spell it, then somebody comes. Pure."""

from typing import Final

from kiosk.shop.answers import Answer

_SPELL_AT: Final = 2
CALL_AT: Final = 3
_SPELL: Final = (
    "I still can't find that number. Could you spell it for me, one sign after the other?"
    " For example: O, R, D, 8, 8, 4, 2, 1."
)
_CALLED: Final = "I can't find that order number. I've called a colleague, who will help you."


class Misses:
    """The order numbers of one visit that were none, or nobody's; at most one counts a turn."""

    def __init__(self) -> None:
        self.count = 0
        self._turn = -1

    def missed(self, turn: int) -> bool:
        """Take note of one; tell whether somebody of the staff is to be called now."""
        if turn <= self._turn:
            return False
        self._turn = turn
        self.count += 1
        return self.count == CALL_AT

    def found(self) -> None:
        """Take note of an order that was found."""
        self.count = 0

    def reworded(self, given: Answer) -> Answer:
        """Return the answer to a miss, with what helps after so many."""
        if self.count >= CALL_AT:
            return {**given, "say": _CALLED, "staff_called": True}
        return {**given, "say": _SPELL} if self.count >= _SPELL_AT else given
