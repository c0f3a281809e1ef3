"""The whole understanding half on real sound: a voice asks, Whisper hears, the brain answers."""

import asyncio

import numpy as np
import pytest
import soxr

from kiosk.core.audio import MIC_HZ, SPEAKER_HZ
from kiosk.local_live.ears import WhisperEars
from kiosk.local_live.voice import WorkerVoice
from tests.local_live.brain_client import Customer, customer
from tests.local_live.whole_shop import NOT_VERIFIED, PROOF_ASKED, visit

STATUS = "Your order is out for delivery and due today by 7 pm."
_NOISE_DB = -20


def _ask(visit: Customer, ears: WhisperEars, voice: WorkerVoice, text: str) -> str:
    """Ask aloud in a room with some noise, ``...`` being a pause of a second."""
    pause = np.zeros(MIC_HZ)
    parts = [np.frombuffer(voice.render(part), "<i2") / 32768.0 for part in text.split("...")]
    sound = np.concatenate(
        [each for part in parts for each in (soxr.resample(part, SPEAKER_HZ, MIC_HZ), pause)]
    )
    level = np.sqrt(np.mean(sound**2)) * 10 ** (_NOISE_DB / 20)
    sound = sound + np.random.default_rng(7).normal(0.0, level, len(sound))
    pcm = (np.clip(sound, -1.0, 1.0) * 32767).astype("<i2").tobytes()
    return visit.ask(asyncio.run(ears.transcribe(pcm)))


def test_a_visit_from_hello_to_goodbye(ears: WhisperEars, voice: WorkerVoice) -> None:
    visit = customer()

    def ask(text: str) -> str:
        return _ask(visit, ears, voice, text)

    assert "How can I help you?" in ask("Hello.")
    assert ask("Where is my order, O R D eight eight four two one?") == STATUS
    assert ask("And when will it arrive?") == "It is due today by 7 pm."
    assert "Policy on" in ask("What is your return policy?")
    assert "Policy on" in ask("Do I need the box?")
    assert "washing machine" in ask("Can you take back a washing machine?")
    assert "refunds" in ask("How long do refunds take?")
    assert "Sunday" in ask("What time do you open on Sunday?")
    assert "colleague" in ask("Can I talk to a person?")
    joke = ask("Tell me a joke.")
    assert "not something I can do" in joke
    assert ask("Repeat that, please.") == joke
    assert "Goodbye" in ask("Goodbye.")
    assert visit.calls.count(("get_order_status", {"order_id": "ORD-88421"})) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Where is my order...O R D eight eight four two one.",
        "Where is my order, O R D...eight eight four two one.",
        "Order eighty eight four twenty one, please.",
        "My number is oscar romeo delta eight eight four two one.",
    ],
)
def test_an_order_number_is_heard_however_it_is_said(
    ears: WhisperEars, voice: WorkerVoice, text: str
) -> None:
    assert _ask(customer(), ears, voice, text) == STATUS


def test_a_number_that_lacks_a_digit_is_read_back(ears: WhisperEars, voice: WorkerVoice) -> None:
    visit = customer()

    asked = _ask(visit, ears, voice, "Where is my order, O R D eight eight four two?")

    assert "eight eight four two. Order numbers have five digits." in asked
    assert visit.calls == []
    assert _ask(visit, ears, voice, "O R D eight eight four two one.") == STATUS


@pytest.mark.parametrize(
    "text",
    [
        "Can you take a message?...The light in aisle three is broken.",
        "Could you let the staff know that the light in aisle three is broken?",
        "The light in aisle three is broken, could you tell somebody?",
    ],
)
def test_a_message_is_heard_however_it_is_left(
    ears: WhisperEars, voice: WorkerVoice, text: str
) -> None:
    visit = customer()

    assert _ask(visit, ears, voice, text) == "I've written that down."
    ((name, arguments),) = visit.calls
    assert name == "take_message"
    assert arguments["message"].startswith("The light in aisle")


def test_a_return_is_heard_from_the_wish_to_the_yes(ears: WhisperEars, voice: WorkerVoice) -> None:
    caller, shop = visit()

    def ask(text: str) -> str:
        return _ask(caller, ears, voice, text)

    assert ask("I want to return the toaster of order eight eight four one two.") == PROOF_ASKED
    assert ask("one one one one") == NOT_VERIFIED
    assert ask("The last four digits are three three four four.") == "Is the toaster unused?"
    assert "original packaging of the toaster" in ask("No, I never used it.")
    assert ask("Yes, I still have the box.").endswith("Shall I start the return?")
    assert shop.done == []
    assert ask("Yes, please.") == "Done: return the toaster of ORD-88412."


def test_a_cancelled_order_and_a_changed_mind_are_heard(
    ears: WhisperEars, voice: WorkerVoice
) -> None:
    caller, shop = visit()

    def ask(text: str) -> str:
        return _ask(caller, ears, voice, text)

    assert ask("Cancel order one nine seven two eight.") == PROOF_ASKED
    assert ask("eight two five six").endswith("Shall I cancel it?")
    assert "nothing was changed" in ask("No, I want to keep it.")
    assert ask("Actually, cancel my order.").endswith("Shall I cancel it?")
    assert shop.done == []
    assert ask("Yes.") == "Done: cancel ORD-19728."
    assert "colleague" in ask("Oh no, I changed my mind.")


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("Where are the kettles?", "Find: kettles."),
        ("Do you have headphones?", "Find: headphones."),
        ("What is the address of this store?", "Store: address"),
        ("Are you open on Sunday?", "Store: hours, on Sunday"),
        ("Get me somebody.", "I've called a colleague"),
        ("I need help from a person.", "I've called a colleague"),
        ("Where is my refund?", "Policy on"),
    ],
)
def test_what_a_shop_is_asked_is_heard(
    ears: WhisperEars, voice: WorkerVoice, text: str, reply: str
) -> None:
    assert _ask(visit()[0], ears, voice, text).startswith(reply)
