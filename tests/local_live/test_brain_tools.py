"""Tools that have nothing to do with a shop: chosen and filled from their declarations."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.local_live.brain_client import Customer, customer


def _tool(name: str, description: str, **parameters: dict[str, Any]) -> dict[str, Any]:
    required = [key for key, schema in parameters.items() if not schema.pop("optional", False)]
    return {
        "name": name,
        "description": description,
        "parameters": {"type": "object", "properties": parameters, "required": required},
    }


TOOLS = [
    _tool(
        "get_weather",
        "Get the current weather for a city.",
        city={"type": "string", "description": "The city"},
        unit={"type": "string", "enum": ["celsius", "fahrenheit"], "optional": True},
    ),
    _tool(
        "set_thermostat",
        "Set the temperature of a room.",
        room={"type": "string", "description": "The room, e.g. kitchen"},
        temperature={"type": "number", "description": "Degrees"},
    ),
    _tool(
        "lookupParcel",
        "Find out where a parcel is by its tracking code",
        trackingCode={"type": "string", "description": "Tracking code such as PK-773"},
    ),
    _tool(
        "turn_light",
        "Turn the light in a room on or off",
        room={"type": "string", "enum": ["kitchen", "living room", "bedroom"]},
        on={"type": "boolean"},
    ),
    _tool(
        "book_table",
        "Reserve a table in the restaurant",
        guests={"type": "integer"},
        time={"type": "string", "description": "Time of the reservation"},
    ),
    _tool("check_stock", "Check whether a product is in stock", product={"type": "string"}),
]
ANSWERS: dict[str, dict[str, Any]] = {
    "get_weather": {"temperature_c": 7, "condition": "light rain"},
    "set_thermostat": {"ok": True},
    "lookupParcel": {
        "status": "in transit",
        "carrier": "FastShip",
        "eta": "2026-11-25",
        "items": ["lamp", "bulb"],
    },
    "turn_light": {"result": "The light is on."},
    "book_table": {"success": True, "reservation": {"name": "Table by the window"}},
    "check_stock": {"items": []},
}


def _visit() -> Customer:
    def answer(name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        del arguments
        return ANSWERS[name]

    return customer([*TOOLS], answer)


@pytest.mark.parametrize(
    ("said", "name", "arguments"),
    [
        ("What's the weather in Berlin?", "get_weather", {"city": "Berlin"}),
        ("Is it going to rain in London tomorrow?", "get_weather", {"city": "London"}),
        (
            "what is the weather in New York in fahrenheit",
            "get_weather",
            {"city": "New York", "unit": "fahrenheit"},
        ),
        (
            "Set the thermostat in the kitchen to 21 degrees",
            "set_thermostat",
            {"room": "kitchen", "temperature": 21},
        ),
        (
            "Turn up the heating in the living room to twenty two and a half",
            "set_thermostat",
            {"room": "living room", "temperature": 22.5},
        ),
        ("Where is my parcel P K seven seven three?", "lookupParcel", {"trackingCode": "PK-773"}),
        ("switch off the kitchen light", "turn_light", {"room": "kitchen", "on": False}),
        ("Book a table for four at 7 pm", "book_table", {"guests": 4, "time": "7 pm"}),
        ("Do you have headphones in stock?", "check_stock", {"product": "headphones"}),
    ],
)
def test_a_tool_is_chosen_and_filled_from_its_declaration(
    said: str, name: str, arguments: dict[str, Any]
) -> None:
    visit = _visit()

    visit.ask(said)

    assert visit.calls == [(name, arguments)]


def test_what_is_missing_is_asked_for_one_by_one() -> None:
    visit = _visit()

    assert visit.ask("Reserve a table") == "How many guests?"
    assert visit.ask("four") == "Which time, please?"
    visit.ask("tomorrow at 8 pm")
    assert visit.calls == [("book_table", {"guests": 4, "time": "tomorrow at 8 pm"})]


def test_a_choice_is_offered() -> None:
    visit = _visit()

    assert visit.ask("turn the lights on") == "Which room: kitchen, living room or bedroom?"
    assert visit.ask("the living room") == "The light is on."


def test_a_bare_answer_is_taken_for_the_value() -> None:
    visit = _visit()

    assert visit.ask("What's the weather like?") == "Which city, please?"
    visit.ask("It's Munich, please.")
    assert visit.calls == [("get_weather", {"city": "Munich"})]


def test_the_last_call_is_made_again_with_another_value() -> None:
    visit = _visit()
    visit.ask("What's the weather in Berlin?")
    visit.ask("And in Paris?")
    visit.ask("What about New York?")

    assert [arguments["city"] for _, arguments in visit.calls] == ["Berlin", "Paris", "New York"]


def test_fields_become_a_sentence() -> None:
    visit = _visit()

    assert visit.ask("What's the weather in Berlin?") == (
        "The temperature is 7 degrees and the condition is light rain."
    )
    assert visit.ask("Set the thermostat in the kitchen to 21") == "All right, that's done."
    assert "found nothing" in visit.ask("Do you have headphones in stock?")


def test_follow_ups_are_answered_from_the_fields() -> None:
    visit = _visit()
    visit.ask("Where is my parcel PK 773?")

    assert visit.ask("When will it arrive?") == "It is expected on Wednesday, November 25."
    assert visit.ask("Who is the carrier?") == "The carrier is FastShip."
    assert visit.ask("What is in it?") == "The items are lamp and bulb."
    assert (
        visit.ask("What was my tracking code?") == "Your tracking code is P K, seven seven three."
    )
    assert len(visit.calls) == 1


def test_it_claims_to_help_with_what_is_declared_only() -> None:
    assert _visit().ask("What can you do?") == (
        "I can help you with your parcel, weather, thermostat and light."
    )


def test_the_shops_subjects_are_not_pressed_into_other_tools() -> None:
    visit = _visit()

    assert "can't look that up" in visit.ask("What is your return policy?")
    assert "can't look that up" in visit.ask("How long do refunds take?")
    assert visit.calls == []


@pytest.mark.parametrize(
    ("response", "reply"),
    [
        ({"output": "It is all fine."}, "It is all fine."),
        ({"result": {"say": "Seven degrees."}}, "Seven degrees."),
        ({"output": '{"status": "ok", "say": "Nine degrees."}'}, "Nine degrees."),
        ({"output": "{'status': 'ok', 'say': 'Six degrees.'}"}, "Six degrees."),
        ({"result": '"{\\"say\\": \\"Five degrees.\\"}"'}, "Five degrees."),
        ({"content": [{"type": "text", "text": '{"wind_kmh": 3}'}]}, "The wind is 3 kilometers"),
        ({"output": '{"say": "broken'}, "I'm sorry, I found nothing on that."),
        ({"output": "[" * 9000}, "I'm sorry, I found nothing on that."),
        ({"output": '{"status": "not_found"}'}, "I'm sorry, I found nothing on that."),
        ({"message": "Cold."}, "Cold."),
        ({"found": False}, "I'm sorry, I found nothing on that. A colleague can help you."),
        ({"success": False, "message": "E42"}, "I'm sorry, I can't look that up just now."),
        ({"is_sunny": True, "is_windy": False}, "It is sunny and it is not windy."),
        ({"sunrise": "2026-11-23T07:45:00"}, "The sunrise is Monday, November 23 at 7:45."),
        ({"wind_kmh": 12.50}, "The wind is 12.5 kilometers an hour."),
        ({"city": "Berlin"}, "All right, that's done."),
        ({}, "All right, that's done."),
        ({"result": None}, "I'm sorry, I found nothing on that. A colleague can help you."),
    ],
)
def test_answers_of_any_shape_are_spoken(response: dict[str, Any], reply: str) -> None:
    visit = customer([*TOOLS], lambda *_: response)

    assert visit.ask("What's the weather in Berlin?").startswith(reply)
