"""Function declarations brought into one spelling, whatever client sent them.

Clients declare parameters as an OpenAPI schema with upper-case types (``parameters``) or
as a JSON schema (``parametersJsonSchema``), keys in either spelling (Live API: tools).
The names of a tool's own parameters are data and stay as they are.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from kiosk.local_live import wire

MOST_DECLARATIONS: Final = 512
MOST_PARAMETERS: Final = 64
"""Of one function: what is read of a customer's words is read for each of them."""
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
_DEEPEST: Final = 32
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])_([a-z])")
_NAMED_SCHEMAS: Final = ("properties", "defs", "$defs", "patternProperties")
_SCHEMA_LISTS: Final = ("anyOf", "oneOf", "allOf", "prefixItems")
_SCHEMAS: Final = ("items", "additionalProperties", "not")


def function_declarations(tools: tuple[wire.JsonObject, ...]) -> tuple[dict[str, Any], ...]:
    """Collect the functions of all tools; raises ``Refused`` for one without a usable name.

    Each has ``name``, ``description``, ``parameters`` (JSON schema, lower-case types) and,
    when the client set it, ``behavior``.
    """
    found = tuple(
        _declaration(declaration)
        for tool in tools
        for declaration in wire.objects(tool, "functionDeclarations")
    )
    if len(found) > MOST_DECLARATIONS:
        raise wire.invalid("Too many function declarations.")
    if len({declaration["name"] for declaration in found}) != len(found):
        raise wire.invalid("Duplicate function declaration found.")
    return found


def _declaration(raw: wire.JsonObject) -> dict[str, Any]:
    name = wire.text(raw, "name") or ""
    if not _NAME.fullmatch(name):
        raise wire.invalid("Invalid function name.")
    schema = wire.obj(raw, "parameters") or wire.obj(raw, "parametersJsonSchema")
    if len(wire.obj(schema or {}, "properties") or ()) > MOST_PARAMETERS:
        raise wire.invalid("Too many parameters.")
    declaration: dict[str, Any] = {
        "name": name,
        "description": wire.text(raw, "description") or "",
        "parameters": _schema(schema or {"type": "object", "properties": {}}, _DEEPEST),
    }
    behavior = (wire.text(raw, "behavior") or "").upper()
    if behavior in ("BLOCKING", "NON_BLOCKING"):
        declaration["behavior"] = behavior
    return declaration


def _schema(raw: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if depth == 0:
        raise wire.invalid("A parameter schema is nested too deeply.")
    schema: dict[str, Any] = {}
    for raw_key, value in raw.items():
        key = raw_key if raw_key.startswith("$") else _CAMEL.sub(_upper, raw_key)
        if key == "type":
            schema[key] = _type(value)
        elif key in _NAMED_SCHEMAS and isinstance(value, Mapping):
            schema[key] = {name: _nested(sub, depth) for name, sub in value.items()}
        elif key in _SCHEMA_LISTS and isinstance(value, list):
            schema[key] = [_nested(sub, depth) for sub in value]
        elif key in _SCHEMAS:
            schema[key] = _nested(value, depth)
        else:
            schema[key] = value
    return schema


def _nested(value: Any, depth: int) -> Any:  # noqa: ANN401 - a schema may be true or false
    return _schema(value, depth - 1) if isinstance(value, Mapping) else value


def _type(value: Any) -> Any:  # noqa: ANN401 - a name or a list of names
    if isinstance(value, list):
        return [_type(item) for item in value]
    return value.lower() if isinstance(value, str) else value


def _upper(found: re.Match[str]) -> str:
    return found[1].upper()
