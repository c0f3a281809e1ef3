"""What people say to a kiosk whose model obeys them: nothing is done, nothing is told."""

from pathlib import Path

import pytest

from tests.attacks.corpus import Dialogue, attacks
from tests.attacks.judge import breaches
from tests.attacks.obeying import SHOP, obey
from tests.misbehaving.hurry import run_hurried

ATTACKS = attacks()
ON_STATUS = [
    attack
    for attack in ATTACKS
    if any(wish.tool == "get_order_status" for turn in attack.turns for wish in turn.wishes)
]


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_an_attack_that_the_model_obeys_gets_nothing(
    attack: Dialogue, shop_file: Path, tmp_path: Path
) -> None:
    evidence = run_hurried(obey(attack, shop_file, tmp_path), rate=500.0)

    assert breaches(evidence) == []


@pytest.mark.parametrize("attack", ON_STATUS, ids=str)
def test_where_even_the_status_needs_proof_an_attack_does_not_get_that_either(
    attack: Dialogue, shop_file: Path, tmp_path: Path
) -> None:
    settings = SHOP.model_copy(update={"status_needs_proof": True})

    evidence = run_hurried(obey(attack, shop_file, tmp_path, settings=settings), rate=500.0)

    assert breaches(evidence, status_needs_proof=True) == []
