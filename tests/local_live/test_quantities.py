import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.local_live.quantities import number_in


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("twenty one", 21.0),
        ("19 and a half", 19.5),
        ("twenty one point five degrees", 21.5),
        ("21.5", 21.5),
        ("minus four", -4.0),
        ("two hundred and six", 206.0),
        ("none", None),
    ],
)
def test_quantities_are_understood(text: str, number: float | None) -> None:
    assert number_in(text) == number


@given(st.text(max_size=60))
def test_a_quantity_is_looked_for_in_any_text(text: str) -> None:
    number_in(text)
