"""What the model is told of an order once the customer has shown that it is theirs.

Goods are spoken of by their kind. The read-backs before a change are made here, so that what the
customer says yes to is what is done.
"""

from datetime import date

from kiosk.shop.answers import Answer, AnswerStatus, answer, invalid, unavailable
from kiosk.shop.goods import Item, say_items, say_the
from kiosk.shop.orders import (
    Fulfilment,
    Order,
    OrderStatus,
    ReturnStarted,
    may_cancel,
    say_day,
    spell,
    status_sentence,
)
from kiosk.shop.returns import Ruling, Verdict, how_clause


def items_answer(asked: str, order: Order) -> Answer:
    """Answer a question for what is in an order; ``asked`` is the number that was asked for."""
    if order.order_id != asked:  # better no answer than somebody else's
        return unavailable()
    if not order.items:
        say = "I can't see what is in that order. A colleague can look it up for you."
        return answer(AnswerStatus.OK, say, order_id=asked, hand_over=True)
    goods = say_items(order.items)
    return answer(AnswerStatus.OK, f"That order has {goods}.", order_id=asked, items=goods)


def return_answer(verdict: Verdict, order: Order, today: date, *, start: bool = False) -> Answer:
    """Answer whether a thing may come back, or ask for what is missing.

    With ``start`` it answers a return that is not started: what the rule forbids is refused.
    """
    say = _return_sentence(verdict, order, today)
    fields: dict[str, str | bool] = {
        "order_id": order.order_id,
        "ruling": verdict.ruling.value,
        "returnable": verdict.allowed,
        "clause": verdict.clause,
        "hand_over": verdict.ruling in _FOR_A_COLLEAGUE,
    }
    if verdict.item:
        fields["item"] = verdict.item.category.value
    if verdict.missing:
        problem = f"ask the customer for {verdict.missing}"
        return invalid(say, problem, missing=verdict.missing, **fields)
    if verdict.until:
        fields["until_day"] = say_day(verdict.until, today)
        fields["until_date"] = verdict.until.isoformat()
    if verdict.how:
        fields["how"] = verdict.how.value
    if verdict.started:
        fields["reference"] = verdict.started.reference
    refused = start and verdict.ruling not in (Ruling.ALLOWED, Ruling.UNDER_WAY)
    return {**answer(AnswerStatus.REFUSED if refused else AnswerStatus.OK, say), **fields}


_FOR_A_COLLEAGUE = (Ruling.LATE, Ruling.USED, Ruling.NO_PACKAGING, Ruling.UNKNOWN)


def confirm_return(verdict: Verdict, order: Order) -> Answer:
    """Read back the return that a yes will start."""
    return answer(
        AnswerStatus.CONFIRM,
        f"You'd like to return {_the(verdict, order)} of order {spell(order.order_id)}."
        " Shall I start the return?",
        order_id=order.order_id,
        clause=verdict.clause,
    )


def return_started(verdict: Verdict, order: Order, started: ReturnStarted) -> Answer:
    """Answer a return that was started."""
    assert verdict.item, "there is a thing to every return"
    assert verdict.how
    return answer(
        AnswerStatus.OK,
        f"Your return is started. The reference is {spell(started.reference)}."
        f" {_how(verdict.item)}",
        order_id=order.order_id,
        item=verdict.item.category.value,
        reference=started.reference,
        how=verdict.how.value,
        clause=how_clause(verdict.item),
    )


def confirm_cancel(order: Order) -> Answer:
    """Read back the order that a yes will cancel."""
    say = f"You'd like to cancel order {spell(order.order_id)}. Shall I cancel it?"
    return answer(AnswerStatus.CONFIRM, say, order_id=order.order_id)


def order_cancelled(order: Order) -> Answer:
    """Answer an order that was cancelled just now."""
    say = f"Order {spell(order.order_id)} is cancelled."
    return answer(AnswerStatus.OK, say, order_id=order.order_id)


def cannot_cancel(order: Order, today: date) -> Answer:
    """Answer an order that there is nothing to cancel of any more."""
    say = status_sentence(order, today)
    if may_cancel(order):  # it was dispatched since we asked
        say = "I'm sorry, it is too late to cancel that order. A colleague can tell you more."
    elif order.status is not OrderStatus.CANCELLED:
        say = f"I'm sorry, it is too late to cancel that order. {say}"
    return answer(AnswerStatus.REFUSED, say, order_id=order.order_id)


def _return_sentence(verdict: Verdict, order: Order, today: date) -> str:
    the, are = _the(verdict, order), "are" if _plural(verdict) else "is"
    match verdict.ruling:
        case Ruling.ALLOWED if verdict.item and verdict.until:
            last_day = say_day(verdict.until, today).removeprefix("on ")
            return f"You can return {the} until {last_day}. {_how(verdict.item)}"
        case Ruling.ASK if verdict.missing == "item":
            return f"That order has {say_items(order.items)}. Which one would you like to return?"
        case Ruling.ASK if verdict.missing == "unused":
            return f"{are.capitalize()} {the} unused?"
        case Ruling.ASK:
            return f"Do you still have the original packaging of {the}?"
        case Ruling.NO_SUCH_ITEM:
            return (
                f"I can't find that in this order. It has {say_items(order.items)}."
                " What would you like to return?"
            )
        case Ruling.LATE:
            ended = f" ended {say_day(verdict.until, today)}" if verdict.until else " are over"
            return (
                f"I'm sorry, the {_days(verdict.days)} for a return{ended}."
                " A colleague can tell you what can still be done."
            )
        case Ruling.USED:
            return (
                f"I'm sorry, we take {the} back only unused."
                " If you are not sure, please show it to a colleague."
            )
        case Ruling.NO_PACKAGING:
            return (
                f"I'm sorry, we take {the} back only in the original packaging."
                " A colleague can tell you what can still be done."
            )
        case Ruling.UNDER_WAY if verdict.item and verdict.started:
            return (
                f"{the.capitalize()} {are} already being returned. The reference is"
                f" {spell(verdict.started.reference)}. {_how(verdict.item)}"
            )
        case Ruling.NOT_DELIVERED:
            here = "collected" if order.fulfilment is Fulfilment.PICKUP else "delivered"
            return (
                f"That order has not been {here} yet. After that you have"
                f" {_days(verdict.days)} to return it."
            )
        case Ruling.NOTHING_LEFT:
            return status_sentence(order, today)
        case _:
            unseen = "what is in that order" if verdict.until else "when that order was delivered"
            return f"I can't see {unseen}. A colleague can check the return for you."


def _the(verdict: Verdict, order: Order) -> str:
    return say_the(verdict.item, order.items) if verdict.item else "that"


def _plural(verdict: Verdict) -> bool:
    return verdict.item is not None and verdict.item.plural


def _how(item: Item) -> str:
    them = "them" if item.plural else "it"
    if item.large:
        return f"We pick {them} up from your home."
    return f"Please drop {them} off at any ShopMax store."


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
