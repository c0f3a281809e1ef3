import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.shop.said_codes import hear_digits

UNITS = "zero one two three four five six seven eight nine".split()  # noqa: SIM905 (a table)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("one two three four", "1234"),
        ("double nine oh one", "9901"),
        ("S W 1 A 2 double A", "SW1A2AA"),
        ("my postcode is sw1a 2aa", "SW1A2AA"),
        ("s w 1 a 2 a a", "SW1A2AA"),
        ("sierra whiskey one alpha two alpha alpha", "SW1A2AA"),
        ("double u c 1 a", "WC1A"),
        ("OX1 2JD", "OX12JD"),
        ("1234 AB", "1234AB"),
        ("the last four digits are 1 2 3 4", "1234"),
        ("last four are twelve thirty-four", "1234"),
        ("my phone ends in 4 4 oh 7", "4407"),
        ("nine to one for", "9214"),
        ("one two three four, no, one two three five", "1235"),
        ("PLZ 10115", "10115"),
        ("null eins zwei drei", "0123"),
        ("it's a 1234", "1234"),
        ("hello", ""),
        ("", ""),
        ("1" * 400, ""),
    ],
)
def test_a_proof_is_heard_as_it_was_said(said: str, code: str) -> None:
    assert hear_digits(said) == code


@given(st.text("0123456789", min_size=4, max_size=5))
def test_digits_in_words_are_heard_back(digits: str) -> None:
    assert hear_digits(" ".join(UNITS[int(digit)] for digit in digits)) == digits


@given(st.text(max_size=320))
def test_any_text_is_survived(text: str) -> None:
    code = hear_digits(text)

    assert not code or (code.isascii() and code.isalnum() and code == code.upper())
