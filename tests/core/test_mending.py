"""A reply that was cut, told again: the customer hears the rest of it, or is asked anew."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.mending import Mending, Telling, Verdict

PIECE = bytes(range(200)) * 2


def first(words: str, sound_bytes: int = 400) -> Telling:
    telling = Telling()
    telling.add_words(words)
    telling.add_sound(b"\x01" * sound_bytes)
    return telling


def told_again(mending: Mending, words: str, pcm: bytes = PIECE) -> None:
    mending.words(words)
    mending.sound(pcm)


def test_the_same_reply_goes_on_where_it_stopped() -> None:
    mending = Mending(first("Your order is out", 400))
    told_again(mending, "Your order is out for delivery.", b"\x01" * 400 + b"\x02" * 60)

    assert mending.verdict(complete=False) is Verdict.SAME
    assert mending.take() == b"\x02" * 60
    assert mending.new_words() == " for delivery."


def test_another_reply_cannot_be_joined() -> None:
    mending = Mending(first("Your order is out"))
    told_again(mending, "I am sorry, we close at seven today.")

    assert mending.verdict(complete=False) is Verdict.OTHER


def test_one_other_word_is_enough_to_know_before_all_of_it_has_come() -> None:
    mending = Mending(first("Your order is out for delivery"))
    mending.words("Your parcel")

    assert mending.verdict(complete=False) is Verdict.OTHER


def test_the_word_at_the_cut_need_not_be_the_same() -> None:
    mending = Mending(first("Your order is out for del"))
    told_again(mending, "Your order is out for delivery")

    assert mending.verdict(complete=False) is Verdict.SAME


def test_capitals_and_points_make_no_other_reply() -> None:
    mending = Mending(first("It's out, for delivery"))
    told_again(mending, "it's OUT for delivery today")

    assert mending.verdict(complete=False) is Verdict.SAME


@pytest.mark.parametrize(
    ("words", "pcm"), [("Your order", PIECE), ("Your order is out", b"\x01" * 398)]
)
def test_it_waits_until_there_is_as_much_of_both_as_was_heard(words: str, pcm: bytes) -> None:
    mending = Mending(first("Your order is out", 400))
    told_again(mending, words, pcm)

    assert mending.verdict(complete=False) is Verdict.OPEN


def test_a_reply_that_ends_too_soon_is_another_one() -> None:
    mending = Mending(first("Your order is out for delivery"))
    told_again(mending, "Your order")

    assert mending.verdict(complete=True) is Verdict.OTHER


def test_sound_without_any_words_cannot_be_compared() -> None:
    mending = Mending(first(""))
    told_again(mending, "")

    assert mending.verdict(complete=False) is Verdict.OPEN
    assert mending.verdict(complete=True) is Verdict.OTHER
    assert mending.new_words() == ""


def test_a_decision_stands_whatever_comes_after_it() -> None:
    mending = Mending(first("Your order"))
    told_again(mending, "Your order is ready")
    assert mending.verdict(complete=False) is Verdict.SAME

    mending.words(" and something else")

    assert mending.verdict(complete=True) is Verdict.SAME


def test_words_that_have_not_come_yet_are_not_told() -> None:
    mending = Mending(first("Your order is out"))
    mending.words("Your order")

    assert mending.new_words() == ""


def test_half_a_sample_is_never_skipped() -> None:
    mending = Mending(first("Your order", 401))
    told_again(mending, "Your order is", b"\x01" * 400 + b"\x02\x03\x04\x05")

    assert mending.verdict(complete=False) is Verdict.SAME
    assert mending.take() == b"\x02\x03\x04\x05"


@given(
    words=st.lists(st.sampled_from(["your", "order", "is", "out", "for"]), min_size=1, max_size=12),
    cut=st.integers(1, 12),
    cuts=st.lists(st.integers(0, 60), max_size=5),
)
def test_in_whatever_pieces_it_comes_an_equal_reply_is_the_same(
    words: list[str], cut: int, cuts: list[int]
) -> None:
    text = " ".join(words)
    heard = " ".join(words[:cut])
    mending = Mending(first(heard, 2 * len(heard)))
    edges = [0, *sorted(min(edge, len(text)) for edge in cuts), len(text)]
    for start, end in itertools.pairwise(edges):
        told_again(mending, text[start:end], b"\x07\x08" * (end - start))
        assert mending.verdict(complete=False) is not Verdict.OTHER

    assert mending.verdict(complete=True) is Verdict.SAME
    assert len(mending.take()) == 2 * (len(text) - len(heard))
    assert mending.new_words() == text[len(heard) :]


def test_a_word_that_has_only_half_come_makes_no_other_reply() -> None:
    mending = Mending(first("Your order is out"))
    mending.words("Your or")
    assert mending.verdict(complete=False) is Verdict.OPEN

    told_again(mending, "der is out for delivery")

    assert mending.verdict(complete=False) is Verdict.SAME


@pytest.mark.parametrize(
    ("heard_ms", "words"),
    [
        (0, ""),
        (1, "Your"),
        (500, "Your refund has"),
        (1000, "Your refund has been made."),
        (5000, "Your refund has been made."),
    ],
)
def test_who_heard_half_the_sound_has_heard_half_the_words(heard_ms: int, words: str) -> None:
    telling = first("Your refund has been made.", sound_bytes=48_000)

    assert telling.told(heard_ms) == words


def test_words_without_any_sound_were_not_heard() -> None:
    assert first("Your refund has been made.", sound_bytes=0).told(900) == ""
