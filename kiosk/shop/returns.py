"""The return rule: whether a thing of an order may come back, until when, and how.

Pure. A verdict names the policy clause it rests on, and the one thing that is still to be asked.
Nothing is asked that cannot matter any more: an order that is too old is refused at once.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from kiosk.shop.goods import Item, category_of
from kiosk.shop.orders import Order, OrderStatus, ReturnStarted

DAYS: Final = 7
"""Days after the delivery on which a return is taken, unless the policy file says otherwise."""


class Ruling(StrEnum):
    """What the rule says. Only ``ALLOWED`` lets a return be started."""

    ALLOWED = "allowed"
    ASK = "ask"  # ``missing`` says for what
    NO_SUCH_ITEM = "no such item"  # ask for the item again
    LATE = "late"
    USED = "used"
    NO_PACKAGING = "no packaging"
    UNDER_WAY = "already being returned"
    NOT_DELIVERED = "not delivered"
    NOTHING_LEFT = "cancelled or returned"
    UNKNOWN = "unknown"  # the shop does not know the day or the goods: a colleague decides


class How(StrEnum):
    """How a thing comes back."""

    PICKUP = "pickup"  # from the customer's home
    DROP_OFF = "drop-off"  # at any store


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the rule says of one thing of an order.

    ``clause`` is a clause of the policy. ``until`` is the last day on which the return is taken,
    None where no day is known. ``missing`` names the parameter to ask for: ``item``, ``unused``,
    ``original_packaging`` or "". ``started`` is the return that is under way already; ``days``
    are those the rule gives.
    """

    ruling: Ruling
    clause: str
    item: Item | None = None
    until: date | None = None
    missing: str = ""
    started: ReturnStarted | None = None
    days: int = DAYS

    @property
    def allowed(self) -> bool:
        """Whether the return may be started."""
        return self.ruling is Ruling.ALLOWED

    @property
    def line(self) -> int:
        """The line of the order that is spoken of, 0 for none."""
        return self.item.line if self.item else 0

    @property
    def how(self) -> How | None:
        """How the thing comes back; None when that is not known."""
        if self.item is None:
            return None
        return How.PICKUP if self.item.large else How.DROP_OFF


def check_return(
    order: Order,
    *,
    item: str | None = None,
    unused: bool | None = None,
    original_packaging: bool | None = None,
    today: date,
    days: int = DAYS,
) -> Verdict:
    """Apply the rule; ``item`` is the thing in the customer's words. None was not said.

    ``days`` is the policy's. The last of them still counts.
    """
    verdict = _judge(order, item or "", (unused, original_packaging), today, days)
    return replace(verdict, days=days)


def _judge(
    order: Order, words: str, condition: tuple[bool | None, bool | None], today: date, days: int
) -> Verdict:
    if order.status in (OrderStatus.CANCELLED, OrderStatus.RETURNED, OrderStatus.REFUNDED):
        return Verdict(ruling=Ruling.NOTHING_LEFT, clause="returns.window")
    if order.status is not OrderStatus.DELIVERED:
        return Verdict(ruling=Ruling.NOT_DELIVERED, clause="returns.window")
    chosen = choose_item(order, words)
    item = chosen if isinstance(chosen, Item) else None
    if item and (started := return_of(order, item)):
        clause = how_clause(item)
        return Verdict(ruling=Ruling.UNDER_WAY, clause=clause, item=item, started=started)
    if order.done_on is None or order.done_on > today:
        return Verdict(ruling=Ruling.UNKNOWN, clause="returns.window", item=item)
    until = order.done_on + timedelta(days=days)
    if today > until:
        return Verdict(ruling=Ruling.LATE, clause="returns.late", item=item, until=until)
    if not order.items:
        return Verdict(ruling=Ruling.UNKNOWN, clause="returns.window", until=until)
    if not isinstance(chosen, Item):
        return Verdict(ruling=chosen, clause="returns.window", until=until, missing="item")
    ruling, clause, missing = _condition(chosen, *condition)
    return Verdict(ruling=ruling, clause=clause, item=chosen, until=until, missing=missing)


def _condition(
    item: Item, unused: bool | None, original_packaging: bool | None
) -> tuple[Ruling, str, str]:
    """Return ruling, clause and what is missing. One condition that fails is enough to refuse."""
    if unused is False:
        return Ruling.USED, "returns.unused", ""
    if original_packaging is False:
        return Ruling.NO_PACKAGING, "returns.packaging", ""
    if unused is None:
        return Ruling.ASK, "returns.unused", "unused"
    if original_packaging is None:
        return Ruling.ASK, "returns.packaging", "original_packaging"
    return Ruling.ALLOWED, "returns.appliances" if item.large else "returns.window", ""


def choose_item(order: Order, words: str) -> Item | Ruling:
    """Return the line of the order that the customer means, ``ASK`` or ``NO_SUCH_ITEM``.

    Of lines of one kind it is the first that is not on its way back already. Words that name no
    kind do for an order of one kind.
    """
    kind = category_of(words)
    if kind is None and len({item.category for item in order.items}) != 1:
        return Ruling.ASK
    meant = [item for item in order.items if kind in (None, item.category)]
    if not meant:
        return Ruling.NO_SUCH_ITEM
    return next((item for item in meant if not return_of(order, item)), meant[0])


def return_of(order: Order, item: Item) -> ReturnStarted | None:
    """Return the return of that line that was started, or None."""
    return next((started for started in order.returns if started.line == item.line), None)


def how_clause(item: Item) -> str:
    """Return the clause that says how the thing comes back."""
    return "returns.appliances" if item.large else "returns.dropoff"
