"""An order service that lies: nothing of it reaches the model, the journal or the ledger."""

import re
from pathlib import Path

import pytest

from tests.adapters.tls_peer import Authority
from tests.attacks.corpus import HostileAnswer, attacks, hostile_answers, hostile_fields
from tests.attacks.floor import OWN
from tests.attacks.hostile import visit
from tests.attacks.hostile_service import DEADLINE_S, TOKEN, Lie, service
from tests.attacks.judge import breaches, misled
from tests.attacks.obeying import SHOP, Evidence, obey, statuses
from tests.misbehaving.hurry import run_hurried

PATIENT = SHOP.model_copy(update={"deadline_s": DEADLINE_S})
VISIT = visit()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def visited(
    authority: Authority, shop_file: Path, directory: Path, *lies: Lie
) -> dict[str, Evidence]:
    """Visit a service once for each of its lies."""

    async def scenario() -> dict[str, Evidence]:
        found = {}
        async with service(authority, None) as lying:
            for lie in lies:
                lying.tell(lie)
                found[str(lie)] = await obey(
                    VISIT, shop_file, directory, settings=PATIENT, backend=lambda _: lying.shop
                )
                assert lying.peer.requests, "the service was asked"
        return found

    return run_hurried(scenario(), rate=100.0)


@pytest.mark.parametrize("field", sorted({each.field for each in hostile_fields()}))
def test_a_hostile_value_in_an_answer_of_the_service_reaches_nobody(
    field: str, authority: Authority, shop_file: Path, tmp_path: Path
) -> None:
    lies = [each for each in hostile_fields() if each.field == field]

    found = visited(authority, shop_file, tmp_path, *lies)

    assert {name: misled(evidence) for name, evidence in found.items()} == {
        name: [] for name in found
    }
    assert len(found) == len(lies)
    assert TOKEN not in repr(found)


@pytest.mark.parametrize("answer", hostile_answers(), ids=str)
def test_an_answer_that_is_hostile_as_a_whole_reaches_nobody(
    answer: HostileAnswer, authority: Authority, shop_file: Path, tmp_path: Path
) -> None:
    (evidence,) = visited(authority, shop_file, tmp_path, answer).values()

    assert misled(evidence) == []
    assert TOKEN not in repr(evidence)
    told = {status for turn in statuses(evidence) for status in turn}
    assert told <= {"unavailable", "not_verified", "needs_proof", "not_found"}


def test_a_service_that_does_not_lie_serves_the_customer(
    authority: Authority, shop_file: Path, tmp_path: Path
) -> None:
    (evidence,) = visited(authority, shop_file, tmp_path, None).values()

    served = [["ok"], ["ok"], ["ok", "ok"], ["ok", "confirm"], ["ok"], ["ok"], ["refused"]]
    assert statuses(evidence) == served
    assert misled(evidence) == []


QUESTION = re.compile(
    rb"(GET /v1/orders/ORD-\d{5}|GET /v1/products\?category=[a-z%+0-9]{1,30}"
    rb"|POST /v1/orders/ORD-\d{5}/(returns|cancellation)) HTTP/1.1"
)


@pytest.mark.parametrize("kind", ["order_numbers", "arguments", "guessing", "consent", "floods"])
def test_no_attack_changes_what_a_question_to_the_service_looks_like(
    kind: str, authority: Authority, shop_file: Path, tmp_path: Path
) -> None:
    async def scenario() -> list[bytes]:
        async with service(authority, None) as honest:
            for attack in attacks():
                if attack.kind == kind and attack.own in ("", OWN):
                    evidence = await obey(
                        attack, shop_file, tmp_path, settings=PATIENT, backend=lambda _: honest.shop
                    )
                    assert breaches(evidence) == []
            return honest.peer.requests

    asked = run_hurried(scenario(), rate=100.0)

    assert asked
    for request in asked:
        line, *headers = request.split(b"\r\n")
        assert QUESTION.fullmatch(line), line
        assert request.count(TOKEN.encode()) == 1
        assert b"Authorization: Bearer " + TOKEN.encode() in headers
