"""The status light: what it can say, and which of many truths wins.

One writer, one written priority: starting > microphone or speaker fault > muted >
in a visit > other faults > offline > degraded > ready.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


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
    DARK = "X"

    @property
    def code(self) -> str:
        """The code people and events use: ``T`` whether the kiosk speaks or not."""
        return self.value.partition(":")[0]


_DEVICE_FAULTS = (Light.MICROPHONE_FAULT, Light.SPEAKER_FAULT)
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
    degraded: bool = False
    faults: frozenset[Light] = frozenset()

    def with_fault(self, light: Light, *, present: bool) -> "Truths":
        """Return the truths with one fault added or taken away."""
        faults = self.faults | {light} if present else self.faults - {light}
        return replace(self, faults=faults)


def light_of(truths: Truths) -> Light:
    """Return the one light that wins."""
    if truths.starting:
        return Light.STARTING
    for fault in _DEVICE_FAULTS:
        if fault in truths.faults:
            return fault
    if truths.muted:
        return Light.MUTED
    if truths.in_visit:
        return Light.SPEAKING if truths.speaking else Light.VISIT
    for fault in _OTHER_FAULTS:
        if fault in truths.faults:
            return fault
    if truths.offline:
        return Light.OFFLINE
    if truths.degraded:
        return Light.DEGRADED
    return Light.READY
