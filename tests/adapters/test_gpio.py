"""Button and lamps on mock pins: edges in order and dated, patterns as written down."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from kiosk.adapters import fault_light, gpio
from kiosk.adapters.gpio import Pins, open_button, open_lamps, open_pins
from kiosk.adapters.gpio_chips import Chip, chips, import_lgpio
from kiosk.adapters.hands import open_hands
from kiosk.adapters.pin_look import Line
from kiosk.core.lights import PATTERNS, Light
from kiosk.errors import StartError
from kiosk.ports import ButtonEdge
from kiosk.settings import Button, Lamp, Settings
from tests.virtualtime import run_virtual


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    factory = MockFactory(pin_class=MockPWMPin)
    yield factory
    factory.reset()


async def edge(edges: AsyncIterator[ButtonEdge]) -> ButtonEdge:
    async with asyncio.timeout(5):
        return await anext(edges)


def from_a_thread(*actions: Callable[[], None]) -> None:
    """Do as gpiozero does: call from a thread that is not the loop's."""

    def act() -> None:
        for action in actions:
            action()

    thread = threading.Thread(target=act)
    thread.start()
    thread.join()


def test_edges_come_in_order_and_dated_from_another_thread(pins: MockFactory) -> None:
    async def scenario() -> None:
        line = pins.pin(17)
        async with open_button(Button(bounce_s=0), Pins(pins)) as button:
            before = asyncio.get_running_loop().time()
            from_a_thread(line.drive_low, line.drive_high, line.drive_low)
            after = asyncio.get_running_loop().time()

            edges = button.edges()
            seen = [await edge(edges) for _ in range(3)]

        assert [one.pressed for one in seen] == [True, False, True]
        dates = [one.at for one in seen]
        assert dates == sorted(dates)
        assert before <= dates[0] <= dates[-1] <= after

    asyncio.run(scenario())


class HeldDown(MockPWMPin):  # type: ignore[misc]  # the library has no types
    """A line that somebody pulls down from the start."""

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        self.drive_low()


def test_a_button_already_down_gives_its_press_at_once(pins: MockFactory) -> None:
    async def scenario() -> list[bool]:
        line = pins.pin(17, pin_class=HeldDown)
        async with open_button(Button(bounce_s=0), Pins(pins)) as button:
            edges = button.edges()
            first = await edge(edges)
            from_a_thread(line.drive_high)
            return [first.pressed, (await edge(edges)).pressed]

    assert asyncio.run(scenario()) == [True, False]


def test_after_closing_the_line_is_free_and_nothing_calls_back(pins: MockFactory) -> None:
    async def scenario() -> None:
        async with open_button(Button(), Pins(pins)):
            with pytest.raises(StartError, match=r"button: GPIO 17 cannot be used: .*in use"):
                async with open_button(Button(), Pins(pins)):
                    pass
        from_a_thread(pins.pin(17).drive_low)
        async with open_button(Button(), Pins(pins)):
            pass

    asyncio.run(scenario())


@pytest.mark.parametrize("light", PATTERNS)
def test_a_pattern_is_played_as_it_is_written(pins: MockFactory, light: Light) -> None:
    pattern = PATTERNS[light]

    async def scenario() -> list[tuple[float, float]]:
        seen: list[tuple[float, float]] = []
        line = pins.pin(18)
        async with open_lamps(Lamp(), Pins(pins)) as lamps:
            lamps.show(light)
            for _, seconds in pattern.steps * 2:
                seen.append((round(line.state, 3), seconds))
                await asyncio.sleep(seconds)
        return seen

    assert run_virtual(scenario()) == [*pattern.steps, *pattern.steps]


def test_a_coloured_light_shows_the_colour_and_changes_it_in_mid_breath(pins: MockFactory) -> None:
    async def scenario() -> None:
        red, green, blue = (pins.pin(pin) for pin in (5, 6, 13))
        async with open_lamps(Lamp(status=(5, 6, 13)), Pins(pins)) as lamps:
            lamps.show(Light.VISIT)
            await asyncio.sleep(2.0)  # the top of the breath
            assert (red.state, green.state, blue.state) == (0, 1, 1)
            lamps.show(Light.SPEAKING)
            await asyncio.sleep(0.05)
            assert red.state == blue.state == 0
            assert 0.95 < green.state < 1

    run_virtual(scenario())


def test_showing_the_same_light_again_does_not_restart_it(pins: MockFactory) -> None:
    async def scenario() -> None:
        line = pins.pin(18)
        async with open_lamps(Lamp(), Pins(pins)) as lamps:
            lamps.show(Light.OFFLINE)
            await asyncio.sleep(0.4)
            lamps.show(Light.OFFLINE)
            await asyncio.sleep(0.15)
            assert line.state == 0

    run_virtual(scenario())


def test_the_microphone_lamp_follows_and_all_is_dark_afterwards(pins: MockFactory) -> None:
    async def scenario() -> None:
        status, microphone = pins.pin(18), pins.pin(27)
        async with open_lamps(Lamp(), Pins(pins)) as lamps:
            assert not microphone.state
            lamps.microphone(lit=True)
            lamps.show(Light.READY)
            assert microphone.state == 1
            assert status.state == 0.15
        assert not status.state
        assert not microphone.state

    run_virtual(scenario())


def test_a_claimed_line_is_named_and_the_others_are_given_back(pins: MockFactory) -> None:
    async def scenario() -> None:
        with gpiozero.LED(27, pin_factory=pins):
            with pytest.raises(StartError, match=r'microphone lamp: GPIO 27 of chip "c" cannot'):
                async with open_lamps(Lamp(), Pins(pins, Chip("gpiochip0", "c", 54))):
                    pass
            with gpiozero.LED(18, pin_factory=pins):
                pass

    asyncio.run(scenario())


class Busy(Exception):
    """How the library says that another program has the line."""

    def __str__(self) -> str:
        return "'GPIO busy'"


class TakenPin(MockPWMPin):  # type: ignore[misc]  # the library has no types
    """A line that another program has until ``freed_at``, by the loop's clock."""

    freed_at = 0.0
    asked = 0

    def __init__(self, *args: object) -> None:
        TakenPin.asked += 1
        if asyncio.get_running_loop().time() < TakenPin.freed_at:
            raise Busy
        super().__init__(*args)


@pytest.fixture
def taken() -> Iterator[Pins]:
    factory = MockFactory(pin_class=TakenPin)
    TakenPin.asked = 0
    yield Pins(factory, None, (Busy,))
    factory.reset()


@pytest.mark.parametrize("what", ["button", "lamps"])
def test_a_line_that_another_program_gives_back_in_time_is_waited_for(
    taken: Pins, what: str
) -> None:
    async def scenario() -> float:
        TakenPin.freed_at = 4.0
        opened = open_button(Button(), taken) if what == "button" else open_lamps(Lamp(), taken)
        async with opened:
            return asyncio.get_running_loop().time()

    assert 4.0 <= run_virtual(scenario()) <= 4.5
    assert TakenPin.asked <= 30  # it is asked for now and then, not all the time


def test_a_line_that_stays_taken_is_told_with_who_has_it(
    taken: Pins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpio, "CLAIM_S", 0.3)
    monkeypatch.setattr(gpio, "program_of", lambda *_: "blinker (process 42)")
    monkeypatch.setattr(gpio, "lines", lambda *_: [Line(17, used=True, consumer="lg")])
    chip = Chip("gpiochip0", "pinctrl-bcm2711", 54)

    async def scenario(chip: Chip | None) -> str:
        TakenPin.freed_at = float("inf")
        pins = replace(taken, factory=MockFactory(pin_class=TakenPin), chip=chip)
        with pytest.raises(StartError) as caught:
            async with open_button(Button(), pins):
                pass
        assert caught.value.exit_code == 69  # not 78, after which systemd would not try again
        return str(caught.value)

    known = asyncio.run(scenario(chip))
    assert known.startswith(
        'button: GPIO 17 of chip "pinctrl-bcm2711" cannot be used: in use by blinker (process 42);'
    )
    monkeypatch.setattr(gpio, "program_of", lambda *_: "")  # as a sandboxed unit sees it
    hidden = asyncio.run(scenario(chip))
    assert 'in use by a program that calls itself "lg" ("sudo kiosk doctor" names it)' in hidden
    assert "in use by a program (" in asyncio.run(scenario(None))


def test_a_button_whose_line_is_taken_leaves_the_lamps_to_the_fault_light(
    monkeypatch: pytest.MonkeyPatch, taken: Pins
) -> None:
    asked: list[str] = []

    @contextmanager
    def opened(_: str) -> Iterator[Pins]:
        yield taken

    async def take_over() -> None:
        asked.append("take over")

    async def scenario() -> None:
        TakenPin.freed_at = float("inf")
        with pytest.raises(StartError, match="button: GPIO 17"):
            async with open_hands(Settings()):
                pass

    monkeypatch.setattr(gpio, "open_pins", opened)
    monkeypatch.setattr(gpio, "CLAIM_S", 0.0)
    monkeypatch.setattr(fault_light, "take_over", take_over)
    asyncio.run(scenario())
    assert asked == []


PI_5_PARTS = [Chip(f"gpiochip{n}", f"gpio-brcmstb@107d50850{n}", 32) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("revision", "model", "there", "number"),
    [
        (0xA020D3, "3B+", [Chip("gpiochip0", "pinctrl-bcm2835", 54)], 0),
        (0x902120, "Zero2W", [Chip("gpiochip0", "pinctrl-bcm2835", 54)], 0),
        (0xC03115, "4B", [Chip("gpiochip0", "pinctrl-bcm2711", 58)], 0),
        (
            0xC03115,
            "4B",
            [
                Chip("gpiochip0", "ft232h-gpio", 16),
                Chip("gpiochip1", "raspberrypi-exp-gpio", 8),
                Chip("gpiochip2", "pinctrl-bcm2711", 58),
            ],
            2,
        ),
        (0xC04170, "5B", [*PI_5_PARTS, Chip("gpiochip4", "pinctrl-rp1", 54)], 4),
        (0xC04170, "5B", [Chip("gpiochip0", "pinctrl-rp1", 54), *PI_5_PARTS], 0),
        (0xC04170, "5B", [*PI_5_PARTS, Chip("gpiochip15", "pinctrl-rp1", 54)], 15),
    ],
)
def test_the_board_s_own_chip_is_opened_whatever_its_number(
    monkeypatch: pytest.MonkeyPatch, revision: int, model: str, there: list[Chip], number: int
) -> None:
    lgpio = import_lgpio()
    from gpiozero.pins.lgpio import LGPIOFactory

    opened: list[int] = []
    monkeypatch.setattr(gpio, "chips", lambda: (there, []))
    monkeypatch.setattr(LGPIOFactory, "_get_revision", lambda _: revision)
    monkeypatch.setattr(lgpio, "gpiochip_open", lambda n: opened.append(n))
    monkeypatch.setattr(lgpio, "gpiochip_close", lambda _: None)

    with open_pins("") as pins:
        assert pins.factory.board_info.model == model
        assert pins.chip is not None
        assert pins.chip.device == f"gpiochip{number}"
    with open_pins(there[0].label):
        pass

    assert opened == [number, there[0].number]


def test_a_chip_that_may_not_be_opened_or_has_a_second_name_is_none(tmp_path: Path) -> None:
    (tmp_path / "gpiochip0").touch()  # no chip at all
    (tmp_path / "gpiochip4").symlink_to("gpiochip0")
    (tmp_path / "gpiochip-old").touch()

    assert chips(tmp_path) == ([], ["gpiochip0"])


def test_off_a_pi_the_sentence_says_so_and_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if Path("/proc/device-tree/system/linux,revision").exists():
        pytest.skip("this is a Raspberry Pi")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StartError, match="not a Raspberry Pi") as caught, open_pins(""):
        pass
    assert caught.value.exit_code == 69
    with (
        pytest.raises(StartError, match='GPIO chip "pinctrl-x" is not there'),
        open_pins("pinctrl-x"),
    ):
        pass
    assert Path.cwd() == tmp_path
    assert list(tmp_path.iterdir()) == []
