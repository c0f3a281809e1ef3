import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kiosk.shop.order_numbers import LONGEST, Doubt, Heard, hear_order_number

TONGUES = {
    "en": "zero one two three four five six seven eight nine",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "it": "zero uno due tre quattro cinque sei sette otto nove",
    "nl": "nul een twee drie vier vijf zes zeven acht negen",
}
TEENS = ("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen").split()  # noqa: SIM905 (a table)
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905 (a table)
DIGITS = st.text(alphabet="0123456789", min_size=5, max_size=5)


def number(text: str) -> str | None:
    return hear_order_number(text).number


def spoken(digits: str, tongue: str = "en") -> str:
    words = TONGUES[tongue].split()
    return " ".join(words[int(digit)] for digit in digits)


def in_pairs(digits: str) -> str:
    """Return two, two and one digit in English words, a pair with a nought before it singly."""
    units = TONGUES["en"].split()
    said = []
    for pair in (digits[:2], digits[2:4], digits[4]):
        value = int(pair)
        if len(pair) == 1 or pair[0] == "0":
            said += [units[int(digit)] for digit in pair]
        elif value < 20:
            said.append(TEENS[value - 10])
        else:
            said.append(TENS[value // 10] + (f"-{units[value % 10]}" if value % 10 else ""))
    return " ".join(said)


@pytest.mark.parametrize(
    "said",
    [
        "ORD-88421",
        "order 88421",
        "where is 88421?",
        "when will 88421 arrive?",
        "88 421",
        "88,421",
        "8-8-4-2-1.",
        "O R D eight eight four two one",
        "eighty-eight four twenty-one",
        "double eight four two one",
        "O.R.D. W-8-421, please",
        "oh are dee eight eight four two one",
        "oscar romeo delta eight eight four two one",
        "Otto Richard Dora acht acht vier zwei eins",
        "eight eight um four two, one",
        "eight eight four let me see two one",
        "eighty-eight thousand four hundred and twenty-one",
        "8 8 4 2 1 8 8 4 2 1",
        "88421. Eighty-eight four twenty-one.",
        "eight eight for two one",
        "achtundachtzig vier einundzwanzig",
        "quatre-vingt-huit quarante-deux un",
        "ochenta y ocho cuatro veintiuno",
        "ottantotto quattro ventuno",
        "achtentachtig vier eenentwintig",
        "\uff10RD\uff0d\uff18\uff18\uff14\uff12\uff11",
        "the other one, eight eight four two one",
        "order reference 88421",
        "it's 88421 I think",
    ],
)
def test_an_order_number_is_taken_however_it_is_said(said: str) -> None:
    assert hear_order_number(said) == Heard("ORD-88421")


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ("eight eight four two oh", "ORD-88420"),
        ("O R D oh one two three four", "ORD-01234"),
        ("oh, eight eight four two one", "ORD-88421"),
        ("nought nought one two three", "ORD-00123"),
        ("triple one double five", "ORD-11155"),
        ("double oh one two three", "ORD-00123"),
    ],
)
def test_noughts_and_repeated_digits_are_kept(said: str, taken: str) -> None:
    assert number(said) == taken


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ("88421, no, two four", "ORD-88424"),
        ("eight eight four two one, sorry, I mean two four", "ORD-88424"),
        ("88422, no, 88421", "ORD-88421"),
        ("eight eight five, no, eight eight four two one", "ORD-88421"),
        ("not 88422, 88421", "ORD-88421"),
        ("it's not 88422, it's 88421", "ORD-88421"),
        ("88421, not 88422", "ORD-88421"),
        ("88421, no it isn't, it's 88422", "ORD-88422"),
        ("88422 no one zero zero one two", "ORD-10012"),
        ("88422, or rather 88421", "ORD-88421"),
        ("acht acht vier zwei zwei, nein, acht acht vier zwei eins", "ORD-88421"),
        ("88421, no thanks", "ORD-88421"),
    ],
)
def test_a_customer_may_correct_a_number(said: str, taken: str) -> None:
    assert number(said) == taken


@pytest.mark.parametrize(
    ("said", "doubt", "likely"),
    [
        ("8842", Doubt.TOO_FEW, None),
        ("for 8842", Doubt.TOO_FEW, None),
        ("ORD-884211", Doubt.TOO_MANY, None),
        ("88421 and 88422", Doubt.SEVERAL, None),
        ("88421 or 88422", Doubt.SEVERAL, None),
        ("88421, my wife's is 88422", Doubt.UNCLEAR, None),
        ("88424, not two four, two one", Doubt.UNCLEAR, None),
        ("88421, not 88422, not 88421", Doubt.UNCLEAR, None),
        ("INV-88421", Doubt.UNCLEAR, None),
        ("ORD-8842l", Doubt.UNCLEAR, None),
        ("88421 no wait", Doubt.UNCLEAR, None),
        ("88421, no, seven", Doubt.UNCLEAR, None),
        ("884, no, 421", Doubt.UNCLEAR, "ORD-88421"),
        ("88421, no, eight two", Doubt.UNCLEAR, "ORD-88482"),
        ("oh one two three four", Doubt.UNCLEAR, "ORD-01234"),
        ("twenty, one three five five", Doubt.UNCLEAR, "ORD-21355"),
        ("double eighty-eight 421", Doubt.UNCLEAR, "ORD-88421"),
        ("88421 people", Doubt.UNCLEAR, "ORD-88421"),
        ("gate password 88421", Doubt.UNCLEAR, "ORD-88421"),
        ("quatre-vingt-huit mille quatre cent vingt et un", Doubt.UNCLEAR, None),
        ("vingt quatre-vingt-six neuf", Doubt.UNCLEAR, "ORD-24269"),
        ("not 88421", Doubt.UNCLEAR, None),
    ],
)
def test_what_leaves_a_doubt_is_never_taken(said: str, doubt: Doubt, likely: str | None) -> None:
    heard = hear_order_number(said)

    assert (heard.number, heard.doubt, heard.likely) == (None, doubt, likely)
    assert heard.digits


@pytest.mark.parametrize(
    "said",
    [
        "",
        "where is my order",
        "my zip code is 90210",
        "90210 is my zip code",
        "I paid 884.21",
        "it cost 12345 euros",
        "on 1.12.26",
        "2026-11-26",
        "at 10:30",
        "I bought two items three weeks ago",
        "the other one",
        "meine Postleitzahl ist eins null eins eins fünf",
        "x" * LONGEST + "88421",
    ],
)
def test_other_numbers_are_no_order_number(said: str) -> None:
    assert hear_order_number(said) == Heard()


@pytest.mark.parametrize(
    "said",
    [
        "my postcode is 90210 and my order is 88421",
        "order 88421 for 2 items",
        "order 88421 from sept 6",
        "my order 88421 is due today",
        "call me on 06438130248, order 88421",
        "order 88421, I bought it 3 days ago for $120",
    ],
)
def test_another_number_in_the_same_breath_does_not_get_in_the_way(said: str) -> None:
    assert number(said) == "ORD-88421"


@given(DIGITS, st.sampled_from(sorted(TONGUES)), st.sampled_from(["", "O R D ", "order "]))
@example("00000", "de", "")
@example("21121", "nl", "")
def test_digits_one_by_one_are_heard_in_every_language(
    digits: str, tongue: str, prefix: str
) -> None:
    heard = hear_order_number(prefix + spoken(digits, tongue))

    assert heard.number in (f"ORD-{digits}", None)
    if set(digits) & set("3458") or tongue == "en":  # words that are nothing else in any language
        assert heard.number == f"ORD-{digits}" or tongue == "fr"


@given(DIGITS)
def test_pairs_are_heard_or_asked_for_again(digits: str) -> None:
    heard = hear_order_number(in_pairs(digits))

    assert heard.number == f"ORD-{digits}" or (heard.number is None and "0" in digits)


@given(DIGITS, st.sampled_from([" ", "-", ", ", ". ", " um ", " and "]))
def test_figures_are_heard_with_any_pause_between_them(digits: str, between: str) -> None:
    assert number(between.join(digits)) == f"ORD-{digits}"


@given(DIGITS, DIGITS)
def test_of_two_numbers_none_is_taken_and_of_a_correction_the_second(
    first: str, second: str
) -> None:
    same = f"ORD-{first}" if first == second else None

    assert number(f"{spoken(first)} or {spoken(second)}") == same
    assert number(f"{spoken(first)}, no, {spoken(second)}") == f"ORD-{second}"


JUNK = st.sampled_from(
    ("no", "not", "sorry", "and", "or", "is", "my", "order", "ORD", "number", "phone", "the",
     "people", "wait", "it's", "dash", ",", ".", "?", "-", "#", "oh")
)  # fmt: skip


@given(
    st.lists(st.one_of(JUNK, st.text("0123456789", max_size=6), st.text(max_size=4)), max_size=20)
)
def test_a_number_that_is_taken_was_said_digit_by_digit(parts: list[str]) -> None:
    text = " ".join(parts)

    heard = hear_order_number(text)

    if heard.number and text.isascii():
        said = iter(text.replace("oh", "0").replace("o", "0").replace("O", "0"))
        assert all(digit in said for digit in heard.number.removeprefix("ORD-"))


@given(st.text(max_size=LONGEST + 10))
def test_any_text_is_survived(text: str) -> None:
    heard = hear_order_number(text)

    assert heard.number is None or (heard.number[:4] == "ORD-" and heard.number[4:].isdecimal())
    assert not (heard.number and heard.doubt)


@pytest.mark.parametrize("word", ["o ", "one ", "to ", "double ", "8", "quatre ", "ORD ", "no 1 "])
def test_the_longest_text_is_read_in_no_time(word: str) -> None:
    text = (word * LONGEST)[:LONGEST]

    begun = time.process_time()
    hear_order_number(text)

    assert time.process_time() - begun < 0.2


def test_what_was_heard_is_kept_out_of_logs() -> None:
    assert "8842" not in repr(hear_order_number("ORD 8842"))
