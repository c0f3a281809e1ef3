"""A visit in systemd's descriptor store: there after a kill, for a moment, and only then."""

import signal
import threading
from collections.abc import Iterator

import pytest

from kiosk.core.kept import FRESH_S
from tests.systemd.machine import Machine, holds

UNIT = "remembering.service"
WITHIN_S = 20.0


@pytest.fixture
def keeper(booted: Machine) -> Iterator[Machine]:
    """A machine on which a program keeps visits with the kiosk's unit and the kiosk's memory."""
    booted.run("systemctl", "start", UNIT)
    yield booted
    booted.run("systemctl", "stop", UNIT)


def ordered(keeper: Machine, number: signal.Signals) -> None:
    cursor = keeper.cursor(UNIT)
    keeper.signal(UNIT, number)
    holds(lambda: "done" in said(keeper, cursor), "it is done", WITHIN_S)


def said(keeper: Machine, since: str) -> list[str]:
    return [str(line["MESSAGE"]) for line in keeper.journal(UNIT, since)]


def left_after(keeper: Machine, number: signal.Signals) -> str:
    """Kill the program and return what the next one finds."""
    cursor = keeper.cursor(UNIT)
    keeper.signal(UNIT, number)
    found = holds(
        lambda: [line for line in said(keeper, cursor) if "kept" in line], "the next", WITHIN_S
    )
    holds(lambda: keeper.show(UNIT, "ActiveState") == ["active"], "it is ready", WITHIN_S)
    return str(found[0])


def test_a_visit_survives_kills_in_one_descriptor(keeper: Machine) -> None:
    ordered(keeper, signal.SIGUSR1)

    assert left_after(keeper, signal.SIGKILL) == "kept visit 7 Thinking"
    assert left_after(keeper, signal.SIGABRT) == "kept visit 7 Thinking"
    assert left_after(keeper, signal.SIGKILL) == "kept visit 7 Thinking"
    assert keeper.show(UNIT, "NFileDescriptorStore") == ["1"]


def test_a_visit_that_ended_is_not_there(keeper: Machine) -> None:
    ordered(keeper, signal.SIGUSR1)
    ordered(keeper, signal.SIGUSR2)

    assert left_after(keeper, signal.SIGKILL) == "nothing kept"


def test_a_visit_of_long_ago_is_refused_and_wiped(keeper: Machine) -> None:
    ordered(keeper, signal.SIGUSR1)
    threading.Event().wait(FRESH_S + 0.5)  # nothing to wait for: it is about time itself

    assert left_after(keeper, signal.SIGKILL) == "nothing kept"


def test_a_visit_does_not_outlive_a_service_that_was_stopped(keeper: Machine) -> None:
    ordered(keeper, signal.SIGUSR1)
    keeper.run("systemctl", "stop", UNIT)
    cursor = keeper.cursor(UNIT)
    keeper.run("systemctl", "start", UNIT)

    holds(lambda: "nothing kept" in said(keeper, cursor), "it starts with nothing", WITHIN_S)
