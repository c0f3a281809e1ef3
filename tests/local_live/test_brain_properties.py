"""What holds whatever is said and whatever tools return."""

import json
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.local_live import consent
from kiosk.local_live.brain import ShopBrain
from kiosk.local_live.intents import meant
from kiosk.local_live.parts import Action, Call, Say
from kiosk.local_live.phrasebook import ORDERS, PERSON, POLICY, TALK
from tests.local_live.brain_client import SHOP_TOOLS
from tests.local_live.whole_shop import CHANGING, READING, visit

_EXAMPLES = [
    text for book in (ORDERS, POLICY, PERSON, TALK) for texts in book.values() for text in texts
]
_NUMBERS = [
    "",
    " O R D eight eight four two one",
    " 88421",
    " ORD 8842",
    " A B C 12345",
    " no, two four",
]
utterances = st.one_of(
    st.builds(
        lambda text, number: text + number, st.sampled_from(_EXAMPLES), st.sampled_from(_NUMBERS)
    ),
    st.text(max_size=60),
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
_KEYS = st.sampled_from(["status", "say", "error", "retryable", "result", "items", "due_day", "x"])
responses = st.dictionaries(_KEYS | st.text(max_size=8), _JSON, max_size=4)

_FACTS = re.compile(
    r"\d|\b(?:today|tomorrow|yesterday|tonight|monday|tuesday|wednesday|thursday|friday|saturday"
    r"|sunday|january|february|march|april|june|july|august|september|october|november|december"
    r"|shipped|delivered|dispatched|delayed|packed|cancelled|refunded|returned|ready for pickup"
    r"|out for delivery|on its way|in transit|business days|free of charge|am|pm|noon"
    r"|free)\b",
    re.I,
)


def _says(actions: tuple[Action, ...]) -> list[str]:
    return [action.text for action in actions if isinstance(action, Say)]


@settings(max_examples=300)
@given(st.lists(utterances, min_size=1, max_size=6))
def test_no_fact_is_told_before_a_tool_told_it(said: list[str]) -> None:
    brain = ShopBrain(SHOP_TOOLS, "")

    for text in said:
        for reply in _says(brain.hear(text)):
            assert not _FACTS.search(reply), reply


@settings(max_examples=200)
@given(st.lists(st.tuples(utterances, responses), min_size=1, max_size=5))
def test_nothing_said_or_returned_upsets_it(story: list[tuple[str, dict[str, Any]]]) -> None:
    brain = ShopBrain(SHOP_TOOLS, "")
    declared = {tool["name"]: tool["parameters"]["required"] for tool in SHOP_TOOLS}

    for text, response in story:
        actions = brain.hear(text)
        calls = 0
        while actions:
            head, actions = actions[0], actions[1:]
            if isinstance(head, Say):
                assert head.text.strip()
                continue
            calls += 1
            assert calls <= 4, "a call is repeated once at the most"
            assert isinstance(head, Call)
            assert set(declared[head.name]) <= set(head.arguments)
            json.dumps(head.arguments)
            actions = (*brain.result(head.name, head.arguments, response), *actions)


@settings(max_examples=100)
@given(st.lists(st.tuples(utterances, responses), max_size=4), utterances)
def test_a_restored_conversation_replies_the_same(
    story: list[tuple[str, dict[str, Any]]], last: str
) -> None:
    brain = ShopBrain(SHOP_TOOLS, "")
    for text, response in story:
        for action in brain.hear(text):
            if isinstance(action, Call):
                brain.result(action.name, action.arguments, response)
    other = ShopBrain(SHOP_TOOLS, "")

    other.restore(json.loads(json.dumps(brain.snapshot())))

    assert other.snapshot() == brain.snapshot()
    assert other.hear(last) == brain.hear(last)


_schemas = st.dictionaries(
    st.sampled_from(
        ["type", "description", "enum", "pattern", "examples", "properties", "required"]
    )
    | st.text(max_size=6),
    _JSON | st.sampled_from(["string", "integer", "boolean", "object", r"^A\d{3}$"]),
    max_size=4,
)


@settings(max_examples=150)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "name": st.text(min_size=1, max_size=10),
                "description": st.text(max_size=20),
                "parameters": st.fixed_dictionaries(
                    {"properties": st.dictionaries(st.text(max_size=8), _schemas, max_size=3)}
                ),
            }
        ),
        max_size=3,
    ),
    utterances,
)
def test_any_declaration_is_read(tools: list[dict[str, Any]], text: str) -> None:
    actions = ShopBrain(tools, "").hear(text)

    names = {tool["name"] for tool in tools}
    assert all(action.name in names for action in actions if isinstance(action, Call))


def test_every_example_is_understood_as_what_it_is() -> None:
    wrong = [
        (text, name, meant(text).name)
        for book in (ORDERS, POLICY, PERSON, TALK)
        for name, texts in book.items()
        for text in texts
        if meant(text).name != name
    ]

    assert wrong == []


_IN_THE_SHOP = [
    "I want to return the kettle of order 18342",
    "Can I return my toaster from order 88412?",
    "cancel order 19728",
    "What's in my order 88412?",
    "Where are the kettles?",
    "26122",
    "my postcode is 20095",
    "eight two five six",
    "yes",
    "Yes, please.",
    "no",
    "No, I want to keep it",
    "wait",
    "okay",
    "it's unused",
    "no, I opened it",
    "I still have the box",
    "the toaster",
    "start the return",
    "and the kettle?",
    "why?",
    "the order number is 88412",
    "call somebody",
]
_TYPES = {"string": str, "boolean": bool}


@settings(max_examples=200)
@given(st.lists(st.sampled_from(_IN_THE_SHOP) | utterances, min_size=1, max_size=12))
def test_whatever_is_said_in_a_shop_its_tools_are_called_as_declared_and_seldom(
    said: list[str],
) -> None:
    customer, shop = visit()
    declared = {tool["name"]: tool["parameters"] for tool in (*READING, *CHANGING)}

    for text in said:
        made, done = len(customer.calls), len(shop.done)
        assert customer.ask(text)
        assert len(customer.calls) - made <= 4
        assert len(shop.done) == done or consent.reply_to(text) is consent.Reply.YES
        for name, arguments in customer.calls[made:]:
            schema = declared[name]
            assert set(schema["required"]) <= set(arguments) <= set(schema["properties"])
            for key, value in arguments.items():
                assert isinstance(value, _TYPES[schema["properties"][key]["type"]])
        customer.calls.clear()


@settings(max_examples=100)
@given(st.lists(st.sampled_from(_IN_THE_SHOP), max_size=8), st.sampled_from(_IN_THE_SHOP))
def test_a_conversation_in_a_shop_is_taken_up_where_it_stood(said: list[str], last: str) -> None:
    customer, _ = visit()
    for text in said:
        customer.ask(text)
    other, _ = visit()

    other.brain.restore(json.loads(json.dumps(customer.brain.snapshot())))

    assert other.brain.snapshot() == customer.brain.snapshot()
    assert other.brain.hear(last) == customer.brain.hear(last)
