import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.shop.goods import (
    AISLE,
    LARGE,
    Category,
    Item,
    category_of,
    say_items,
    say_kind,
    say_the,
)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("kettle", Category.KETTLE),
        ("my new washing machine", Category.WASHING_MACHINE),
        ("the Washer.", Category.WASHING_MACHINE),
        ("earphones", Category.HEADPHONES),
        ("my AirPods", Category.HEADPHONES),
        ("the TV's remote is fine, the TV", Category.TELEVISION),
        ("a pair of shoes", Category.SHOES),
        ("the t-shirt", Category.CLOTHES),
        ("cell phone", Category.PHONE),
        ("the refrigerator", Category.FRIDGE),
        ("headache tablets", Category.PERSONAL),
        ("underwear", Category.PERSONAL),
        ("the other one", Category.OTHER),
    ],
)
def test_a_customers_word_for_a_thing_is_understood(said: str, meant: Category) -> None:
    assert category_of(said) is meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("fridges", Category.FRIDGE),
        ("irons", Category.IRON),
        ("TVs", Category.TELEVISION),
        ("dresses", Category.CLOTHES),
        ("washing machines", Category.WASHING_MACHINE),
        ("power supplies", Category.CHARGER),
        ("headphone", Category.HEADPHONES),
        ("shoe", Category.SHOES),
    ],
)
def test_one_or_many_are_the_same_kind(said: str, meant: Category) -> None:
    assert category_of(said) is meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("phone charger", Category.CHARGER),
        ("the charger for my phone", Category.CHARGER),
        ("not the kettle, the toaster", Category.TOASTER),
        ("washer dryer", Category.WASHING_MACHINE),
        ("toy oven", Category.TOY),
        ("hair dryer", Category.OTHER),
        ("phone case", Category.OTHER),
        ("fridge magnets", Category.OTHER),
        ("toaster oven", Category.OTHER),
        ("dishwasher tablets", Category.OTHER),
        ("pressure washers", Category.OTHER),
    ],
)
def test_a_thing_is_what_its_last_word_says(said: str, meant: Category) -> None:
    assert category_of(said) is meant


@pytest.mark.parametrize(
    "said", ["", "it", "item", "everything", "a lawn mower", "the kettle and the toaster", "\u200b"]
)
def test_what_names_no_one_kind_is_not_bent_into_one(said: str) -> None:
    assert category_of(said) is None


def test_nothing_small_is_taken_for_a_large_appliance() -> None:
    things = "hair dryer, salad dryer, pressure washer, toaster oven, microwave oven, toy fridge"
    things += ", oven gloves, fridge magnet, washing machine hose, dishwasher tablets, rice cooker"

    assert not {category_of(thing) for thing in things.split(", ")} & LARGE


@given(st.sampled_from(sorted(set(Category) - {Category.OTHER})))
def test_every_kind_is_understood_by_the_name_it_is_spoken_with(kind: Category) -> None:
    assert category_of(f"my {kind}") is kind
    assert category_of(say_kind(kind)) is kind
    assert category_of(say_the(Item(line=1, category=kind, quantity=2), ())) is kind


@given(st.text(max_size=200))
def test_whatever_is_said_is_a_kind_or_none(said: str) -> None:
    assert category_of(said) in {*Category, None}


def test_goods_are_listed_as_people_say_them() -> None:
    def items(*things: tuple[Category, int]) -> tuple[Item, ...]:
        return tuple(
            Item(line=line, category=category, quantity=count)
            for line, (category, count) in enumerate(things, 1)
        )

    assert say_items(items((Category.KETTLE, 1))) == "a kettle"
    assert say_items(items((Category.IRON, 1), (Category.HEADPHONES, 1))) == (
        "an iron and a pair of headphones"
    )
    assert say_items(items((Category.OTHER, 1), (Category.CHARGER, 2), (Category.CLOTHES, 3))) == (
        "2 chargers, clothes and one other item"
    )
    assert say_items(items((Category.OTHER, 2), (Category.OTHER, 1))) == "3 items"
    assert say_items(items((Category.PERSONAL, 1), (Category.SHOES, 2))) == (
        "a personal item and 2 pairs of shoes"
    )
    assert say_items(items((Category.OTHER, 1), (Category.BOOK, 1), (Category.OTHER, 1))) == (
        "a book and 2 other items"
    )


def test_one_thing_of_several_is_named_so_that_it_is_not_mistaken() -> None:
    kettle = Item(line=1, category=Category.KETTLE)
    fans = Item(line=2, category=Category.FAN, quantity=3)
    other = Item(line=3, category=Category.OTHER)

    assert say_the(kettle, (kettle,)) == "the kettle"
    assert say_the(fans, (kettle, fans)) == "the 3 fans"
    assert say_the(other, (other,)) == "the item"
    assert say_the(other, (kettle, other)) == "the other item"
    assert not kettle.plural
    assert fans.plural
    assert Item(line=1, category=Category.HEADPHONES).plural


@pytest.mark.parametrize(("code", "right"), [("12", True), ("B4", True), ("B", False), ("", False)])
def test_an_aisle_is_a_short_code(code: str, right: bool) -> None:
    assert bool(AISLE.fullmatch(code)) is right
