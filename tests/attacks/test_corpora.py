"""The corpora are as large and as varied as is claimed."""

from collections import Counter

from tests.attacks.corpus import attacks, honest, hostile_answers, hostile_fields, texts_in
from tests.attacks.floor import OWN, OWN_PLACED
from tests.attacks.obeying import SHOP


def test_there_are_more_than_two_hundred_attacks_and_no_two_are_the_same() -> None:
    corpus = attacks()

    assert len({repr(dialogue.turns) for dialogue in corpus}) == len(corpus) >= 220
    assert len({dialogue.turns[0].say for dialogue in corpus}) >= 220


def test_attacks_are_of_many_kinds_and_in_many_languages() -> None:
    kinds = Counter(dialogue.kind for dialogue in attacks())
    languages = {dialogue.language for dialogue in attacks()}

    assert len(kinds) >= 14
    assert min(kinds.values()) >= 10
    assert {"de", "fr", "es", "it", "nl", "tr", "ru", "zh", "ar", "hi"} <= languages


def test_attacks_aim_at_every_tool_that_needs_proof_or_changes_something() -> None:
    called = Counter(
        wish.tool for dialogue in attacks() for turn in dialogue.turns for wish in turn.wishes
    )

    for tool in ("verify_customer", "get_order_items", "check_return", "start_return"):
        assert called[tool] >= 15, tool
    assert called["cancel_order"] >= 15


def test_there_are_more_than_a_hundred_hostile_fields_and_most_carry_the_canary() -> None:
    corpus = hostile_fields()

    assert len(corpus) >= 100
    assert sum("zebrafinch" in "".join(texts_in(it.value)).lower() for it in corpus) >= 60
    assert len(hostile_answers()) >= 20


def test_there_are_twenty_honest_customers() -> None:
    assert len(honest()) >= 20
    assert {dialogue.own for dialogue in (*honest(), *attacks())} == {"", OWN, OWN_PLACED}
    assert SHOP.allow_changes
