import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.spoken import identifiers
from kiosk.core.spoken.identifiers import Shape

ORDER = Shape("ORD", "-", 5)
WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def _written(text: str, shape: Shape = ORDER, *, expected: bool = False) -> str | None:
    spoken = identifiers.hear(text, shape, expected=expected)
    return spoken.written(shape) if spoken and spoken.fits(shape) else None


@pytest.mark.parametrize(
    "text",
    [
        "O R D eight eight four two one",
        "ORD 88421",
        "ord-8 8 4 2 1",
        "ORD88421",
        "eighty-eight four twenty-one",
        "double eight four two one",
        "doubles 8-421",
        "So are the double eight and four two one.",
        "eighty eight thousand four hundred and twenty one",
        "88,421",
        "oscar romeo delta eight eight four two one",
        "O.R.D. 8-8-4-2-1",
        "order D 88421",
        "Oh are the 88421",
        "order of our D88 421",
        "88 for 2 1",
        "Order 88 for 21, please.",
        "Where is my order ORD? 8-8. 421.",
        "My order number is. And... 8-8-4-2-1",
        "8 8 4... um, 2 1",
        "O-R-D-W-8-421.",
        "8 8 4 2 1 8 8 4 2 1",
        "not 88422, no, 88421",
        "The number is O-R-D-8-8-421, thank you",
        "I have two questions about order 88421",
    ],
)
def test_an_order_number_is_understood_however_it_is_said(text: str) -> None:
    assert _written(text) == "ORD-88421"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("oh one two three four", "ORD-01234"),
        ("O-R-D-3-3-O-1-5.", "ORD-33015"),
        ("zero zero one two three", "ORD-00123"),
        ("triple one double five", "ORD-11155"),
        ("niner eight seven six five", "ORD-98765"),
        ("Delta 77129.", "ORD-77129"),
    ],
)
def test_zeros_and_repeated_digits_are_kept(text: str, number: str) -> None:
    assert _written(text) == number


@pytest.mark.parametrize(
    ("text", "digits", "letters"),
    [
        ("ORD 8842", "8842", ""),
        ("O R D 8 8 4 2 1 1", "884211", ""),
        ("A B C 88421", "88421", "ABC"),
        ("RDI-31-7", "317", "RDI"),
    ],
)
def test_a_misheard_number_is_kept_as_heard_but_does_not_fit(
    text: str, digits: str, letters: str
) -> None:
    spoken = identifiers.hear(text, ORDER)

    assert spoken
    assert (spoken.digits, spoken.letters) == (digits, letters)
    assert not spoken.fits(ORDER)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "What is your return policy?",
        "I bought 2 items 3 weeks ago",
        "I bought it 7 days ago",
        "can I return it within 100 days",
        "one more thing",
        "no, two four",
        "is it open from 10 to 6",
    ],
)
def test_other_numbers_are_no_order_number(text: str) -> None:
    assert identifiers.hear(text, ORDER) is None


def test_what_else_was_said_is_kept() -> None:
    spoken = identifiers.hear("Where is my order O R D 88421 please?", ORDER)

    assert spoken
    assert spoken.rest == "Where is my order please?"


@pytest.mark.parametrize(
    "text",
    [
        "O R D 8 8 4 1 2, no, 2 1, please",
        "eight eight four one two no two one please",
        "88412, sorry, I mean 21 please",
        "88412 no wait, it's 421 please",
    ],
)
def test_a_number_that_was_corrected_in_the_same_breath_is_not_used_unasked(text: str) -> None:
    spoken = identifiers.hear(text, ORDER)

    assert spoken
    assert (spoken.digits, spoken.rest.strip(" ,")) == ("88421", "please")
    assert not spoken.fits(ORDER)


def test_a_number_beside_a_no_is_corrected_by_nothing_but_digits_of_it() -> None:
    for text in ("88412, no, two days ago", "88412, no, 88421", "not 7, 88412", "88412 and 21"):
        spoken = identifiers.hear(text, ORDER)
        assert spoken, text
        assert not spoken.corrected, text


@pytest.mark.parametrize(
    "text",
    [
        "88421, not 24421",
        "88421 and not 24421",
        "not 24421, it's 88421",
        "O R D 88421, not O R D 24421",
        "eight eight four two one, not two four four two one",
    ],
)
def test_a_number_that_was_denied_is_not_the_one(text: str) -> None:
    assert _written(text) == "ORD-88421"


def test_a_broken_off_number_is_noticed() -> None:
    assert identifiers.begun("Where is my order O R D", ORDER)
    assert not identifiers.begun("Where is my order", ORDER)


def test_a_single_digit_counts_only_when_it_was_asked_for() -> None:
    assert identifiers.hear("one", ORDER) is None
    spoken = identifiers.hear("one", ORDER, expected=True)
    assert spoken
    assert spoken.digits == "1"


@given(st.text(alphabet="0123456789", min_size=5, max_size=5), st.booleans(), st.booleans())
def test_what_is_spelt_out_is_heard_back(digits: str, prefixed: bool, words: bool) -> None:
    said = " ".join(WORDS[int(digit)] if words else digit for digit in digits)

    assert _written(f"O R D {said}" if prefixed else said, expected=True) == f"ORD-{digits}"


@given(st.text(max_size=60))
def test_any_text_is_survived(text: str) -> None:
    for shape in (ORDER, Shape(), Shape(mixed=True)):
        identifiers.hear(text, shape)
        identifiers.hear(text, shape, expected=True)
        identifiers.begun(text, shape)


def test_a_mixed_code_is_taken_as_spoken() -> None:
    assert _written("track 1Z 999 AA 10", Shape(mixed=True)) == "1Z999AA10"
    assert _written("it is bravo two six x-ray", Shape(mixed=True)) in ("B26", "B26X")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no not that one, 10012", "10012"),
        ("No, not that one. One zero zero one two.", "10012"),
        ("one of them is 88421", "88421"),
        ("to be honest 8842", "8842"),
        ("or the one zero zero one two", "10012"),
        ("eight eight, for two, one", "88421"),
        ("for 8842", "48842"),
        ("where is order 8842 for my mother", "8842"),
        ("the status for 8842", "8842"),
        ("one one", "11"),
    ],
)
def test_a_small_word_is_a_digit_only_among_digits(text: str, expected: str) -> None:
    spoken = identifiers.hear(text, ORDER, expected=True)
    assert spoken is not None
    assert spoken.digits == expected


@pytest.mark.parametrize(
    "text",
    ["the other one", "which one", "this one please", "one more question", "for my order",
     "to you", "I am here for two orders", "two of them", "and the first one again"],
)  # fmt: skip
def test_a_pronoun_and_a_count_are_no_part_of_a_number(text: str) -> None:
    assert identifiers.hear(text, ORDER, expected=True) is None


def test_all_whole_numbers_of_an_utterance_are_found_in_order() -> None:
    assert identifiers.several("my orders 88421 and 10001", ORDER) == ["ORD-88421", "ORD-10001"]
    assert identifiers.several("88421, 88421", ORDER) == ["ORD-88421"]
    assert identifiers.several("order 88 and 421", ORDER) == ["ORD-88421"]
    assert identifiers.several("8842 and 1000", ORDER) == []
