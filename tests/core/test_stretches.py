import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.spoken.cardinals import tokens_of
from kiosk.core.spoken.plain import plain
from kiosk.core.spoken.stretches import stretches
from kiosk.core.spoken.tongues import LONGEST_PHRASE, NUMBER_WORDS


def heard(text: str) -> list[tuple[str, bool]]:
    """Return the digits of each stretch, and whether it is clear."""
    found = stretches(tokens_of(plain(text)), 5, "ORD")
    return [(stretch.digits, not stretch.unclear) for stretch in found]


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("achtundachtzig", "88"),
        ("acht und achtzig", "88"),
        ("fünfunddreißig", "35"),
        ("zwoelf", "12"),
        ("eenentwintig", "21"),
        ("quatre-vingt-dix-sept", "97"),
        ("soixante et onze", "71"),
        ("septante deux", "72"),
        ("veintidós", "22"),
        ("ochenta y ocho", "88"),
        ("ventotto", "28"),
        ("ventuno", "21"),
    ],
)
def test_numbers_below_a_hundred_are_known_in_every_language(said: str, digits: str) -> None:
    assert heard(said) == [(digits, True)]


def test_no_phrase_means_more_than_ninety_nine() -> None:
    assert all(0 <= int(word.digits) < 100 for word in NUMBER_WORDS.values())
    assert max(map(len, NUMBER_WORDS)) == LONGEST_PHRASE


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("88421 is due once", [("88421", True)]),
        ("uno due tre", [("123", True)]),
        ("due", []),
        ("six six six zéro sept", [("66607", True)]),
        ("88421 un peu", [("88421", True)]),
        ("doppel acht vier", [("884", True)]),
        ("double vier", [("44", True)]),
        ("double achtzig", [("80", False)]),
        ("acht tausend", [("8", False)]),
        ("sechstausend vier", [("4", False)]),
        ("quatre, vingt", [("80", False)]),
        ("vingt quatre-vingt", [("2420", False)]),
        ("quatre-vingt dix-neuf", [("99", False)]),
        ("quatre vingt dix neuf", [("99", True)]),
    ],
)
def test_a_word_of_another_language_counts_only_beside_its_own(
    said: str, found: list[tuple[str, bool]]
) -> None:
    assert heard(said) == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("88421 and 10001", [("88421", True), ("10001", True)]),
        ("8 8 4 2 1, 1 0 0 0 1", [("88421", True), ("10001", True)]),
        ("88421. 7", [("88421", True), ("7", True)]),
        ("88421 2 items", [("88421", True), ("2", True)]),
        ("88 for 421", [("884421", False)]),
        ("88 for 21", [("88421", True)]),
        ("sicks fife", [("65", True)]),
        ("ate 8 4 2 1", [("88421", True)]),
        ("I ate 8421", [("88421", False)]),
        ("won, 8421", [("8421", True)]),
        ("won 88421", [("88421", False)]),
        ("ORD free 8 4 2 1", [("38421", True)]),
        ("free 8 4 2 1", [("8421", True)]),
        ("O O 1 2 3", [("00123", True)]),
        ("O 1 2 3 4", [("01234", False)]),
        ("number oh 1 2 3 4", [("01234", True)]),
        ("order oh 1 2 3 4", [("01234", True)]),
        ("8 8 4 2 oh", [("88420", True)]),
        ("8 8 4 2 oh please", [("88420", True)]),
        ("8 8 4 2 oh dear", [("8842", True)]),
        ("8 8 4 2, oh", [("8842", True)]),
        ("that one 8 8 4 2 1", [("88421", True)]),
        ("that one 8 8 4 2", [("18842", False)]),
        ("the one is 88421", [("88421", True)]),
        ("no one 8 8 4 2", [("18842", True)]),
        ("eight eight hang on four two one", [("88421", True)]),
        ("8 8 4 people 2 1", [("884", True), ("21", True)]),
        ("twenty um one", [("201", False)]),
        ("oh oh", []),
    ],
)
def test_what_may_be_no_digit_is_told_from_what_is_one(
    said: str, found: list[tuple[str, bool]]
) -> None:
    assert heard(said) == found


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("\uff18\u0668\u200b8", "888"),
        ("dreißig für öl", "dreissig fur ol"),
        ("0RD 0 r d 0D8", "ORD O r d OD8"),
        ("$12 and 9\u20ac and 5%", " elsewhere  and  elsewhere  and  elsewhere "),
        ("at 10:30", "at  elsewhere "),
        ("8:8:4", "8:8:4"),
        ("884.21", " elsewhere "),
        ("1.12.26 1/12/2026 2026-11-26", " elsewhere   elsewhere   elsewhere "),
        ("88-4-21 8-8-4-2-1 0-0-21 8-8-4", "88-4-21 8-8-4-2-1 0-0-21 8-8-4"),
    ],
)
def test_prices_dates_and_times_are_taken_out_and_digits_made_plain(said: str, left: str) -> None:
    assert plain(said) == left


@given(st.text(max_size=80), st.integers(1, 8))
def test_stretches_stand_in_order_and_never_overlap(text: str, wanted: int) -> None:
    tokens = tokens_of(plain(text))

    end = 0
    for stretch in stretches(tokens, wanted, "ORD"):
        assert end <= stretch.start < stretch.end <= len(tokens)
        assert stretch.digits.isdecimal()
        end = stretch.end
