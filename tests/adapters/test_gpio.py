"""Button and lamps on mock pins: edges in order and dated, patterns as written down."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from kiosk.adapters.gpio import Pins, open_button, open_lamps, open_pins
from kiosk.core.lights import PATTERNS, Light
from kiosk.errors import StartError
from kiosk.ports import ButtonEdge
from kiosk.settings import Button, Lamp
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
                async with open_lamps(Lamp(), Pins(pins, "c")):
                    pass
            with gpiozero.LED(18, pin_factory=pins):
                pass

    asyncio.run(scenario())


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
