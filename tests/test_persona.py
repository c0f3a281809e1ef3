"""What the model is told may be read aloud to anybody: it holds nothing that is of use to them."""

import json
import re
from pathlib import Path

import pytest

import kiosk
from kiosk.assembly import session_setup
from kiosk.resources import packaged
from kiosk.settings import LANGUAGES, Settings, Shop, Talk
from kiosk.shop.policy_file import load_policy
from kiosk.shop.seed_file import load_seed
from tests.fakes.shop import TODAY, paper_toolbox

LONGEST = 4500
EXAMPLE = "ORD-88421"  # in a description, and of an order that every customer may ask for
POLICY = load_policy(packaged("policy.toml"))
GIVEN_AWAY = {
    "an address of a network": (
        r"https?:|wss?:|www\.|\b[\w-]+\.(?:com|net|org|io|local|dev)\b|\d+\.\d+\.\d+"
    ),
    "an e-mail address": r"\w@\w",
    "a path": r"(?:^|\s)[~.]?/\w|\w/\w+/\w",
    "a file": r"\b\w+\.(?:toml|md|py|db|wav|json|sock|service|log)\b",
    "a variable or a setting": r"\b[A-Z]{2,}_[A-Z]+\b|\$\w|\[\w+\]",
    "a key or a token": r"AIza|\bsk-|\b(?=\w*\d)(?=\w*[A-Za-z])\w{16,}\b|\b[0-9a-f]{16,}\b",
    "a secret by its name": r"\b(?:password|api key|token|credential)\b",
    "what it is made of": (
        r"\b(?:google|gemini|sqlite|python|systemd|raspberry|linux|openapi|http|gateway|toolbox"
        r"|backend|ledger|breaker|idempoten\w*|asyncio)\b"
    ),
    "a limit that could be played with": r"\b(?:tries|attempts|lock\w*|seconds|minutes)\b",
}


def all_of_it(settings: Settings) -> str:
    setup = session_setup(settings, paper_toolbox(POLICY, settings.shop))
    declared = [(each.name, each.description, each.parameters) for each in setup.tools]
    return f"{setup.instruction}\n{json.dumps(declared)}"


@pytest.mark.parametrize("what", GIVEN_AWAY)
def test_the_persona_and_the_tools_give_nothing_away(what: str) -> None:
    for languages in (("en",), tuple(LANGUAGES)):
        told = all_of_it(Settings(talk=Talk(languages=languages), shop=Shop(allow_changes=True)))

        assert re.search(GIVEN_AWAY[what], told, re.I if what[0] == "w" else 0) is None


def test_no_module_and_no_customer_is_named() -> None:
    told = all_of_it(Settings(shop=Shop(allow_changes=True)))
    modules = {path.stem for path in Path(kiosk.__file__).parent.rglob("*_*.py")}
    orders = load_seed(packaged("orders_seed.toml"), TODAY)
    facts = {fact for each in orders for fact in (each.proof.postcode, each.proof.phone_end)}

    assert not {name for name in modules if name.strip("_") and name in told}
    assert set(re.findall(r"ORD-\d{5}", told)) <= {EXAMPLE}
    assert not {fact for fact in facts if fact and fact in told}


def test_the_persona_has_its_languages_and_is_short_enough_to_be_heeded() -> None:
    for languages in (("en",), tuple(LANGUAGES)):
        settings = Settings(talk=Talk(languages=languages))
        told = session_setup(settings, paper_toolbox(POLICY)).instruction

        assert "{" not in told
        assert all(LANGUAGES[code] in told for code in languages)
        assert len(told) < LONGEST


@pytest.mark.parametrize("status", ["needs_proof", "not_verified", "confirm", "invalid", "missing"])
def test_the_persona_says_what_to_do_with_every_answer_that_is_a_step(status: str) -> None:
    assert status in packaged("persona.md").read_text()


def test_every_tool_that_the_persona_names_is_declared_in_every_shop() -> None:
    declared = {each.name for each in paper_toolbox(POLICY, Shop()).declarations}
    named = set(re.findall(r"\b[a-z]+_[a-z_]+\b", packaged("persona.md").read_text()))

    assert named - {"needs_proof", "not_verified"} <= declared
