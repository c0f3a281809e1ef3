"""The terminal as button and lamps, on a real pseudo-terminal."""

import asyncio
import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kiosk.adapters.console import open_console
from kiosk.core.lights import Light
from kiosk.errors import StartError
from kiosk.ports import ButtonEdge

DEADLINE_S = 20


@dataclass
class Terminal:
    """What a person has: keys to press and a screen to look at."""

    person: int
    program: int
    seen: str = ""

    def type(self, keys: bytes) -> None:
        os.write(self.person, keys)

    def look(self, for_s: float = 0.0) -> str:
        while select.select([self.person], [], [], for_s)[0]:
            try:
                data = os.read(self.person, 4096)
            except OSError:  # nobody holds the other end any more
                break
            if not data:
                break
            self.seen += data.decode(errors="replace")
        return self.seen

    def wait_for(self, pattern: str) -> None:
        for _ in range(DEADLINE_S * 10):
            if re.search(pattern, self.look(0.1)):
                return
        raise AssertionError(f"{pattern!r} never seen in {self.seen!r}")

    def modes(self) -> int:
        local_modes: int = termios.tcgetattr(self.program)[3]
        return local_modes & (termios.ICANON | termios.ECHO)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    person, program = pty.openpty()
    yield Terminal(person, program)
    for end in (person, program):
        with contextlib.suppress(OSError):
            os.close(end)


async def edge(edges: AsyncIterator[ButtonEdge]) -> ButtonEdge:
    async with asyncio.timeout(DEADLINE_S):
        return await anext(edges)


def test_a_tap_is_a_press_and_a_release_and_q_quits(terminal: Terminal) -> None:
    async def scenario() -> None:
        quits = asyncio.Event()
        with open(terminal.program, "w", closefd=False) as screen:  # noqa: ASYNC230  # a pty
            async with open_console(
                keyboard=terminal.program, terminal=screen, on_quit=quits.set
            ) as console:
                assert terminal.modes() == 0
                terminal.type(b" ")
                edges = console.edges()
                down, up = await edge(edges), await edge(edges)
                assert (down.pressed, up.pressed) == (True, False)
                assert 0.2 < up.at - down.at < 0.4
                terminal.type(b"q")
                async with asyncio.timeout(DEADLINE_S):
                    await quits.wait()

    before = terminal.modes()
    asyncio.run(scenario())
    assert terminal.modes() == before != 0


def test_releases_told_by_the_keyboard_come_through_even_in_pieces(terminal: Terminal) -> None:
    async def scenario() -> list[bool]:
        with open(terminal.program, "w", closefd=False) as screen:  # noqa: ASYNC230  # a pty
            async with open_console(keyboard=terminal.program, terminal=screen) as console:
                edges = console.edges()
                terminal.type(b"\x1b[32;1:")
                await asyncio.sleep(0)
                terminal.type(b"1u")
                first = await edge(edges)
                terminal.type(b"\x1b[32;1:3u")
                return [first.pressed, (await edge(edges)).pressed]

    assert asyncio.run(scenario()) == [True, False]
    assert "\x1b[>11u" in terminal.look()
    assert terminal.seen.rstrip("\r\x1b[K").endswith("\x1b[<u")


def test_light_and_microphone_are_drawn_in_one_line(terminal: Terminal) -> None:
    async def scenario() -> None:
        with open(terminal.program, "w", closefd=False) as screen:  # noqa: ASYNC230  # a pty
            async with open_console(keyboard=terminal.program, terminal=screen) as console:
                console.show(Light.READY)
                console.microphone(lit=True)
                terminal.wait_for("steady, dim.*microphone ON")
                console.microphone(lit=False)
                console.show(Light.OFFLINE)
                terminal.wait_for("blink once a second.*microphone off")

    asyncio.run(scenario())
    assert "\n" not in terminal.look()


def test_without_a_terminal_it_says_so(tmp_path: Path) -> None:
    async def scenario() -> None:
        with (tmp_path / "f").open("w") as file:
            with pytest.raises(StartError, match="needs a terminal") as caught:
                async with open_console(keyboard=file.fileno(), terminal=file):
                    pass
            assert caught.value.exit_code == 64

    asyncio.run(scenario())


PROGRAM = """
import asyncio, logging, signal
from kiosk import journal
from kiosk.adapters.console import open_console
from kiosk.core.lights import Light

journal.set_up("info", {})

async def main():
    task = asyncio.current_task()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with open_console() as console:
        console.show(Light.READY)
        logging.getLogger("kiosk").info("ready", extra={"KIOSK_TURN": 1})
        print("a line for people")
        async for edge in console.edges():
            print("down" if edge.pressed else "up")
            if TROUBLE:
                raise RuntimeError("trouble")

try:
    asyncio.run(main())
except asyncio.CancelledError:
    print("stopped well")
"""


@contextlib.contextmanager
def program(terminal: Terminal, *, trouble: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    code = PROGRAM.replace("TROUBLE", str(trouble))
    environ = {**os.environ, "TERM": "xterm", "PYTHONIOENCODING": "utf-8", "PYTHON_COLORS": "0"}
    environ.pop("JOURNAL_STREAM", None)
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=terminal.program,
        stdout=terminal.program,
        stderr=terminal.program,
        env=environ,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("way_out", ["q", "ctrl-c of an enhanced terminal", "SIGTERM"])
def test_prints_and_logs_stay_readable_and_the_terminal_is_put_back(
    terminal: Terminal, way_out: str
) -> None:
    before = terminal.modes()
    with program(terminal) as process:
        terminal.wait_for("a line for people")
        terminal.wait_for("steady, dim")
        terminal.type(b" ")
        terminal.wait_for("down\r\n(.|\n)*up\r\n")
        match way_out:
            case "q":
                terminal.type(b"q")
            case "SIGTERM":
                process.send_signal(signal.SIGTERM)
            case _:
                terminal.type(b"\x1b[99;5u")
        terminal.wait_for("stopped well")
        assert process.wait(DEADLINE_S) == 0

    assert terminal.modes() == before
    lines = re.split(r"\r?\n|\r\x1b\[K", terminal.look())
    assert "a line for people" in lines
    assert "down" in lines
    assert any(line.endswith(" info ready turn=1") for line in lines)


def test_the_terminal_is_put_back_when_the_program_falls(terminal: Terminal) -> None:
    before = terminal.modes()
    with program(terminal, trouble=True) as process:
        terminal.wait_for("steady, dim")
        terminal.type(b" ")
        assert process.wait(DEADLINE_S) == 1

    assert terminal.modes() == before
    assert "RuntimeError: trouble" in terminal.look()
