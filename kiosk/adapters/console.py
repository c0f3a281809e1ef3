"""A terminal as button and lamps: the space bar, and a light drawn in the last line.

The terminal's modes are put back however the process ends, short of SIGKILL. Whatever is
logged or printed meanwhile scrolls by above the drawn line.
"""

import asyncio
import atexit
import logging
import math
import os
import signal
import sys
import termios
import tty
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    ExitStack,
    asynccontextmanager,
    contextmanager,
    redirect_stderr,
    redirect_stdout,
)
from typing import Any, TextIO

from kiosk.adapters.light_player import LightPlayer
from kiosk.adapters.space_bar import (
    DISABLE_RELEASES,
    ENABLE_RELEASES,
    LONGEST_TAP_S,
    Key,
    SpaceBar,
    keys,
    unfinished,
)
from kiosk.core.lights import Pattern
from kiosk.errors import StartError
from kiosk.ports import ButtonEdge

_USAGE = 64  # EX_USAGE of sysexits(3)
_HINT = "space: talk   q: quit"
_DISCS = "○◔◑◕●"
_ASCII_DISCS = ".oO@#"
_CLEAR_LINE = "\r\x1b[K"


class Console:
    """Both the button and the lamps of a kiosk without pins."""

    def __init__(
        self, screen: "_Screen", on_quit: Callable[[], None], longest_tap_s: float
    ) -> None:
        self._screen = screen
        self._on_quit = on_quit
        self._loop = asyncio.get_running_loop()
        self._edges: asyncio.Queue[ButtonEdge] = asyncio.Queue()
        self._space = SpaceBar(self._edge, longest_tap_s)
        self._timer: asyncio.TimerHandle | None = None
        self._received = b""
        self._player = LightPlayer(screen.light)
        self.show = self._player.show

    def microphone(self, *, lit: bool) -> None:
        """Light or darken the drawn microphone lamp."""
        self._screen.microphone(lit=lit)

    async def edges(self) -> AsyncIterator[ButtonEdge]:
        """Yield every edge of the space bar."""
        while True:
            yield await self._edges.get()

    def _edge(self, pressed: bool) -> None:  # a callback with one argument
        self._edges.put_nowait(ButtonEdge(pressed=pressed, at=self._loop.time()))

    def receive(self, data: bytes) -> None:
        """Take what the terminal sent; nothing at all means that it has gone."""
        if not data:
            self._on_quit()
            return
        data = self._received + data
        left = unfinished(data)
        self._received = data[len(data) - left :] if 1 < left < 32 else b""  # a lone ESC is a key
        now = self._loop.time()
        for key in keys(data[: len(data) - len(self._received)]):
            if key is Key.QUIT:
                self._on_quit()
            self._space.key(key, now)
        self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._space.deadline is not None:
            self._timer = self._loop.call_at(self._space.deadline, self._tick)

    def _tick(self) -> None:
        self._space.tick(self._loop.time())
        self._arm()

    def stop(self) -> None:
        """Draw no more and forget the key."""
        self._player.stop()
        if self._timer is not None:
            self._timer.cancel()


class _Screen:
    """Keeps one drawn line below everything else that is written."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        encoding = (terminal.encoding or "ascii").lower()
        self._discs = _DISCS if "utf" in encoding else _ASCII_DISCS
        self._colours = "NO_COLOR" not in os.environ
        self._state = (Pattern("dark", (0.0, 0.0, 0.0), ((0.0, 1.0),)), 0, False)
        self._drawn = ""
        self._at_line_start = True

    def light(self, pattern: Pattern, level: float) -> None:
        self._set(pattern, math.ceil(level * (len(self._discs) - 1)), self._state[2])

    def microphone(self, *, lit: bool) -> None:
        self._set(*self._state[:2], lit)

    def _set(self, pattern: Pattern, disc: int, lit: bool) -> None:
        self._state = (pattern, disc, lit)
        if (line := self._line()) != self._drawn:
            self._draw(line)

    def _line(self) -> str:
        pattern, disc, lit = self._state
        red, green, blue = (round(255 * share) for share in pattern.colour)
        light = self._discs[disc]
        microphone = f"{self._discs[-1 if lit else 0]} microphone {'ON' if lit else 'off'}"
        words = f" {pattern.name:<20} {microphone:<18} {_HINT}"
        words = words[: max(0, self._columns() - 2)]
        if not self._colours:
            return light + words
        return f"\x1b[38;2;{red};{green};{blue}m{light}\x1b[0m{words}"

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._terminal.fileno()).columns or 80
        except OSError:
            return 80

    def _draw(self, line: str) -> None:
        if self._at_line_start:
            self._drawn = line
            self._terminal.write(_CLEAR_LINE + line)
            self._terminal.flush()

    def write(self, text: str) -> int:
        """Write above the drawn line; a line that is not finished hides it meanwhile."""
        if text:
            cleared = _CLEAR_LINE if self._at_line_start else ""
            self._terminal.write(cleared + text)
            self._at_line_start = text.endswith("\n")
            self._draw(self._line())
            self._terminal.flush()
        return len(text)

    def erase(self) -> None:
        if self._at_line_start:
            self._terminal.write(_CLEAR_LINE)
        self._terminal.flush()

    def flush(self) -> None:
        self._terminal.flush()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # all else a text stream has
        return getattr(self._terminal, name)


@asynccontextmanager
async def open_console(
    *,
    longest_tap_s: float = LONGEST_TAP_S,
    on_quit: Callable[[], None] | None = None,
    keyboard: int | None = None,
    terminal: TextIO | None = None,
) -> AsyncIterator[Console]:
    """Make the terminal a button and lamps for as long as the context lasts.

    A tap is released after ``longest_tap_s``, which must be well below the length of a hold.
    ``q`` and Ctrl-C call ``on_quit``, by default as if SIGTERM had come. Raises StartError
    when there is no terminal.
    """
    keyboard = sys.stdin.fileno() if keyboard is None else keyboard
    terminal = sys.__stdout__ if terminal is None else terminal
    if terminal is None or not os.isatty(keyboard) or not terminal.isatty():
        raise StartError(
            "the space bar needs a terminal for input and output: run this in one, "
            'or set kind = "none" in [button]',
            _USAGE,
        )
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        stack.enter_context(_keys_at_once(keyboard, terminal))
        screen = _Screen(terminal)
        stack.callback(screen.erase)
        stack.enter_context(_everything_through(screen))
        console = Console(screen, on_quit or _terminate, longest_tap_s)
        stack.callback(console.stop)
        loop.add_reader(keyboard, lambda: _read(loop, keyboard, console))
        stack.callback(loop.remove_reader, keyboard)
        yield console


def _terminate() -> None:
    signal.raise_signal(signal.SIGTERM)


def _read(loop: asyncio.AbstractEventLoop, keyboard: int, console: Console) -> None:
    try:
        data = os.read(keyboard, 1024)
    except OSError:  # the terminal was closed under us
        data = b""
    if not data:
        loop.remove_reader(keyboard)
    console.receive(data)


@contextmanager
def _keys_at_once(keyboard: int, terminal: TextIO) -> Iterator[None]:
    """Switch echo and line editing off, ask for releases, and put it all back."""
    before = termios.tcgetattr(keyboard)
    releases = os.environ.get("TERM") not in ("linux", "dumb")

    def restore() -> None:
        try:
            if releases:
                terminal.write(DISABLE_RELEASES)
                terminal.flush()
            termios.tcsetattr(keyboard, termios.TCSAFLUSH, before)
        except (OSError, ValueError, termios.error):
            pass  # the terminal has gone, and its modes with it

    atexit.register(restore)
    try:
        tty.setcbreak(keyboard, termios.TCSAFLUSH)
        if releases:
            terminal.write(ENABLE_RELEASES)
            terminal.flush()
        yield
    finally:
        atexit.unregister(restore)
        restore()


@contextmanager
def _everything_through(screen: _Screen) -> Iterator[None]:
    """Let what is printed and logged to this terminal pass through the screen."""
    ours: Any = screen
    shown = [stream for stream in (sys.stdout, sys.stderr) if stream.isatty()]
    handlers = [
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler, logging.StreamHandler) and handler.stream in shown
    ]
    before = [handler.setStream(ours) for handler in handlers]
    try:
        with ExitStack() as stack:
            if sys.stdout in shown:
                stack.enter_context(redirect_stdout(ours))
            if sys.stderr in shown:
                stack.enter_context(redirect_stderr(ours))
            yield
    finally:
        for handler, stream in zip(handlers, before, strict=True):
            handler.setStream(stream)
