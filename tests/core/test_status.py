"""Whoever looks after the kiosk reads in words what it is doing."""

from dataclasses import replace

import pytest

from kiosk.core.effects import Phrase
from kiosk.core.lights import Truths
from kiosk.core.parts import Part
from kiosk.core.phases import (
    Conversation,
    FollowUp,
    Hold,
    HoldStage,
    Idle,
    Listening,
    Phase,
    Saying,
    Speaking,
    Starting,
    Thinking,
)
from kiosk.core.status import doing

SERVICE = "Google's Live API at example.com:443"
IDLE = Conversation(phase=Idle())


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (Starting(), "Starting: opening the Live service"),
        (Idle(), f"Ready: {SERVICE}"),
        (Listening(due=1.0), "In a visit, listening"),
        (Thinking(since=0.0, due=1.0), "In a visit, waiting for the answer"),
        (Speaking(since=0.0, due=1.0, first_audio_ms=300), "In a visit, answering"),
        (Saying(phrase=Phrase.SAY_AGAIN, due=1.0), "In a visit, saying a recorded sentence"),
        (FollowUp(due=1.0), "In a visit, waiting for a further question"),
    ],
)
def test_staff_read_which_part_of_a_visit_it_is(phase: Phase, words: str) -> None:
    assert doing(Conversation(phase=phase), SERVICE) == words


def test_staff_read_that_a_visit_goes_on_without_a_network() -> None:
    offline = Truths(offline=True)
    listening = Conversation(phase=Listening(due=1.0), truths=offline)

    assert doing(listening, SERVICE) == "In a visit, listening, offline"
    assert doing(replace(IDLE, truths=offline), SERVICE).startswith("Offline: Google's")


@pytest.mark.parametrize(
    ("truths", "begins"),
    [
        (Truths(muted=True), "Muted by staff"),
        (Truths(offline=True, standby=True), "Ready, on its own"),
        (Truths(shop_silent=True), "Ready, without orders: the shop's order system does not"),
        (Truths(policy_expired=True), "Ready, with old rules: the shop's policy has expired"),
        (Truths(failed=frozenset({Part.MICROPHONE}), muted=True), "Microphone lost"),
        (Truths(failed=frozenset({Part.SPEAKER})), "Speaker lost"),
        (Truths(failed=frozenset({Part.NETWORK})), "Offline: the network"),
        (Truths(failed=frozenset({Part.ACCOUNT})), "Refused by"),
        (Truths(failed=frozenset({Part.SHOP})), "Without orders"),
        (Truths(failed=frozenset({Part.STORAGE})), "The board"),
        (Truths(failed=frozenset({Part.HEAT})), "Ready, hot: let air to the board"),
        (Truths(failed=frozenset({Part.DATABASE})), "Ready, its books in trouble"),
        (Truths(failed=frozenset({Part.PROCESS})), "Ready, about to start anew"),
        (Truths(clock_unset=True), "Waiting for the clock to be set"),
        (Truths(failed=frozenset({Part.SOFTWARE})), "The software"),
    ],
)
def test_the_words_say_what_the_light_says(truths: Truths, begins: str) -> None:
    assert doing(replace(IDLE, truths=truths), SERVICE).startswith(begins)


def test_everything_that_is_wrong_with_the_board_is_named() -> None:
    truths = Truths(failed=frozenset({Part.POWER, Part.STORAGE, Part.CLOCK, Part.HEAT}))

    assert doing(replace(IDLE, truths=truths), SERVICE) == (
        "The board is in trouble: the supply gives too little voltage;"
        " the disk cannot be written; the clock is wrong"
    )


def test_staff_read_what_letting_the_button_go_would_do_and_that_it_is_stuck() -> None:
    offered = replace(IDLE, hold=Hold(HoldStage.OFFERED, 20.0))
    stuck = replace(IDLE, hold=Hold(HoldStage.STUCK, None))

    assert doing(offered, SERVICE) == "The button is held: letting go mutes"
    muted = replace(offered, truths=Truths(starting=False, muted=True))
    assert doing(muted, SERVICE) == "The button is held: letting go unmutes"
    assert doing(stuck, SERVICE) == "The button is stuck: it must be let go, or freed"


def test_staff_read_that_a_customer_wants_somebody_whether_or_not_a_visit_goes_on() -> None:
    called = replace(IDLE, called_at=1.0)

    assert doing(called, SERVICE) == "A customer wants somebody"
    in_visit = doing(replace(called, phase=Listening(due=1.0)), SERVICE)
    assert in_visit == "A customer wants somebody; in a visit, listening"


def test_everything_that_customers_must_do_without_is_named() -> None:
    truths = Truths(offline=True, standby=True, shop_silent=True, policy_expired=True)

    assert doing(replace(IDLE, truths=truths), SERVICE) == (
        f"Ready, on its own, without orders, with old rules: {SERVICE} cannot be reached;"
        " the shop's order system does not answer; the shop's policy has expired"
    )


def test_a_part_that_stands_still_is_named_before_anything_else() -> None:
    assert doing(IDLE, SERVICE, ("microphone", "control")) == "Stands still: microphone, control"


def test_without_a_service_the_words_make_sense_too() -> None:
    assert doing(IDLE, "") == "Ready: no Live service"
