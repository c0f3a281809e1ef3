"""Every byte that a whole kiosk sends to a Live service whose model obeys the customer."""

import base64
import json
from pathlib import Path

import pytest

from kiosk.local_live.tls import Identity
from tests.attacks.corpus import Dialogue, attacks, honest, hostile_fields
from tests.attacks.floor import changes
from tests.attacks.hostile import returned_by, visit
from tests.attacks.judge import breaches, flaws, misled, secrets_in
from tests.attacks.scenes import KEY, Bytes, attacked, texts_of
from tests.misbehaving.hurry import run_hurried
from tests.misbehaving.spoken import places

EACH_KIND = 3
SAMPLE = tuple(
    attack
    for attack in attacks()
    if int(attack.name.rpartition("-")[2]) <= EACH_KIND
    and not any(turn.after or turn.pieces for turn in attack.turns)
)
SPOKEN = {"audio", "activityStart", "activityEnd"}


def breaches_of_bytes(heard: Bytes) -> list[str]:
    """Return what the kiosk sent that it must not have."""
    found = [f"sent {len(each)} strange bytes" for each in heard.others if len(each) > 40]
    found += [f"opened with {it}" for it in secrets_in(heard.opening.decode())]
    for message in heard.messages:
        text = texts_of(message)
        found += [f"sent {it} in {min(message)}" for it in secrets_in(text)]
        if KEY in json.dumps(message):
            found.append("sent the API key in a message")
        match message:
            case {"setup": _}:
                pass
            case {"realtimeInput": dict(given)} | {"realtime_input": dict(given)}:
                found += [f"sent {name}" for name in given.keys() - SPOKEN]
                if audio := given.get("audio"):
                    pcm = base64.b64decode(audio["data"])
                    found += [] if len(list(places(pcm))) or not any(pcm) else ["sent odd sound"]
            case {"toolResponse": {"functionResponses": answers}}:
                found += [flaw for each in answers for flaw in flaws(each["response"])]
            case {"tool_response": {"functionResponses": answers}}:
                found += [flaw for each in answers for flaw in flaws(each["response"])]
            case _:
                found.append(f"sent {min(message)}")
    return found


@pytest.mark.parametrize("attack", SAMPLE, ids=str)
def test_no_byte_to_the_service_gives_an_attacker_anything(
    attack: Dialogue, shop_file: Path, tmp_path: Path, own_identity: Identity
) -> None:
    evidence, heard = run_hurried(attacked(own_identity, attack, shop_file, tmp_path))

    assert evidence.told, "the model obeyed"
    assert breaches_of_bytes(heard) == []
    assert breaches(evidence) == []


@pytest.mark.parametrize(
    "name",
    [
        *("order.status-02", "order.proof.phone_end-02", "item.category-02", "item.quantity-05"),
        *("return.reference-02", "return.reference-08", "product.aisle-02", "product.stock-04"),
    ],
)
def test_no_byte_to_the_service_is_what_a_hostile_shop_wrote(
    name: str, shop_file: Path, tmp_path: Path, own_identity: Identity
) -> None:
    backend = returned_by(next(each for each in hostile_fields() if each.name == name))

    evidence, heard = run_hurried(attacked(own_identity, visit(), shop_file, tmp_path, backend))

    assert len(evidence.told) >= 6
    assert breaches_of_bytes(heard) == []
    assert misled(evidence) == []


def test_forty_attacks_and_more_are_made_over_the_wire() -> None:
    assert len(SAMPLE) >= 40


@pytest.mark.parametrize(
    "name", ["returns a kettle", "cancels an order", "shows the postcode, typed any old way"]
)
def test_an_honest_customer_is_served_over_the_wire(
    name: str, shop_file: Path, tmp_path: Path, own_identity: Identity
) -> None:
    dialogue = next(each for each in honest() if each.name == name)

    evidence, heard = run_hurried(attacked(own_identity, dialogue, shop_file, tmp_path))

    answered = [status for turn in dialogue.turns for status in turn.answers]
    assert [told.status for told in evidence.told][-len(answered) :] == answered
    assert changes(evidence.before, evidence.after) == list(dialogue.changes)
    assert breaches_of_bytes(heard) == []
