"""Shops that name their tools otherwise: what each is for is read out of its declaration."""

from collections.abc import Mapping
from typing import Any

import pytest

from kiosk.local_live.declared import read_tools
from kiosk.local_live.roles import Role, role_of
from tests.local_live.brain_client import customer

TEXT = {"type": "string"}
NUMBER = {"type": "string", "description": "The order number, like SO-1234."}


def _tool(name: str, needed: dict[str, Any], more: dict[str, Any] | None = None) -> dict[str, Any]:
    properties = {**needed, **(more or {})}
    schema = {"type": "object", "properties": properties, "required": list(needed)}
    return {"name": name, "description": "", "parameters": schema}


@pytest.mark.parametrize(
    ("tool", "role"),
    [
        (_tool("authenticate", {"orderNumber": NUMBER, "postcode": TEXT}), Role.PROVE),
        (_tool("verify_identity", {"order_ref": NUMBER, "last_digits": TEXT}), Role.PROVE),
        (_tool("find_store", {"postcode": TEXT}), None),
        (_tool("cancelOrder", {"orderNumber": NUMBER}), Role.CANCEL),
        (_tool("cancel_appointment", {"date": TEXT}), None),
        (_tool("createReturn", {"orderNumber": NUMBER}), Role.START_RETURN),
        (_tool("is_returnable", {"order_id": NUMBER}), Role.CHECK_RETURN),
        (_tool("return_policy", {"question": TEXT}), None),
        (_tool("get_order_contents", {"order_id": NUMBER}), Role.ITEMS),
        (_tool("get_order_status", {"order_id": NUMBER}), None),
        (_tool("check_stock", {"product": TEXT}), Role.PRODUCT),
        (_tool("get_item_stock", {"item_id": NUMBER}), None),
        (_tool("shop_facts", {"topic": {"enum": ["opening hours", "address"]}}), Role.STORE),
        (_tool("get_weather", {"city": TEXT}), None),
        (_tool("handover_to_human", {}), Role.STAFF),
        (_tool("call_colleague", {}, {"reason": TEXT}), Role.STAFF),
        (_tool("get_staff_schedule", {}), None),
        (_tool("notify_staff", {"text": TEXT}), None),
    ],
)
def test_what_a_tool_is_for_is_read_out_of_its_declaration(
    tool: dict[str, Any], role: Role | None
) -> None:
    assert role_of(read_tools([tool])[0]) is role


def test_another_shops_order_is_cancelled_with_its_own_words_for_everything() -> None:
    verified: list[str] = []

    def answer(name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        if name == "authenticate":
            verified.append(arguments["orderNumber"])
            return {"ok": True}
        if not verified:
            return {"status": "verification_required", "message": "What is your postcode?"}
        if len(caller.calls) < 4:
            return {"status": "confirmation_required", "message": "Really cancel it?"}
        return {"success": True, "message": "It is off."}

    tools = [
        _tool("authenticate", {"orderNumber": NUMBER, "postcode": TEXT}),
        _tool("cancelOrder", {"orderNumber": NUMBER}),
    ]
    caller = customer(tools, answer)

    said = [caller.ask(text) for text in ("Cancel order S O 1 2 3 4", "10115", "Yes.")]

    assert said == ["What is your postcode?", "Really cancel it?", "It is off."]
    assert caller.calls == [
        ("cancelOrder", {"orderNumber": "SO-1234"}),
        ("authenticate", {"orderNumber": "SO-1234", "postcode": "10115"}),
        ("cancelOrder", {"orderNumber": "SO-1234"}),
        ("cancelOrder", {"orderNumber": "SO-1234"}),
    ]


def test_a_shop_that_cannot_check_a_proof_sends_to_a_colleague() -> None:
    caller = customer(
        [_tool("cancelOrder", {"orderNumber": NUMBER})],
        lambda *_: {"status": "needs_proof", "say": "What is your postcode?"},
    )

    assert caller.ask("Cancel order S O 1 2 3 4").endswith("A colleague can help you.")
    assert len(caller.calls) == 1


def test_a_conversation_with_any_tool_asks_for_what_the_answer_names() -> None:
    def answer(_: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        if "color" not in arguments:
            return {"status": "invalid", "missing": "color", "say": "Which color would you like?"}
        return {"result": "The lamp is on."}

    lamp = _tool("switch_lamp", {"room": TEXT}, {"color": TEXT})
    caller = customer([lamp], answer)

    assert caller.ask("Switch on the lamp in the kitchen") == "Which color would you like?"
    assert caller.ask("Dark blue, please") == "The lamp is on."
    assert caller.calls[-1][1]["color"] == "Dark blue"
