"""What the rules of the shop need of the outside. Docstrings are the contract."""

from typing import Protocol

from kiosk.shop.goods import Category, Product
from kiosk.shop.identity import Tries
from kiosk.shop.ledger import Entry
from kiosk.shop.messages import Message
from kiosk.shop.orders import Order, ReturnStarted


class OrderBook(Protocol):
    """The shop's orders."""

    async def find(self, order_id: str) -> Order | None:
        """Return the order with that number (``ORD-`` and five digits), or None.

        Does not block the loop; may be cancelled. Raises ToolError.
        """
        ...


class ShopBackend(OrderBook, Protocol):
    """ShopMax: orders, what may be done to them, and where goods stand. Raises ToolError.

    Nothing blocks the loop. A read may be cancelled; a change that is cancelled may or may not
    have been made, and is made once however often it is asked for with the same ``key``. A key
    that made one change makes no other.
    """

    async def find_products(self, category: Category) -> tuple[Product, ...]:
        """Return where goods of a kind stand; nothing when the store has none."""
        ...

    async def start_return(self, order_id: str, line: int, key: str) -> ReturnStarted:
        """Start the return of one line, once: a line that is on its way back has one already.

        Raises ToolError ``not_found`` for an order or a line that there is not.
        """
        ...

    async def cancel(self, order_id: str, key: str) -> None:
        """Cancel an order that was not dispatched. One that was cancelled already is.

        Raises ToolError ``too_late`` or ``not_found``.
        """
        ...

    async def check(self) -> str:
        """Return in a few words, for a technician, what answered. Raises ToolError."""
        ...


class TryBook(Protocol):
    """The wrong tries at proving who one is, kept over restarts and power cuts."""

    async def load(self) -> Tries:
        """Return what was kept last, or none. Raises ToolError."""
        ...

    async def keep(self, tries: Tries) -> None:
        """Return once it is where a power cut cannot take it. Raises ToolError."""
        ...


class Ledger(Protocol):
    """What the model had the shop do: kept, and never read by the model."""

    async def note(self, entry: Entry) -> None:
        """Keep an entry, and the newest ``ledger.MOST_KEPT`` of all. Raises ToolError."""
        ...


class MessageBook(Protocol):
    """What customers left for the staff."""

    async def take(self, text: str, visit: str) -> int:
        """Return the reference of a message once it is where a power cut cannot take it.

        The same text in the same ``visit`` is the same message, however often it is taken. Does
        not block the loop; one that is cancelled may or may not have been kept. Raises ToolError.
        """
        ...

    async def waiting(self, most: int) -> tuple[int, tuple[Message, ...]]:
        """Return how many messages wait, and the ``most`` oldest. Raises ToolError."""
        ...

    async def done(self, reference: int) -> bool:
        """Delete a message for good; False when there is none. Raises ToolError."""
        ...
