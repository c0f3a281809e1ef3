"""``kiosk live-server`` on this machine, where it hears and speaks as fast as it is meant to.

It listens on an address that exists in no network but the suite's own (``scripts/hil`` makes
one): the virtual Pi reaches it through its access point and QEMU, and no other way.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from kiosk.adapters.processes import child_command
from tests.hil.image import CACHE, ENDPOINT

_STATE: Final = CACHE / "live"
"""Its authority stays the same, so that machines that are kept still trust it."""


@dataclass(frozen=True)
class LiveService:
    """A running Live service."""

    ca_file: Path
    process: "subprocess.Popen[bytes]"


@contextmanager
def live_service(log: Path) -> Iterator[LiveService]:
    """Run the service until the context ends."""
    where = urlsplit(ENDPOINT)
    command = [sys.executable, "-m", "kiosk", "live-server", "--host", str(where.hostname)]
    command += ["--port", str(where.port), "--state", str(_STATE)]
    with log.open("wb") as errors:
        process = subprocess.Popen(
            child_command(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"the Live service did not start: {log.read_text()}"
        yield LiveService(Path(json.loads(line)["ca_file"]), process)
    finally:
        process.terminate()
        process.communicate()
