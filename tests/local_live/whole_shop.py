"""Everything that a whole shop declares and answers, in its own sentences, for the brain's tests.

It keeps proofs, read-backs and changes as a shop does, so that a dialogue which skips a step
does not get to its end here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kiosk.core.spoken.cardinals import digits_at, tokens_of
from kiosk.local_live.brain import ShopBrain
from tests.local_live.brain_client import MESSAGE_TOOL, ORDER_TOOL, POLICY_TOOL, Customer

_ORDER = {"type": "string", "description": "The order number: ORD- and five digits."}
_RETURNING = {
    "order_id": _ORDER,
    "item": {"type": "string", "description": "Which thing of the order, e.g. kettle."},
    "unused": {"type": "boolean", "description": "Whether it is unused."},
    "original_packaging": {"type": "boolean", "description": "Whether the packaging is there."},
}


def _declare(name: str, text: str, required: list[str], /, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required}
    return {"name": name, "description": text, "parameters": schema}


VERIFY = _declare(
    "verify_customer",
    "Check that an order is the customer's own, by its postcode or the end of its phone number.",
    ["order_id", "proof"],
    order_id=_ORDER,
    proof={"type": "string", "description": "The postcode or the last four digits, as said."},
)
READING = [
    ORDER_TOOL,
    VERIFY,
    _declare(
        "get_order_items",
        "Tell which things are in a customer's order. Needs proof.",
        ["order_id"],
        order_id=_ORDER,
    ),
    _declare(
        "check_return",
        "Tell whether a thing from a customer's order can be returned, until when and how.",
        ["order_id"],
        **_RETURNING,
    ),
    POLICY_TOOL,
    _declare(
        "store_info",
        "Tell when this shop is open, or what its address is.",
        ["about"],
        about={"type": "string", "enum": ["hours", "address"]},
        day={"type": "string", "description": "The day they ask about, as they said it."},
    ),
    _declare(
        "find_product",
        "Tell in which aisle of this shop a kind of product is, and whether there are any.",
        ["product"],
        product={"type": "string", "description": "The product in one or two words."},
    ),
    MESSAGE_TOOL,
    _declare("call_staff", "Call a colleague of the shop to the kiosk.", []),
]
CHANGING = [
    _declare(
        "start_return",
        "Start the return of a thing from a customer's order.",
        ["order_id"],
        **_RETURNING,
    ),
    _declare(
        "cancel_order",
        "Cancel a customer's order that was not sent yet.",
        ["order_id"],
        order_id=_ORDER,
    ),
]
PROOFS = {
    "ORD-18342": ("26122", "5836"),
    "ORD-88412": ("20095", "3344"),
    "ORD-62227": ("33602", "3985"),
    "ORD-73015": ("sw1a1aa", "7350"),
    "ORD-19728": ("30159", "8256"),
}
ITEMS = {
    "ORD-18342": ["kettle"],
    "ORD-88412": ["kettle", "toaster", "headphones"],
    "ORD-62227": ["blender"],
    "ORD-73015": ["washing machine"],
    "ORD-19728": ["blender"],
}
PROOF_ASKED = "I need one more thing: your postcode, or the last four digits of your phone number."
NOT_VERIFIED = "I'm sorry, I can't confirm that with what you told me."
DOWN = "I can't look up orders just now, but I can answer questions about the shop."


def _written(proof: str) -> str:
    """Return a proof without its spaces, words for digits as digits."""
    tokens, written, at = tokens_of(proof), "", 0
    while at < len(tokens):
        found = digits_at(tokens, at)
        written, at = (
            (written + found.digits, found.end) if found else (written + tokens[at].word, at + 1)
        )
    return written


def _answer(status: str, say: str, **fields: Any) -> dict[str, Any]:
    return {"status": status, "retryable": False, "say": say, **fields}


@dataclass
class WholeShop:
    """Answers every tool; ``done`` is what was changed, ``down`` takes the orders away."""

    verified: set[str] = field(default_factory=set)
    heard: str = ""
    done: list[str] = field(default_factory=list)
    read_back: tuple[str, dict[str, Any]] | None = None
    down: bool = False

    def __call__(self, name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer a call."""
        order = str(arguments.get("order_id", ""))
        if order and self.down:
            return {**_answer("unavailable", DOWN), "retryable": True}
        match name:
            case "search_policy":
                return _answer("ok", f"Policy on: {arguments['question']}")
            case "store_info":
                return _answer("ok", f"Store: {arguments['about']}, {arguments.get('day', '')}.")
            case "find_product":
                return _answer("ok", f"Find: {arguments['product']}.")
            case "call_staff":
                return _answer("ok", "I've called a colleague. Please wait here a moment.")
            case "take_message":
                return _answer("ok", "I've written that down.")
            case "get_order_status":
                known = order in PROOFS
                return (
                    _answer("ok", "It is on its way.")
                    if known
                    else _answer("not_found", "I can't find that order.")
                )
            case "verify_customer":
                return self._verify(order, str(arguments["proof"]))
            case _ if order not in self.verified:
                return _answer("needs_proof", PROOF_ASKED, order_id=order)
            case "get_order_items":
                return _answer("ok", f"That order has {', '.join(ITEMS[order])}.")
            case "cancel_order":
                return self._change(name, arguments, f"cancel {order}", "Shall I cancel it?")
            case _:
                return self._return(name, order, arguments)

    def _verify(self, order: str, proof: str) -> dict[str, Any]:
        if _written(proof) not in PROOFS.get(order, ()):
            return _answer("not_verified", NOT_VERIFIED)
        self.verified.add(order)
        return _answer("ok", "Thank you, that's right. What would you like to know?")

    def _return(self, name: str, order: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        things, item = ITEMS[order], str(arguments.get("item", ""))
        if order == "ORD-62227":
            status = "refused" if name == "start_return" else "ok"
            return _answer(status, "I'm sorry, the 7 days for a return ended yesterday.")
        if item not in things and len(things) > 1:
            say = f"That order has {', '.join(things)}. Which one would you like to return?"
            return _answer("invalid", say, missing="item")
        the = f"the {item if item in things else things[0]}"
        for part, ask in (
            ("unused", f"Is {the} unused?"),
            ("original_packaging", f"Do you still have the original packaging of {the}?"),
        ):
            if arguments.get(part) is False:
                status = "refused" if name == "start_return" else "ok"
                return _answer(status, f"I'm sorry, not without {part}.")
            if part not in arguments:
                return _answer("invalid", ask, missing=part)
        if name == "check_return":
            return _answer("ok", f"You can return {the} until Friday.", returnable=True)
        return self._change(
            name, arguments, f"return {the} of {order}", "Shall I start the return?"
        )

    def _change(
        self, name: str, arguments: Mapping[str, Any], what: str, ask: str
    ) -> dict[str, Any]:
        agreed = self.heard.lower().startswith(("yes", "yeah", "sure"))
        if self.read_back != (name, dict(arguments)) or not agreed:
            self.read_back = (name, dict(arguments))
            return _answer("confirm", f"You'd like to {what}. {ask}")
        self.read_back = None
        self.done.append(what)
        return _answer("ok", f"Done: {what}.")


class InTheShop(Customer):
    """A customer of a whole shop, which hears what they say as well."""

    def ask(self, text: str) -> str:
        """Say something; returns all that was replied."""
        assert isinstance(self.answer, WholeShop)
        self.answer.heard = text
        return super().ask(text)


def visit(shop: WholeShop | None = None, *, changes: bool = True) -> tuple[Customer, WholeShop]:
    """Begin a conversation in a shop."""
    shop = shop or WholeShop()
    tools = [*READING, *(CHANGING if changes else [])]
    return InTheShop(ShopBrain(tools, ""), shop), shop
