"""What ShopMax sells, as far as the kiosk speaks of it: kinds of goods from a closed list.

A store's own product names are free text and never get as far as the model; the kind of a
thing is enough to tell a kettle from a washing machine, and gives less away in a busy shop.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Category(StrEnum):
    """A kind of goods. The values are the words that are spoken and stored."""

    COFFEE_MACHINE = "coffee machine"
    KETTLE = "kettle"
    TOASTER = "toaster"
    BLENDER = "blender"
    IRON = "iron"
    VACUUM_CLEANER = "vacuum cleaner"
    FAN = "fan"
    HEADPHONES = "headphones"
    SPEAKER = "speaker"
    PHONE = "phone"
    LAPTOP = "laptop"
    TABLET = "tablet"
    CAMERA = "camera"
    PRINTER = "printer"
    MONITOR = "monitor"
    TELEVISION = "television"
    LAMP = "lamp"
    CHAIR = "chair"
    CHARGER = "charger"
    TOY = "toy"
    BOOK = "book"
    CLOTHES = "clothes"
    SHOES = "shoes"
    PERSONAL = "personal item"  # medicine, underwear, …: the shop is listening
    WASHING_MACHINE = "washing machine"
    DRYER = "dryer"
    DISHWASHER = "dishwasher"
    FRIDGE = "fridge"
    FREEZER = "freezer"
    OVEN = "oven"
    OTHER = "item"


LARGE: Final = frozenset(
    {
        Category.WASHING_MACHINE,
        Category.DRYER,
        Category.DISHWASHER,
        Category.FRIDGE,
        Category.FREEZER,
        Category.OVEN,
    }
)
"""Large appliances: picked up from home when they are returned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of an order, counted from 1; ``quantity`` is at least 1."""

    line: int
    category: Category
    quantity: int = 1

    @property
    def large(self) -> bool:
        """Whether it is a large appliance."""
        return self.category in LARGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Where a kind of goods stands in the store (``aisle``: ``12``, ``B4``), and how many."""

    category: Category
    aisle: str
    stock: int
