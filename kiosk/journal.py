"""Logging: fields in the journal under systemd, one readable line there and on stderr.

A message is a constant phrase; what changes goes into ``extra`` under names that begin with
``KIOSK_``. Personal data and secrets are in neither.
"""

import logging
import sys
from collections.abc import Mapping
from typing import TextIO

_PREFIX = "KIOSK_"


class _OneLine(logging.Formatter):
    """``phase changed phase=Listening turn=3``, after what nobody else writes there."""

    def __init__(self, before: str = "") -> None:
        super().__init__(f"{before}%(message)s%(fields)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's name
        record.lowerlevel = record.levelname.lower()
        record.fields = "".join(
            f" {name.removeprefix(_PREFIX).lower()}={_quoted(value)}"
            for name, value in record.__dict__.items()
            if name.startswith(_PREFIX)
        )
        return super().formatMessage(record)


def _quoted(value: object) -> str:
    text = str(value)
    return repr(text) if not text or not text.isprintable() or " " in text else text


def set_up(level: str, environ: Mapping[str, str], stream: TextIO | None = None) -> None:
    """Send the log of the whole process to the journal, or to ``stream`` (stderr).

    ``level`` is one of the configuration's; libraries are heard from ``warning`` on. May be
    called again: the last call counts.
    """
    root = logging.getLogger()
    for old in tuple(root.handlers):
        root.removeHandler(old)
        old.close()
    root.addHandler(_handler(environ, stream or sys.stderr))
    root.setLevel(max(logging.WARNING, _number(level)))
    logging.getLogger("kiosk").setLevel(_number(level))
    logging.captureWarnings(capture=True)


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


def _handler(environ: Mapping[str, str], stream: TextIO) -> logging.Handler:
    if environ.get("JOURNAL_STREAM"):
        from systemd.journal import JournalHandler  # only there does anybody listen

        handler: logging.Handler = JournalHandler(SYSLOG_IDENTIFIER="kiosk")
        handler.setFormatter(_OneLine())
        return handler
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_OneLine("%(asctime)s %(lowerlevel)s "))
    return handler
