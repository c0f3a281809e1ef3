"""Telling clients where the service is: a line on stdout, and a file for those who come later.

And telling systemd that it is alive, where that wants to know.

A service that is a unit of its own keeps its state where no other user may look, so its
authority's certificate is put beside the file.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from systemd.daemon import notify

from kiosk.local_live.errors import EX_CANTCREAT, CannotServe


def say(ready: Mapping[str, str]) -> None:
    """Print the one line for whoever started us."""
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()


def put_up(ready: Mapping[str, str], file: Path) -> None:
    """Write the same line to ``file``, and beside it a copy of the certificate it names.

    Readable by everybody; readers see it whole or not at all. Raises ``CannotServe``.
    """
    ca_file = file.with_name("ca.pem")
    try:
        _write(ca_file, Path(ready["ca_file"]).read_text())
        _write(file, json.dumps({**ready, "ca_file": str(ca_file)}) + "\n")
    except OSError as err:
        raise CannotServe(
            f"{err.filename} cannot be written ({err.strerror}): name another with --announce.",
            EX_CANTCREAT,
        ) from err


@contextlib.contextmanager
def only_while_serving(file: Path | None) -> Iterator[None]:
    """Make sure that no announcement stands before the service is ready, nor after its end."""
    try:
        _take_down(file)
        yield
    finally:
        _take_down(file)


def keep_alive(loop: asyncio.AbstractEventLoop, environ: Mapping[str, str]) -> None:
    """Give systemd a sign of life from this loop, for as long as it runs and goes round.

    Twice within the unit's ``WatchdogSec``; none where it has none, or waits for our parent's
    (sd_watchdog_enabled(3)).
    """
    period_us = environ.get("WATCHDOG_USEC", "")
    ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    if not ours or not period_us.isdecimal() or int(period_us) == 0:
        return

    def alive() -> None:
        notify("WATCHDOG=1")
        loop.call_later(int(period_us) / 2_000_000, alive)

    alive()


def _take_down(file: Path | None) -> None:
    if file is not None:
        with contextlib.suppress(OSError):
            file.unlink()


def _write(file: Path, text: str) -> None:
    draft = file.with_name(f".{file.name}.new")
    draft.write_text(text)
    draft.chmod(0o644)
    draft.replace(file)
