"""What the model may ask of the shop, once its arguments have been read.

Requests are values: equal ones have equal answers within a visit. An order number is in its one
spelling, free words are one printable line, and what a customer said stays out of every ``repr``.
"""

from dataclasses import dataclass, field

from kiosk.shop.identity import Proof


@dataclass(frozen=True, slots=True)
class AskOrder:
    """Where this order is."""

    order_id: str


@dataclass(frozen=True, slots=True)
class Verify:
    """Whether this order is the customer's own. The same proof in other words is the same."""

    order_id: str
    proof: Proof


@dataclass(frozen=True, slots=True)
class AskItems:
    """What is in this order."""

    order_id: str


@dataclass(frozen=True, slots=True)
class CheckReturn:
    """Whether a thing can be returned; None and "" are what the customer has not said yet."""

    order_id: str
    item: str = field(default="", repr=False)
    unused: bool | None = None
    original_packaging: bool | None = None


@dataclass(frozen=True, slots=True)
class StartReturn:
    """Return it: the customer said the same as for ``CheckReturn``."""

    order_id: str
    item: str = field(default="", repr=False)
    unused: bool | None = None
    original_packaging: bool | None = None


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Cancel this order."""

    order_id: str


@dataclass(frozen=True, slots=True)
class AskPolicy:
    """What is the shop's rule on this."""

    question: str


@dataclass(frozen=True, slots=True)
class AskStore:
    """When the shop is open (``about`` is ``hours``), or where it is (``address``)."""

    about: str
    day: str = ""


@dataclass(frozen=True, slots=True)
class FindProduct:
    """Where this kind of thing stands."""

    product: str


@dataclass(frozen=True, slots=True)
class TakeMessage:
    """Keep this for the staff. One line, and nothing in it that cannot be seen."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallStaff:
    """Have somebody come."""


OfOrder = AskOrder | Verify | AskItems | CheckReturn | StartReturn | CancelOrder
"""Requests about one order."""

Change = StartReturn | CancelOrder
"""Requests that change something in the shop."""

Request = OfOrder | AskPolicy | AskStore | FindProduct | TakeMessage | CallStaff
"""A call that may be made."""
