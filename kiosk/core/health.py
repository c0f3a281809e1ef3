"""What a look at the machine means: which parts are ill, and why.

A part that is at the edge does not flicker: it takes more to be well again than to fall ill.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kiosk.core.parts import Part

HOT_C: Final = 85.0
COOL_C: Final = 80.0
LEAST_BYTES: Final = 8 * 1024 * 1024
"""With less free, writes are about to fail: a book of ours needs a few."""
ENOUGH_BYTES: Final = 16 * 1024 * 1024
POWER_SEEN_S: Final = 300.0
"""The supply dips for a moment, again and again: so long it counts as one trouble."""
MANY_FALLS: Final = 5
FALLS_WITHIN_S: Final = 600.0
MEMORY_SHARE: Final = 0.8
HANDLES_SHARE: Final = 0.5
"""Of the files or threads it may have a kiosk needs a tenth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen. None: this machine does not tell."""

    unix_s: float
    """What the wall clock shows, and whether the network has set it a short while ago."""
    set_by_network: bool = False
    undervoltage: bool | None = None
    warmest_c: float | None = None
    free_bytes: int | None = None
    read_only: bool = False
    writable: bool = True
    """Whether the disk took what was written last."""
    books: str = ""
    """What is wrong with the database that customers do not notice: ``damaged``, ``slow``."""
    falls: int = 0
    """How often the kiosk has fallen lately (``FALLS_WITHIN_S``)."""
    memory_share: float | None = None
    files_share: float | None = None
    threads_share: float | None = None
    """Of what the unit allows."""


Ills = Mapping[Part, str]
"""Why each part that is ill is."""


def ills_of(look: Look, before: Ills, *, power_seen_s_ago: float) -> Ills:
    """Return what is wrong with the machine, given what was at the last look.

    ``power_seen_s_ago``: when the supply was last seen to give too little.
    """
    found = {
        Part.POWER: "undervoltage" if power_seen_s_ago < POWER_SEEN_S else "",
        Part.STORAGE: _storage(look, ill=Part.STORAGE in before),
        Part.DATABASE: look.books,
        Part.HEAT: "hot" if _is_hot(look.warmest_c, ill=Part.HEAT in before) else "",
        Part.SOFTWARE: "crash_loop" if look.falls >= MANY_FALLS else "",
        Part.PROCESS: grown(look),
    }
    return {part: cause for part, cause in found.items() if cause}


def grown(look: Look) -> str:
    """Return what this process has too much of, or ""."""
    shares = (
        ("memory", look.memory_share, MEMORY_SHARE),
        ("files", look.files_share, HANDLES_SHARE),
        ("threads", look.threads_share, HANDLES_SHARE),
    )
    return next((what for what, share, most in shares if share is not None and share > most), "")


def _storage(look: Look, *, ill: bool) -> str:
    if look.read_only:
        return "read_only"
    least = ENOUGH_BYTES if ill else LEAST_BYTES
    if look.free_bytes is not None and look.free_bytes < least:
        return "full"
    return "" if look.writable else "failed"


def _is_hot(warmest_c: float | None, *, ill: bool) -> bool:
    return warmest_c is not None and warmest_c >= (COOL_C if ill else HOT_C)
