"""The local service takes no order number that was not meant.

The utterances are those of ``scripts/bench ids``.
"""

import importlib
import random
from pathlib import Path
from typing import Any

import pytest

from kiosk.local_live.asking import go_on
from kiosk.local_live.declared import Kind, Tool, read_tools
from kiosk.local_live.filling import fill
from kiosk.local_live.memory import Wanted
from kiosk.shop.declarations import DECLARATIONS

SCRIPTS = Path(__file__).parents[2] / "scripts"
SAMPLE = 600
PLENTY = SAMPLE * 0.5


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A sample of what customers say, each with the five digits they mean or None."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    ids_set = importlib.import_module("ids_set")
    every = [
        each
        for name, manner in ids_set.manners().items()
        for each in ids_set.utterances(manner, name)
    ]
    return random.Random(88421).sample(every, SAMPLE)


def _status_tool() -> Tool:
    (declared,) = (each for each in DECLARATIONS if each.name == "get_order_status")
    described = {"description": declared.description, "parameters": declared.parameters}
    (tool,) = read_tools([{"name": declared.name, **described}])
    return tool


def _wrong(taken: list[tuple[Any, object]]) -> list[tuple[str, object]]:
    return [(each.text, number) for each, number in taken if number != f"ORD-{each.meant}"]


def test_no_wrong_number_is_taken_out_of_a_request(said: list[Any]) -> None:
    tool = _status_tool()
    filled = [(each, fill(tool, each.text, each.text, {}).arguments) for each in said]
    taken = [(each, values["order_id"]) for each, values in filled if values]

    assert _wrong(taken) == []
    assert len(taken) >= PLENTY


def test_no_wrong_number_is_taken_out_of_an_answer(said: list[Any]) -> None:
    tool = _status_tool()
    parameter = tool.first(Kind.IDENTIFIER)
    assert parameter
    steps = [(each, go_on(Wanted(tool.name, "order_id"), parameter, each.text)) for each in said]
    taken = [(each, step.arguments["order_id"]) for each, step in steps if step.arguments]

    assert _wrong(taken) == []
    assert len(taken) >= PLENTY
