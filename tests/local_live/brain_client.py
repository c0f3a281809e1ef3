"""A client of the brain for tests: runs the tools that are called and notes what is said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kiosk.local_live.brain import ShopBrain
from kiosk.local_live.parts import Call, Say

Answer = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]

ORDER_TOOL: dict[str, Any] = {
    "name": "get_order_status",
    "description": "Look up the status of a ShopMax order by its number, such as ORD-88421.",
    "parameters": {
        "type": "object",
        "properties": {
            "order_id": {"type": "string", "description": "The order number: ORD- and five digits."}
        },
        "required": ["order_id"],
    },
}
POLICY_TOOL: dict[str, Any] = {
    "name": "search_policy",
    "description": (
        "Find what the ShopMax policy says about returns, refunds, large appliances, "
        "packaging and opening hours."
    ),
    "parameters": {
        "type": "object",
        "properties": {
            "question": {"type": "string", "description": "The customer's question in own words."}
        },
        "required": ["question"],
    },
}
MESSAGE_TOOL: dict[str, Any] = {
    "name": "take_message",
    "description": "Write down a message for the staff of the shop, who read it later.",
    "parameters": {
        "type": "object",
        "properties": {"message": {"type": "string", "description": "What to tell the staff."}},
        "required": ["message"],
    },
}
SHOP_TOOLS = [ORDER_TOOL, POLICY_TOOL, MESSAGE_TOOL]

OUT_FOR_DELIVERY = {
    "status": "ok",
    "retryable": False,
    "say": "Your order is out for delivery and due today by 7 pm.",
    "order_status": "out for delivery",
    "due_day": "today",
    "due_by": "7 pm",
    "late": False,
}


def shop_answer(name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Answer like the kiosk's own tools."""
    if name == "get_order_status":
        if arguments["order_id"] == "ORD-88421":
            return OUT_FOR_DELIVERY
        return {"status": "not_found", "retryable": False, "say": "I can't find that order."}
    if name == "take_message":
        return {"status": "ok", "retryable": False, "say": "I've written that down."}
    return {"status": "ok", "retryable": False, "say": f"Policy on: {arguments['question']}"}


@dataclass
class Customer:
    """Asks, lets the tools run, and keeps what was called and said."""

    brain: ShopBrain
    answer: Answer = shop_answer
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def ask(self, text: str) -> str:
        """Say something; returns all that was replied."""
        said: list[str] = []
        todo = list(self.brain.hear(text))
        while todo:
            match todo.pop(0):
                case Say(words):
                    said.append(words)
                case Call(name, arguments):
                    self.calls.append((name, arguments))
                    assert len(self.calls) < 50
                    answer = self.answer(name, arguments)
                    todo = [*self.brain.result(name, arguments, answer), *todo]
        return " ".join(said)


def customer(tools: list[dict[str, Any]] | None = None, answer: Answer = shop_answer) -> Customer:
    """Begin a conversation."""
    return Customer(ShopBrain(SHOP_TOOLS if tools is None else tools, ""), answer)
