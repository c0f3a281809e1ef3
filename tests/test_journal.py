"""Log lines: constant message, fields beside it, in the journal or on stderr."""

import io
import logging
from collections.abc import Iterator

import pytest
from systemd.journal import JournalHandler

from kiosk import journal


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, ours = list(root.handlers), root.level, logging.getLogger("kiosk").level
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("kiosk").setLevel(ours)


def test_fields_follow_the_message_on_one_line() -> None:
    out = io.StringIO()
    journal.set_up("info", {}, out)

    logging.getLogger("kiosk.runtime").info(
        "phase changed", extra={"KIOSK_PHASE": "Listening", "KIOSK_CAUSE": "no\nroute to host"}
    )

    line = out.getvalue()
    assert line.count("\n") == 1
    assert line.endswith(r" info phase changed phase=Listening cause='no\nroute to host'" + "\n")


def test_libraries_are_heard_only_when_it_matters() -> None:
    out = io.StringIO()
    journal.set_up("debug", {}, out)

    logging.getLogger("websockets.client").info("chatter")
    logging.getLogger("websockets.client").warning("trouble")
    logging.getLogger("kiosk.adapters").debug("detail")

    assert "chatter" not in out.getvalue()
    assert "trouble" in out.getvalue()
    assert "detail" in out.getvalue()


def test_a_quiet_level_quiets_everything_below_it() -> None:
    out = io.StringIO()
    journal.set_up("error", {}, out)

    logging.getLogger("kiosk").warning("hush")
    logging.getLogger("websockets").warning("hush")
    logging.getLogger("kiosk").error("heard")

    assert "hush" not in out.getvalue()
    assert "heard" in out.getvalue()


def test_a_technician_reads_the_fields_in_the_journal_and_finds_them_under_their_names() -> None:
    sent: list[tuple[str, dict[str, object]]] = []
    journal.set_up("info", {"JOURNAL_STREAM": "8:1"})
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, JournalHandler)

    def send(MESSAGE: str, **fields: object) -> None:  # noqa: N803  # the library's name for it
        sent.append((MESSAGE, fields))

    handler.send = send

    logging.getLogger("kiosk").info("phase changed", extra={"KIOSK_TURN": 3})

    ((message, fields),) = sent
    assert message == "phase changed turn=3"
    assert fields["KIOSK_TURN"] == 3
    assert fields["SYSLOG_IDENTIFIER"] == "kiosk"
    assert fields["PRIORITY"] == "6"
