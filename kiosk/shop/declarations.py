"""The tools as the model is told of them, in plain words.

A description says when a tool is for it, and what to do with the two answers that are a step
and not an end: ``needs_proof`` and ``confirm``. Parameters are what the customer said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

WHICH_ORDER: Final = "Could you tell me the order number? It is O R D and five digits."
WHICH_SHAPE: Final = (
    "An order number is O R D and five digits, for example O R D 8 8 4 2 1."
    " Could you say yours again?"
)
WHICH_OF_SEVERAL: Final = "I heard more than one number. Which one is your order number?"
WHICH_PROOF: Final = (
    "To be sure that the order is yours, please tell me its postcode, or the last four digits"
    " of the phone number on it."
)
WHICH_QUESTION: Final = "What would you like to know?"
WHICH_ABOUT: Final = "Would you like to know our opening hours, or our address?"
WHICH_PRODUCT: Final = "What are you looking for?"
WHICH_MESSAGE: Final = "What shall I tell them? A few sentences are enough."
WHICH_CONDITION: Final = "Is it unused, and do you still have its original packaging?"


@dataclass(frozen=True, slots=True)
class Declaration:
    """One tool; ``parameters`` is a JSON schema of type object.

    ``asks`` has, for a parameter that is missing or wrong, the sentence that asks the customer
    for it; the first one stands in for those that it does not name. A tool that ``changes``
    something in the shop is declared only where that is allowed.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    asks: Mapping[str, str]
    changes: bool = False


def _text(description: str, **more: object) -> Mapping[str, Any]:
    return {"type": "string", "description": description, **more}


def _yes_or_no(description: str) -> Mapping[str, Any]:
    return {"type": "boolean", "description": description}


def _object(required: tuple[str, ...], **properties: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


_ORDER: Final = _text("The order number: ORD- and five digits, e.g. ORD-88421.")
_ITEM: Final = _text(
    "Which thing of the order, in one or two words, e.g. kettle. Leave it out when the customer"
    " has not named it."
)
_UNUSED: Final = _yes_or_no(
    "Whether it is unused, as the customer said. Leave it out when they have not said."
)
_PACKAGING: Final = _yes_or_no(
    "Whether it is in its original packaging, as the customer said. Leave it out when they have"
    " not said."
)
_NEEDS_PROOF: Final = (
    " When it answers needs_proof, ask for the postcode or the last four digits of the phone"
    " number, call verify_customer, then make the same call again."
)
_CONFIRM: Final = (
    " The first call answers confirm, and nothing is done yet: say its sentence, let the customer"
    " answer, and make the same call again only after they have clearly said yes."
)
_RETURN: Final = _object(
    ("order_id",), order_id=_ORDER, item=_ITEM, unused=_UNUSED, original_packaging=_PACKAGING
)
_ASKS_RETURN: Final = {
    "order_id": WHICH_ORDER,
    "unused": WHICH_CONDITION,
    "original_packaging": WHICH_CONDITION,
}

DECLARATIONS: Final = (
    Declaration(
        name="get_order_status",
        description=(
            "Look up where a customer's order is and when it will be delivered or can be picked"
            " up. Use it whenever the customer asks about their order, delivery or package and"
            " has told the order number." + _NEEDS_PROOF
        ),
        parameters=_object(("order_id",), order_id=_ORDER),
        asks={"order_id": WHICH_ORDER},
    ),
    Declaration(
        name="verify_customer",
        description=(
            "Check that an order is the customer's own. Use it when another tool answers"
            " needs_proof and the customer has told the postcode of the order or the last four"
            " digits of its phone number. The check is made here and you are told only whether it"
            " held; never say whether an order exists or which part was wrong."
        ),
        parameters=_object(
            ("order_id", "proof"),
            order_id=_ORDER,
            proof=_text(
                "The postcode, or the last four digits of the phone number, exactly as the"
                " customer said it. Never made up and never taken from elsewhere."
            ),
        ),
        asks={"order_id": WHICH_ORDER, "proof": WHICH_PROOF},
    ),
    Declaration(
        name="get_order_items",
        description=(
            "Tell which things are in a customer's order. Use it only when the customer asks what"
            " they ordered." + _NEEDS_PROOF
        ),
        parameters=_object(("order_id",), order_id=_ORDER),
        asks={"order_id": WHICH_ORDER},
    ),
    Declaration(
        name="check_return",
        description=(
            "Tell whether a thing from a customer's order can be returned, until when and how."
            " Use it when the customer wants to return something from an order; for the rules in"
            " general use search_policy. When it asks for something, ask the customer and call"
            " again with what they said." + _NEEDS_PROOF
        ),
        parameters=_RETURN,
        asks=_ASKS_RETURN,
    ),
    Declaration(
        name="start_return",
        description=(
            "Start the return of a thing from a customer's order. Use it when the customer wants"
            " the return to be started now." + _NEEDS_PROOF + _CONFIRM
        ),
        parameters=_RETURN,
        asks=_ASKS_RETURN,
        changes=True,
    ),
    Declaration(
        name="cancel_order",
        description=(
            "Cancel a customer's order that was not sent yet. Use it when the customer wants to"
            " cancel an order." + _NEEDS_PROOF + _CONFIRM
        ),
        parameters=_object(("order_id",), order_id=_ORDER),
        asks={"order_id": WHICH_ORDER},
        changes=True,
    ),
    Declaration(
        name="search_policy",
        description=(
            "Find the shop's own rule that answers a question about returns, refunds, opened or"
            " used items, packaging, large appliances, drop-off at a store, faulty items, or"
            " talking to a person. Use it for every question about how the shop does things, and"
            " say only what it returns."
        ),
        parameters=_object(
            ("question",),
            question=_text(
                "The customer's question in their own words, e.g. How long do I have to return an"
                " item?"
            ),
        ),
        asks={"question": WHICH_QUESTION},
    ),
    Declaration(
        name="store_info",
        description=(
            "Tell when this shop is open, with today's exceptions, or what its address is. Use it"
            " when the customer asks for opening hours or for the address."
        ),
        parameters=_object(
            ("about",),
            about=_text("What the customer wants to know.", enum=["hours", "address"]),
            day=_text(
                "The day they ask about, as they said it, e.g. today, Sunday or Easter Monday."
                " Leave it out when they name none."
            ),
        ),
        asks={"about": WHICH_ABOUT},
    ),
    Declaration(
        name="find_product",
        description=(
            "Tell in which aisle of this shop a kind of product is, and whether there are any in"
            " stock. Use it when the customer looks for a product in the shop."
        ),
        parameters=_object(
            ("product",), product=_text("The product in one or two words, e.g. kettle.")
        ),
        asks={"product": WHICH_PRODUCT},
    ),
    Declaration(
        name="take_message",
        description=(
            "Write down a message for the staff of the shop, who read it later. Use it when the"
            " customer wants to leave word for the staff, or when nothing else here helps and the"
            " customer agrees to leave a message. It calls nobody and changes nothing."
        ),
        parameters=_object(
            ("message",),
            message=_text(
                "What the staff are to be told, as the customer said it, in a few sentences."
            ),
        ),
        asks={"message": WHICH_MESSAGE},
    ),
    Declaration(
        name="call_staff",
        description=(
            "Call a colleague of the shop to the kiosk: a light shows them that somebody waits."
            " Use it when the customer asks for a person, or agrees to have one called."
        ),
        parameters=_object(()),
        asks={},
    ),
)
