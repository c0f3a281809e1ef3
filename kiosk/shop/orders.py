"""What an order is, how its number is read, and how its status is said aloud.

Pure: the day comes in as ``today``. A status sentence gives away the status and the day or
window, and nothing about a person, a place or the goods.
"""

import re
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from typing import Final

from kiosk.shop.goods import Item
from kiosk.shop.order_numbers import hear_order_number


class OrderStatus(StrEnum):
    """How far an order has come. The values are the words that are spoken and stored."""

    PLACED = "placed"
    PACKED = "packed"
    SHIPPED = "shipped"
    OUT_FOR_DELIVERY = "out for delivery"
    DELAYED = "delayed"
    READY_FOR_PICKUP = "ready for pickup"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    REFUNDED = "refunded"


class Fulfilment(StrEnum):
    """How an order reaches its customer."""

    DELIVERY = "delivery"
    PICKUP = "pickup"


REFERENCE: Final = re.compile(r"R-[0-9]{6}")
"""What the reference of a return looks like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnStarted:
    """A return of one line of an order; ``reference`` is ``R-`` and six digits."""

    reference: str
    line: int
    started_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofFacts:
    """What only the customer knows besides the number; "" for what the shop does not know."""

    postcode: str = field(default="", repr=False)
    phone_end: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order.

    ``due_on`` is the promised day (for a pickup: the last day to collect it), ``due_from`` and
    ``due_by`` the window on that day, ``done_on`` the day it was delivered, cancelled, returned
    or refunded. All in the shop's local time; whatever is unknown is None.
    """

    order_id: str
    status: OrderStatus
    placed_on: date
    due_on: date | None = None
    due_from: time | None = None
    due_by: time | None = None
    done_on: date | None = None
    fulfilment: Fulfilment = Fulfilment.DELIVERY
    items: tuple[Item, ...] = ()
    returns: tuple[ReturnStarted, ...] = ()
    proof: ProofFacts = ProofFacts()


def parse_order_id(text: str) -> str | None:
    """Return the number in a text as ``ORD-`` and five digits, or None when there is no one.

    What is heard and what is doubted is said in ``order_numbers``.
    """
    return hear_order_number(text).number


def spell(order_id: str) -> str:
    """Return the number as it is read aloud, sign by sign: ``O R D 8 8 4 2 1``."""
    return " ".join(char for char in order_id if char.isalnum())


def say_day(day: date, today: date) -> str:
    """Return a day in spoken words: ``today``, ``on Thursday``, ``on Monday, November 16``."""
    ahead = (day - today).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(ahead)
    if near:
        return near
    weekday = f"on {day:%A}"
    return weekday if 1 < ahead < 7 else f"{weekday}, {day:%B} {day.day}"


def say_time(moment: time) -> str:
    """Return a time of day in spoken words: ``7 pm``, ``9:30 am``, ``noon``."""
    if (moment.hour, moment.minute) in ((0, 0), (12, 0)):
        return "noon" if moment.hour else "midnight"
    minutes = f":{moment.minute:02}" if moment.minute else ""
    return f"{moment.hour % 12 or 12}{minutes} {'pm' if moment.hour >= 12 else 'am'}"


def say_due(order: Order, today: date) -> str | None:
    """Return the promised day with its window: ``today by 7 pm``; None when there is none."""
    if order.due_on is None:
        return None
    day = say_day(order.due_on, today)
    match order.due_from, order.due_by:
        case time() as start, time() as end:
            return f"{day} between {say_time(start)} and {say_time(end)}"
        case None, time() as end:
            return f"{day} by {say_time(end)}"
        case time() as start, None:
            return f"{day} after {say_time(start)}"
        case _:
            return day


_STATE: Final = {
    OrderStatus.PLACED: "Your order is being prepared",
    OrderStatus.PACKED: "Your order is packed",
    OrderStatus.SHIPPED: "Your order is on its way",
    OrderStatus.OUT_FOR_DELIVERY: "Your order is out for delivery",
}
UNDER_WAY: Final = frozenset({*_STATE, OrderStatus.DELAYED, OrderStatus.READY_FOR_PICKUP})
"""What the customer still waits for: the promised day lies ahead or was missed."""


def may_cancel(order: Order) -> bool:
    """Tell whether the order was not dispatched yet: until then it can be cancelled."""
    return order.status in (OrderStatus.PLACED, OrderStatus.PACKED)


def is_late(order: Order, today: date) -> bool:
    """Tell whether the promised day, or the last to collect it, passed before the goods came."""
    return order.status in UNDER_WAY and order.due_on is not None and order.due_on < today


def status_sentence(order: Order, today: date) -> str:
    """Return where the order is, in one or two plain spoken sentences."""
    due = say_due(order, today)
    done = f" {say_day(order.done_on, today)}" if order.done_on else ""
    late = is_late(order, today)
    match order.status:
        case OrderStatus.DELAYED if late:
            return f"I'm sorry, your order is delayed. It was due {due}. {_ASK}"
        case OrderStatus.DELAYED:
            return "I'm sorry, your order is delayed." + (f" It is now due {due}." if due else "")
        case OrderStatus.READY_FOR_PICKUP if order.due_on is not None:
            last_day = say_day(order.due_on, today).removeprefix("on ")
            if order.due_on < today:
                return f"Your order was ready for pickup until {last_day}. {_ASK}"
            return f"Your order is ready for pickup. Please collect it by {last_day}."
        case OrderStatus.READY_FOR_PICKUP:
            return "Your order is ready for pickup."
        case OrderStatus.DELIVERED if order.fulfilment is Fulfilment.PICKUP:
            return f"Your order was collected{done}."
        case OrderStatus.DELIVERED:
            return f"Your order was delivered{done}."
        case OrderStatus.CANCELLED:
            return f"Your order was cancelled{done}."
        case OrderStatus.RETURNED:
            return f"Your return arrived{done}, and your refund is being processed."
        case OrderStatus.REFUNDED:
            return f"Your order was returned, and your refund was made{done}."
        case _:
            state = _STATE[order.status]
            if late:
                return f"{state}, but it is late: it was due {due}. {_ASK}"
            return f"{state} and due {due}." if due else f"{state}."


_ASK: Final = "A colleague can find out more for you."
