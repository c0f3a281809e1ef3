"""A breaker: what fails again and again is left alone for a while. Pure; time is an argument."""

from typing import Final

FAILURES: Final = 3
"""In a row. Then nobody asks for ``REST_S``, after which one may try."""
REST_S: Final = 30.0


class Breaker:
    """Closed until ``FAILURES`` failures in a row; open for ``REST_S``; then half open."""

    def __init__(self) -> None:
        self._failures = 0
        self._rests_until: float | None = None
        self._probing = False

    def admit(self, now: float) -> bool:
        """Tell whether to ask now. Of those who would, one may once the rest is over."""
        if self._rests_until is None:
            return True
        if self._probing or now < self._rests_until:
            return False
        self._probing = True
        return True

    def answered(self) -> None:
        """Take note of an answer: everybody may ask."""
        self._failures, self._rests_until, self._probing = 0, None, False

    def failed(self, now: float) -> None:
        """Take note of a failure."""
        self._failures += 1
        if self._failures >= FAILURES:
            self._rests_until, self._probing = now + REST_S, False

    def given_up(self) -> None:
        """Take note that whoever asked has stopped waiting: nobody knows."""
        self._probing = False
