"""The visit under way in a memfd that systemd holds for us while we are dead.

systemd keeps a duplicate of the descriptor (``FileDescriptorStoreMax=`` of the unit) and hands
it to the next process; the bytes are never on disk and gone with the machine. One descriptor
is rewritten in place. Source: sd_notify(3) FDSTORE, sd_listen_fds(3), memfd_create(2).
"""

import logging
import os
import stat
import time
from collections.abc import Mapping
from typing import Final

from systemd.daemon import listen_fds_with_names, notify

from kiosk.core.kept import KeptVisit, from_bytes, to_bytes
from kiosk.core.live import SessionHandle
from kiosk.ports import VisitMemory

log = logging.getLogger(__name__)

NAME: Final = "visit"
_MOST_BYTES: Final = 64 * 1024


class _Nowhere:
    """Without systemd nobody holds anything for us."""

    @property
    def kept(self) -> KeptVisit | None:
        return None

    def keep(self, handle: SessionHandle, visit: int, phase: str) -> None:
        pass

    def wipe(self) -> None:
        pass


class _Memfd:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._kept = _read(descriptor)
        if self.kept is None:
            self.wipe()

    @property
    def kept(self) -> KeptVisit | None:
        if self._kept is not None and not self._kept.fresh(_now()):
            self.wipe()
        return self._kept

    def keep(self, handle: SessionHandle, visit: int, phase: str) -> None:
        self._kept = None
        raw = to_bytes(KeptVisit(handle=handle, visit=visit, phase=phase, saved_at=_now()))
        try:
            os.pwrite(self._descriptor, raw, 0)
            os.ftruncate(self._descriptor, len(raw))
        except OSError as err:  # no memory left: then nothing is kept
            log.warning("visit cannot be kept", extra={"KIOSK_CAUSE": err.strerror})

    def wipe(self) -> None:
        self._kept = None
        os.ftruncate(self._descriptor, 0)


def visit_memory(environ: Mapping[str, str]) -> VisitMemory:
    """Take over what systemd holds for us, and have it held from now on; else keep nothing.

    To be called once, at the start: the descriptors are ours then. What is stale, torn or not
    ours is wiped at once.
    """
    if not environ.get("NOTIFY_SOCKET"):
        return _Nowhere()
    *older, descriptor = sorted(_handed_over(), key=_saved_at) or [_fresh()]
    for one in older:
        os.ftruncate(one, 0)
        os.close(one)
    notify(f"FDSTOREREMOVE=1\nFDNAME={NAME}")  # else it would hold one more at every start
    notify(f"FDSTORE=1\nFDNAME={NAME}", fds=[descriptor])
    return _Memfd(descriptor)


def _fresh() -> int:
    return os.memfd_create(f"kiosk-{NAME}", os.MFD_CLOEXEC)


def _handed_over() -> list[int]:
    """Return our descriptors; close whatever else was handed to us."""
    if not os.environ.get("LISTEN_FDS"):
        return []
    ours = []
    for descriptor, name in listen_fds_with_names().items():
        if name == NAME and stat.S_ISREG(os.fstat(descriptor).st_mode):
            ours.append(descriptor)
        else:
            os.close(descriptor)
    return ours


def _read(descriptor: int) -> KeptVisit | None:
    return from_bytes(os.pread(descriptor, _MOST_BYTES, 0))


def _saved_at(descriptor: int) -> float:
    kept = _read(descriptor)
    return -1.0 if kept is None else kept.saved_at


def _now() -> float:
    """Seconds since the machine was started, its sleep included: the same for every process."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
