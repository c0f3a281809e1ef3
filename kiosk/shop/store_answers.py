"""What the model is told of the store itself: where goods stand, when it is open, where it is."""

import re
from datetime import date

from kiosk.shop.answers import Answer, AnswerStatus, answer
from kiosk.shop.goods import AISLE, Category, Product, say_kind
from kiosk.shop.stores import Store, address_sentence, hours_sentence


def products_answer(category: Category | None, products: tuple[Product, ...]) -> Answer:
    """Answer where goods of a kind stand; ``category`` is None for words that name no kind."""
    here = [product for product in products if AISLE.fullmatch(product.aisle)]
    if category is None or category is Category.OTHER:
        say = "I don't know where that is. A colleague can show you."
        return answer(AnswerStatus.NOT_COVERED, say, hand_over=True)
    kind = say_kind(category)
    if not here:
        say = f"I can't find {kind} in this store. A colleague can tell you more."
        return answer(AnswerStatus.NOT_FOUND, say, product=category.value, hand_over=True)
    aisles = sorted({product.aisle for product in here}, key=lambda aisle: (len(aisle), aisle))
    stock = sum(product.stock for product in here)
    where = f"{'aisle' if len(aisles) == 1 else 'aisles'} {_say(aisles)}"
    left = f"We have {stock} in stock." if stock else "None are in stock at the moment."
    return answer(
        AnswerStatus.OK,
        f"{kind.capitalize()} are in {where}. {left}",
        product=category.value,
        aisle=", ".join(aisles),
        stock=str(stock),
    )


def store_answer(store: Store | None, about: str, day: str, today: date) -> Answer:
    """Answer when the store is open (``about`` is ``hours``), or where it is.

    ``day`` is what the customer said of the day, "" for nothing.
    """
    if store is None:
        say = "I don't have that here. A colleague can tell you."
        return answer(AnswerStatus.NOT_COVERED, say, hand_over=True)
    if about == "hours":
        say = hours_sentence(store, day, today)
    else:
        about, say = "address", address_sentence(store)
    return answer(AnswerStatus.OK, say, about=about, store=store.store_id)


def _say(aisles: list[str]) -> str:
    *first, last = (" ".join(re.findall(r"[A-Z]|[0-9]+", aisle)) for aisle in aisles)
    return f"{', '.join(first)} and {last}" if first else last
