"""What is kept of a visit over our own end: enough to go on, and only for a moment.

A handle is one customer's conversation. So it is kept in memory alone, it is wiped with the
visit, and it is refused once the customer may be gone. Bytes that are torn or not ours count
as nothing kept.
"""

import json
import zlib
from dataclasses import asdict, dataclass, field
from typing import Final

from kiosk.core.live import SessionHandle

FRESH_S: Final = 10.0
"""So long after the last word of it, a visit may still be gone on with."""

_MAGIC: Final = b"kiosk visit 1\n"
_SUM_BYTES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptVisit:
    """A visit as it was at ``saved_at``, in seconds since the machine was started."""

    handle: SessionHandle = field(repr=False)
    visit: int
    phase: str
    """Name of the conversation's phase, for example ``Listening``."""
    saved_at: float

    def fresh(self, now: float) -> bool:
        """Whether the customer is likely to be still there."""
        return 0.0 <= now - self.saved_at < FRESH_S


def to_bytes(kept: KeptVisit) -> bytes:
    """Return what ``from_bytes`` reads."""
    body = json.dumps(asdict(kept)).encode()
    return _MAGIC + zlib.crc32(body).to_bytes(_SUM_BYTES, "big") + body


def from_bytes(raw: bytes) -> KeptVisit | None:
    """Return the visit in these bytes, or None when they do not hold a whole one."""
    if not raw.startswith(_MAGIC):
        return None
    checksum, body = raw[len(_MAGIC) :][:_SUM_BYTES], raw[len(_MAGIC) + _SUM_BYTES :]
    if int.from_bytes(checksum, "big") != zlib.crc32(body):
        return None
    try:
        said = json.loads(body)
        return KeptVisit(
            handle=SessionHandle(str(said["handle"])),
            visit=int(said["visit"]),
            phase=str(said["phase"]),
            saved_at=float(said["saved_at"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
