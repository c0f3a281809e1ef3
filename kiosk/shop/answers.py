"""What the model is told: always a status, whether asking again may help, and a sentence.

Besides these three an answer holds typed fields only: enumerations, days, times, ids. The
sentence is made here or stands in the policy file; nothing a store holds as free text gets in.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from kiosk.shop.orders import (
    UNDER_WAY,
    Order,
    OrderStatus,
    is_late,
    say_day,
    say_time,
    spell,
    status_sentence,
)
from kiosk.shop.policy import Clause

Answer = Mapping[str, str | bool]
"""Always has ``status``, ``retryable`` and ``say``."""


class AnswerStatus(StrEnum):
    """How a call went."""

    OK = "ok"
    NOT_FOUND = "not_found"  # there is no such order
    NOT_COVERED = "not_covered"  # no policy clause answers that
    NEEDS_PROOF = "needs_proof"  # first the customer shows that the order is theirs
    NOT_VERIFIED = "not_verified"  # unknown, wrong or locked: nobody learns which
    CONFIRM = "confirm"  # nothing was done yet: the customer is to say yes
    INVALID = "invalid"  # the arguments are not what the tool takes
    REFUSED = "refused"  # no such tool, or too many calls
    UNAVAILABLE = "unavailable"  # the store did not answer


NO_ORDERS: Final = "I can't look up orders just now, but I can answer questions about the shop."
"""What is said while ShopMax does not answer; the recorded phrase P5 is the same sentence."""

LARGEST_ANSWER: Final = 2000
"""Characters of an answer's texts together. More is no answer of ours."""


def answer(
    status: AnswerStatus, say: str, *, retryable: bool = False, **fields: str | bool
) -> Answer:
    """Make an answer. ``retryable``: the same call may succeed a little later."""
    return {"status": status.value, "retryable": retryable, "say": say, **fields}


def order_answer(asked: str, order: Order | None, today: date) -> Answer:
    """Answer a question for an order's status; ``asked`` is the number that was asked for."""
    if order is None:
        return answer(
            AnswerStatus.NOT_FOUND,
            f"I can't find an order {spell(asked)}. Could you check the number and say it again?",
            order_id=asked,
        )
    if order.order_id != asked:  # better no answer than somebody else's
        return unavailable()
    fields: dict[str, str | bool] = {
        "order_id": asked,
        "order_status": order.status.value,
        "late": is_late(order, today),
    }
    if order.due_on and order.status is OrderStatus.READY_FOR_PICKUP:
        fields |= {"collect_by": say_day(order.due_on, today)}
    elif order.due_on and order.status in UNDER_WAY:
        fields |= {"due_day": say_day(order.due_on, today), "due_date": order.due_on.isoformat()}
        if order.due_from:
            fields["due_from"] = say_time(order.due_from)
        if order.due_by:
            fields["due_by"] = say_time(order.due_by)
    if order.done_on:
        fields |= {"done_day": say_day(order.done_on, today)}
    return {**answer(AnswerStatus.OK, status_sentence(order, today)), **fields}


def policy_answer(clause: Clause | None, version: str) -> Answer:
    """Answer a question about the policy."""
    if clause is None:
        return answer(
            AnswerStatus.NOT_COVERED,
            "I don't have an answer to that. A colleague can help you.",
            hand_over=True,
        )
    return answer(
        AnswerStatus.OK,
        clause.text,
        clause=clause.clause_id,
        policy_version=version,
        hand_over=clause.hand_over,
    )


def message_answer(reference: int) -> Answer:
    """Answer a message that was saved. Its words do not come back."""
    say = f"I've written that down for the team. It is message number {reference}."
    return answer(AnswerStatus.OK, say, reference=str(reference))


def needs_proof(asked: str) -> Answer:
    """Ask for proof that the order is the customer's; it need not exist."""
    return answer(
        AnswerStatus.NEEDS_PROOF,
        "To keep your order safe, I need one more thing: your postcode, or the last four digits"
        " of your phone number.",
        order_id=asked,
    )


def not_verified() -> Answer:
    """Answer proof that did not do. Nobody learns whether it was unknown, wrong or locked."""
    return answer(
        AnswerStatus.NOT_VERIFIED,
        "I'm sorry, I can't confirm that with what you told me. Please check the order number and"
        " your postcode or phone number, or ask a colleague.",
    )


def verified(asked: str) -> Answer:
    """Answer proof that was right."""
    return answer(AnswerStatus.OK, "Thank you, that's right.", order_id=asked)


def staff_called() -> Answer:
    """Answer a call for the staff: their light is on."""
    return answer(AnswerStatus.OK, "I've called a colleague. Please wait here a moment.")


def invalid(say: str, problem: str, **fields: str | bool) -> Answer:
    """Answer a call whose arguments are wrong; ``problem`` tells the model what is.

    A field ``missing`` names the parameter that ``say`` asks for.
    """
    return {**answer(AnswerStatus.INVALID, say, problem=problem), **fields}


def refused(say: str, problem: str) -> Answer:
    """Answer a call that is not made."""
    return answer(AnswerStatus.REFUSED, say, problem=problem)


def unavailable(
    say: str = "I can't look that up just now. Please try again in a moment, or ask a colleague.",
    *,
    reason: str = "no_answer",
    retryable: bool = True,
) -> Answer:
    """Answer a call that the store left unanswered; ``reason`` is a short stable word."""
    return answer(AnswerStatus.UNAVAILABLE, say, retryable=retryable, problem=reason)


def not_saved(reason: str) -> Answer:
    """Answer a message of which nobody knows whether it was saved."""
    say = "I'm sorry, I can't be sure that your message was saved. Please tell a colleague."
    return unavailable(say, reason=reason)


def fit(given: Answer) -> Answer:
    """Return the answer when it may go to the model, and ``unavailable`` when it may not."""
    size = sum(len(key) + len(value) for key, value in given.items() if isinstance(value, str))
    printable = all(value.isprintable() for value in given.values() if isinstance(value, str))
    whole = {"status", "retryable", "say"} <= given.keys() and bool(given["say"])
    if size <= LARGEST_ANSWER and printable and whole:
        return given
    return unavailable(reason="unfit_answer", retryable=False)
