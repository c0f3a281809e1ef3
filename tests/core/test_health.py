"""What the kernel tells becomes a fault that staff see, and goes again when it is over."""

from dataclasses import replace

import pytest

from kiosk.core.health import ENOUGH_BYTES, LEAST_BYTES, MANY_FALLS, Ills, Look, grown, ills_of
from kiosk.core.parts import Part

WELL = Look(unix_s=1.8e9, undervoltage=False, warmest_c=50.0, free_bytes=10**9)
NEVER = float("inf")


def ills(look: Look, before: Ills | None = None, power_seen_s_ago: float = NEVER) -> Ills:
    return ills_of(look, before or {}, power_seen_s_ago=power_seen_s_ago)


def test_a_machine_that_is_well_or_tells_nothing_has_no_ills() -> None:
    assert ills(WELL) == {}
    assert ills(Look(unix_s=1.8e9)) == {}


@pytest.mark.parametrize(
    ("look", "part", "cause"),
    [
        (replace(WELL, free_bytes=LEAST_BYTES - 1), Part.STORAGE, "full"),
        (replace(WELL, free_bytes=0, writable=False), Part.STORAGE, "full"),
        (replace(WELL, read_only=True), Part.STORAGE, "read_only"),
        (replace(WELL, writable=False), Part.STORAGE, "failed"),
        (replace(WELL, free_bytes=None, writable=False), Part.STORAGE, "failed"),
        (replace(WELL, warmest_c=85.0), Part.HEAT, "hot"),
        (replace(WELL, books="damaged"), Part.DATABASE, "damaged"),
        (replace(WELL, falls=MANY_FALLS), Part.SOFTWARE, "crash_loop"),
        (replace(WELL, memory_share=0.81), Part.PROCESS, "memory"),
        (replace(WELL, files_share=0.51), Part.PROCESS, "files"),
        (replace(WELL, threads_share=0.51), Part.PROCESS, "threads"),
    ],
)
def test_each_ill_is_named_with_its_cause(look: Look, part: Part, cause: str) -> None:
    assert ills(look) == {part: cause}


def test_who_is_at_the_edge_does_not_flicker() -> None:
    hot, full = {Part.HEAT: "hot"}, {Part.STORAGE: "full"}

    assert ills(replace(WELL, warmest_c=82.0)) == {}
    assert ills(replace(WELL, warmest_c=82.0), hot) == hot
    assert ills(replace(WELL, warmest_c=79.0), hot) == {}
    assert ills(replace(WELL, free_bytes=ENOUGH_BYTES - 1)) == {}
    assert ills(replace(WELL, free_bytes=ENOUGH_BYTES - 1), full) == full
    assert ills(replace(WELL, free_bytes=ENOUGH_BYTES), full) == {}


def test_a_supply_that_dips_now_and_then_is_one_trouble_for_five_minutes() -> None:
    assert ills(WELL, power_seen_s_ago=0.0) == {Part.POWER: "undervoltage"}
    assert ills(WELL, power_seen_s_ago=299.0) == {Part.POWER: "undervoltage"}
    assert ills(WELL, power_seen_s_ago=300.0) == {}


def test_a_kiosk_within_its_limits_has_not_grown() -> None:
    assert grown(replace(WELL, memory_share=0.5, files_share=0.1, threads_share=0.2)) == ""
