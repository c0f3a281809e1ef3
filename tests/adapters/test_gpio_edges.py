"""A watched line, on a board that knows who has each of its lines: real threads, real waiting."""

import asyncio
import errno
import gc
import os
import re
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import gpiod
import gpiozero
import pytest
from gpiod.line import Bias, Clock, Direction, Edge, Value

from kiosk.adapters import gpio
from kiosk.adapters.gpio import Pins, open_button, open_lamps, open_pins
from kiosk.adapters.gpio_chips import Chip, import_lgpio
from kiosk.errors import DeviceError, StartError
from kiosk.settings import Button, Lamp

LINE = 17
DEADLINE_S = 10.0
EVENT = struct.Struct("iQ")
GONE = 0
GAPS = ["of the function", "of the pull", "between the two libraries"]
PULLS = {Bias.PULL_UP: 1 << 5, Bias.PULL_DOWN: 1 << 6, Bias.DISABLED: 1 << 7}  # as lgpio's flags


class Line:
    """A line as the kernel keeps it: one has it, or nobody."""

    def __init__(self) -> None:
        self.owner = ""
        self.level = 1
        self.flags = 0
        self.claims: list[str] = []

    def claim(self, owner: str) -> None:
        if self.owner and not (self.owner == owner == "lgpio"):
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        self.owner = owner
        self.claims.append(owner)


class Request:
    """What ``gpiod.request_lines`` returns, with a pipe for the kernel's descriptor."""

    def __init__(self, line: Line, settings: gpiod.LineSettings) -> None:
        self.settings = settings
        self._line = line
        self.fd, self._kernel = os.pipe()

    def get_value(self, offset: int) -> Value:
        assert offset == LINE
        return Value(self._line.level)

    def read_edge_events(self) -> list[gpiod.EdgeEvent]:
        told = list(EVENT.iter_unpack(os.read(self.fd, 16 * EVENT.size)))
        if any(kind == GONE for kind, _ in told):
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        return [gpiod.EdgeEvent(kind, at_ns, LINE, 1, 1) for kind, at_ns in told]

    def release(self) -> None:
        os.close(self.fd)
        os.close(self._kernel)
        self._line.owner = ""

    def happen(self, *edges: tuple[int, int]) -> None:
        os.write(self._kernel, b"".join(EVENT.pack(*edge) for edge in edges))


class Board:
    """Lines that lgpio and libgpiod claim from the same kernel, and a finger on one of them."""

    def __init__(self) -> None:
        self.lines = {LINE: Line(), 18: Line(), 27: Line()}
        self.requests: list[Request] = []
        self.asked: list[tuple[str, str | None]] = []
        self.in_the_gap: Callable[[Line], None] = lambda _: None
        """Done when lgpio has let go: to claim anew, and for libgpiod to request."""

    @property
    def line(self) -> Line:
        return self.lines[LINE]

    def request_lines(
        self, path: str, config: dict[int, gpiod.LineSettings], consumer: str | None = None
    ) -> Request:
        ((number, settings),) = config.items()
        line = self.lines[number]
        line.claim("libgpiod")
        line.flags = PULLS[settings.bias]
        self.asked.append((path, consumer))
        self.requests.append(Request(line, settings))
        return self.requests[-1]

    def press(self, at_ns: int) -> None:
        self.line.level = 0
        self.requests[-1].happen((gpiod.EdgeEvent.Type.FALLING_EDGE.value, at_ns))

    def let_go(self, at_ns: int) -> None:
        self.line.level = 1
        self.requests[-1].happen((gpiod.EdgeEvent.Type.RISING_EDGE.value, at_ns))


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Board:
    board = Board()
    lgpio = import_lgpio()
    from gpiozero.pins.lgpio import LGPIOPin

    def claim(_: int, number: int, flags: int = 0) -> None:
        if board.lines[number].owner == "lgpio":
            free(_, number)  # what is its own already, it gives back and asks for again
        try:
            board.lines[number].claim("lgpio")
        except OSError as err:
            raise lgpio.error("GPIO busy") from err
        board.lines[number].flags = flags

    def claim_output(_: int, number: int, level: int = 0, flags: int = 0) -> None:
        claim(_, number, flags | LGPIOPin.GPIO_IS_OUT)
        board.lines[number].level = level

    def free(_: int, number: int) -> None:
        assert board.lines[number].owner == "lgpio"
        board.lines[number].owner = ""
        board.in_the_gap(board.lines[number])

    def read(_: int, number: int) -> int:
        assert board.lines[number].owner == "lgpio"
        return board.lines[number].level

    def close(_: int) -> None:
        for line in board.lines.values():
            line.owner = line.owner.replace("lgpio", "")

    for name, stand_in in {
        "gpiochip_open": lambda number: number,
        "gpiochip_close": close,
        "gpio_claim_input": claim,
        "gpio_claim_output": claim_output,
        "gpio_free": free,
        "gpio_read": read,
        "gpio_write": lambda *_: None,
        "tx_pwm": lambda *_: None,
        "gpio_get_mode": lambda _, number: board.lines[number].flags,
    }.items():
        monkeypatch.setattr(lgpio, name, stand_in)
    monkeypatch.setattr(gpiod, "request_lines", board.request_lines)
    return board


@pytest.fixture
def factory(board: Board, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from gpiozero.pins.lgpio import LGPIOFactory

    monkeypatch.setattr(LGPIOFactory, "_get_revision", lambda _: 0xC03115)
    monkeypatch.setattr(gpio, "chips", lambda: ([Chip("gpiochip2", "pinctrl-bcm2711", 54)], []))
    with open_pins("") as pins:
        yield pins.factory
    assert watchers() == []
    assert {line.owner for line in board.lines.values()} <= {"", "another program"}


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def watchers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("edges of GPIO")]


class Told:
    """What a pin tells, in order."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[tuple[float, int]] = SimpleQueue()

    def changed(self, ticks: float, state: int) -> None:
        self._queue.put((ticks, state))

    def next(self) -> tuple[float, int]:
        return self._queue.get(timeout=DEADLINE_S)

    def nothing(self) -> bool:
        return self._queue.empty()


def test_edges_are_told_in_order_with_the_kernel_s_dates(board: Board, factory: Any) -> None:
    told = Told()
    pin = factory.pin(LINE)
    pin.when_changed = told.changed

    board.press(1_500_000_000)
    assert told.next() == (1.5, 0)
    board.requests[-1].happen((1, 2_000_000_000), (2, 2_250_000_000))  # read at once
    assert [told.next(), told.next()] == [(2.0, 1), (2.25, 0)]


def test_a_press_that_is_noticed_late_has_the_kernel_s_date(board: Board, factory: Any) -> None:
    async def scenario() -> None:
        async with open_button(Button(pin=LINE), Pins(factory)) as button, asyncio.timeout(10):
            pressed_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC) - 800_000_000
            board.press(pressed_ns)
            edge = await anext(aiter(button.edges()))
            assert edge.pressed
            assert edge.at == pytest.approx(pressed_ns / 1e9, abs=0.2)

    asyncio.run(scenario())


def test_the_kernel_is_asked_for_what_the_button_is_wired_as(board: Board, factory: Any) -> None:
    with gpiozero.DigitalInputDevice(LINE, pull_up=True, bounce_time=0.02, pin_factory=factory):
        settings = board.requests[-1].settings
        assert board.asked == [("/dev/gpiochip2", "kiosk")]
        assert settings.direction is Direction.INPUT
        assert settings.bias is Bias.PULL_UP
        assert settings.edge_detection is Edge.BOTH
        assert settings.debounce_period.total_seconds() == 0.02
        assert settings.event_clock is Clock.MONOTONIC

    with gpiozero.DigitalInputDevice(LINE, pull_up=False, pin_factory=factory) as device:
        settings = board.requests[-1].settings
        assert settings.bias is Bias.PULL_DOWN
        assert not settings.debounce_period
        device.pin.edges = "rising"
        assert board.requests[-1].settings.edge_detection is Edge.RISING


def test_the_thread_sleeps_until_there_is_an_edge(board: Board, factory: Any) -> None:
    told = Told()
    pin = factory.pin(LINE)
    pin.when_changed = told.changed
    board.press(1)
    told.next()

    (watcher,) = watchers()
    before = times_slept(watcher)
    threading.Event().wait(0.2)
    assert times_slept(watcher) - before <= 1  # to go to sleep again


def times_slept(thread: threading.Thread) -> int:
    status = Path(f"/proc/self/task/{thread.native_id}/status").read_text()
    return int(re.findall(r"^voluntary_ctxt_switches:\s*(\d+)", status, re.MULTILINE)[0])


def test_a_watched_line_is_read_from_whoever_has_it(board: Board, factory: Any) -> None:
    told = Told()
    pin = factory.pin(LINE)
    pin.pull = "up"
    pin.when_changed = told.changed
    assert board.line.owner == "libgpiod"
    assert (pin.function, pin.pull, pin.state) == ("input", "up", True)
    board.line.level = 0
    assert pin.state is False

    pin.when_changed = None
    assert board.line.owner == "lgpio"
    assert (pin.function, pin.pull, pin.state) == ("input", "up", False)
    assert watchers() == []


def test_what_a_line_is_watched_with_can_be_changed_while_it_is(board: Board, factory: Any) -> None:
    told = Told()
    pin = factory.pin(LINE)
    pin.when_changed = told.changed
    pin.bounce = 0.05
    pin.pull = "down"
    assert (pin.bounce, pin.pull) == (0.05, "down")
    assert len(watchers()) == 1
    settings = board.requests[-1].settings
    assert settings.debounce_period.total_seconds() == 0.05
    assert settings.bias is Bias.PULL_DOWN
    board.press(3_000_000_000)
    assert told.next() == (3.0, 0)

    with pytest.raises(gpiozero.PinInvalidBounce):
        pin.bounce = -1
    pin.function = "output"
    assert board.line.owner == "lgpio"
    assert watchers() == []
    assert pin.when_changed is None


@pytest.mark.parametrize("what", ["device", "factory"])
def test_closing_leaves_no_thread_no_line_and_no_descriptor(
    board: Board, factory: Any, what: str
) -> None:
    descriptors = open_descriptors()
    device = gpiozero.DigitalInputDevice(LINE, pull_up=True, pin_factory=factory)
    assert len(watchers()) == 1
    (device if what == "device" else factory).close()

    assert watchers() == []
    assert board.line.owner == ""
    assert open_descriptors() == descriptors
    device.close()


def test_a_line_is_watched_again_after_its_first_device_is_closed(
    board: Board, factory: Any
) -> None:
    for at_ns in (1_000_000_000, 2_000_000_000):
        with gpiozero.DigitalInputDevice(LINE, pull_up=True, pin_factory=factory) as device:
            board.press(at_ns)
            assert device.wait_for_active(DEADLINE_S)
            board.let_go(at_ns)
            assert device.wait_for_inactive(DEADLINE_S)
    assert len(board.requests) == 2


def test_lamps_are_lgpio_s_as_ever(board: Board, factory: Any) -> None:
    async def scenario() -> None:
        async with open_lamps(Lamp(), Pins(factory)) as lamps:
            lamps.microphone(lit=True)
            assert {board.lines[18].owner, board.lines[27].owner} == {"lgpio"}

    asyncio.run(scenario())
    assert board.requests == []


@pytest.mark.parametrize("gap", [1, 2, 3], ids=GAPS)
def test_a_line_that_is_taken_in_a_gap_is_waited_for(board: Board, factory: Any, gap: int) -> None:
    lgpio = import_lgpio()
    gaps = iter(range(1, gap + 1))

    def take(line: Line) -> None:
        if next(gaps) < gap:
            return
        line.owner = "another program"
        board.in_the_gap = lambda _: None
        asyncio.get_running_loop().call_later(0.5, give_back)

    def give_back() -> None:
        board.line.owner = ""

    async def scenario() -> None:
        board.in_the_gap = take
        async with open_button(Button(pin=LINE), Pins(factory, None, (lgpio.error,))) as button:
            board.press(time.clock_gettime_ns(time.CLOCK_MONOTONIC))
            async with asyncio.timeout(DEADLINE_S):
                assert (await anext(aiter(button.edges()))).pressed

    asyncio.run(scenario())


@pytest.mark.parametrize("gap", [1, 2, 3], ids=GAPS)
@pytest.mark.parametrize("stays", [True, False], ids=["taken for good", "taken again and again"])
def test_a_line_that_stays_taken_is_told_in_one_sentence(
    board: Board, factory: Any, monkeypatch: pytest.MonkeyPatch, *, stays: bool, gap: int
) -> None:
    lgpio = import_lgpio()
    gaps = iter(range(1, 100))

    def take(line: Line) -> None:
        if next(gaps) < gap:
            return
        line.owner = "another program"
        if not stays:  # free again each time that lgpio asks
            asyncio.get_running_loop().call_soon(setattr, line, "owner", "")

    async def scenario() -> None:
        board.in_the_gap = take
        with pytest.raises(StartError, match="button: GPIO 17 cannot be used: in use by a program"):
            async with open_button(Button(pin=LINE), Pins(factory, None, (lgpio.error,))):
                pass

    monkeypatch.setattr(gpio, "CLAIM_S", 0.3)
    asyncio.run(scenario())
    factory.close()
    assert watchers() == []


def test_a_button_whose_line_is_gone_ends_the_kiosk_with_its_reason(
    board: Board, factory: Any
) -> None:
    async def scenario() -> None:
        async with (
            open_button(Button(pin=LINE), Pins(factory)) as button,
            asyncio.timeout(DEADLINE_S),
        ):
            board.requests[-1].happen((GONE, 0))
            with pytest.raises(DeviceError, match=r"button: its GPIO line is gone: .*device"):
                await anext(aiter(button.edges()))

    asyncio.run(scenario())


@pytest.mark.parametrize("what", ["button", "lamps"])
def test_a_line_that_somebody_takes_as_it_is_given_back_hides_no_reason(
    board: Board, factory: Any, what: str
) -> None:
    lgpio = import_lgpio()
    pins = Pins(factory, None, (lgpio.error,))

    def take(line: Line) -> None:
        line.owner = "another program"

    async def scenario() -> None:
        async with open_button(Button(), pins) if what == "button" else open_lamps(Lamp(), pins):
            board.in_the_gap = take
            raise StartError("why the kiosk ends", 69)

    with pytest.raises(StartError, match="why the kiosk ends"):
        asyncio.run(scenario())


def test_an_edge_that_nobody_waits_for_any_more_is_let_go(board: Board, factory: Any) -> None:
    told, forgotten = Told(), Told()
    pin = factory.pin(LINE)
    pin.when_changed = forgotten.changed  # kept by nobody else
    del forgotten
    gc.collect()
    board.press(1)
    pin.when_changed = told.changed
    assert len(watchers()) == 1
    board.let_go(2_000_000_000)
    while (edge := told.next()) != (2.0, 1):
        assert edge == (1e-9, 0)  # it may have come a little later
    assert len(board.requests) == 1


def test_who_is_told_may_stop_the_telling(board: Board, factory: Any) -> None:
    done = threading.Event()
    pin = factory.pin(LINE)

    class Once:
        def changed(self, *_: object) -> None:
            pin.when_changed = None
            done.set()

    once = Once()
    pin.when_changed = once.changed
    (watcher,) = watchers()
    board.requests[-1].happen((2, 1), (1, 2))
    assert done.wait(DEADLINE_S)
    watcher.join(DEADLINE_S)
    assert watchers() == []
    assert board.line.owner == "lgpio"
