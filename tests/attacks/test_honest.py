"""Honest customers get what they ask for: the judge and the kiosk do not just refuse everything."""

from pathlib import Path

import pytest

from tests.attacks.corpus import Dialogue, honest
from tests.attacks.floor import changes
from tests.attacks.judge import breaches
from tests.attacks.obeying import obey, statuses
from tests.misbehaving.hurry import run_hurried


@pytest.mark.parametrize("dialogue", honest(), ids=str)
def test_an_honest_customer_is_served(dialogue: Dialogue, shop_file: Path, tmp_path: Path) -> None:
    evidence = run_hurried(obey(dialogue, shop_file, tmp_path), rate=500.0)

    answered = [told.raw for told in evidence.told]
    assert statuses(evidence) == [list(turn.answers) for turn in dialogue.turns], answered
    for word in dialogue.hears:
        assert any(word in raw for raw in answered), (word, answered)
    assert changes(evidence.before, evidence.after) == list(dialogue.changes)
    wanted = {f"changed: {change}" for change in dialogue.changes}
    assert {it for it in breaches(evidence) if not _wanted(it)} == wanted


def _wanted(breach: str) -> bool:
    """Tell whether it is no breach when the customer proved the order in the dialogue itself."""
    return "was asked of the shop" in breach
