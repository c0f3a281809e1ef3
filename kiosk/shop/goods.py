"""What ShopMax sells, as far as the kiosk speaks of it: kinds of goods from a closed list.

A store's own product names are free text and never get as far as the model; the kind of a
thing is enough to tell a kettle from a washing machine, and gives less away in a busy shop.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kiosk.shop.words import split


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

    @property
    def plural(self) -> bool:
        """Whether people speak of it in the plural: two kettles, headphones."""
        return self.quantity > 1 or self.category in _PLURAL


_PLURAL: Final = frozenset({Category.HEADPHONES, Category.SHOES, Category.CLOTHES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Where a kind of goods stands in the store (``aisle``: ``12``, ``B4``), and how many."""

    category: Category
    aisle: str
    stock: int


AISLE: Final = re.compile(r"[A-Z]{0,2}[0-9]{1,3}[A-Z]?")
"""What the code of an aisle looks like. A store's other words for it are not spoken."""


def say_kind(category: Category) -> str:
    """Return the name of a kind as a whole: ``kettles``, ``headphones``."""
    return category.value if category in _PLURAL else f"{category}s"


def say_items(items: tuple[Item, ...]) -> str:
    """Return what there is, in a row: ``a kettle, 2 chargers and one other item``."""
    counts = dict.fromkeys((item.category for item in items), 0)
    for item in items:
        counts[item.category] += item.quantity
    others = counts.pop(Category.OTHER, 0)
    rows = [_count(category, count) for category, count in counts.items()]
    if others:
        rows.append(_count(Category.OTHER, others, beside=bool(rows)))
    *first, last = rows
    return f"{', '.join(first)} and {last}" if first else last


def say_the(item: Item, items: tuple[Item, ...]) -> str:
    """Return how to speak of one of ``items``: ``the kettle``, ``the other item``."""
    beside = item.category is Category.OTHER and any(
        each.category is not Category.OTHER for each in items
    )
    count = f"{item.quantity} " if item.quantity > 1 and item.category not in _PLURAL else ""
    name = say_kind(item.category) if item.plural else item.category.value
    return f"the {count}{'other ' if beside else ''}{name}"


def _count(category: Category, count: int, *, beside: bool = False) -> str:
    name = category.value
    if category is Category.CLOTHES:
        return name
    if category in _PLURAL:
        return f"a pair of {name}" if count == 1 else f"{count} pairs of {name}"
    if beside:
        return "one other item" if count == 1 else f"{count} other items"
    if count == 1:
        return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
    return f"{count} {say_kind(category)}"


_MEANS: Final = {
    Category.COFFEE_MACHINE: "coffee maker, coffeemaker, espresso machine, espresso maker",
    Category.KETTLE: "water boiler, water cooker",
    Category.BLENDER: "smoothie maker, liquidizer",
    Category.VACUUM_CLEANER: "vacuum, vac, hoover",
    Category.FAN: "ventilator",
    Category.HEADPHONES: "headphone, earphone, earbud, ear bud, airpod, headset",
    Category.SPEAKER: "loudspeaker, soundbar, sound bar",
    Category.PHONE: "telephone, smartphone, cellphone, mobile, iphone",
    Category.LAPTOP: "notebook, laptop computer, notebook computer, macbook, chromebook",
    Category.TABLET: "tablet computer, ipad",
    Category.CAMERA: "webcam, camcorder",
    Category.MONITOR: "computer screen, screen, display",
    Category.TELEVISION: "tv, telly, television set, tv set, flat screen, flatscreen",
    Category.LAMP: "light",
    Category.CHAIR: "armchair, stool",
    Category.CHARGER: "charging cable, power adapter, power adaptor, power supply, charger cable",
    Category.TOY: "doll, teddy, teddy bear, puzzle, lego, board game",
    Category.BOOK: "novel, cookbook",
    Category.CLOTHES: "clothing, shirt, tshirt, t shirt, blouse, dress, jacket, coat, trousers,"
    " pants, jeans, sweater, jumper, skirt, sock, hoodie, suit",
    Category.SHOES: "shoe, sneaker, trainer, boot, sandal, slipper",
    Category.PERSONAL: "underwear, lingerie, bra, underpants, panties, medicine, medication, pill,"
    " painkiller, headache tablet, sleeping tablet, condom, pregnancy test, tampon, toothbrush,"
    " blood pressure monitor, hearing aid",
    Category.WASHING_MACHINE: "washer, laundry machine, washer dryer, clothes washer",
    Category.DRYER: "drier, tumble dryer, clothes dryer",
    Category.DISHWASHER: "dish washer",
    Category.FRIDGE: "refrigerator, fridge freezer, icebox",
    Category.FREEZER: "deep freezer, chest freezer",
    Category.OVEN: "cooker, stove",
    Category.OTHER: "other item, other thing, other one, hair dryer, hair drier, hairdryer,"
    " hairdrier, blow dryer, hand dryer,"
    " salad dryer, pressure washer, toaster oven, dutch oven, microwave oven, microwave,"
    " rice cooker, slow cooker, pressure cooker, egg cooker, camping stove, baby monitor,"
    " coffee table, coffee grinder, light bulb, mixer, heater, fan heater, air fryer,"
    " dishwasher tablet, washing machine tablet",
}
"""Other words for each kind. Whatever only sounds like a kind stands under OTHER."""

_PARTS: Final = frozenset(
    split(
        "adapter, adaptor, bag, base, battery, bean, bed, board, brush, bulb, cable, capsule,"
        " cartridge, case, cleaner, cleaning, cover, cushion, descaler, dish, door, drawer,"
        " filter, frame, glove, hanger, holder, hose, ink, jug, lead, lens, lid, liner, magnet,"
        " mount, paper, part, pod, powder, protector, rack, remote, shade, shelf, sleeve, stand,"
        " strap, table, tablet, tray, wire"
    )
)
"""After a kind's word they make another thing of it: a fridge magnet is no fridge."""

_KINDS: Final = {
    split(phrase): category
    for category in Category
    for phrase in (category, *_MEANS.get(category, "").split(", "))
    if phrase and phrase != Category.OTHER
}
_LONGEST: Final = max(map(len, _KINDS))
_WORDS: Final = frozenset(word for phrase in _KINDS for word in phrase) | _PARTS


def category_of(words: str) -> Category | None:
    """Return the kind of thing that a customer speaks of, or None when that is not clear.

    OTHER is a thing that is none of the kinds, such as a hair dryer or a phone case.
    """
    said = tuple(map(_singular, split(words)))
    if "for" in said[1:]:  # the charger for the phone
        said = said[: said.index("for", 1)]
    if "toy" in said:  # a toy oven
        return Category.TOY
    kinds = set()
    for group in _groups(said):
        kinds |= {kind} if (kind := _last_kind(group)) else set()
    return kinds.pop() if len(kinds) == 1 else None


def _groups(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    start = 0
    for at, word in enumerate(words):
        if word in ("and", "or"):
            yield words[start:at]
            start = at + 1
    yield words[start:]


def _last_kind(words: tuple[str, ...]) -> Category | None:
    """Return the kind that is named last: the phone charger is a charger."""
    for end in range(len(words), 0, -1):
        for start in range(max(0, end - _LONGEST), end):
            kind = _KINDS.get(words[start:end])
            if kind:
                return Category.OTHER if words[end : end + 1] and words[end] in _PARTS else kind
    return None


def _singular(word: str) -> str:
    """Return the word that the table knows, when ``word`` is a plural of it."""
    for ending, instead in (("ies", "y"), ("es", ""), ("s", "")):
        single = word.removesuffix(ending) + instead
        if word not in _WORDS and word.endswith(ending) and single in _WORDS:
            return single
    return word
