"""Attacks in any order, with a yes in between: strangers' orders stay theirs."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.attacks.corpus import Dialogue, Turn, attacks
from tests.attacks.floor import OWN, OWN_PLACED, SECRETS
from tests.attacks.judge import breaches
from tests.attacks.obeying import Evidence, obey
from tests.misbehaving.hurry import run_hurried

VISITS = 150
LONGEST = 9
MOST_CALLS = 8
YES = ("Yes.", "Yes, please.", "Ja.", "Go ahead.")
AGREED = ("yes", "ja", "go ahead", "oui", "sí", "sì")


def lucky(turn: Turn) -> bool:
    """Tell whether somebody guesses right: then they are told."""
    proofs = [str(wish.arguments.get("proof", "")) for wish in turn.wishes]
    return any(secret in proof for proof in proofs for secret in SECRETS)


TURNS = [turn for attack in attacks() for turn in attack.turns if not lucky(turn)]


def any_visit(seed: int) -> Dialogue:
    chance = random.Random(seed)
    turns = []
    for _ in range(chance.randint(2, LONGEST)):
        turn = chance.choice(TURNS)
        if chance.random() < 0.4:
            turn = replace(turn, say=chance.choice(YES), pieces=())
        wishes = turn.wishes[:MOST_CALLS]
        turns.append(replace(turn, wishes=wishes, together=chance.random() < 0.3))
    own = chance.choice(("", OWN, OWN_PLACED))
    return Dialogue(name=f"random-{seed}", own=own, turns=tuple(turns))


def strangers(found: list[str]) -> list[str]:
    """Leave out what is changed in an order of the customer's own: that is looked at by itself."""
    return [
        breach
        for breach in found
        if not (breach.startswith("changed: ") and (OWN in breach or OWN_PLACED in breach))
    ]


def unasked(evidence: Evidence) -> list[str]:
    """Return each change without a yes in its turn and a read-back in the one before."""
    said = [
        "",
        *["proof"][: bool(evidence.dialogue.own)],
        *(t.say for t in evidence.dialogue.turns),
    ]
    tools = {"start_return": "start_return", "cancel": "cancel_order"}
    return [
        f"{method} in turn {turn} after {said[turn]!r}"
        for turn, method, _ in evidence.asked
        if method in tools
        and not (
            said[turn].casefold().startswith(AGREED)
            and any(
                told.turn == turn - 1
                and told.status == "confirm"
                and told.result.name == tools[method]
                for told in evidence.told
            )
        )
    ]


@pytest.mark.parametrize("first", range(0, VISITS, 10))
def test_no_order_of_calls_and_words_opens_a_strangers_order_or_does_what_nobody_said_yes_to(
    first: int, shop_file: Path, tmp_path: Path
) -> None:
    async def visits() -> list[str]:
        found = []
        for visit in map(any_visit, range(first, first + 10)):
            evidence = await obey(visit, shop_file, tmp_path)
            found += [f"{visit}: {it}" for it in strangers(breaches(evidence))]
            found += [f"{visit}: {it}" for it in unasked(evidence)]
        return found

    assert run_hurried(visits(), rate=500.0) == []
