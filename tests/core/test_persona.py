import pytest

from kiosk.core.persona import instruction
from kiosk.settings import LANGUAGES

PERSONA = "Be kind.\n- {languages}\nBe short."


def test_a_kiosk_of_one_language_speaks_that_one_only() -> None:
    told = instruction(PERSONA, ["de"])

    assert told.startswith("Be kind.\n- Speak German only.")
    assert told.endswith("\nBe short.")
    assert "English" not in told


def test_another_language_takes_two_turns_or_a_wish() -> None:
    told = instruction(PERSONA, ["en", "es", "fr"])

    assert "Speak English, Spanish or French and no other language. Begin in English." in told
    assert "spoken it in two turns in a row, or asks you to" in told
    assert "German" not in told


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_a_name_and_nothing_is_left_to_fill_in(code: str) -> None:
    assert LANGUAGES[code] in instruction(PERSONA, [code])
    assert "{" not in instruction(PERSONA, [code])
