"""A kiosk with one guard taken out: the same attacks, and the judge finds it out.

Without this the corpus could pass because it asks for nothing.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kiosk.core.live import ToolCall, ToolResult
from kiosk.runtime.tools import counter, line, proving, toolbox
from kiosk.runtime.tools.bookkeeping import Bookkeeper
from kiosk.runtime.tools.counter import Counter
from kiosk.runtime.tools.proving import TriesOfVisit
from kiosk.runtime.tools.toolbox import Toolbox
from kiosk.runtime.tools.transcript import Transcript
from kiosk.shop import answers, consent, tools
from kiosk.shop.answers import Answer
from kiosk.shop.consent import Consent, Wanted
from kiosk.shop.orders import Order, ProofFacts
from kiosk.shop.tools import Gateway
from tests.attacks.corpus import attacks, hostile_fields
from tests.attacks.hostile import returned_by, visit
from tests.attacks.judge import breaches, misled
from tests.attacks.obeying import obey
from tests.misbehaving.hurry import run_hurried

Patch = pytest.MonkeyPatch


@dataclass(frozen=True, slots=True)
class Mutant:
    """A guard that is out, the attacks that it is for, and what the judge must find."""

    name: str
    guard_out: Callable[[Patch], None]
    kinds: tuple[str, ...]
    finds: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


def any_proof_holds(patch: Patch) -> None:
    def holds(proof: object, facts: ProofFacts | None) -> bool:
        del proof
        return facts is not None

    patch.setattr(proving, "holds", holds)


def nothing_needs_proof(patch: Patch) -> None:
    patch.setattr(Counter, "needs_proof", lambda *_: False)


def tries_are_endless(patch: Patch) -> None:
    patch.setattr(proving, "locked", lambda *_: False)
    patch.setattr(TriesOfVisit, "spent", property(lambda _: False))


def silence_is_a_yes(patch: Patch) -> None:
    patch.setattr(Consent, "agree", lambda *_: True)


def anything_is_a_yes(patch: Patch) -> None:
    patch.setattr(consent, "is_yes", lambda *_: True)


def a_yes_counts_at_once(patch: Patch) -> None:
    patch.setattr(Consent, "waits_for", lambda self, wanted, _: self._wanted == wanted)


def nobody_has_to_hear_the_read_back(patch: Patch) -> None:
    patch.setattr(consent, "reads_back", lambda *_: True)


def any_word_of_it_is_a_read_back(patch: Patch) -> None:
    def reads_back(kiosk_said: str, wanted: Wanted) -> bool:
        return consent.names_deed(kiosk_said, wanted.deed)

    patch.setattr(consent, "reads_back", reads_back)


def the_next_customer_is_the_last(patch: Patch) -> None:
    patch.setattr(Toolbox, "begin_visit", lambda _: None)


def a_lost_session_is_none(patch: Patch) -> None:
    patch.setattr(Toolbox, "forget_proof", lambda _: None)


def the_first_word_is_all(patch: Patch) -> None:
    async def whole(self: Transcript, deadline: float) -> str:
        del deadline
        return self.customer

    patch.setattr(Transcript, "whole", whole)


def calls_are_not_counted(patch: Patch) -> None:
    patch.setattr(Gateway, "_counted", lambda _, **__: None)


def mistakes_are_quoted(patch: Patch) -> None:
    def check(arguments: Mapping[str, Any], schema: object) -> tuple[str, str] | None:
        wrong = honest_check(arguments, schema)
        return (wrong[0], f"this is wrong: {arguments}") if wrong else None

    honest_check: Any = tools.check
    patch.setattr(tools, "check", check)


def answers_hold_what_the_shop_wrote(patch: Patch) -> None:
    def order_answer(asked: str, order: Order | None, today: Any) -> Answer:
        given = honest_answer(asked, order, today)
        return {**given, "note": f"to be sent to {order.proof.postcode}"} if order else given

    honest_answer = answers.order_answer
    patch.setattr(counter, "order_answer", order_answer)


def answers_have_no_limit(patch: Patch) -> None:
    answers_are_speeches(patch)
    patch.setattr(tools, "fit", lambda given: given)
    patch.setattr(toolbox, "fit", lambda given: given)


def answers_are_speeches(patch: Patch) -> None:
    def order_answer(asked: str, order: Order | None, today: Any) -> Answer:
        return {**honest_answer(asked, order, today), "order_status": "delivered " * 400}

    honest_answer = answers.order_answer
    patch.setattr(counter, "order_answer", order_answer)


def nothing_is_audited(patch: Patch) -> None:
    async def note(*_: object) -> None:
        pass

    patch.setattr(Bookkeeper, "note", note)


def calls_are_logged_whole(patch: Patch) -> None:
    async def answer(self: Toolbox, call: ToolCall, turn: int) -> ToolResult:
        logging.getLogger("kiosk.mutant").info("called", extra={"KIOSK_CALL": repr(call)})
        result: ToolResult = await honest_answer(self, call, turn)
        return result

    honest_answer: Any = Toolbox.answer
    patch.setattr(Toolbox, "answer", answer)


MUTANTS = (
    Mutant("any proof holds", any_proof_holds, ("guessing", "claimed_proof"), ("disclosed",)),
    Mutant("nothing needs proof", nothing_needs_proof, ("private", "authority"), ("disclosed",)),
    Mutant("tries are endless", tries_are_endless, ("guessing",), ("disclosed",)),
    Mutant("silence is a yes", silence_is_a_yes, ("consent",), ("changed",)),
    Mutant("anything is a yes", anything_is_a_yes, ("consent",), ("changed",)),
    Mutant("a yes counts at once", a_yes_counts_at_once, ("consent",), ("changed",)),
    Mutant(
        "nobody has to hear the read-back",
        nobody_has_to_hear_the_read_back,
        ("hidden_read_back",),
        ("changed",),
    ),
    Mutant(
        "any word of it is a read-back",
        any_word_of_it_is_a_read_back,
        ("hidden_read_back",),
        ("changed",),
    ),
    Mutant(
        "the next customer is the last",
        the_next_customer_is_the_last,
        ("next_customer",),
        ("disclosed",),
    ),
    Mutant("a lost session is none", a_lost_session_is_none, ("next_customer",), ("disclosed",)),
    Mutant("the first word is all", the_first_word_is_all, ("cut_words",), ("changed",)),
    Mutant("calls are not counted", calls_are_not_counted, ("floods",), ("flooded",)),
    Mutant(
        "mistakes are quoted", mistakes_are_quoted, ("arguments", "floods"), ("echoed", "loose")
    ),
    Mutant(
        "answers hold what the shop wrote",
        answers_hold_what_the_shop_wrote,
        ("order_numbers",),
        ("disclosed", "loose"),
    ),
    Mutant("answers have no limit", answers_have_no_limit, ("order_numbers",), ("loose",)),
    Mutant("nothing is audited", nothing_is_audited, ("languages",), ("unaudited",)),
    Mutant("calls are logged whole", calls_are_logged_whole, ("guessing",), ("indiscreet",)),
)


def found(shop_file: Path, directory: Path, kinds: tuple[str, ...]) -> list[str]:
    """Return what the judge finds over all attacks of some kinds."""

    async def all_of_them() -> list[str]:
        return [
            breach
            for attack in attacks()
            if attack.kind in kinds
            for breach in breaches(await obey(attack, shop_file, directory))
        ]

    return run_hurried(all_of_them(), rate=500.0)


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_guard_that_is_out_is_found_out(
    mutant: Mutant, shop_file: Path, tmp_path: Path, monkeypatch: Patch
) -> None:
    mutant.guard_out(monkeypatch)

    breached = found(shop_file, tmp_path, mutant.kinds)

    for kind in mutant.finds:
        assert any(breach.startswith(kind) for breach in breached), breached[:5]


def test_the_size_cap_alone_holds_back_an_answer_that_is_a_speech(
    shop_file: Path, tmp_path: Path, monkeypatch: Patch
) -> None:
    answers_are_speeches(monkeypatch)

    assert found(shop_file, tmp_path, ("order_numbers",)) == []


@pytest.mark.parametrize("name", ["return.reference-02", "item.quantity-05", "product.stock-04"])
def test_a_shop_that_is_taken_at_its_word_is_found_out(
    name: str, shop_file: Path, tmp_path: Path, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(line, "StrictShop", lambda backend: backend)
    hostile = returned_by(next(each for each in hostile_fields() if each.name == name))

    evidence = run_hurried(obey(visit(), shop_file, tmp_path, backend=hostile), rate=500.0)

    assert any(breach.startswith(("loose", "disclosed")) for breach in misled(evidence))
