"""What an answer of ShopMax must look like, whichever way it came.

The types of ``orders`` and ``goods`` say it, and nothing makes a store or a service keep to them:
what is spoken may not rest on that. An answer is right as a whole, or it is none. Pure.
"""

from collections.abc import Callable
from datetime import date, time
from typing import Final

from kiosk.shop.goods import Category, Item, Product
from kiosk.shop.orders import (
    REFERENCE,
    Fulfilment,
    Order,
    OrderStatus,
    ProofFacts,
    ReturnStarted,
)

MOST_ENTRIES: Final = 50
"""Items of an order, returns of it, places of a kind of goods."""
MOST_OF_A_LINE: Final = 999
MOST_IN_STOCK: Final = 999_999


def is_order(given: object, asked: str) -> bool:
    """Tell whether this is the order with the number that was asked for."""
    return (
        isinstance(given, Order)
        and given.order_id == asked
        and _is(given.status, OrderStatus)
        and _is(given.placed_on, date)
        and all(_is(day, date, type(None)) for day in (given.due_on, given.done_on))
        and all(_is(moment, time, type(None)) for moment in (given.due_from, given.due_by))
        and _is(given.fulfilment, Fulfilment)
        and _are(given.items, _is_item)
        and _are(given.returns, _is_any_return)
        and _is(given.proof, ProofFacts)
        and _is(given.proof.postcode, str)
        and _is(given.proof.phone_end, str)
    )


def is_return(given: object, line: int) -> bool:
    """Tell whether this is a return of that line."""
    return (
        isinstance(given, ReturnStarted)
        and _is(given.reference, str)
        and REFERENCE.fullmatch(given.reference) is not None
        and _counts(given.line, 1, MOST_OF_A_LINE)
        and given.line == line
        and _is(given.started_on, date)
    )


def are_products(given: object, asked: Category) -> bool:
    """Tell whether these are places of that kind of goods; what they are called may be anything."""

    def is_product(each: object) -> bool:
        return (
            isinstance(each, Product)
            and each.category is asked
            and _is(each.aisle, str)
            and _counts(each.stock, 0, MOST_IN_STOCK)
        )

    return _are(given, is_product)


def _is_item(given: object) -> bool:
    return (
        isinstance(given, Item)
        and _counts(given.line, 1, MOST_OF_A_LINE)
        and _is(given.category, Category)
        and _counts(given.quantity, 1, MOST_OF_A_LINE)
    )


def _is_any_return(given: object) -> bool:
    return isinstance(given, ReturnStarted) and is_return(given, given.line)


def _is(given: object, *kinds: type) -> bool:
    """Tell whether it is of exactly one of these types: a bool is no int, a datetime no date."""
    return type(given) in kinds


def _counts(given: object, least: int, most: int) -> bool:
    return isinstance(given, int) and _is(given, int) and least <= given <= most


def _are(given: object, is_one: Callable[[object], bool]) -> bool:
    return isinstance(given, tuple) and len(given) <= MOST_ENTRIES and all(map(is_one, given))
