"""The contract with ShopMax, ``config/shopmax-openapi.yaml``: sound, strict, and what we read."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, cast

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.readers import read_from_filename
from pydantic import BaseModel

from kiosk.adapters import http_answers
from kiosk.adapters.http_answers import ProblemCode
from kiosk.resources import packaged
from kiosk.shop.goods import AISLE, Category
from kiosk.shop.orders import Fulfilment, OrderStatus, parse_order_id
from kiosk.shop.shapes import MOST_ENTRIES, MOST_IN_STOCK, MOST_OF_A_LINE

DOCUMENT, _ = read_from_filename(str(packaged("shopmax-openapi.yaml")))
SCHEMAS: Mapping[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method != "parameters"
}


def nodes(node: Any = DOCUMENT, place: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every table in the document, with where it stands."""
    if isinstance(node, dict):
        yield place, node
        for name, value in node.items():
            yield from nodes(value, f"{place}/{name}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from nodes(value, f"{place}/{number}")


def test_the_document_is_valid() -> None:
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("OrderStatus", OrderStatus),
        ("Fulfilment", Fulfilment),
        ("Category", Category),
        ("ProblemCode", ProblemCode),
    ],
)
def test_the_words_are_ours_in_our_order(name: str, ours: type[StrEnum]) -> None:
    assert SCHEMAS[name]["enum"] == [word.value for word in ours]


def test_no_answer_has_room_for_free_text() -> None:
    strings = {place: node for place, node in nodes(SCHEMAS) if "string" in str(node.get("type"))}

    assert len(strings) >= 15
    for place, node in strings.items():
        assert node.keys() & {"enum", "const", "pattern"}, place
        if "pattern" in node:
            assert node["maxLength"] <= 20, place
            assert node["pattern"].startswith("^"), place
            assert node["pattern"].endswith("$"), place


def test_every_number_and_every_list_has_an_end() -> None:
    for place, node in nodes(SCHEMAS):
        if node.get("type") == "integer":
            assert {"minimum", "maximum"} <= node.keys(), place
        if node.get("type") == "array":
            assert node["maxItems"] == MOST_ENTRIES, place
    assert SCHEMAS["Line"]["maximum"] == MOST_OF_A_LINE
    assert SCHEMAS["Item"]["properties"]["quantity"]["maximum"] == MOST_OF_A_LINE
    assert SCHEMAS["Product"]["properties"]["stock"]["maximum"] == MOST_IN_STOCK


@pytest.mark.parametrize(
    ("schema", "model"),
    [
        ("Order", "_Order"),
        ("Item", "_Item"),
        ("Return", "_Return"),
        ("Proof", "_Proof"),
        ("StartedReturn", "_StartedReturn"),
        ("Cancellation", "_Cancellation"),
        ("Products", "_Products"),
        ("Product", "_Product"),
        ("Health", "Health"),
        ("Problem", "_Problem"),
    ],
)
def test_we_read_what_is_listed_and_all_of_it_is_required(schema: str, model: str) -> None:
    read = cast("type[BaseModel]", getattr(http_answers, model))

    assert set(SCHEMAS[schema]["required"]) == set(SCHEMAS[schema]["properties"])
    assert set(read.model_fields) == set(SCHEMAS[schema]["properties"])
    assert all(field.is_required() for field in read.model_fields.values())


def test_codes_look_the_same_to_the_shop_and_to_the_service() -> None:
    assert re.fullmatch(SCHEMAS["Reference"]["pattern"], "R-000042")
    assert SCHEMAS["Product"]["properties"]["aisle"]["pattern"] == f"^{AISLE.pattern}$"
    assert re.fullmatch(SCHEMAS["OrderId"]["pattern"], "ORD-00042")
    assert parse_order_id("ORD-00042") == "ORD-00042"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_says_what_happens_when_it_does_not_work(operation: str) -> None:
    told = {str(status) for status in OPERATIONS[operation]["responses"]}

    assert {"200", "400", "401", "403", "429", "5XX"} <= told
    if "{order_id}" in operation:
        assert "404" in told
    if operation.startswith("POST"):
        assert "409" in told


def test_every_change_has_a_key_and_no_question_has_one() -> None:
    for name, operation in OPERATIONS.items():
        keys = [parameter.get("$ref", "") for parameter in operation.get("parameters", ())]
        keyed = "#/components/parameters/IdempotencyKey" in keys
        assert keyed == name.startswith("POST"), name


def test_nothing_is_told_without_a_token() -> None:
    assert DOCUMENT["security"] == [{"token": []}]
    assert not [name for name, operation in OPERATIONS.items() if "security" in operation]
