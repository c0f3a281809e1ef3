"""Plays the pattern of a light with one timer of the loop, for lamps and for the terminal."""

import asyncio
from collections.abc import Callable
from itertools import cycle

from kiosk.core.lights import PATTERNS, Light, Pattern


class LightPlayer:
    """Calls ``draw`` with the pattern and its level now; a steady pattern needs no timer."""

    def __init__(self, draw: Callable[[Pattern, float], None]) -> None:
        self._draw = draw
        self._loop = asyncio.get_running_loop()
        self._light: Light | None = None
        self._pattern = PATTERNS[Light.DARK]
        self._timer: asyncio.TimerHandle | None = None

    def show(self, light: Light) -> None:
        """Play this light until another is shown; the same one again goes on undisturbed."""
        if light is self._light:
            return
        self._light = light
        before, self._pattern = self._pattern, PATTERNS[light]
        if before.steps == self._pattern.steps and self._timer is not None:
            return  # only the colour changes: breathe on
        self.stop()
        if self._pattern.steady:
            self._draw(self._pattern, self._pattern.steps[0][0])
        else:
            self._play(cycle(self._pattern.steps).__next__)

    def _play(self, next_step: Callable[[], tuple[float, float]]) -> None:
        level, seconds = next_step()
        self._draw(self._pattern, level)
        self._timer = self._loop.call_later(seconds, self._play, next_step)

    def stop(self) -> None:
        """Draw no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
