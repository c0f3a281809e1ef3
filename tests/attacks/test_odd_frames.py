"""Tool calls that no service should send: none reaches ShopMax, and the customer is answered."""

from typing import Any

import pytest

from kiosk.local_live.tls import Identity
from tests.misbehaving.hurry import run_hurried
from tests.misbehaving.scene import open_scene
from tests.misbehaving.script import Done, Generated, Hear, Pause, Say, Send, Turn

ORDER = "ORD-88421"
STATUS = {"name": "get_order_status", "args": {"order_id": ORDER}}
DEEP: Any = {"order_id": ORDER}
for _ in range(60):
    DEEP = {"order_id": DEEP}


def calls(*given: Any) -> dict[str, Any]:
    return {"toolCall": {"functionCalls": list(given)}}


ODD = {
    "no calls": {"toolCall": {}},
    "an empty list of calls": calls(),
    "a call of nothing": calls({}),
    "an id and no more": calls({"id": "a"}),
    "a name that is null": calls({"id": "a", "name": None, "args": {"order_id": ORDER}}),
    "a name that is a number": calls({"id": "a", "name": 7, "args": {}}),
    "a name that is a list": calls({"id": "a", "name": ["get_order_status"], "args": {}}),
    "arguments that are a text": calls({"id": "a", "name": "get_order_status", "args": ORDER}),
    "arguments that are a list": calls({"id": "a", "name": "get_order_status", "args": [ORDER]}),
    "no arguments": calls({"id": "a", "name": "get_order_status"}),
    "arguments that are null": calls({"id": "a", "name": "get_order_status", "args": None}),
    "arguments within arguments": calls({"id": "a", "name": "get_order_status", "args": DEEP}),
    "an id that is a number": calls({"id": 5, **STATUS, "name": "get_order"}),
    "an id of a hundred thousand letters": calls({"id": "a" * 100_000, "name": "x", "args": {}}),
    "a dictionary for a list": {"toolCall": {"functionCalls": {"0": STATUS}}},
    "a list for a call": {"toolCall": [STATUS]},
    "a text for a call": {"toolCall": "get_order_status"},
    "a call in the content": {"serverContent": {"toolCall": {"functionCalls": [STATUS]}}},
    "a call in the model's turn": {
        "serverContent": {"modelTurn": {"parts": [{"functionCall": {"id": "a", **STATUS}}]}}
    },
    "an answer in place of a call": {"toolResponse": {"functionResponses": [{"id": "a"}]}},
    "code to run": {
        "serverContent": {"modelTurn": {"parts": [{"executableCode": {"code": "find('ORD-1')"}}]}}
    },
    "the withdrawal of what was not called": {"toolCallCancellation": {"ids": ["a", "b", "a"]}},
    "the withdrawal of nothing": {"toolCallCancellation": {"ids": [None, 5]}},
}


@pytest.mark.parametrize("frame", ODD.values(), ids=ODD)
def test_an_odd_call_asks_nobody_anything(own_identity: Identity, frame: dict[str, Any]) -> None:
    async def scenario() -> None:
        odd = Turn(steps=(Hear(), Send(frame), Pause(0.3), Say(), Generated(), Done()))
        async with open_scene(own_identity, turns={1: (odd, Turn())}) as scene:
            await scene.answered(1)

            assert scene.orders.asked == []
            for result in scene.service.record.results:
                assert result.response["status"] in ("refused", "invalid")
            scene.service.record.complaints.clear()  # nobody waits for what the script did not call

    run_hurried(scenario())


@pytest.mark.parametrize("same_id", [False, True])
def test_a_hundred_calls_in_one_frame_ask_for_four(own_identity: Identity, same_id: bool) -> None:
    async def scenario() -> None:
        many = [
            {
                "id": "a" if same_id else f"a{number}",
                "name": "get_order_status",
                "args": {"order_id": f"ORD-{number:05}"},
            }
            for number in range(100)
        ]
        flood = Turn(steps=(Hear(), Send(calls(*many)), Pause(1.0), Say(), Generated(), Done()))
        async with open_scene(own_identity, turns={1: (flood, Turn())}) as scene:
            await scene.answered(1)

            assert len(scene.orders.asked) <= 4
            scene.service.record.complaints.clear()

    run_hurried(scenario())
