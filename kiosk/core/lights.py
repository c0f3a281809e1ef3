"""The status light: what it can say, and which of many truths wins.

One writer, one written priority: starting > microphone or speaker fault > muted >
staff called > in a visit > other faults > clock not set yet > offline > degraded > ready.
"""

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from kiosk.core.parts import Part


class Light(StrEnum):
    """Codes of the status light. Patterns differ without their colour."""

    STARTING = "B"
    READY = "G"
    VISIT = "T"
    SPEAKING = "T:speaking"  # the same pattern; green where there is colour
    DEGRADED = "A"
    OFFLINE = "R"
    NETWORK_FAULT = "F1"
    MICROPHONE_FAULT = "F2"
    SPEAKER_FAULT = "F3"
    ACCOUNT_FAULT = "F4"
    SHOP_FAULT = "F5"
    BOARD_FAULT = "F6"
    SOFTWARE_FAULT = "F7"
    MUTED = "M"
    CALLED = "C"
    DARK = "X"

    @property
    def code(self) -> str:
        """The code people and events use: ``T`` whether the kiosk speaks or not."""
        return self.value.partition(":")[0]


LIGHT_OF: Final = {
    Part.SPEAKER: Light.SPEAKER_FAULT,
    Part.MICROPHONE: Light.MICROPHONE_FAULT,
    Part.NETWORK: Light.NETWORK_FAULT,
    Part.ACCOUNT: Light.ACCOUNT_FAULT,
    Part.SHOP: Light.SHOP_FAULT,
    Part.POWER: Light.BOARD_FAULT,
    Part.STORAGE: Light.BOARD_FAULT,
    Part.CLOCK: Light.BOARD_FAULT,
    Part.BUTTON: Light.SOFTWARE_FAULT,
    Part.SOFTWARE: Light.SOFTWARE_FAULT,
    Part.HEAT: Light.DEGRADED,
    Part.DATABASE: Light.DEGRADED,
    Part.PROCESS: Light.DEGRADED,
}
"""What the light says of a part that failed."""

_DEVICE_FAULTS = (Light.SPEAKER_FAULT, Light.MICROPHONE_FAULT)  # without a speaker both are
_OTHER_FAULTS = (
    Light.NETWORK_FAULT,
    Light.ACCOUNT_FAULT,
    Light.SHOP_FAULT,
    Light.BOARD_FAULT,
    Light.SOFTWARE_FAULT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truths:
    """Everything the light might say at this moment."""

    starting: bool = True
    muted: bool = False
    in_visit: bool = False
    speaking: bool = False
    offline: bool = False
    standby: bool = False
    """The service on this machine is there to stand in."""
    called: bool = False
    """A customer wants somebody, and nobody has come yet."""
    shop_silent: bool = False
    """The shop's order system does not answer."""
    policy_expired: bool = False
    """The shop's policy is out of date."""
    clock_unset: bool = False
    """The clock is wrong, as it is until the network has set it after a start."""
    failed: frozenset[Part] = frozenset()

    @property
    def degraded(self) -> bool:
        """Whether customers are served, but not with everything."""
        return self.shop_silent or self.policy_expired or Light.DEGRADED in self.faults

    @property
    def faults(self) -> frozenset[Light]:
        """What the light would say of each part that failed."""
        return frozenset(LIGHT_OF[part] for part in self.failed)

    def with_part(self, part: Part, *, failed: bool) -> "Truths":
        """Return the truths with one part failed, or well."""
        return replace(self, failed=self.failed | {part} if failed else self.failed - {part})


def light_of(truths: Truths) -> Light:
    """Return the one light that wins."""
    if truths.starting:
        return Light.STARTING
    for fault in _DEVICE_FAULTS:
        if fault in truths.faults:
            return fault
    if truths.muted:
        return Light.MUTED
    if truths.called:
        return Light.CALLED
    if truths.in_visit:
        return Light.SPEAKING if truths.speaking else Light.VISIT
    for fault in _OTHER_FAULTS:
        if fault in truths.faults:
            return fault
    if truths.clock_unset:
        return Light.STARTING
    if truths.offline:
        return Light.DEGRADED if truths.standby else Light.OFFLINE
    if truths.degraded:
        return Light.DEGRADED
    return Light.READY


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a code looks like: levels 0 to 1, each with its seconds, again and again.

    ``colour`` is red, green and blue, 0 to 1 each, for lights that have them. A steady
    pattern has one step. ``name`` is for people.
    """

    name: str
    colour: tuple[float, float, float]
    steps: tuple[tuple[float, float], ...]

    @property
    def steady(self) -> bool:
        """Whether the level never changes."""
        return len(self.steps) == 1


_BLUE: Final = (0.0, 0.0, 1.0)
_WHITE: Final = (1.0, 1.0, 1.0)
_CYAN: Final = (0.0, 1.0, 1.0)
_GREEN: Final = (0.0, 1.0, 0.0)
_PALE_GREEN: Final = (0.6, 1.0, 0.6)
_AMBER: Final = (1.0, 0.6, 0.0)
_ORANGE: Final = (1.0, 0.3, 0.0)
_RED: Final = (1.0, 0.0, 0.0)

_FLASH: Final = ((1.0, 0.2), (0.0, 0.3))
_BREATH_S: Final = 4.0
_BREATH_STEPS: Final = 80  # 50 ms each: finer than the eye sees in a breath of 4 s


def _breath() -> tuple[tuple[float, float], ...]:
    phases = (2 * math.pi * step / _BREATH_STEPS for step in range(_BREATH_STEPS))
    return tuple(
        (round(0.05 + 0.475 * (1 - math.cos(phase)), 3), _BREATH_S / _BREATH_STEPS)
        for phase in phases
    )


def _flashes(count: int) -> Pattern:
    *first, (_, gap) = _FLASH * count
    name = "flash, pause" if count == 1 else f"{count} flashes, pause"
    return Pattern(name, _RED, (*first, (0.0, gap + 1.2)))


PATTERNS: Final[dict[Light, Pattern]] = {
    Light.STARTING: Pattern("fast flicker", _BLUE, ((1.0, 0.1), (0.0, 0.1))),
    Light.READY: Pattern("steady, dim", _WHITE, ((0.15, 1.0),)),
    Light.VISIT: Pattern("slow breathing", _CYAN, _breath()),
    Light.SPEAKING: Pattern("slow breathing", _GREEN, _breath()),
    Light.DEGRADED: Pattern(
        "double blink", _AMBER, ((1.0, 0.15), (0.0, 0.15), (1.0, 0.15), (0.0, 1.05))
    ),
    Light.OFFLINE: Pattern("blink once a second", _ORANGE, ((1.0, 0.5), (0.0, 0.5))),
    Light.NETWORK_FAULT: _flashes(1),
    Light.MICROPHONE_FAULT: _flashes(2),
    Light.SPEAKER_FAULT: _flashes(3),
    Light.ACCOUNT_FAULT: _flashes(4),
    Light.SHOP_FAULT: _flashes(5),
    Light.BOARD_FAULT: _flashes(6),
    Light.SOFTWARE_FAULT: _flashes(7),
    Light.MUTED: Pattern("two long, pause", _RED, ((1.0, 0.8), (0.0, 0.3), (1.0, 0.8), (0.0, 1.6))),
    Light.CALLED: Pattern(
        "long, short, short",
        _PALE_GREEN,
        ((1.0, 0.7), (0.0, 0.2), (1.0, 0.15), (0.0, 0.15), (1.0, 0.15), (0.0, 1.1)),
    ),
    Light.DARK: Pattern("dark", (0.0, 0.0, 0.0), ((0.0, 1.0),)),
}
