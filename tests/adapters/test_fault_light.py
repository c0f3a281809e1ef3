"""The light of a kiosk that is down: starting, then a fault, then the next kiosk's."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from kiosk.adapters import fault_light
from kiosk.adapters.fault_light import Wiring, show, take_over, wiring
from kiosk.adapters.gpio_chips import Chip
from kiosk.core.lights import PATTERNS, Light
from kiosk.errors import StartError
from kiosk.settings import Button, Lamp


class PretendedPins:
    """Lines as lgpio has them: claimed once, written, freed with the chip."""

    class error(Exception):  # noqa: N801 - its name in lgpio
        pass

    def __init__(self) -> None:
        self.claimed: set[int] = set()
        self.levels: dict[int, int] = {}
        self.drawn: asyncio.Queue[tuple[int, int]] = asyncio.Queue()

    def gpiochip_open(self, number: int) -> int:
        return number

    def gpiochip_close(self, _: int) -> None:
        self.claimed.clear()

    def gpio_claim_output(self, _: int, line: int, level: int) -> None:
        if line in self.claimed:
            raise self.error("GPIO busy")
        self.claimed.add(line)
        self.levels[line] = level

    def gpio_write(self, _: int, line: int, level: int) -> None:
        assert line in self.claimed
        self.levels[line] = level
        self.drawn.put_nowait((line, level))


@pytest.fixture
def pins(monkeypatch: pytest.MonkeyPatch) -> PretendedPins:
    chips = [Chip("gpiochip0", "pinctrl-bcm2711", 54)]
    monkeypatch.setattr(fault_light, "chips", lambda: (chips, []))
    return PretendedPins()


async def until_drawn(pins: PretendedPins, *wanted: tuple[int, int]) -> None:
    async with asyncio.timeout(5):
        for each in wanted:
            while await pins.drawn.get() != each:
                pass


def test_it_blinks_until_the_next_kiosk_asks_and_leaves_the_lines_dark(
    tmp_path: Path, pins: PretendedPins
) -> None:
    socket = tmp_path / "take-over.sock"

    async def scenario() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(show(Wiring(), pins, socket))
            await until_drawn(pins, (18, 1), (18, 0), (18, 1))
            assert pins.claimed == {18, 27}

            await take_over(socket)

            assert pins.claimed == set()
            assert pins.levels == {18: 0, 27: 0}

    asyncio.run(scenario())


def test_a_kiosk_that_is_not_back_soon_needs_a_person(
    tmp_path: Path, pins: PretendedPins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fault_light, "STARTING_S", 0.05)
    socket = tmp_path / "take-over.sock"

    async def scenario() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(show(Wiring(status=(16, 20, 21)), pins, socket))
            await until_drawn(pins, (21, 1), (16, 1))  # blue for starting, red for a fault
            await take_over(socket)

    asyncio.run(scenario())


def test_it_leaves_lines_alone_that_the_kiosk_has_again(
    tmp_path: Path, pins: PretendedPins
) -> None:
    pins.claimed.add(18)

    with pytest.raises(StartError, match="taken"):
        asyncio.run(show(Wiring(), pins, tmp_path / "take-over.sock"))


def test_a_technician_who_runs_it_by_hand_is_told_how_it_is_meant(
    tmp_path: Path, pins: PretendedPins
) -> None:
    with pytest.raises(StartError, match="systemctl start kiosk-fault-light"):
        asyncio.run(show(Wiring(), pins, tmp_path / "nowhere/take-over.sock"))


def test_a_kiosk_without_lamps_has_no_fault_light(tmp_path: Path, pins: PretendedPins) -> None:
    asyncio.run(show(Wiring(there=False), pins, tmp_path / "take-over.sock"))

    assert pins.levels == {}


def test_a_kiosk_starts_without_a_fault_light_to_ask(tmp_path: Path) -> None:
    asyncio.run(take_over(tmp_path / "take-over.sock"))


def test_its_defaults_are_those_of_the_settings() -> None:
    usual = Wiring()

    assert (*usual.status, usual.microphone) == Lamp().pins
    assert (usual.chip, usual.there) == (Button().chip, Button().kind == "gpio")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Wiring()),
        ("[lamp]\nstatus = 5\nmicrophone = 6", Wiring(status=(5,), microphone=6)),
        ("[lamp]\nstatus = [1, 2, 3]", Wiring(status=(1, 2, 3))),
        ('[button]\nkind = "none"', Wiring(there=False)),
        ('[button]\nchip = "gpio-sim"', Wiring(chip="gpio-sim")),
        ('[lamp]\nstatus = "red"\n[nonsense]\nkey = 1', Wiring()),
        ('lamp = 5\nbutton = "x"', Wiring()),
        ("[lamp\nno TOML at all", Wiring()),
    ],
)
def test_it_makes_the_best_of_a_wrong_configuration(
    tmp_path: Path, text: str, expected: Wiring
) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text(text)

    assert wiring(file) == expected
    assert wiring(tmp_path / "not there.toml") == Wiring()


def test_neither_of_its_lights_looks_like_ready() -> None:
    ready: Any = PATTERNS[Light.READY].steps
    for light in (Light.STARTING, Light.SOFTWARE_FAULT):
        assert not PATTERNS[light].steady
        assert PATTERNS[light].steps != ready
