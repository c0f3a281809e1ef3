"""The one gateway that every call of the model passes.

``Gateway.admit`` lets a call through as a typed request, or answers it at once: an undeclared
name, arguments that do not fit, one call too many, or a request that was answered before. What
comes out of a tool goes through ``Gateway.settle``. Pure: no clock, no store; one gateway lives
as long as one visit, so that nothing of a customer reaches the next.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from kiosk.shop.answers import Answer, AnswerStatus, fit, invalid, refused
from kiosk.shop.declarations import (
    DECLARATIONS,
    WHICH_MESSAGE,
    WHICH_OF_SEVERAL,
    WHICH_PRODUCT,
    WHICH_PROOF,
    WHICH_QUESTION,
    WHICH_SHAPE,
    Declaration,
)
from kiosk.shop.identity import read_proof
from kiosk.shop.messages import plain_words
from kiosk.shop.order_numbers import Doubt, Heard, hear_order_number
from kiosk.shop.orders import spell
from kiosk.shop.requests import (
    AskItems,
    AskOrder,
    AskPolicy,
    AskStore,
    CallStaff,
    CancelOrder,
    Change,
    CheckReturn,
    FindProduct,
    OfOrder,
    Request,
    StartReturn,
    TakeMessage,
    Verify,
)

LONGEST_ARGUMENT: Final = 500
"""Characters of a text argument. A spoken question is shorter."""

BAD_NUMBER: Final = "order_id is not ORD- and five digits"
"""The problem of a call whose order number is none, or cannot be told for certain."""

_Read = Callable[[Mapping[str, Any]], Request | Answer]
_PASSING: Final = frozenset(
    {AnswerStatus.NEEDS_PROOF, AnswerStatus.CONFIRM, AnswerStatus.NOT_VERIFIED}
)
_TYPES: Final[Mapping[str, tuple[type, str]]] = {
    "string": (str, "a string"),
    "boolean": (bool, "true or false"),
}


def declared(*, allow_changes: bool) -> tuple[Declaration, ...]:
    """Return the tools that the model is told of, and no other can be called."""
    return tuple(each for each in DECLARATIONS if allow_changes or not each.changes)


class Gateway:
    """The one way from the model to the shop, for one visit."""

    def __init__(
        self, *, calls_per_turn: int, calls_per_visit: int, allow_changes: bool = False
    ) -> None:
        self._tools = {each.name: each for each in declared(allow_changes=allow_changes)}
        self._per_turn, self._per_visit = calls_per_turn, calls_per_visit
        self._turn = self._in_turn = self._in_visit = 0
        self._under_way: set[Request] = set()
        self._answered: dict[Request, Answer] = {}
        self._in_this_turn: dict[Request, Answer] = {}

    def admit(self, name: str, arguments: Mapping[str, Any], turn: int) -> Request | Answer:
        """Return the request to make, or the answer when there is none to make.

        A request that is under way comes back as such and counts once. A late call of an
        earlier turn counts against the turn that runs now.
        """
        if turn > self._turn:
            self._turn, self._in_turn = turn, 0
            self._in_this_turn.clear()
        request = self._read(name, arguments)
        if not isinstance(request, Request):
            return self._counted() or request
        if known := self._answered.get(request) or self._in_this_turn.get(request):
            return known
        if request not in self._under_way:
            if refusal := self._counted(change=isinstance(request, Change)):
                return refusal
            self._under_way.add(request)
        return request

    def settle(self, request: Request, given: Answer) -> Answer:
        """Take a tool's answer; return what the model may see, and remember it if it is final.

        Not final is what may succeed later, what is only a step, and a change that was not made.
        A proof that failed is remembered for its turn: a model that repeats itself, or a
        question that is put again, is no second try. So is a call for staff.
        """
        given = fit(given)
        if request not in self._under_way:  # forgotten meanwhile
            return given
        self._under_way.discard(request)
        made = given["status"] == AnswerStatus.OK
        if isinstance(request, Verify | CallStaff) and not given["retryable"]:
            self._in_this_turn[request] = given
        elif isinstance(request, Change) and made:
            self.forget(request.order_id)  # what was said of the order is no longer so
            self._answered[request] = given
        elif not (given["retryable"] or given["status"] in _PASSING or isinstance(request, Change)):
            self._answered[request] = given
        return given

    def give_up(self, request: Request) -> None:
        """Take note that a request will have no answer; it may be made again."""
        self._under_way.discard(request)

    def forget(self, order_id: str = "") -> None:
        """Forget the answers about an order, or all answers; the counts stay."""
        for memory in (self._answered, self._in_this_turn):
            for request in list(memory):
                if not order_id or (isinstance(request, OfOrder) and request.order_id == order_id):
                    del memory[request]
        if not order_id:
            self._under_way.clear()

    def _read(self, name: str, arguments: Mapping[str, Any]) -> Request | Answer:
        tool = self._tools.get(name)
        if tool is None:
            return refused("I can't do that here. A colleague can help you.", "no such tool")
        required = tool.parameters["required"]
        given = {
            key: each for key, each in arguments.items() if each is not None or key in required
        }
        problem = check(given, tool.parameters)
        if problem is None:
            return _READ[name](given)
        parameter, words = problem
        asks = {"": next(iter(tool.asks.values()), "How can I help you?")} | dict(tool.asks)
        known = parameter if parameter in tool.asks else ""
        more = {"missing": known} if known else {}
        return invalid(asks[known], words, **more)

    def _counted(self, *, change: bool = False) -> Answer | None:
        """Count a call; return the refusal when it is one too many.

        Who has just said yes to a ``change`` is told that it was not made.
        """
        if self._in_visit >= self._per_visit:
            say = "I've looked up all I can for now. A colleague can help you further."
            not_done = "I haven't done that. " if change else ""
            return refused(not_done + say, "too many calls in this visit")
        if self._in_turn >= self._per_turn:
            say = "That's as much as I can look up at once. What would you like to know first?"
            return refused(say, "too many calls in this turn; answer with what you have")
        self._in_turn += 1
        self._in_visit += 1
        return None


def check(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return what is wrong with a call's arguments: the parameter, "" for none, and words.

    Never quotes what was sent. Knows what the declarations use: texts, some of them one of a
    few words, and yes or no.
    """
    properties: Mapping[str, Any] = schema["properties"]
    if not arguments.keys() <= properties.keys():
        return "", f"it takes {' and '.join(properties) + ' only' if properties else 'nothing'}"
    for name in schema["required"]:
        if name not in arguments:
            return name, f"{name} is missing"
    for name, value in arguments.items():
        kind, words = _TYPES[properties[name]["type"]]
        if not isinstance(value, kind):
            return name, f"{name} must be {words}"
        if isinstance(value, str) and len(value) > LONGEST_ARGUMENT:
            return name, f"{name} is too long"
        options = properties[name].get("enum")
        if options and value not in options:
            return name, f"{name} must be {' or '.join(options)}"
    return None


def _about_order(make: Callable[[str, Mapping[str, Any]], Request | Answer]) -> _Read:
    def read(arguments: Mapping[str, Any]) -> Request | Answer:
        heard = hear_order_number(arguments["order_id"])
        if heard.number is None:
            return invalid(_ask_again(heard), BAD_NUMBER, missing="order_id")
        return make(heard.number, arguments)

    return read


def _ask_again(heard: Heard) -> str:
    """Return the question that settles the doubt about an order number."""
    if heard.likely:
        return f"Did you say {spell(heard.likely)}? Please say the number once more."
    match heard.doubt:
        case Doubt.SEVERAL:
            return WHICH_OF_SEVERAL
        case Doubt.TOO_FEW | Doubt.TOO_MANY:
            count = len(max(heard.digits, key=len, default=""))
            digits = "1 digit" if count == 1 else f"{count} digits"
            return f"I heard {digits}, and an order number has five. Could you say yours again?"
        case _:
            return WHICH_SHAPE


def _words(name: str, ask: str, make: Callable[[str], Request]) -> _Read:
    def read(arguments: Mapping[str, Any]) -> Request | Answer:
        words = plain_words(arguments[name])
        return make(words) if words else invalid(ask, f"{name} is empty", missing=name)

    return read


def _verify(order_id: str, arguments: Mapping[str, Any]) -> Request | Answer:
    proof = read_proof(arguments["proof"])
    if proof is None:
        return invalid(WHICH_PROOF, "proof has no digit in it", missing="proof")
    return Verify(order_id, proof)


def _condition(arguments: Mapping[str, Any]) -> tuple[str, bool | None, bool | None]:
    item = plain_words(arguments.get("item", "")).lower()
    return item, arguments.get("unused"), arguments.get("original_packaging")


_READ: Final[Mapping[str, _Read]] = {
    "get_order_status": _about_order(lambda order_id, _: AskOrder(order_id)),
    "verify_customer": _about_order(_verify),
    "get_order_items": _about_order(lambda order_id, _: AskItems(order_id)),
    "check_return": _about_order(lambda order_id, said: CheckReturn(order_id, *_condition(said))),
    "start_return": _about_order(lambda order_id, said: StartReturn(order_id, *_condition(said))),
    "cancel_order": _about_order(lambda order_id, _: CancelOrder(order_id)),
    "search_policy": _words("question", WHICH_QUESTION, AskPolicy),
    "store_info": lambda said: AskStore(said["about"], plain_words(said.get("day", "")).lower()),
    "find_product": _words("product", WHICH_PRODUCT, FindProduct),
    "take_message": _words("message", WHICH_MESSAGE, TakeMessage),
    "call_staff": lambda _: CallStaff(),
}
