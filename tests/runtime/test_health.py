"""What happens to the machine is seen on the light within ten seconds, and so is its end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from kiosk.core.clock import BUILT_S
from kiosk.core.events import StaffCalled
from kiosk.core.health import MANY_FALLS, Look
from kiosk.core.lights import Light
from kiosk.errors import LinkRefused, Refusal, StartAnew
from kiosk.runtime import health
from kiosk.runtime.health import ILL_LOOK_S, LOOK_S, Health
from tests.fakes.live import FakeLive
from tests.runtime.house import House, open_house
from tests.virtualtime import run_virtual

DAY_S = 86_400.0
TODAY_S = BUILT_S + 30 * DAY_S


def _now() -> float:
    return asyncio.get_running_loop().time()


@dataclass
class Computer:
    """A Machine whose clock shows ``set_to_s`` at the start of the test, and goes on from there."""

    set_to_s: float = TODAY_S
    known_s: float | None = None
    seen: Look = field(default_factory=lambda: Look(unix_s=0.0))
    looked_at: list[float] = field(default_factory=list)
    kept_s: list[float] = field(default_factory=list)

    async def look(self) -> Look:
        self.looked_at.append(_now())
        return replace(self.seen, unix_s=self.set_to_s + _now())

    async def known_time(self) -> float | None:
        return self.known_s

    async def keep_time(self, unix_s: float) -> None:
        self.kept_s.append(unix_s)

    def sees(self, **what: object) -> None:
        self.seen = replace(self.seen, **what)  # type: ignore[arg-type]  # test shorthand


@dataclass
class Paper:
    """Books whose disk fails when the test says so."""

    writable: bool = True
    trouble: str = ""
    disk_works: bool = True
    hangs: bool = False
    tried: int = 0
    tell: Callable[[], None] = lambda: None

    def on_news(self, tell: Callable[[], None]) -> None:
        self.tell = tell

    async def look(self) -> None:
        if self.hangs:
            await asyncio.Event().wait()

    async def mend(self) -> None:
        self.tried += 1
        if self.hangs:
            await asyncio.Event().wait()
        self.writable = self.disk_works

    def fail(self) -> None:
        self.writable = self.disk_works = False
        self.tell()


@dataclass
class Shop:
    house: House[FakeLive]
    computer: Computer
    books: Paper
    task: asyncio.Task[None]

    def shows(self, light: Light) -> bool:
        return light is self._light

    @property
    def _light(self) -> Light:
        return self.house.lamps.shown[-1] if self.house.lamps.shown else Light.STARTING

    def faults(self) -> list[tuple[str, str]]:
        return [(event["part"], event["cause"]) for event in self.house.named("fault")]


@asynccontextmanager
async def shop(computer: Computer | None = None) -> AsyncIterator[Shop]:
    computer, books = computer or Computer(), Paper()
    async with open_house(FakeLive()) as house:
        kiosk = house.kiosk
        looker = Health(computer, books, kiosk.front.inbox, kiosk.link, lambda: kiosk.idle)
        task = asyncio.get_running_loop().create_task(looker.run())
        try:
            await asyncio.sleep(1.0)
            yield Shop(house, computer, books, task)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("seen", "well", "part", "cause", "light"),
    [
        ({"free_bytes": 0}, {"free_bytes": 10**9}, "storage", "full", Light.BOARD_FAULT),
        ({"read_only": True}, {"read_only": False}, "storage", "read_only", Light.BOARD_FAULT),
        ({"warmest_c": 86.0}, {"warmest_c": 60.0}, "heat", "hot", Light.DEGRADED),
        ({"falls": MANY_FALLS}, {"falls": 0}, "software", "crash_loop", Light.SOFTWARE_FAULT),
    ],
)
def test_a_fault_shows_within_half_a_minute_and_its_end_within_seconds(
    seen: dict[str, object], well: dict[str, object], part: str, cause: str, light: Light
) -> None:
    async def scenario() -> None:
        async with shop() as here:
            assert here.shows(Light.READY)

            here.computer.sees(**seen)
            await here.house.until("fault", LOOK_S + 0.1, part=part, cause=cause)
            assert here.shows(light)

            here.computer.sees(**well)
            await here.house.until("healed", ILL_LOOK_S + 0.1, part=part)
            assert here.shows(Light.READY)

    run_virtual(scenario())


def test_a_supply_that_gave_too_little_stays_a_fault_for_five_minutes() -> None:
    async def scenario() -> None:
        async with shop() as here:
            here.computer.sees(undervoltage=True)
            await here.house.until("fault", LOOK_S + 0.1, part="power", cause="undervoltage")
            here.computer.sees(undervoltage=False)
            healed = here.house.until("healed", 310.0, part="power")
            began = _now()
            await healed
            assert _now() - began > 290.0

    run_virtual(scenario())


def test_a_write_that_fails_shows_at_once_and_heals_when_the_disk_works() -> None:
    async def scenario() -> None:
        async with shop() as here:
            here.books.fail()
            await here.house.until("fault", 0.1, part="storage", cause="failed")
            await asyncio.sleep(60.0)
            assert here.shows(Light.BOARD_FAULT)

            here.books.disk_works = True
            await here.house.until("healed", ILL_LOOK_S + 0.1, part="storage")

    run_virtual(scenario())


def test_a_card_that_dies_while_nobody_writes_is_found_out_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "TRY_S", 90.0)  # an hour

    async def scenario() -> None:
        async with shop() as here:
            await asyncio.sleep(60.0)
            assert here.books.tried == 1
            here.books.disk_works = False
            await here.house.until("fault", 100.0, part="storage", cause="failed")
            assert here.books.tried == 2

    run_virtual(scenario())


def test_a_disk_that_stalls_is_told_and_holds_up_nothing_else() -> None:
    async def scenario() -> None:
        async with shop() as here:
            here.books.trouble = "slow"
            here.books.tell()
            await here.house.until("fault", 0.1, part="database", cause="slow")
            assert here.shows(Light.DEGRADED)
            here.books.trouble = ""
            here.books.tell()
            await here.house.until("healed", 0.1, part="database")

            here.books.fail()
            here.books.hangs = True
            here.computer.sees(warmest_c=90.0)
            await here.house.until("fault", 15.0, part="heat")

    run_virtual(scenario())


def test_a_machine_that_is_well_is_looked_at_every_ten_seconds_and_no_more() -> None:
    async def scenario() -> None:
        async with shop() as here:
            await asyncio.sleep(295.0)
            assert len(here.computer.looked_at) == 30

    run_virtual(scenario())


def test_a_board_without_a_battery_is_starting_for_three_minutes_and_then_at_fault() -> None:
    async def scenario() -> None:
        async with shop(Computer(set_to_s=20.0)) as here:
            assert here.shows(Light.STARTING)
            fault = await here.house.until("fault", 200.0)
            assert (fault["part"], fault["cause"]) == ("clock", "behind")
            assert 180.0 <= _now() <= 190.0
            assert here.shows(Light.BOARD_FAULT)
            assert here.computer.kept_s == []

            here.computer.set_to_s = TODAY_S  # the network has set it
            await here.house.until("healed", ILL_LOOK_S + 0.1, part="clock")
            assert here.shows(Light.READY)

    run_virtual(scenario())


def test_a_clock_that_is_set_soon_was_no_fault() -> None:
    async def scenario() -> None:
        async with shop(Computer(set_to_s=20.0)) as here:
            await asyncio.sleep(20.0)
            here.computer.set_to_s = TODAY_S
            await asyncio.sleep(ILL_LOOK_S + 1.0)
            assert here.shows(Light.READY)
            assert here.faults() == []

    run_virtual(scenario())


def test_what_was_known_before_a_power_cut_is_a_bound() -> None:
    async def scenario() -> None:
        computer = Computer(set_to_s=TODAY_S, known_s=TODAY_S + 300 * DAY_S)
        async with shop(computer) as here:
            await here.house.until("fault", 200.0, part="clock", cause="behind")

    run_virtual(scenario())


@pytest.mark.parametrize("jump_s", [-3600.0, 3600.0])
def test_a_clock_that_jumps_an_hour_is_no_news(jump_s: float) -> None:
    async def scenario() -> None:
        async with shop() as here:
            here.computer.set_to_s += jump_s
            await asyncio.sleep(60.0)
            assert here.shows(Light.READY)
            assert here.faults() == []

    run_virtual(scenario())


def test_a_clock_that_jumps_ten_years_is_a_fault_at_once_and_not_written_down() -> None:
    async def scenario() -> None:
        async with shop() as here:
            here.computer.set_to_s += 3652 * DAY_S
            await here.house.until("fault", LOOK_S + 0.1, part="clock", cause="ahead")
            await asyncio.sleep(120.0)
            assert here.shows(Light.BOARD_FAULT)
            assert here.computer.kept_s == [TODAY_S]

            here.computer.sees(set_by_network=True)  # then it is so
            await here.house.until("healed", ILL_LOOK_S + 0.1, part="clock")

    run_virtual(scenario())


def test_the_time_is_written_down_again_after_six_hours() -> None:
    async def scenario() -> None:
        async with shop() as here:
            for hours in (5, 2):
                here.computer.set_to_s += hours * 3600.0
                await asyncio.sleep(60.0)
            assert len(here.computer.kept_s) == 2

    run_virtual(scenario())


def test_a_certificate_that_is_not_valid_yet_is_told_as_a_fault_of_the_clock_alone() -> None:
    class Future(FakeLive):
        clock_set = False

        async def probe(self, within_s: float) -> None:
            if not self.clock_set:
                raise LinkRefused(Refusal.CLOCK, 0, "not valid yet")
            await super().probe(within_s)

    async def scenario() -> None:
        live = Future()
        async with open_house(live) as house:
            kiosk = house.kiosk
            looker = Health(Computer(), Paper(), kiosk.front.inbox, kiosk.link, lambda: kiosk.idle)
            task = asyncio.get_running_loop().create_task(looker.run())
            fault = await house.until("fault", 300.0)
            assert (fault["part"], fault["cause"]) == ("clock", "certificate")
            await asyncio.sleep(60.0)
            assert house.lamps.shown[-1] is Light.BOARD_FAULT
            assert [event["part"] for event in house.named("fault")] == ["clock"]

            live.clock_set = True
            await house.until("healed", 30.0, part="clock")
            assert house.lamps.shown[-1:] == [Light.READY]
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    run_virtual(scenario())


@pytest.mark.parametrize("share", ["memory_share", "files_share", "threads_share"])
def test_a_kiosk_that_has_grown_too_big_starts_anew_once_nobody_is_there(
    share: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "ANEW_AFTER_S", 20.0)  # ten minutes

    async def scenario() -> None:
        async with shop() as here:
            await asyncio.sleep(20.0)
            here.house.post(StaffCalled())
            here.computer.sees(**{share: 0.9})
            await here.house.until("fault", LOOK_S + 0.1, part="process")
            await asyncio.sleep(60.0)
            assert not here.task.done()

            await here.house.tap()  # somebody came, and goes without a word
            with pytest.raises(StartAnew, match=share.removesuffix("_share")):
                await asyncio.wait_for(asyncio.shield(here.task), 120.0)
            assert here.house.kiosk.idle

    run_virtual(scenario())


def test_a_kiosk_that_is_too_big_from_the_start_does_not_start_anew_again_and_again() -> None:
    async def scenario() -> None:
        async with shop() as here:
            here.computer.sees(memory_share=0.9)
            await asyncio.sleep(120.0)
            assert not here.task.done()
            assert here.shows(Light.DEGRADED)

    run_virtual(scenario())
