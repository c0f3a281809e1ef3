"""The tools the model may call, and the one gateway that every call passes.

``Gateway.admit`` lets a call through as a typed request, or answers it at once: an undeclared
name, arguments that do not fit, one call too many, or a request that was answered before. What
comes out of a tool goes through ``Gateway.settle``. Pure: no clock, no store; one gateway lives
as long as one visit, so that nothing of a customer reaches the next. No tool changes anything
in the shop: the one that keeps something, a message, is read by people only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kiosk.shop.answers import Answer, fit, invalid, refused
from kiosk.shop.messages import plain_words
from kiosk.shop.orders import parse_order_id

LONGEST_ARGUMENT: Final = 500
"""Characters of a text argument. A spoken question is shorter."""

_WHICH_ORDER: Final = "Could you tell me the order number? It is O R D and five digits."
_WHICH_SHAPE: Final = (
    "An order number is O R D and five digits, for example O R D 8 8 4 2 1."
    " Could you say yours again?"
)
_WHICH_QUESTION: Final = "What would you like to know?"
_WHICH_MESSAGE: Final = "What shall I tell them? A few sentences are enough."


@dataclass(frozen=True, slots=True)
class AskOrder:
    """Where this order is. The number is in its one spelling."""

    order_id: str


@dataclass(frozen=True, slots=True)
class AskPolicy:
    """What is the shop's rule on this."""

    question: str


@dataclass(frozen=True, slots=True)
class TakeMessage:
    """Keep this for the staff. One line, and nothing in it that cannot be seen."""

    text: str = field(repr=False)


Request = AskOrder | AskPolicy | TakeMessage
"""A call that may be made. Equal requests have equal answers within a visit."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as the model is told of it; ``parameters`` is a JSON schema of type object.

    ``say_when_invalid`` asks the customer for what the model left out; ``read`` turns arguments
    that fit the schema into a request, or answers them.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    say_when_invalid: str
    read: Callable[[Mapping[str, Any]], Request | Answer]


def _ask_order(arguments: Mapping[str, Any]) -> Request | Answer:
    order_id = parse_order_id(arguments["order_id"])
    if order_id is None:
        return invalid(_WHICH_SHAPE, "order_id is not ORD- and five digits")
    return AskOrder(order_id)


def _ask_policy(arguments: Mapping[str, Any]) -> Request | Answer:
    question = " ".join(arguments["question"].split())
    return AskPolicy(question) if question else invalid(_WHICH_QUESTION, "question is empty")


def _take_message(arguments: Mapping[str, Any]) -> Request | Answer:
    text = plain_words(arguments["message"])
    return TakeMessage(text) if text else invalid(_WHICH_MESSAGE, "message is empty")


TOOLS: Final = (
    Tool(
        name="get_order_status",
        description=(
            "Look up where a customer's order is and when it will be delivered or can be picked"
            " up. Use it whenever the customer asks about their order, delivery or package and"
            " has told the order number."
        ),
        parameters={
            "type": "object",
            "properties": {
                "order_id": {
                    "type": "string",
                    "description": "The order number: ORD- and five digits, e.g. ORD-88421.",
                }
            },
            "required": ["order_id"],
        },
        say_when_invalid=_WHICH_ORDER,
        read=_ask_order,
    ),
    Tool(
        name="search_policy",
        description=(
            "Find the shop's own rule that answers a question about returns, refunds, opened or"
            " used items, packaging, large appliances, drop-off at a store, faulty items, opening"
            " hours, or talking to a person. Use it for every question about how the shop does"
            " things, and say only what it returns."
        ),
        parameters={
            "type": "object",
            "properties": {
                "question": {
                    "type": "string",
                    "description": (
                        "The customer's question in their own words, e.g. How long do I have to"
                        " return an item?"
                    ),
                }
            },
            "required": ["question"],
        },
        say_when_invalid=_WHICH_QUESTION,
        read=_ask_policy,
    ),
    Tool(
        name="take_message",
        description=(
            "Write down a message for the staff of the shop, who read it later. Use it when the"
            " customer wants to leave word for the staff, or when nothing else here helps and the"
            " customer agrees to leave a message. It calls nobody and changes nothing."
        ),
        parameters={
            "type": "object",
            "properties": {
                "message": {
                    "type": "string",
                    "description": (
                        "What the staff are to be told, as the customer said it, in a few"
                        " sentences."
                    ),
                }
            },
            "required": ["message"],
        },
        say_when_invalid=_WHICH_MESSAGE,
        read=_take_message,
    ),
)


class Gateway:
    """The one way from the model to the shop, for one visit."""

    def __init__(
        self, *, calls_per_turn: int, calls_per_visit: int, tools: tuple[Tool, ...] = TOOLS
    ) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._per_turn, self._per_visit = calls_per_turn, calls_per_visit
        self._turn = self._in_turn = self._in_visit = 0
        self._under_way: set[Request] = set()
        self._answered: dict[Request, Answer] = {}

    def admit(self, name: str, arguments: Mapping[str, Any], turn: int) -> Request | Answer:
        """Return the request to make, or the answer when there is none to make.

        A request that is under way comes back as such and counts once. A late call of an
        earlier turn counts against the turn that runs now.
        """
        tool = self._tools.get(name)
        if tool is None:
            answer = refused("I can't do that here. A colleague can help you.", "no such tool")
            return self._counted(turn) or answer
        problem = check(arguments, tool.parameters)
        request = invalid(tool.say_when_invalid, problem) if problem else tool.read(arguments)
        if not isinstance(request, Request):
            return self._counted(turn) or request
        if request in self._answered:
            return self._answered[request]
        if request not in self._under_way:
            if refusal := self._counted(turn):
                return refusal
            self._under_way.add(request)
        return request

    def settle(self, request: Request, given: Answer) -> Answer:
        """Take a tool's answer; return what the model may see, and remember it for the visit.

        What may succeed later is not remembered.
        """
        answer = fit(given)
        self._under_way.discard(request)
        if not answer["retryable"]:
            self._answered[request] = answer
        return answer

    def give_up(self, request: Request) -> None:
        """Take note that a request will have no answer; it may be made again."""
        self._under_way.discard(request)

    def _counted(self, turn: int) -> Answer | None:
        """Count a call; return the refusal when it is one too many."""
        if turn > self._turn:
            self._turn, self._in_turn = turn, 0
        if self._in_visit >= self._per_visit:
            say = "I've looked up all I can for now. A colleague can help you further."
            return refused(say, "too many calls in this visit")
        if self._in_turn >= self._per_turn:
            say = "That's as much as I can look up at once. What would you like to know first?"
            return refused(say, "too many calls in this turn; answer with what you have")
        self._in_turn += 1
        self._in_visit += 1
        return None


def check(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a call's arguments, or None. Never quotes them.

    Knows what the declarations above use: required text properties and nothing else.
    """
    properties: Mapping[str, Any] = schema["properties"]
    if not arguments.keys() <= properties.keys():
        return f"it takes {' and '.join(properties)} only"
    for name in schema["required"]:
        if name not in arguments:
            return f"{name} is missing"
    for name, value in arguments.items():
        assert properties[name]["type"] == "string", "the one type declared so far"
        if not isinstance(value, str):
            return f"{name} must be a string"
        if len(value) > LONGEST_ARGUMENT:
            return f"{name} is too long"
    return None
