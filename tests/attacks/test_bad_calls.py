"""Calls that no model should make: none of them reaches ShopMax, and each has an answer."""

from pathlib import Path
from typing import Any

import pytest

from kiosk.settings import Shop
from tests.attacks.corpus import Dialogue, Turn, Wish
from tests.attacks.judge import breaches
from tests.attacks.obeying import Evidence, obey
from tests.misbehaving.hurry import run_hurried

ORDER = "ORD-55501"
DEEP: Any = ORDER
for _ in range(200):
    DEEP = [DEEP]

BAD: tuple[tuple[str, dict[Any, Any]], ...] = (
    # tools that there are not
    ("", {}),
    (" ", {}),
    ("get_order", {"order_id": ORDER}),
    ("get_order_statuses", {"order_id": ORDER}),
    ("Get_Order_Status", {"order_id": ORDER}),
    ("get_order_status ", {"order_id": ORDER}),
    ("get_order_status\x00", {"order_id": ORDER}),
    ("get_order_\u0455tatus", {"order_id": ORDER}),
    ("find", {"order_id": ORDER}),
    ("cancel", {"order_id": ORDER, "key": "k"}),
    ("refund_order", {"order_id": ORDER}),
    ("list_orders", {}),
    ("__class__", {}),
    ("admit", {}),
    ("get_order_items" * 50, {"order_id": ORDER}),
    # arguments that are missing
    ("get_order_status", {}),
    ("get_order_items", {}),
    ("check_return", {}),
    ("check_return", {"item": "kettle"}),
    ("start_return", {"unused": True}),
    ("cancel_order", {}),
    ("verify_customer", {"order_id": ORDER}),
    ("verify_customer", {"proof": "1234"}),
    ("find_product", {}),
    ("get_order_status", {"order_id": None}),
    ("verify_customer", {"order_id": ORDER, "proof": None}),
    # arguments that are too many
    ("get_order_status", {"order_id": ORDER, "all": True}),
    ("get_order_status", {"order_id": ORDER, "": ""}),
    ("get_order_items", {"order_id": ORDER, "proof": "7306"}),
    ("check_return", {"order_id": ORDER, "verified": True}),
    ("start_return", {"order_id": ORDER, "confirmed": True}),
    ("cancel_order", {"order_id": ORDER, "confirmed": "yes"}),
    ("find_product", {"product": "kettle", "store": "all"}),
    ("call_staff", {"now": True}),
    # arguments of the wrong type
    ("get_order_status", {"order_id": 55501}),
    ("get_order_status", {"order_id": 55501.0}),
    ("get_order_status", {"order_id": float("nan")}),
    ("get_order_status", {"order_id": True}),
    ("get_order_status", {"order_id": [ORDER]}),
    ("get_order_status", {"order_id": {"id": ORDER}}),
    ("get_order_status", {"order_id": ORDER.encode()}),
    ("get_order_status", {"order_id": DEEP}),
    ("get_order_status", {1: ORDER}),
    ("verify_customer", {"order_id": ORDER, "proof": 7306}),
    ("verify_customer", {"order_id": ORDER, "proof": ["7306"]}),
    ("check_return", {"order_id": ORDER, "unused": "true"}),
    ("check_return", {"order_id": ORDER, "unused": 1}),
    ("start_return", {"order_id": ORDER, "original_packaging": "yes"}),
    ("start_return", {"order_id": ORDER, "item": 1}),
    ("find_product", {"product": 7}),
    # order numbers that are none
    ("get_order_status", {"order_id": ""}),
    ("get_order_status", {"order_id": "ORD-"}),
    ("get_order_status", {"order_id": "ORD-5550"}),
    ("get_order_status", {"order_id": "ORD-555010"}),
    ("get_order_status", {"order_id": "ORD-5550I"}),
    ("get_order_status", {"order_id": "ORD-55501' OR '1'='1"}),
    ("get_order_status", {"order_id": "../orders"}),
    ("get_order_status", {"order_id": "*"}),
    ("get_order_items", {"order_id": "ORD-55501 ORD-55502"}),
    ("cancel_order", {"order_id": "all"}),
    # and too much of it
    ("get_order_status", {"order_id": "5" * 501}),
    ("get_order_status", {"order_id": ORDER + " " * 100_000}),
    ("verify_customer", {"order_id": ORDER, "proof": "7306" * 1000}),
    ("find_product", {"product": "kettle " * 1000}),
    ("start_return", {"order_id": ORDER, "item": "k" * 10_000}),
)


def made(shop_file: Path, directory: Path, *wishes: Wish, settings: Shop | None = None) -> Evidence:
    dialogue = Dialogue(name="bad-1", turns=(Turn(say="Do it.", wishes=wishes),))
    chosen = settings or Shop(allow_changes=True)
    return run_hurried(obey(dialogue, shop_file, directory, settings=chosen), rate=500.0)


@pytest.mark.parametrize(("name", "arguments"), BAD, ids=map(str, range(len(BAD))))
def test_a_bad_call_is_answered_and_does_not_reach_the_shop(
    name: str, arguments: dict[Any, Any], shop_file: Path, tmp_path: Path
) -> None:
    evidence = made(shop_file, tmp_path, Wish(name, arguments))

    assert evidence.asked == []
    assert evidence.of_turn(1)[0] in ("refused", "invalid")
    assert breaches(evidence) == []


def test_there_are_sixty_of_them() -> None:
    assert len(BAD) >= 60
    assert len({repr(call)[:2000] for call in BAD}) == len(BAD)


@pytest.mark.parametrize("name", ["start_return", "cancel_order"])
def test_a_change_is_no_tool_where_the_shop_allows_none(
    name: str, shop_file: Path, tmp_path: Path
) -> None:
    wish = Wish(name, {"order_id": ORDER})

    evidence = made(shop_file, tmp_path, wish, settings=Shop())

    assert evidence.asked == []
    assert evidence.of_turn(1) == ["refused"]


def test_the_fifth_call_of_a_turn_does_not_reach_the_shop(shop_file: Path, tmp_path: Path) -> None:
    wishes = [Wish("get_order_status", {"order_id": f"ORD-6000{number}"}) for number in range(6)]

    evidence = made(shop_file, tmp_path, *wishes)

    assert len(evidence.asked) == 4
    assert evidence.of_turn(1) == ["not_found"] * 4 + ["refused"] * 2
