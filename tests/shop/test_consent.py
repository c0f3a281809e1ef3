import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.shop.consent import Consent, Deed, Wanted, is_yes, names_deed, reads_back

KETTLE = Wanted(Deed.START_RETURN, "ORD-18342", 1, unused=True, original_packaging=True)
ORDER = Wanted(Deed.CANCEL_ORDER, "ORD-19728")
READ_BACK = "You'd like to return the kettle of order O R D 1 8 3 4 2. Shall I start the return?"

YES = [
    "yes",
    "Yes.",
    "Yes, please.",
    "yes yes",
    "Yeah, go ahead.",
    "yep",
    "Do it!",
    "yes, do it please",
    "Sure.",
    "okay, go ahead",
    "Yes, that's right.",
    "That\u2019s correct.",
    "Absolutely, thank you.",
    "um, yes",
    "please do",
    "Yes, that's fine.",
    "Yes, I am.",
    "of course",
    "I confirm.",
    "Ja.",
    "Ja, bitte.",
    "Ja, gerne!",
    "Ja, machen Sie das bitte.",
    "Nat\u00fcrlich.",
    "Oui.",
    "Oui, s'il vous pla\u00eet.",
    "Oui, allez-y.",
    "D'accord.",
    "S\u00ed.",
    "S\u00ed, por favor.",
    "Claro que s\u00ed.",
    "S\u00ec, grazie.",
    "Certo, proceda.",
    "Ja graag.",
    "Doe maar.",
    "Ja, doe dat alstublieft.",
]
NO_YES = [
    "",
    " ",
    "no",
    "No, thanks.",
    "that's fine",
    "I am",
    "yes but",
    "Yes, but not the kettle.",
    "yes, no wait",
    "Yes. No, wait.",
    "yes?",
    "Yes, what does that cost?",
    "I don't know",
    "yes I don't know",
    "maybe",
    "not yes",
    "don't do it",
    "do not do it",
    "wait",
    "stop",
    "ok",
    "okay",
    "right",
    "please",
    "thank you",
    "what did you say",
    "yes cancel the other one",
    "yes, the toaster",
    "I said yes to the other one",
    "he says yes",
    "if you say yes",
    "say yes",
    "ja, aber",
    "ja, nein",
    "ja, warten Sie",
    "nein",
    "oui mais non",
    "non",
    "no, gracias",
    "s\u00ed, pero no",
    "s\u00ec, ma no",
    "nee",
    "ja maar",
    "yes \u4e0d",
    "yes \u043d\u0435\u0442",
    "\u4e0d",
    "yes\u200b no",
    "y\u200bes but",
    "yes " * 30,
    "1",
]


@pytest.mark.parametrize("deed", Deed)
@pytest.mark.parametrize("said", YES)
def test_a_customer_who_clearly_agrees_is_taken_at_their_word(said: str, deed: Deed) -> None:
    assert is_yes(said, deed)


@pytest.mark.parametrize("deed", Deed)
@pytest.mark.parametrize("said", NO_YES)
def test_whatever_is_not_clearly_a_yes_is_none(said: str, deed: Deed) -> None:
    assert not is_yes(said, deed)


def test_a_customer_may_say_what_they_agree_to_and_not_the_opposite() -> None:
    assert is_yes("Yes, start the return please", Deed.START_RETURN)
    assert is_yes("Yes, cancel it.", Deed.CANCEL_ORDER)
    assert not is_yes("Yes, cancel it.", Deed.START_RETURN)
    assert not is_yes("Yes, I want to return it", Deed.CANCEL_ORDER)


@given(st.lists(st.sampled_from(["yes", "please", "ja", "go", "ahead"]), max_size=4), st.text())
def test_a_word_that_nobody_knows_makes_a_yes_none(known: list[str], word: str) -> None:
    unknown = "".join(char for char in word if char.isalpha())
    said = [*known, f"xq{unknown}"]

    assert not is_yes(" ".join(said), Deed.START_RETURN)
    assert not is_yes(" ".join(reversed(said)), Deed.CANCEL_ORDER)


@given(st.text(max_size=100))
def test_any_words_are_judged_without_an_error(said: str) -> None:
    assert is_yes(said, Deed.START_RETURN) in (True, False)
    assert names_deed(said, Deed.CANCEL_ORDER) in (True, False)


@pytest.mark.parametrize(
    "said",
    [
        READ_BACK,
        "Soll ich die R\u00fcckgabe starten?",
        "Soll ich den Wasserkocher zur\u00fccksenden?",
        "Dois-je lancer le retour de la bouilloire ?",
        "\u00bfInicio la devoluci\u00f3n?",
        "Avvio il reso?",
        "Zal ik de retour starten?",
    ],
)
def test_a_read_back_is_known_in_six_languages(said: str) -> None:
    assert names_deed(said, Deed.START_RETURN)
    assert not names_deed(said, Deed.CANCEL_ORDER)


def test_another_question_is_no_read_back() -> None:
    assert not names_deed("Would you like to hear our opening hours?", Deed.START_RETURN)
    assert names_deed("Soll ich die Bestellung stornieren?", Deed.CANCEL_ORDER)


# What waits for a yes


def offered(wanted: Wanted = KETTLE) -> Consent:
    consent = Consent()
    consent.offer(wanted, 4)
    consent.turn_over(READ_BACK, "I want to return it")
    return consent


def test_a_change_waits_for_the_turn_after_its_read_back() -> None:
    consent = Consent()
    consent.offer(KETTLE, 4)
    assert not consent.waits_for(KETTLE, 4)
    assert not consent.waits_for(KETTLE, 5)

    consent.turn_over(READ_BACK, "I want to return it")

    assert consent.waits_for(KETTLE, 5)
    assert not consent.waits_for(KETTLE, 4)
    assert not consent.waits_for(ORDER, 5)


def test_a_yes_makes_the_change_and_may_be_needed_again_when_it_failed() -> None:
    consent = offered()

    assert consent.agree(KETTLE, "yes please")
    assert consent.agree(KETTLE, "yes please, and what")


@pytest.mark.parametrize("said", ["no", "wait", "", "what time is it"])
def test_anything_else_drops_the_change(said: str) -> None:
    consent = offered()

    assert not consent.agree(KETTLE, said)
    assert not consent.waits_for(KETTLE, 5)
    assert not consent.agree(KETTLE, "yes")


def test_a_read_back_that_was_not_spoken_counts_for_nothing() -> None:
    for kiosk_said in ("", "Would you like to hear our opening hours?"):
        consent = Consent()
        consent.offer(KETTLE, 4)
        consent.turn_over(kiosk_said, "I want to return it")

        assert not consent.waits_for(KETTLE, 5)


def test_a_yes_comes_in_the_very_next_turn_or_not_at_all() -> None:
    consent = offered()
    consent.turn_over("We are open until eight.", "when do you close")

    assert not consent.waits_for(KETTLE, 6)


def test_a_turn_in_which_nobody_says_a_word_changes_nothing() -> None:
    consent = offered()
    consent.turn_over("", "")

    assert consent.waits_for(KETTLE, 6)


def test_other_conditions_are_another_change_and_other_words_for_the_thing_are_not() -> None:
    consent = offered()
    other = Wanted(Deed.START_RETURN, "ORD-18342", 1, unused=True, original_packaging=False)

    assert not consent.waits_for(other, 5)
    assert KETTLE.key("a visit") == other.key("a visit")
    assert KETTLE.key("a visit") != KETTLE.key("another visit")
    assert KETTLE.key("a visit") != ORDER.key("a visit")
    assert "18342" not in f"{KETTLE} {KETTLE.key('x')}"


@pytest.mark.parametrize(
    "said",
    [
        "You'd like to cancel order O R D 8 8 4 2 1. Shall I cancel it?",
        "Shall I cancel ORD-88421? Just say yes.",
        "Soll ich die Bestellung stornieren?",
        "so you want to cancel order eight eight four two one shall i do that",
        "Your 2 kettles come on the 25th. Shall I cancel order 88421?",
        "I can cancel it. Please say yes if I should cancel it.",
    ],
)
def test_a_read_back_is_the_last_thing_that_was_asked(said: str) -> None:
    assert reads_back(said, Wanted(Deed.CANCEL_ORDER, "ORD-88421"))


@pytest.mark.parametrize(
    "said",
    [
        "",
        "?",
        "Orders can be cancelled until they leave. Would you like to hear our hours?",
        "I won't cancel it. We are open until eight.",
        "Shall I cancel it? Or would you like something else?",
        "Shall I cancel order ORD-88422?",
        "You'd like to cancel order O R D 8 8 4 2 2. Shall I cancel it?",
        "Shall I start the return?",
    ],
)
def test_a_yes_to_another_question_or_for_another_order_is_none_to_the_change(said: str) -> None:
    assert not reads_back(said, Wanted(Deed.CANCEL_ORDER, "ORD-88421"))
